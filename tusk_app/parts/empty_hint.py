"""What an empty panel says: what would be here, and the one thing to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts import icons, tones
from tusk_app.parts.themed import Themed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent


class EmptyHint(Themed, QWidget):
    """An icon, a title, one or two sentences and, where there is one, a button.

    Signals:
        clicked: the button was pressed.
        other_clicked: str, what one of the buttons below it stands for.
    """

    clicked = Signal()
    other_clicked = Signal(str)

    def __init__(
        self, icon: str, title: str, text: str, button: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon
        self._icon = QLabel()
        self._title = QLabel(title)
        self._text = QLabel(text)
        self._button = QPushButton(button)
        self._button.setVisible(bool(button))
        self._button.clicked.connect(self.clicked)
        self._title.setProperty("role", "heading")  # a font of its own would not grow with the text
        for label in (self._icon, self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title.setWordWrap(True)
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 6, 20, 6)
        layout.addStretch(1)
        layout.addWidget(self._icon)
        layout.addWidget(self._title)
        layout.addWidget(self._text)
        layout.addSpacing(4)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._others = QHBoxLayout()
        self._others.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(self._others)
        layout.addStretch(2)
        self.follow_theme()

    def set_text(self, title: str, text: str, button: str = "") -> None:
        """Say something else."""
        self._title.setText(title)
        self._text.setText(text)
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self._fit()

    def set_others(self, others: Sequence[tuple[str, str]]) -> None:
        """Offer other ways below the button: words, and what ``other_clicked`` tells."""
        while (item := self._others.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for words, value in others:
            button = QPushButton(words, self)
            button.setFlat(True)
            button.clicked.connect(lambda _on=False, v=value: self.other_clicked.emit(v))
            self._others.addWidget(button)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Do without the drawing where there is no room for it."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        layout = self.layout()
        assert layout is not None
        margins, between = layout.contentsMargins(), layout.spacing()
        width = self.width() - margins.left() - margins.right()
        needed = self._icon.sizeHint().height() + 3 * between
        needed += self._title.heightForWidth(width) + self._text.heightForWidth(width)
        if self._button.text():
            needed += self._button.sizeHint().height() + 4 + between
        self._icon.setVisible(self.height() - margins.top() - margins.bottom() >= needed)

    @property
    def title(self) -> str:
        """The first line."""
        return self._title.text()

    @property
    def button(self) -> QPushButton:
        """The way out; hidden if there is none."""
        return self._button

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(260, 170)

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colour = tones.tone(self.palette(), "muted")
        self._icon.setPixmap(icons.pixmap(self._icon_name, 32, colour, self.devicePixelRatioF()))
        tones.set_role(self._text, "muted")


class HintStack(QStackedWidget):
    """A panel's content, or the hint while there is none."""

    def __init__(self, hint: EmptyHint, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hint, self.content = hint, content
        self.addWidget(hint)
        self.addWidget(content)

    def show_content(self, *, has_content: bool) -> None:
        """Show the content, or the hint."""
        self.setCurrentIndex(1 if has_content else 0)

    @property
    def is_empty(self) -> bool:
        """True while the hint is shown."""
        return self.currentIndex() == 0

    def minimumSizeHint(self) -> QSize:
        """Let the dock be made small; content scrolls or shrinks by itself."""
        return QSize(120, 100)
