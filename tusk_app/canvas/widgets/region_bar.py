"""The strip over the canvas while a region is drawn: what to draw, what to take away."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from tusk_app.parts import icons, theme
from tusk_app.parts.themed import Themed
from tusk_app.parts.words import say

_TOOLS = (
    ("rectangle", "Rectangle", "box-select", "Drag from corner to corner"),
    ("polygon", "Polygon", "lasso", "Click its corners; a double click or Enter closes it"),
)
_HINTS = {
    "rectangle": "Only [points] inside count. Drag a rectangle; drag its corners to change it.",
    "polygon": "Only [points] inside count. Click the corners; a double click closes.",
}


class RegionBar(Themed, QFrame):
    """Hidden until the region is edited.

    Signals:
        tool_chosen: "rectangle" or "polygon".
        delete_wanted, clear_wanted, done: a button was pressed.
    """

    tool_chosen = Signal(str)
    delete_wanted = Signal()
    clear_wanted = Signal()
    done = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tools: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        for name, text, icon, tip in _TOOLS:
            button = self.tools[name] = QToolButton(self)
            button.setText(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setProperty("icon-name", icon)
            button.clicked.connect(lambda _on=False, which=name: self._choose(which))
            group.addButton(button)
            row.addWidget(button)
        self.hint = QLabel(self)
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.addWidget(self.hint, 1)
        self.delete = self._button("Delete", "Take the chosen shape away (Delete)")
        self.clear = self._button("Clear all", "Take all shapes away: everything counts again")
        self.finish = self._button("Done", say("Keep the region and go back to the [points] (Esc)"))
        self.delete.clicked.connect(self.delete_wanted)
        self.clear.clicked.connect(self.clear_wanted)
        self.finish.clicked.connect(self.done)
        for push_button in (self.delete, self.clear, self.finish):
            row.addWidget(push_button)
        self.setAutoFillBackground(True)
        self.hide()
        self.follow_theme()

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        # The canvas keeps the keys: Delete and Enter are about the shapes.
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def show_tool(self, name: str) -> None:
        """Mark a tool as chosen."""
        self.tools[name].setChecked(True)
        self.hint.setText(say(_HINTS[name]))

    def set_count(self, count: int) -> None:
        """Offer to delete only where there is something to delete."""
        self.delete.setEnabled(count > 0)
        self.clear.setEnabled(count > 0)

    def _choose(self, name: str) -> None:
        self.show_tool(name)
        self.tool_chosen.emit(name)

    def restyle(self) -> None:
        """Take the colours of the theme."""
        for button in self.tools.values():
            colours = theme.of(self.palette())
            name = str(button.property("icon-name"))
            button.setIcon(icons.icon(name, colours.text, colours.disabled))
