"""A strip over the canvas that says what is wrong and offers a way out."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from tusk_app.parts import icons, tones
from tusk_app.parts.themed import Themed


class Banner(Themed, QFrame):
    """Hidden until ``say``.

    Signals:
        clicked: the button was pressed.
    """

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton(self)
        self._button.clicked.connect(self.clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        self.setAutoFillBackground(True)
        self.hide()
        self.follow_theme()

    @property
    def text(self) -> str:
        """What is said; empty while hidden."""
        return "" if self.isHidden() else self._text.text()

    @property
    def button(self) -> QPushButton:
        """The way out."""
        return self._button

    def say(self, text: str, button: str = "") -> None:
        """Show a sentence and, where there is one, a button; an empty text hides the strip."""
        self._text.setText(text)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self.setVisible(bool(text))
        self.restyle()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colour = tones.tone(self.palette(), "warning")
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(icons.pixmap("warning", 20, colour, ratio))
        ground = tones.tone(self.palette(), "surface").name()
        style = (
            f"Banner {{ background: {ground}; border: none;"
            f" border-left: 4px solid {colour.name()}; }}"
        )
        if self.styleSheet() != style:
            self.setStyleSheet(style)
