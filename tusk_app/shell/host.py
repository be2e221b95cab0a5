"""What the parts of the window know of the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMainWindow, QWidget

from tusk_app.panel import Panel

if TYPE_CHECKING:
    from tusk_app.shell.layouts import Layouts
    from tusk_app.shell.menus import Menus
    from tusk_app.shell.workshop import Workshop


P = TypeVar("P", bound=Panel)


class Host(QMainWindow):
    """The window as its parts see it; ``MainWindow`` fills it.

    A class and not a Protocol: its parts are children of the window, which a Protocol cannot be.

    Attributes:
        workbench: state and controllers.
        layouts: workspaces.
        menus: menu bar and tool bar.
        docks: the panels by name.
        canvas: the area that shows the picture.

    Signals:
        closed: it was closed and every thread has ended.
    """

    closed = Signal()

    workbench: Workshop
    layouts: Layouts
    menus: Menus
    docks: dict[str, Panel]
    canvas: QWidget

    def panel(self, kind: type[P]) -> P:
        """Return the panel of this class."""
        found = self.docks[kind.name]
        assert isinstance(found, kind)
        return found

    def open_model(self, model: str) -> None:
        """Open a model folder, a run folder or a bundled model by name."""
        raise NotImplementedError

    def filter_pictures(self, text: str) -> None:
        """Show only pictures whose name contains ``text`` in the list."""
        raise NotImplementedError

    def reset_layout(self) -> None:
        """Put all panels back in their default places."""
        raise NotImplementedError
