"""One panel takes the room of all others and of the picture, and gives it back."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QTabBar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from PySide6.QtWidgets import QDockWidget, QMainWindow

_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


class FillingPanel(QObject):
    """Remembers where everything stood while one panel fills the window.

    Signals:
        changed: another panel fills it, or none does.
    """

    changed = Signal()

    def __init__(
        self,
        window: QMainWindow,
        docks: Mapping[str, QDockWidget],
        unfold: Callable[[], None],
        *,
        version: int,
    ) -> None:
        """Begin with every panel in its place.

        Args:
            window: where the panels are.
            docks: all of them.
            unfold: gives the centre its room back.
            version: of saved layouts.
        """
        super().__init__(window)
        self._unfold = unfold
        self._window, self._docks, self._version = window, docks, version
        self._dock: QDockWidget | None = None
        self._before = QByteArray()
        for dock in docks.values():
            dock.visibilityChanged.connect(self._look)

    @property
    def dock(self) -> QDockWidget | None:
        """The panel that fills the window; None while all have their places."""
        return self._dock

    def state(self) -> QByteArray:
        """Return the layout with every panel in its place."""
        return self._window.saveState(self._version) if self._dock is None else self._before

    def fill(self, dock: QDockWidget) -> None:
        """Hide all other panels; the caller folds the centre."""
        self.put_back()
        self._before = self._window.saveState(self._version)
        dock.setFloating(False)
        for other in self._docks.values():
            if other is not dock:
                other.hide()
        # Beside a folded centre only the lower side gets the whole width.
        if self._window.dockWidgetArea(dock) != _BOTTOM:
            self._window.addDockWidget(_BOTTOM, dock)
        dock.show()
        dock.raise_()
        self._dock = dock
        self.changed.emit()

    def put_back(self) -> None:
        """Give every panel its place again."""
        if self._dock is not None:
            self._dock = None
            # First the picture: heights that are restored without it leave it none.
            self._unfold()
            self._window.restoreState(self._before, self._version)
            self.changed.emit()

    @Slot()
    def _look(self, _visible: object = None) -> None:
        """A panel that is closed while it fills the window leaves nothing behind: put all back."""
        if self._dock is not None and self._dock.isHidden():
            closed = self._dock
            self.put_back()
            closed.hide()


def tend_tabs(
    window: QMainWindow, docks: Iterable[QDockWidget], fill: Callable[[QDockWidget], None]
) -> None:
    """Show whole words on the tabs of panels; a double click on one calls ``fill``.

    Qt makes and drops these bars as panels come and go, so this is called after each change.
    """
    known = tuple(docks)

    def chosen(bar: QTabBar, index: int) -> None:
        shown = (dock for dock in known if dock.windowTitle() == bar.tabText(index))
        dock = next((dock for dock in shown if not dock.isHidden()), None)
        if dock is not None:
            fill(dock)

    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        bar.setElideMode(Qt.TextElideMode.ElideNone)
        bar.setUsesScrollButtons(True)
        if not bar.property("tended"):
            bar.setProperty("tended", True)
            bar.setToolTip("Double click: fill the window with this panel, and back")
            bar.tabBarDoubleClicked.connect(functools.partial(chosen, bar))
