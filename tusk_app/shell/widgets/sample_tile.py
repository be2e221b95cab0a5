"""A tile of the welcome page: real pictures that come with the program, and whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QResizeEvent

SIDE = 72


class SampleTile(QPushButton):
    """A picture, what it is, what happens when it is pressed, and the licence."""

    def __init__(
        self, picture: QImage, title: str, sentence: str, licence: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("begin")
        self.setAccessibleName(title)
        self.setAccessibleDescription(f"{sentence} {licence}")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        shown = QLabel(self)
        shown.setPixmap(_square(picture, self.devicePixelRatioF()))
        name, words, whose = QLabel(title, self), QLabel(sentence, self), QLabel(licence, self)
        name.setProperty("role", "heading")
        whose.setProperty("role", "muted")
        self._column = QVBoxLayout()
        self._column.setSpacing(2)
        for label in (name, words, whose):
            label.setWordWrap(True)
            self._column.addWidget(label)
        self._column.addStretch(1)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 10, 12, 8)
        self._row.setSpacing(12)
        self._row.addWidget(shown, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addLayout(self._column, 1)
        for label in (shown, name, words, whose):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        """Size for the texts inside, which Qt does not count for a button."""
        return self._row.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Width and height below which texts would be cut."""
        return QSize(220, self._row.totalHeightForWidth(max(self.width(), 220)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for the height that the wrapped texts need."""
        super().resizeEvent(event)
        self.updateGeometry()


def _square(picture: QImage, ratio: float) -> QPixmap:
    """Return the middle of a picture, ``SIDE`` logical pixels wide and high."""
    side = round(SIDE * ratio)
    filled = picture.scaled(
        side, side, Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )  # fmt: skip
    left, top = (filled.width() - side) // 2, (filled.height() - side) // 2
    shown = QPixmap.fromImage(filled.copy(left, top, side, side))
    shown.setDevicePixelRatio(ratio)
    return shown
