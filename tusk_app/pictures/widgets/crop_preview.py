"""A few pictures as the network will see them: scaled, with the part that is used framed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from tusk_app.parts import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QPaintEvent

COLUMNS = 3
TILE = 132
GAP = 8


def used_part(
    width: float, height: float, aspect: float, fit: str
) -> tuple[float, float, float, float]:
    """Return the part of a picture that reaches the network: x, y, width, height in its units.

    Args:
        width: of the picture.
        height: of the picture.
        aspect: width over height of the network's input.
        fit: ``crop`` cuts the middle out, ``stretch`` and ``pad`` use everything.
    """
    if fit != "crop" or width <= 0 or height <= 0:
        return 0.0, 0.0, width, height
    if width / height > aspect:
        used = height * aspect
        return (width - used) / 2, 0.0, used, height
    used = width / aspect
    return 0.0, (height - used) / 2, width, used


class CropPreview(QWidget):
    """Up to nine pictures in a grid; what is cut off is darkened."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Examples at training size")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._images: list[QImage] = []
        self._size = (80, 80)
        self._fit = "crop"
        self._keypoint = 0.0
        self._message = "Looking through the pictures…"

    def set_pictures(self, pictures: Sequence[NDArray[np.uint8]]) -> None:
        """Show small pictures, (h, w, 3) uint8 RGB each."""
        self._images = []
        for picture in pictures[: COLUMNS * COLUMNS]:
            height, width = picture.shape[:2]
            view = QImage(picture.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            self._images.append(view.copy())
        self.update()

    def set_target(self, width: int, height: int, fit: str) -> None:
        """Show how pictures are brought to this size [px]."""
        self._size, self._fit = (width, height), fit
        self.update()

    def set_keypoint(self, diameter: float) -> None:
        """Draw a circle as large as what one keypoint can draw, pixels of the network; 0: none."""
        self._keypoint = diameter
        self.update()

    def set_message(self, text: str) -> None:
        """Say something while there are no pictures."""
        self._message = text
        self.update()

    def sizeHint(self) -> QSize:
        """Three by three tiles."""
        side = COLUMNS * TILE + (COLUMNS - 1) * GAP
        return QSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the tiles."""
        colours = theme.of(self.palette())
        painter = QPainter(self)
        if not self._images:
            painter.setPen(QColor(colours.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._message)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for place, image in enumerate(self._images):
            row, column = divmod(place, COLUMNS)
            tile = QRectF(column * (TILE + GAP), row * (TILE + GAP), TILE, TILE)
            painter.fillRect(tile, QColor(colours.canvas))
            self._paint_tile(painter, tile, image, QColor(colours.link))

    def _paint_tile(self, painter: QPainter, tile: QRectF, image: QImage, line: QColor) -> None:
        width, height = image.width(), image.height()
        scale = TILE / max(width, height)
        shown = QRectF(0, 0, width * scale, height * scale)
        shown.moveCenter(tile.center())
        target_width, target_height = self._size
        x, y, used_width, used_height = used_part(
            width, height, target_width / target_height, self._fit
        )
        # First at the network's size, then enlarged: the user sees what detail is left.
        small = image.copy(
            round(x), round(y), max(1, round(used_width)), max(1, round(used_height))
        )
        small = small.scaled(
            max(1, min(target_width, small.width())),
            max(1, min(target_height, small.height())),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        used = QRectF(
            shown.x() + x * scale, shown.y() + y * scale, used_width * scale, used_height * scale
        )
        painter.drawImage(shown, image)
        painter.fillRect(shown, QColor(0, 0, 0, 150))
        painter.drawImage(used, small)
        pen = QPen(line)
        pen.setWidthF(2.0)
        painter.setPen(pen)
        painter.drawRect(used.adjusted(1, 1, -1, -1))
        self._paint_circle(painter, used)

    def _paint_circle(self, painter: QPainter, used: QRectF) -> None:
        """Show in the middle how large one keypoint is; dark below, so that it is always seen."""
        if self._keypoint <= 0:
            return
        radius = 0.5 * self._keypoint * used.width() / max(1, self._size[0])
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(used)
        for colour, width in ((QColor(0, 0, 0, 190), 4.0), (QColor(255, 255, 255), 2.0)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(used.center(), radius, radius)
        painter.restore()
