"""The picture of the moment with the paths that keypoints have taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from tusk_app.parts.layer_images import picture_image
from tusk_app.parts.marked_picture import fitted_rect, paint_ring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


# Paths fade in so many steps; more of them than the second number are drawn plainer, for speed.
_SHADES, _CROWD = 12, 24


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """One track: ``xy`` (n, 2) pixels, oldest first; ``colour`` sRGB."""

    xy: NDArray[np.float32]
    colour: tuple[int, int, int]


class TrailView(QWidget):
    """Paths fade towards their beginning."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._size = (1, 1)
        self._paths: tuple[Path, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Trails")

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(200, 180)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest useful size."""
        return QSize(90, 80)

    @property
    def paths(self) -> tuple[Path, ...]:
        """What is drawn."""
        return self._paths

    def set_picture(self, picture: NDArray[np.uint8] | None) -> None:
        """Show a picture, (H, W, 3) uint8."""
        self._image = QImage() if picture is None else picture_image(np.ascontiguousarray(picture))
        if picture is not None:
            self._size = (picture.shape[1], picture.shape[0])
        self.update()

    def set_paths(self, paths: Sequence[Path]) -> None:
        """Show other paths."""
        self._paths = tuple(paths)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint picture and paths."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = fitted_rect(self._image, QRectF(self.rect()).adjusted(3, 3, -3, -3))
        if not self._image.isNull():
            painter.setOpacity(0.6)
            painter.drawImage(place, self._image)
            painter.setOpacity(1.0)
        scale = np.array([place.width() / self._size[0], place.height() / self._size[1]])
        origin = np.array([place.left(), place.top()])
        is_crowd = len(self._paths) > _CROWD
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not is_crowd)
        for path in self._paths:
            points = [QPointF(*at) for at in (origin + (path.xy + 0.5) * scale).tolist()]
            _paint_path(painter, points, QColor(*path.colour), 2 if is_crowd else _SHADES)
            if is_crowd and points:
                painter.setPen(QPen(QColor(*path.colour), 6))
                painter.drawPoint(points[-1])
            elif points:
                paint_ring(painter, points[-1], QColor(*path.colour), 5, 2)
        painter.end()


def _paint_path(painter: QPainter, points: list[QPointF], colour: QColor, shades: int) -> None:
    """Draw a line that fades towards its beginning, in so many steps."""
    steps = len(points) - 1
    for shade in range(shades):
        low, high = steps * shade // shades, steps * (shade + 1) // shades
        if high > low:
            colour.setAlphaF(0.15 + 0.85 * (shade + 1) / shades)
            painter.setPen(QPen(colour, 2.2))
            painter.drawPolyline(points[low : high + 1])
