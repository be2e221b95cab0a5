"""A large button of the welcome page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from tusk_app.parts import icons, theme
from tusk_app.parts.themed import Themed

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent


class BeginButton(Themed, QPushButton):
    """A large button: icon, title, a sentence and the keys."""

    def __init__(self, icon: str, title: str, sentence: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon_name = icon
        self.setObjectName("begin")
        self.setAccessibleName(title)
        self.setAccessibleDescription(sentence)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._picture = QLabel(self)
        self._title = QLabel(title, self)
        self._title.setProperty("role", "large")
        self._sentence = QLabel(sentence, self)
        self._sentence.setWordWrap(True)
        self._keys = QLabel(self)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(4)
        head = QHBoxLayout()
        head.addWidget(self._picture)
        head.addStretch(1)
        head.addWidget(self._keys, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        column.addSpacing(4)
        column.addWidget(self._title)
        column.addWidget(self._sentence, 1, Qt.AlignmentFlag.AlignTop)
        for label in (self._picture, self._title, self._sentence, self._keys):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.follow_theme()

    def set_keys(self, keys: str) -> None:
        """Show the keys that do the same."""
        self._keys.setText(keys)

    def sizeHint(self) -> QSize:
        """Size for the texts inside, which Qt does not count for a button."""
        return self._column.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Width and height below which texts would be cut."""
        return QSize(150, self._column.totalHeightForWidth(max(self.width(), 150)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for the height that the wrapped sentence needs."""
        super().resizeEvent(event)
        self.updateGeometry()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colours = theme.of(self.palette())
        is_primary = bool(self.property("primary"))
        text = colours.accent_text if is_primary else colours.text
        soft = colours.accent_text if is_primary else colours.muted
        mark = colours.accent_text if is_primary else colours.link
        self._picture.setPixmap(icons.pixmap(self._icon_name, 30, mark, self.devicePixelRatioF()))
        self._title.setStyleSheet(f"color: {text};")
        self._sentence.setStyleSheet(f"color: {soft};")
        self._keys.setStyleSheet(f"color: {soft};")

    def make_primary(self) -> None:
        """Show it as the first thing to press."""
        self.setProperty("primary", True)
        self.restyle()
