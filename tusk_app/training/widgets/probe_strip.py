"""The probe pictures: input with keypoints, and what the model rebuilds from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTransform,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from tusk_app.canvas.widgets.keypoint_overlay import HALO
from tusk_app.canvas.widgets.symbols import symbol_path
from tusk_app.parts import palette, theme

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.events import PreviewReady

PAIR_GAP = 2
TILE_GAP = 8
LARGEST_TILE = 240
RING_SHARE = 0.055  # of a tile's side


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How the pairs are laid out.

    Attributes:
        columns: pairs side by side.
        is_stacked: True if the rebuilt picture stands below its input, else beside it.
        tile: (width, height) of one picture in device-independent pixels.
    """

    columns: int
    is_stacked: bool
    tile: QSize


def best_arrangement(num_pairs: int, picture: QSize, area: QSize) -> Arrangement:
    """Return the arrangement that shows ``num_pairs`` pairs as large as fits into ``area``."""
    best = Arrangement(1, is_stacked=True, tile=QSize(1, 1))
    ratio = picture.height() / max(1, picture.width())
    best_worth = 1.0
    for columns in range(1, num_pairs + 1):
        rows = -(-num_pairs // columns)
        for is_stacked in (True, False):
            across, down = (1, 2) if is_stacked else (2, 1)
            gaps_x = TILE_GAP * (columns - 1) + PAIR_GAP * (across - 1) * columns
            gaps_y = TILE_GAP * (rows - 1) + PAIR_GAP * (down - 1) * rows
            width = (area.width() - gaps_x) / (columns * across)
            height = (area.height() - gaps_y) / (rows * down)
            side = int(min(width, height / ratio, LARGEST_TILE))
            # A row that is not full looks torn: it must be clearly larger to be worth it.
            worth = side if num_pairs % columns == 0 else 0.8 * side
            if worth > best_worth:
                best_worth = worth
                tile = QSize(side, max(1, int(side * ratio)))
                best = Arrangement(columns, is_stacked, tile)
    return best


def to_image(picture: NDArray[np.uint8]) -> QImage:
    """Return a copy of (H, W, 3) uint8 RGB as a QImage."""
    height, width = picture.shape[:2]
    view = QImage(picture.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return view.convertToFormat(QImage.Format.Format_RGB32)


def draw_keypoints(
    painter: QPainter, preview: PreviewReady, index: int, target: QRectF, colours: NDArray[np.uint8]
) -> None:
    """Draw ring, halo and symbol of each keypoint of probe picture ``index`` into ``target``."""
    height, width = preview.images.shape[1:3]
    scale_x, scale_y = target.width() / width, target.height() / height
    radius = min(max(4.0, RING_SHARE * target.width()), 11.0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    rows = zip(preview.xy[index], preview.scores[index], preview.labels[index], strict=True)
    for (x, y), score, label in rows:
        red, green, blue = (int(part) for part in colours[int(label) % len(colours)])
        place = QTransform.fromTranslate(
            target.x() + (float(x) + 0.5) * scale_x, target.y() + (float(y) + 0.5) * scale_y
        )
        place.scale(2 * radius, 2 * radius)
        shape = place.map(symbol_path(palette.symbol(int(label))))
        painter.setOpacity(0.35 + 0.65 * float(min(max(score, 0.0), 1.0)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # Thin: what is marked is small, and must be seen inside its mark.
        painter.setPen(QPen(HALO, 3.2))
        painter.drawPath(shape)
        painter.setPen(QPen(QColor(red, green, blue), 1.6))
        painter.drawPath(shape)
    painter.setOpacity(1.0)


class ProbeStrip(QWidget):
    """Paints the newest preview; crisp at any scale, the arrangement follows the shape.

    Signals:
        enlarge_requested: int, the picture that was clicked.
        arrangement_changed: True if rebuilt pictures stand below their inputs, False if beside.
    """

    enlarge_requested = Signal(int)
    arrangement_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preview: PreviewReady | None = None
        self._images: list[QImage] = []
        self._rebuilt: list[QImage] = []
        self._colours = palette.colours(1)
        self._arrangement = Arrangement(1, is_stacked=True, tile=QSize(1, 1))
        self._current = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Probe pictures")
        self.setToolTip("Click a picture to see it large")

    @property
    def arrangement(self) -> Arrangement:
        """How the pairs are laid out now."""
        return self._arrangement

    @property
    def preview(self) -> PreviewReady | None:
        """What is shown."""
        return self._preview

    def set_colours(self, colours: NDArray[np.uint8]) -> None:
        """Set the colour of each prototype, (M, 3) uint8 sRGB."""
        self._colours = colours
        self.update()

    def set_preview(self, preview: PreviewReady | None) -> None:
        """Show ``preview``; None shows nothing."""
        self._preview = preview
        self._images = [to_image(picture) for picture in preview.images] if preview else []
        self._rebuilt = [to_image(p) for p in preview.reconstructions] if preview else []
        self._arrange()
        self.update()

    def sizeHint(self) -> QSize:
        """A row of eight small pairs."""
        return QSize(8 * 72, 2 * 72)

    def minimumSizeHint(self) -> QSize:
        """Pictures that can just be recognised."""
        return QSize(4 * 44, 4 * 44)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw pictures, keypoints and the focus."""
        painter = QPainter(self)
        if self._preview is None:
            return
        for index in range(len(self._images)):
            above, below = self._places(index)
            self._draw_picture(painter, self._images[index], above)
            draw_keypoints(painter, self._preview, index, QRectF(above), self._colours)
            self._draw_picture(painter, self._rebuilt[index], below)
            if self.hasFocus() and index == self._current:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
                painter.setPen(QPen(QColor(theme.of(self.palette()).accent), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(above.united(below).adjusted(-2, -2, 1, 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange anew."""
        super().resizeEvent(event)
        self._arrange()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ask for the clicked picture."""
        index = self._index_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self._current = index
            self.enlarge_requested.emit(index)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show that pictures can be clicked."""
        over = self._index_at(event.position().toPoint()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys choose a picture, Enter and Space enlarge it."""
        strides = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._arrangement.columns,
            Qt.Key.Key_Down: self._arrangement.columns,
        }
        stride = strides.get(Qt.Key(event.key()))
        if stride is not None and self._images:
            self._current = min(max(0, self._current + stride), len(self._images) - 1)
            self.update()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            if self._images:
                self.enlarge_requested.emit(self._current)
        else:
            super().keyPressEvent(event)

    def _arrange(self) -> None:
        if not self._images:
            return
        old = self._arrangement
        # Two pixels at each side stay free for the frame of the chosen picture.
        area = self.size() - QSize(4, 4)
        self._arrangement = best_arrangement(len(self._images), self._images[0].size(), area)
        if old.is_stacked != self._arrangement.is_stacked:
            self.arrangement_changed.emit(self._arrangement.is_stacked)

    def _places(self, index: int) -> tuple[QRect, QRect]:
        """Where input and rebuilt picture of pair ``index`` stand."""
        shape = self._arrangement
        column, row = index % shape.columns, index // shape.columns
        width, height = shape.tile.width(), shape.tile.height()
        step_x, step_y = (0, height + PAIR_GAP) if shape.is_stacked else (width + PAIR_GAP, 0)
        left = 2 + column * (width + step_x + TILE_GAP)
        top = 2 + row * (height + step_y + TILE_GAP)
        first = QRect(QPoint(left, top), shape.tile)
        return first, first.translated(step_x, step_y)

    def _index_at(self, place: QPoint) -> int | None:
        for index in range(len(self._images)):
            above, below = self._places(index)
            if above.contains(place) or below.contains(place):
                return index
        return None

    def _draw_picture(self, painter: QPainter, image: QImage, place: QRect) -> None:
        shrinks = place.width() * self.devicePixelRatioF() < image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=shrinks)
        painter.drawImage(place, image)
