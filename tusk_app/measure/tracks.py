"""How soon the Tracks panel answers, with many individuals over many frames.

The panel stands alone in a window of its own, with its own document: what other panels make of so
many detections is not its time. The mouse and the wheel are sent to the real widgets; the time
ends when Qt has painted all that changed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.arrays import sealed
from tusk_core.results import Analysis
from tusk_core.tracks import Tracks

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tusk_core.config import DataConfig

_SIDE, _FPS = 512, 25.0


class MadeUpFrames:
    """A source of grey frames that costs nothing to read."""

    source, fps, kind = "/made-up/flies.mp4", _FPS, "video"

    def __init__(self, count: int) -> None:
        self._count = count
        self._picture = sealed(np.full((_SIDE, _SIDE, 3), 90, np.uint8))

    def __len__(self) -> int:
        return self._count

    def name(self, index: int) -> str:
        """Return what a frame is called."""
        return f"frame {index:06d}"

    def read(self, _index: int) -> NDArray[np.uint8]:
        """Return the one picture there is."""
        return self._picture

    def time(self, index: int) -> float:
        """Return when a frame is shown [s]."""
        return index / _FPS

    def use_settings(self, _data: DataConfig) -> bool:
        """Look as before."""
        return False

    def close(self) -> None:
        """Nothing is open."""


def made_up_tracks(frames: int, individuals: int) -> Analysis:
    """Return individuals of one keypoint each that walk about, all seen in nine frames of ten."""
    rng = np.random.default_rng(0)
    seen = rng.random((frames, individuals)) < 0.9
    picture, who = (part.astype(np.int32) for part in np.nonzero(seen))
    count = len(picture)
    steps = rng.normal(0, 1, (frames, individuals, 2)).astype(np.float32)
    places = rng.uniform(0, _SIDE, (1, individuals, 2)) + np.cumsum(steps, axis=0)
    margins = np.where(rng.random(count) < 1e-4, 0.1, 1.0).astype(np.float32)
    return Analysis(
        model_fingerprint="made up",
        source=MadeUpFrames.source,
        picture_names=tuple(f"frame {i:06d}" for i in range(frames)),
        picture_sizes=np.full((frames, 2), _SIDE, np.int32),
        picture_errors=np.zeros(frames, np.float32),
        times=np.arange(frames) / _FPS,
        picture=picture,
        xy=(places[picture, who] % _SIDE).astype(np.float32),
        scores=rng.uniform(0.2, 1, count).astype(np.float32),
        labels=np.zeros(count, np.int32),
        descriptors=np.zeros((count, 1), np.float16),
        classes=np.full(count, -1, np.int32),
        class_names=(),
        prototypes=np.ones((1, 1), np.float32),
        tracks=Tracks(who, margins, tuple(f"fly {i + 1}" for i in range(individuals))),
    )


class TracksBench:
    """Scrolls, zooms and seeks in the panel.

    Args:
        live_for: lets the window live for some seconds.
        wait_until: waits for a condition, for so many seconds at most.
    """

    def __init__(
        self,
        live_for: Callable[[float], None],
        wait_until: Callable[[Callable[[], bool], float], bool],
    ) -> None:
        self._live_for, self._wait_until = live_for, wait_until

    def run(self, frames: int, individuals: int, num: int) -> dict[str, Any]:
        """Return ``num`` times for each act: milliseconds, and those of them computed."""
        from tusk_app.app import compose
        from tusk_app.settings import Settings
        from tusk_app.tracks.dock import TracksDock

        bench = compose(Settings())
        dock = TracksDock(bench)
        dock.setFloating(True)
        dock.resize(1200, 420)
        dock.show()
        try:
            document = bench.document
            document.set_source(MadeUpFrames(frames))
            began = time.perf_counter()
            document.set_analysis(made_up_tracks(frames, individuals))
            if not self._wait_until(lambda: bench.tracks.view is not None, 300):
                return {"problem": "the tracks were not shown in five minutes"}
            opened = time.perf_counter() - began
            acts = {
                "scroll rows": self._scroll_rows,
                "scroll time": self._scroll_time,
                "zoom time": self._zoom,
                "seek": self._seek,
                "next doubtful frame": self._doubt,
            }
            times = {
                name: [self._timed(act, dock, i) for i in range(num)] for name, act in acts.items()
            }
            return {"opened_s": opened, "times": times}
        finally:
            dock.close()
            dock.deleteLater()
            bench.shut_down()

    def _timed(
        self, act: Callable[[Any, int], None], dock: Any, number: int
    ) -> tuple[float, float]:
        from PySide6.QtCore import QCoreApplication

        self._live_for(0.02)
        began, own_began = time.perf_counter(), time.thread_time()
        act(dock, number)
        # Whatever must be painted waits as a posted event.
        QCoreApplication.sendPostedEvents()
        own = 1000 * (time.thread_time() - own_began)
        return 1000 * (time.perf_counter() - began), own

    def _scroll_rows(self, dock: Any, number: int) -> None:
        bar = dock.rows.verticalScrollBar()
        bar.setValue(bar.maximum() * (number % 10) // 9)

    def _scroll_time(self, dock: Any, number: int) -> None:
        _turn(dock.rows.viewport(), 0.6, 240 if number % 4 < 2 else -240, is_shifted=True)

    def _zoom(self, dock: Any, number: int) -> None:
        _turn(dock.rows.viewport(), 0.5, 480 if number % 6 < 3 else -480)

    def _seek(self, dock: Any, number: int) -> None:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        view = dock.rows.viewport()
        x = int(view.width() * (0.2 + 0.07 * (number % 10)))
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(x, 40 + 17 * (number % 5)))

    def _doubt(self, dock: Any, _number: int) -> None:
        dock.doubt.click()


def _turn(widget: Any, share: float, angle: int, *, is_shifted: bool = False) -> None:
    """Turn the wheel over a place of the widget, a share of its width."""
    from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt
    from PySide6.QtGui import QWheelEvent

    at = QPointF(widget.width() * share, widget.height() / 2)
    keys = Qt.KeyboardModifier.ShiftModifier if is_shifted else Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        at,
        QPointF(widget.mapToGlobal(at)),
        QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QCoreApplication.sendEvent(widget, event)
