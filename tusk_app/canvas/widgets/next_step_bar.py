"""A strip over the picture that says what to do next: one large button, another one beside it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tusk_app.parts import icons, tones
from tusk_app.parts.icon_button import IconButton
from tusk_app.parts.themed import Themed


class NextStepBar(Themed, QFrame):
    """Hidden until ``offer``.

    Signals:
        clicked: the step was chosen.
        other_clicked: the other way was.
        closed: the user sent it away.
    """

    clicked = Signal()
    other_clicked = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("next-step")
        self._icon_name = "discover"
        self._icon = QLabel(self)
        self._title, self._text = QLabel(self), QLabel(self)
        self._title.setProperty("role", "heading")
        self._text.setProperty("role", "muted")
        for label in (self._title, self._text):
            label.setWordWrap(True)
        self.button, self.other = QPushButton(self), QPushButton(self)
        self.button.setProperty("primary", True)
        self.button.clicked.connect(self.clicked)
        self.other.clicked.connect(self.other_clicked)
        close = IconButton("close", "Hide this", self)
        close.clicked.connect(self.closed)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._text)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 8, 10)
        row.setSpacing(10)
        row.addWidget(self._icon)
        row.addLayout(words, 1)
        for widget in (self.button, self.other, close):
            row.addWidget(widget)
        self.setAutoFillBackground(True)
        self.hide()
        self.follow_theme()

    @property
    def title(self) -> str:
        """What is said; empty while hidden."""
        return "" if self.isHidden() else self._title.text()

    def offer(self, icon: str, title: str, text: str, button: str, other: str = "") -> None:
        """Show a step: its title, a sentence about it, its button and the other way's, if any."""
        self._icon_name = icon
        self._title.setText(title)
        self._text.setText(text)
        self.button.setText(button)
        self.other.setText(other)
        self.other.setVisible(bool(other))
        self.show()
        self.restyle()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        accent = tones.tone(self.palette(), "link")
        pixmap = icons.pixmap(self._icon_name, 26, accent, self.devicePixelRatioF())
        self._icon.setPixmap(pixmap)
        ground = tones.tone(self.palette(), "raised").name()
        tones.set_style(
            self,
            f"#next-step {{ background: {ground}; border: none;"
            f" border-left: 4px solid {accent.name()}; }}",
        )
