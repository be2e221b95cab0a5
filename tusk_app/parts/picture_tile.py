"""A small picture with a caption that can be copied and saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QSizePolicy, QWidget

from tusk_app.parts import tones
from tusk_app.parts.layer_images import picture_image
from tusk_app.parts.saving import save_image

if TYPE_CHECKING:
    from numpy.typing import NDArray


def picture_menu(parent: QWidget, image: QImage, name: str) -> QMenu:
    """Return a menu that copies or saves ``image``."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction("Copy picture", lambda: QGuiApplication.clipboard().setImage(image))
    menu.addAction("Save picture…", lambda: _ask_save(parent, image, name))
    return menu


def _ask_save(parent: QWidget, image: QImage, name: str) -> None:
    path, _ = QFileDialog.getSaveFileName(parent, "Save picture", f"{name}.png", "*.png")
    if not path:
        return
    try:
        save_image(image, Path(path))
    except OSError as error:
        problem = f"{path} cannot be written: {error.strerror or error}. Choose another folder."
        QMessageBox.warning(parent, "Save picture", problem)


class PictureTile(QWidget):
    """Shows one picture as large as fits, without smoothing when it is enlarged."""

    def __init__(self, caption: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caption = caption
        self._image = QImage()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(caption)
        self.setToolTip("Right click or Ctrl+C: copy or save")

    @property
    def image(self) -> QImage:
        """What is shown."""
        return self._image

    @property
    def caption(self) -> str:
        """The words beneath."""
        return self._caption

    def set_picture(self, picture: NDArray[np.uint8] | QImage | None) -> None:
        """Show a picture, (h, w, 3) uint8; None shows an empty frame."""
        if picture is None:
            self._image = QImage()
        elif isinstance(picture, QImage):
            self._image = picture
        else:
            self._image = picture_image(np.ascontiguousarray(picture))
        self.update()

    def set_caption(self, caption: str) -> None:
        """Say something else beneath."""
        if caption != self._caption:
            self._caption = caption
            self.setAccessibleName(caption)
            self.update()

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(96, 96 + self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:
        """Return the smallest useful size."""
        return QSize(56, 56 + self.fontMetrics().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint picture, frame and caption."""
        painter = QPainter(self)
        line = self.fontMetrics().height() + 2
        room = QRect(0, 0, self.width(), self.height() - line)
        if self._image.isNull():
            side = min(room.width(), room.height()) - 2
            place = QRect(0, 0, side, side)
        else:
            size = self._image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
            place = QRect(QPoint(0, 0), size)
        place.moveCenter(room.center())
        if not self._image.isNull():
            enlarged = place.width() >= self._image.width()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=not enlarged)
            painter.drawImage(place, self._image)
        focus = self.palette().color(QPalette.ColorRole.Highlight)
        painter.setPen(QPen(focus if self.hasFocus() else tones.tone(self.palette(), "border"), 1))
        painter.drawRect(place.adjusted(0, 0, -1, -1))
        painter.setPen(tones.tone(self.palette(), "muted"))
        words = QRect(0, self.height() - line, self.width(), line)
        shown = self.fontMetrics().elidedText(
            self._caption, Qt.TextElideMode.ElideRight, self.width()
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, shown)
        painter.end()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to copy or save."""
        if not self._image.isNull():
            picture_menu(self, self._image, self._caption.split(" ")[0].lower()).popup(
                event.globalPos()
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy by keyboard."""
        if event.matches(QKeySequence.StandardKey.Copy) and not self._image.isNull():
            QGuiApplication.clipboard().setImage(self._image)
        else:
            super().keyPressEvent(event)
