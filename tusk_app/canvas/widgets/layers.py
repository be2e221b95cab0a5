"""The pictures that lie on the canvas, and how they are drawn: stack, split, pixel grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from tusk_app.parts.layer_images import picture_image
from tusk_app.state.display import Layer, LayerStyle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_app.canvas.widgets.view_transform import ViewTransform

NEAREST_FROM = 4.0  # device pixels a picture pixel; from here on pixels are drawn as squares
GRID_FROM = 14.0
OVER_PICTURE = (Layer.SEGMENTATION, Layer.ERROR, Layer.HEAT_MAP)


@dataclass(frozen=True, slots=True)
class LayerScene:
    """How the layers are to be drawn.

    Attributes:
        styles: eye and opacity of each layer.
        is_flipped: the reconstruction takes the picture's place.
        split: share of the picture's width, from the left, that shows the input while the rest
            shows the reconstruction; None for no split.
        device_ratio: device pixels for one unit of the painter.
    """

    styles: dict[Layer, LayerStyle]
    is_flipped: bool = False
    split: float | None = None
    device_ratio: float = 1.0


class LayerImage:
    """One image with the part of the picture it covers, and halved copies for small views."""

    def __init__(
        self, image: QImage, rect: QRectF, pixels: NDArray[np.uint8] | None = None
    ) -> None:
        """Take an image and its place in picture coordinates.

        Args:
            image: what is drawn.
            rect: its place.
            pixels: the same as (H, W, 3) uint8 RGB, from which smaller copies are made faster.
        """
        self.rect = rect
        self._pixels = pixels
        self._levels = {0: image}

    @property
    def image(self) -> QImage:
        """The image at its full size."""
        return self._levels[0]

    def paint(self, painter: QPainter, view: ViewTransform, clip: QRectF, ratio: float) -> None:
        """Draw the part that is seen.

        Args:
            painter: where to.
            view: where the picture lies.
            clip: what is seen, in the painter's coordinates.
            ratio: device pixels for one unit of the painter.
        """
        left, top = view.to_widget(self.rect.left(), self.rect.top())
        target = QRectF(left, top, self.rect.width() * view.scale, self.rect.height() * view.scale)
        seen = target.intersected(clip)
        if seen.isEmpty():
            return
        zoom = target.width() * ratio / max(self.image.width(), 1)
        image = self._level(zoom)
        # Whole source pixels about what is seen: a large picture zoomed in costs no more.
        step_x, step_y = target.width() / image.width(), target.height() / image.height()
        x0 = max(math.floor((seen.left() - left) / step_x) - 1, 0)
        y0 = max(math.floor((seen.top() - top) / step_y) - 1, 0)
        x1 = min(math.ceil((seen.right() - left) / step_x) + 1, image.width())
        y1 = min(math.ceil((seen.bottom() - top) / step_y) + 1, image.height())
        part = QRectF(x0, y0, x1 - x0, y1 - y0)
        place = QRectF(left + x0 * step_x, top + y0 * step_y, part.width() * step_x,
                       part.height() * step_y)  # fmt: skip
        smooth = zoom < NEAREST_FROM and zoom != 1.0
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(place, image, part)

    def _level(self, zoom: float) -> QImage:
        """Return a copy that is drawn at half to full size: no pixel of it is skipped."""
        level = max(0, min(math.floor(-math.log2(max(zoom, 1e-6))), 6))
        while level and min(self.image.width(), self.image.height()) >> level < 2:
            level -= 1
        if level not in self._levels:
            self._levels[level] = self._smaller(level)
        return self._levels[level]

    def _smaller(self, level: int) -> QImage:
        width, height = self.image.width() >> level, self.image.height() >> level
        if self._pixels is None:
            return self.image.scaled(
                width,
                height,
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        import cv2

        small = cv2.resize(self._pixels, (width, height), interpolation=cv2.INTER_AREA)
        image = picture_image(np.asarray(small, np.uint8))
        return image.convertToFormat(QImage.Format.Format_RGB32)


class LayerStack:
    """The layers of one picture."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._images: dict[Layer, LayerImage] = {}
        self.size = (0, 0)

    def set(
        self,
        layer: Layer,
        image: QImage | None,
        rect: QRectF | None = None,
        pixels: NDArray[np.uint8] | None = None,
    ) -> None:
        """Put an image in a layer; None empties it; without ``rect`` it covers the picture.

        ``pixels`` are the image as an array, see ``LayerImage``.
        """
        if image is None or image.isNull():
            self._images.pop(layer, None)
            return
        if layer is Layer.PICTURE:
            self.size = (image.width(), image.height())
        whole = QRectF(-0.5, -0.5, *self.size)
        self._images[layer] = LayerImage(image, whole if rect is None else rect, pixels)

    def clear(self) -> None:
        """Remove every layer."""
        self._images.clear()
        self.size = (0, 0)

    def has(self, layer: Layer) -> bool:
        """True if there is an image in that layer."""
        return layer in self._images

    def image(self, layer: Layer) -> QImage | None:
        """Return the image of a layer at its full size."""
        found = self._images.get(layer)
        return None if found is None else found.image

    def frame(self, view: ViewTransform) -> QRectF:
        """Return where the picture lies, in the painter's coordinates."""
        left, top = view.to_widget(-0.5, -0.5)
        return QRectF(left, top, self.size[0] * view.scale, self.size[1] * view.scale)

    def paint(
        self, painter: QPainter, view: ViewTransform, clip: QRectF, scene: LayerScene
    ) -> None:
        """Draw all layers of the scene inside ``clip``."""
        frame = self.frame(view)
        clip = clip.intersected(frame)
        if clip.isEmpty():
            return
        painter.save()
        painter.setClipRect(clip, Qt.ClipOperation.IntersectClip)
        can_compare = self.has(Layer.RECONSTRUCTION)
        if scene.split is not None and can_compare:
            self._paint_split(painter, view, clip, scene)
        else:
            self._paint_base(painter, view, clip, scene)
        for layer in OVER_PICTURE:
            self._paint_layer(painter, layer, view, clip, scene)
        painter.setOpacity(1.0)
        if view.scale * scene.device_ratio >= GRID_FROM:
            _paint_grid(painter, view, clip)
        painter.restore()

    def _paint_base(
        self, painter: QPainter, view: ViewTransform, clip: QRectF, scene: LayerScene
    ) -> None:
        if scene.is_flipped and self.has(Layer.RECONSTRUCTION):
            self._paint_ground(painter, view, clip)
            self._paint_one(painter, Layer.RECONSTRUCTION, view, clip, scene, opacity=1.0)
            return
        self._paint_layer(painter, Layer.PICTURE, view, clip, scene)
        self._paint_layer(painter, Layer.RECONSTRUCTION, view, clip, scene)

    def _paint_split(
        self, painter: QPainter, view: ViewTransform, clip: QRectF, scene: LayerScene
    ) -> None:
        frame = self.frame(view)
        border = frame.left() + frame.width() * (scene.split or 0.0)
        left = QRectF(clip.left(), clip.top(), border - clip.left(), clip.height())
        right = QRectF(border, clip.top(), clip.right() - border, clip.height())
        if left.width() > 0:
            painter.save()
            painter.setClipRect(left, Qt.ClipOperation.IntersectClip)
            self._paint_layer(painter, Layer.PICTURE, view, left, scene)
            painter.restore()
        if right.width() > 0:
            painter.save()
            painter.setClipRect(right, Qt.ClipOperation.IntersectClip)
            self._paint_ground(painter, view, right)
            self._paint_one(painter, Layer.RECONSTRUCTION, view, right, scene, opacity=1.0)
            painter.restore()

    def _paint_ground(self, painter: QPainter, view: ViewTransform, clip: QRectF) -> None:
        """Hatch what the network's input does not show, so that it is not taken for black."""
        shown = self._images[Layer.RECONSTRUCTION].rect
        if shown.contains(QRectF(-0.5, -0.5, *self.size).adjusted(0.5, 0.5, -0.5, -0.5)):
            return
        painter.fillRect(clip.intersected(self.frame(view)), QColor(40, 42, 46))
        painter.setPen(QPen(QColor(64, 67, 73), 1))
        step, frame = 9.0, self.frame(view).intersected(clip)
        count = int((frame.width() + frame.height()) / step) + 1
        lines = [
            QLineF(frame.left() + i * step, frame.top(), frame.left() + i * step - frame.height(),
                   frame.bottom())
            for i in range(count)
        ]  # fmt: skip
        painter.drawLines(lines)

    def _paint_layer(
        self, painter: QPainter, layer: Layer, view: ViewTransform, clip: QRectF, scene: LayerScene
    ) -> None:
        style = scene.styles[layer]
        if style.visible:
            self._paint_one(painter, layer, view, clip, scene, opacity=style.opacity)

    def _paint_one(
        self, painter: QPainter, layer: Layer, view: ViewTransform, clip: QRectF, scene: LayerScene,
        *, opacity: float,
    ) -> None:  # fmt: skip
        image = self._images.get(layer)
        if image is not None:
            painter.setOpacity(opacity)
            image.paint(painter, view, clip, scene.device_ratio)
            painter.setOpacity(1.0)


def _paint_grid(painter: QPainter, view: ViewTransform, clip: QRectF) -> None:
    x0, y0 = view.to_picture(clip.left(), clip.top())
    x1, y1 = view.to_picture(clip.right(), clip.bottom())
    columns = range(math.ceil(x0 + 0.5), math.floor(x1 + 0.5) + 1)
    rows = range(math.ceil(y0 + 0.5), math.floor(y1 + 0.5) + 1)
    lines = [
        QLineF(view.left + c * view.scale, clip.top(), view.left + c * view.scale, clip.bottom())
        for c in columns
    ]
    lines += [
        QLineF(clip.left(), view.top + r * view.scale, clip.right(), view.top + r * view.scale)
        for r in rows
    ]
    pen = QPen(QColor(128, 128, 128, 70), 0)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    painter.drawLines(lines)
