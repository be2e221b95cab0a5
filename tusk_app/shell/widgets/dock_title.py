"""Title bar of a panel: its name, and buttons to let it fill the window, float and close.

Qt's own title bar keeps the text size it was made with, and shows its icons in one colour only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from tusk_app.panel import Panel
from tusk_app.parts import icons, theme
from tusk_app.parts.elided_label import ElidedLabel
from tusk_app.parts.themed import Themed
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent

MARGINS = (10, 3, 4, 3)


class DockTitle(Themed, QWidget):
    """Shows the title of a dock and follows it; the mouse falls through, so it can be dragged.

    Signals:
        fill_wanted: it shall fill the window, or go back; a double click says so too.
    """

    fill_wanted = Signal()

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self._label = QLabel(dock.windowTitle(), self)
        self._question = ElidedLabel("", self)
        self._question.setProperty("role", "muted")
        self._question.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if isinstance(dock, Panel):
            self._question.setText(say(dock.question))
        self._fill, self._float, self._close = (QToolButton(self) for _ in range(3))
        for button, words in (
            (self._fill, "Fill the window with"),
            (self._float, "Float or dock"),
            (self._close, "Close"),
        ):
            button.setToolTip(f"{words} this panel")
            button.setAccessibleName(f"{words} the panel {dock.windowTitle()}")
            button.setIconSize(QSize(12, 12))
            button.setObjectName("dock-button")
        self._fill.clicked.connect(self.fill_wanted)
        self._fill.setCheckable(True)
        self._float.clicked.connect(self._toggle_floating)
        self._close.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(*MARGINS)
        row.setSpacing(0)
        row.addWidget(self._label)
        row.addSpacing(8)
        row.addWidget(self._question, 1)
        row.addWidget(self._fill)
        row.addWidget(self._float)
        row.addWidget(self._close)
        dock.windowTitleChanged.connect(self._label.setText)
        self.follow_theme()

    def set_filled(self, *, is_filled: bool) -> None:
        """Say that the panel fills the window, and how to go back."""
        self._fill.setChecked(is_filled)
        tip = "Back to its place" if is_filled else "Fill the window with this panel"
        self._fill.setToolTip(f"{tip} (double click on its title)")
        self._float.setVisible(not is_filled)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fill the window, or go back."""
        event.accept()
        self.fill_wanted.emit()

    def set_lowered(self, pixels: int) -> None:
        """Leave so much room above, to stand level with a panel that begins lower."""
        left, top, right, bottom = MARGINS
        row = self.layout()
        assert row is not None
        if row.contentsMargins().top() != top + pixels:
            row.setContentsMargins(left, top + pixels, right, bottom)

    def minimumSizeHint(self) -> QSize:
        """Let the panel be narrow; the title is cut off then."""
        return QSize(60, super().minimumSizeHint().height())

    def _toggle_floating(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colours = theme.of(self.palette())
        self._fill.setIcon(icons.icon("full-screen", colours.muted))
        self._float.setIcon(icons.icon("float", colours.muted))
        self._close.setIcon(icons.icon("close", colours.muted))
