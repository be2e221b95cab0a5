"""The picture gets the room back that a tall panel took, once that panel is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtWidgets import QDockWidget, QMainWindow

_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


class LentHeight:
    """Remembers how tall the lower side was before a panel came to it."""

    def __init__(self, window: QMainWindow, docks: Iterable[QDockWidget]) -> None:
        self._window, self._docks = window, tuple(docks)
        self._before: dict[QDockWidget, int] = {}

    def note(self, dock: QDockWidget) -> None:
        """Remember the height of the lower side before ``dock`` is shown there."""
        self._before[dock] = self._height()

    def clear(self) -> None:
        """Forget everything: all panels are placed anew."""
        self._before.clear()

    def give_back(self) -> None:
        """Make the lower side as tall as it was before panels that are closed by now."""
        for dock in [dock for dock in self._before if dock.isHidden()]:
            height, left = self._before.pop(dock), self._lower()
            if left and 0 < height < self._height():
                self._window.resizeDocks(left[:1], [height], Qt.Orientation.Vertical)

    def _height(self) -> int:
        """Return how tall the lower side is, 0 where nothing is shown there."""
        in_front = (dock for dock in self._lower() if not dock.visibleRegion().isEmpty())
        return max((dock.height() for dock in in_front), default=0)

    def _lower(self) -> list[QDockWidget]:
        return [
            dock
            for dock in self._docks
            if self._window.dockWidgetArea(dock) == _BOTTOM
            and not (dock.isHidden() or dock.isFloating())
        ]
