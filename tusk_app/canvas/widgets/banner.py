"""A strip over the canvas that says what is wrong and offers a way out."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from tusk_app.parts import icons, tones
from tusk_app.parts.icon_button import IconButton
from tusk_app.parts.themed import Themed


class Banner(Themed, QFrame):
    """Hidden until ``say``.

    Signals:
        clicked: the button was pressed.
        second_clicked: the other button was.
    """

    clicked = Signal()
    second_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton(self)
        self._button.clicked.connect(self.clicked)
        self._second = QPushButton(self)
        self._second.clicked.connect(self.second_clicked)
        self._close = IconButton("close", "Hide this", self)
        self._close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        for button in (self._button, self._second, self._close):
            row.addWidget(button)
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

    @property
    def second(self) -> QPushButton:
        """The other way out."""
        return self._second

    def say(
        self, text: str, button: str = "", second: str = "", *, may_close: bool = False
    ) -> None:
        """Show a sentence and what can be done; an empty text hides the strip.

        Args:
            text: one or two sentences.
            button: the way out; empty for none.
            second: another one.
            may_close: the user may send it away.
        """
        self._text.setText(text)
        for widget, words in ((self._button, button), (self._second, second)):
            widget.setText(words)
            widget.setVisible(bool(words))
        self._close.setVisible(may_close)
        self.setVisible(bool(text))
        self.restyle()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colour = tones.tone(self.palette(), "warning")
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(icons.pixmap("warning", 20, colour, ratio))
        ground = tones.tone(self.palette(), "raised").name()
        style = (
            f"Banner {{ background: {ground}; border: none;"
            f" border-left: 4px solid {colour.name()}; }}"
        )
        if self.styleSheet() != style:
            self.setStyleSheet(style)
