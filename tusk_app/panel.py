"""A panel of the window: what every dock has, so that the window need not ask what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QDockWidget

from tusk_app.parts.themed import Themed
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tusk_app.workbench import Workbench


class Panel(Themed, QDockWidget):
    """Base of all panels; the window finds one by its class.

    Attributes:
        name: in commands (``view.panel-NAME``) and saved layouts; never changed.
        title: what the user reads.
        question: that the panel answers, shown beside the title; empty for none.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    question: ClassVar[str] = ""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(say(self.title), parent)
        self.setObjectName(f"{self.name}-dock")
        self.setAccessibleName(self.windowTitle())
        self._bench = workbench

    @property
    def tip(self) -> str:
        """Its title and the question that it answers."""
        question = say(self.question)
        return f"{self.windowTitle()}: {question}" if question else self.windowTitle()

    def shutdown(self) -> bool:
        """End the panel's own background work, if it has any; False if that did not end in time."""
        return True
