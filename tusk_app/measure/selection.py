"""How long one selection takes to be shown by every panel in view, from each panel that makes one.

The mouse is sent to the real widgets; the time ends when Qt has painted all that changed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from tusk_app.app import Program


class SelectionBench:
    """Selects in turn by lasso, patch, tile, raster row and keypoint.

    Args:
        program: with a model, pictures and an analysis of them.
        live_for: lets the window live for some seconds.
    """

    def __init__(self, program: Program, live_for: Callable[[float], None]) -> None:
        self._window, self._live_for = program.window, live_for
        self._bench = program.workbench
        self._rng = np.random.default_rng(0)

    def run(self, num: int) -> dict[str, list[tuple[float, float]]]:
        """Return ``num`` times for each direction: milliseconds, and those of them computed.

        What is computed on the window's thread does not grow with what else the machine does.
        """
        directions: dict[str, tuple[str, Callable[[int], None]]] = {
            "map lasso": ("embedding", self._lasso),
            "map star": ("embedding", self._star),
            "gallery patch": ("gallery", self._patch),
            "gallery tile": ("gallery", self._tile),
            "raster row": ("raster", self._raster_row),
            "canvas keypoint": ("embedding", self._keypoint),
            "clear": ("embedding", self._clear),
        }
        times = {}
        for name, (front, act) in directions.items():
            for dock in ("gallery", "embedding", front):
                self._dock(dock).raise_()
            self._live_for(0.5)
            times[name] = [self._timed(act, number) for number in range(num)]
        return times

    def _timed(self, act: Callable[[int], None], number: int) -> tuple[float, float]:
        from PySide6.QtCore import QCoreApplication

        self._live_for(0.02)
        began, own_began = time.perf_counter(), time.thread_time()
        act(number)
        # Whatever must be painted waits as a posted event.
        QCoreApplication.sendPostedEvents()
        own = 1000 * (time.thread_time() - own_began)
        return 1000 * (time.perf_counter() - began), own

    def _dock(self, name: str) -> Any:
        return self._window.docks[name]

    def _lasso(self, _number: int) -> None:
        scatter = self._dock("embedding").scatter
        width, height = scatter.width(), scatter.height()
        middle = self._rng.uniform(0.3, 0.7, 2) * (width, height)
        angles = np.linspace(0, 2 * np.pi, 24)
        ring = middle + 0.22 * min(width, height) * np.stack([np.cos(angles), np.sin(angles)], 1)
        _drag(scatter, ring)

    def _star(self, number: int) -> None:
        scatter = self._dock("embedding").scatter
        places = scatter.view.to_pixels(scatter.state.stars.xy)
        _drag(scatter, places[number % len(places)][None])

    def _patch(self, number: int) -> None:
        grid = self._dock("gallery").grid
        at = grid.side // 2 + (grid.side + 4) * np.array([number % 2, 0]) + 6.0
        _drag(grid.viewport(), at[None])

    def _tile(self, number: int) -> None:
        tiles = self._dock("gallery").tiles
        index = tiles.prototypes.index(number % min(4, tiles.prototypes.rowCount()))
        place = tiles.visualRect(index).center()
        _drag(tiles.viewport(), np.array([[place.x(), place.y()]], np.float64))

    def _raster_row(self, number: int) -> None:
        raster = self._dock("raster").raster
        rows = 0 if raster.rows is None else min(6, len(raster.rows.names))
        if rows:
            y = raster.row_y(number % rows) + raster.row_height / 2
            _drag(raster.viewport(), np.array([[30.0, y]]))

    def _keypoint(self, number: int) -> None:
        detection = self._bench.document.shown
        num = 0 if detection is None else len(detection.keypoints.scores)
        self._bench.selection.select_keypoint(number % num if num else None, "bench")

    def _clear(self, number: int) -> None:
        if number % 2:
            self._bench.selection.clear("bench")
        else:
            self._bench.selection.select_prototype(0, "bench")


def _drag(widget: QWidget, places: Any) -> None:
    """Press at the first of some places, (n, 2) pixels, move along them and let go."""
    from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent

    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    kinds = [
        (QEvent.Type.MouseButtonPress, left, left, places[0]),
        *((QEvent.Type.MouseMove, none, left, place) for place in places[1:]),
        (QEvent.Type.MouseButtonRelease, left, none, places[-1]),
    ]
    for kind, button, buttons, place in kinds:
        at = QPointF(*place)
        on_screen = QPointF(widget.mapToGlobal(at))
        event = QMouseEvent(kind, at, on_screen, button, buttons, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.sendEvent(widget, event)
