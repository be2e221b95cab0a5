"""Work for a panel that nobody sees waits until it is seen, and is then done once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QDockWidget


class WhenSeen(QObject):
    """Calls functions at once while a dock is in front, else when it comes there.

    A dock behind the tab of another, or closed, is not in front. One that was never part of a
    window is treated as seen.
    """

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._dock, self._is_in_front = dock, True
        self._waiting: dict[Callable[[], None], None] = {}
        dock.visibilityChanged.connect(self._visibility_changed)

    @property
    def is_seen(self) -> bool:
        """True while the dock is in front."""
        # The region is looked at too, since Qt tells of a new order of tabs a little late.
        return self._is_in_front or not self._dock.visibleRegion().isEmpty()

    def __call__(self, function: Callable[[], None]) -> None:
        """Call a function without arguments, now or later; later it is called only once."""
        if self.is_seen:
            function()
        else:
            self._waiting[function] = None

    @Slot(bool)
    def _visibility_changed(self, is_in_front: bool) -> None:
        self._is_in_front = is_in_front
        waiting, self._waiting = self._waiting, {}
        for function in waiting:
            self(function)
