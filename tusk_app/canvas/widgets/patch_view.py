"""A few pixels of a picture, enlarged, about one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from tusk_app.parts import theme
from tusk_app.parts.layer_images import picture_image
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 88  # logical pixels
REACH = 11  # picture pixels to each side


class PatchView(QWidget):
    """Shows what lies around a keypoint, pixel by pixel."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: NDArray[np.uint8] | None = None
        self._xy = (0.0, 0.0)
        self._colour = QColor(255, 255, 255)
        self.setFixedSize(SIDE, SIDE)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(say("What lies around the [point]"))

    def show_place(
        self, picture: NDArray[np.uint8] | None, xy: tuple[float, float], colour: QColor
    ) -> None:
        """Show the surroundings of ``xy`` (pixels) in an (H, W, 3) uint8 picture; None: nothing."""
        self._picture, self._xy, self._colour = picture, xy, colour
        self.update()

    def sizeHint(self) -> QSize:
        """Return the fixed size."""
        return QSize(SIDE, SIDE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the pixels and a cross at the place itself."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.of(self.palette()).canvas))
        if self._picture is not None:
            self._paint_pixels(painter, self._picture)
        painter.setPen(QPen(QColor(theme.of(self.palette()).border), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_pixels(self, painter: QPainter, picture: NDArray[np.uint8]) -> None:
        height, width = picture.shape[:2]
        x, y = self._xy
        reach = max(REACH, max(height, width) // 24)
        x0, y0 = max(round(x) - reach, 0), max(round(y) - reach, 0)
        x1, y1 = min(round(x) + reach + 1, width), min(round(y) + reach + 1, height)
        if x1 <= x0 or y1 <= y0:
            return
        scale = SIDE / (2 * reach + 1)
        part = picture_image(np.ascontiguousarray(picture[y0:y1, x0:x1]))
        middle = SIDE / 2
        place = QRectF(
            middle + (x0 - 0.5 - x) * scale,
            middle + (y0 - 0.5 - y) * scale,
            (x1 - x0) * scale,
            (y1 - y0) * scale,
        )
        painter.drawImage(place, part)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for width_, colour in ((4.0, QColor(0, 0, 0, 160)), (2.0, self._colour)):
            painter.setPen(QPen(colour, width_))
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                painter.drawLine(
                    QPointF(middle + 5 * dx, middle + 5 * dy),
                    QPointF(middle + 13 * dx, middle + 13 * dy),
                )
