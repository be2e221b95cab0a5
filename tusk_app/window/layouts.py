"""Workspaces: saved arrangements of the same docks, with defaults made from one table."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, Qt, Signal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from PySide6.QtWidgets import QDockWidget, QMainWindow

    from tusk_app.settings import Settings

log = logging.getLogger(__name__)

DATA, TRAIN, EXPLORE = "Data", "Train", "Explore"
WORKSPACES = (DATA, TRAIN, EXPLORE)
LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea

# Counts up when the table of docks changes so much that older saved layouts make no sense.
LAYOUT_VERSION = 1

# Share of the window's width (left, right) and height (bottom) that a side takes at first.
_SHARES: dict[str, dict[Qt.DockWidgetArea, float]] = {
    DATA: {LEFT: 0.17, RIGHT: 0.24, BOTTOM: 0.16},
    TRAIN: {LEFT: 0.20, RIGHT: 0.24, BOTTOM: 0.62},
    EXPLORE: {LEFT: 0.15, RIGHT: 0.26, BOTTOM: 0.46},
}


@dataclass(frozen=True, slots=True)
class DockSpec:
    """Where a dock stands until the user moves it.

    Attributes:
        module: file under ``tusk_app/docks``.
        class_name: a QDockWidget made with ``(workbench, parent)``.
        area: side of the window.
        workspaces: workspaces that show it at first.
        column: docks of one area and column are stacked as tabs; columns stand side by side
            (bottom) or one below the other (left and right), in this order.
    """

    module: str
    class_name: str
    area: Qt.DockWidgetArea
    workspaces: frozenset[str]
    column: int = 0


class Layouts(QObject):
    """Switches between workspaces and remembers what the user made of each.

    Until ``reveal`` all docks are hidden, so that the welcome page has the window to itself.

    Signals:
        changed: str, the workspace in force.
    """

    changed = Signal(str)

    def __init__(
        self,
        window: QMainWindow,
        docks: Mapping[str, QDockWidget],
        specs: Iterable[DockSpec],
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._docks = dict(docks)
        self._specs = [spec for spec in specs if spec.module in self._docks]
        self._settings = settings
        remembered = settings.value("layout/workspace", DATA)
        self._current = remembered if remembered in WORKSPACES else DATA
        self._is_revealed = False
        for dock in self._docks.values():
            dock.hide()

    @property
    def current(self) -> str:
        """Name of the workspace in force."""
        return self._current

    @property
    def is_revealed(self) -> bool:
        """False while only the welcome page is shown."""
        return self._is_revealed

    def reveal(self) -> None:
        """Show the docks of the workspace, if they are still hidden."""
        if not self._is_revealed:
            self._is_revealed = True
            self._show(self._current)
            self.changed.emit(self._current)

    def switch(self, name: str) -> None:
        """Go to another workspace; the one in force keeps what the user made of it."""
        if self._is_revealed and name == self._current:
            return
        self.remember()
        self._current = name
        self._is_revealed = True
        self._show(name)
        self._settings.set_value("layout/workspace", name)
        self.changed.emit(name)

    def reset(self) -> None:
        """Forget all layouts and show the first one of the workspace in force."""
        for name in WORKSPACES:
            self._settings.remove(_key(name))
        self._is_revealed = True
        self._arrange(self._current)
        self.changed.emit(self._current)

    def remember(self) -> None:
        """Save the layout in force."""
        if self._is_revealed:
            self._settings.set_bytes(_key(self._current), self._window.saveState(LAYOUT_VERSION))

    def show_dock(self, module: str) -> None:
        """Bring a dock to the front, in whatever workspace."""
        dock = self._docks.get(module)
        if dock is None:
            return
        self.reveal()
        dock.show()
        dock.raise_()

    def _show(self, name: str) -> None:
        self._set_corners(name)
        state: QByteArray = self._settings.bytes(_key(name))
        if state.isEmpty() or not self._window.restoreState(state, LAYOUT_VERSION):
            self._arrange(name)

    def _set_corners(self, name: str) -> None:
        """Give the lower corners to the side docks, or to the bottom ones where these need room."""
        wide = name != DATA
        window = self._window
        window.setCorner(Qt.Corner.BottomLeftCorner, BOTTOM if wide else LEFT)
        window.setCorner(Qt.Corner.BottomRightCorner, BOTTOM if name == TRAIN else RIGHT)

    def _arrange(self, name: str) -> None:
        self._set_corners(name)
        for dock in self._docks.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
        for area in (LEFT, RIGHT, BOTTOM):
            self._fill(area, name)
        self._resize(name)

    def _fill(self, area: Qt.DockWidgetArea, name: str) -> None:
        specs = [spec for spec in self._specs if spec.area == area]
        columns = sorted({spec.column for spec in specs})
        across = Qt.Orientation.Horizontal if area == BOTTOM else Qt.Orientation.Vertical
        before: QDockWidget | None = None
        for column in columns:
            members = [self._docks[s.module] for s in specs if s.column == column]
            shown = [
                self._docks[s.module] for s in specs if s.column == column and name in s.workspaces
            ]
            first = members[0]
            self._window.addDockWidget(area, first)
            if before is not None:
                self._window.splitDockWidget(before, first, across)
            for other in members[1:]:
                self._window.tabifyDockWidget(first, other)
            for dock in members:
                dock.setVisible(dock in shown)
            if shown:
                shown[0].raise_()
            before = first

    def _resize(self, name: str) -> None:
        width, height = self._window.width(), self._window.height()
        for area, share in _SHARES[name].items():
            docks = [
                self._docks[s.module]
                for s in self._specs
                if s.area == area and name in s.workspaces
            ]
            if not docks:
                continue
            is_bottom = area == BOTTOM
            extent = round(share * (height if is_bottom else width))
            across = Qt.Orientation.Vertical if is_bottom else Qt.Orientation.Horizontal
            self._window.resizeDocks(docks[:1], [extent], across)


def _key(name: str) -> str:
    return f"layout/{name}/state"
