"""A small card at the pointer: the patch of a detection and a few words about it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

PATCH_SIDE = 88
_OFFSET = QPoint(16, 18)


class HoverCard(QFrame):
    """Shown without taking the focus; hidden when nothing is pointed at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        flags = Qt.WindowType.ToolTip | Qt.WindowType.WindowTransparentForInput
        super().__init__(parent, flags)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self._picture = QLabel()
        self._picture.setFixedSize(PATCH_SIDE, PATCH_SIDE)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.RichText)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 6, 10, 6)
        layout.setSpacing(8)
        layout.addWidget(self._picture)
        layout.addWidget(self._text)

    def show_patch(self, image: QImage | None, text: str, at: QPoint) -> None:
        """Show a patch (None while it is being read) and rich text near a screen position."""
        if image is None:
            self._picture.setText("…")
        else:
            side = QSize(PATCH_SIDE, PATCH_SIDE)
            mode = Qt.TransformationMode.FastTransformation
            scaled = image.scaled(side, Qt.AspectRatioMode.KeepAspectRatio, mode)
            self._picture.setPixmap(QPixmap.fromImage(scaled))
        self._text.setText(text)
        self.adjustSize()
        place = at + _OFFSET
        screen = QGuiApplication.screenAt(at)
        if screen is not None:
            room = screen.availableGeometry()
            if place.x() + self.width() > room.right():
                place.setX(at.x() - self.width() - _OFFSET.x())
            if place.y() + self.height() > room.bottom():
                place.setY(at.y() - self.height() - _OFFSET.y())
        self.move(place)
        self.show()
