"""Ground truth on the canvas: a dashed box about each object, a cross at its centre, its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

if TYPE_CHECKING:
    from tusk_app.canvas.widgets.view_transform import ViewTransform
    from tusk_core.results import GroundTruth

LIGHT, DARK = QColor(255, 255, 255), QColor(0, 0, 0, 200)
ARM = 6.0  # logical pixels from a centre to the end of its cross
LEAST_BOX = 6.0  # smaller boxes, such as those of landmarks, are left out


def paint_truth(
    painter: QPainter,
    view: ViewTransform,
    truth: GroundTruth,
    font: QFont,
    *,
    opacity: float,
    unit: float = 1.0,
) -> None:
    """Draw what is known to be in the picture.

    Args:
        painter: where to.
        view: where the picture lies.
        truth: objects in picture coordinates.
        font: of the names.
        opacity: of everything, [0, 1].
        unit: painter units for one logical pixel.
    """
    painter.save()
    painter.setOpacity(opacity)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    boxes = [_box(view, box) for box in truth.boxes.tolist()]
    large = [box for box in boxes if min(box.width(), box.height()) >= LEAST_BOX * unit]
    centres = [QPointF(*view.to_widget(x, y)) for x, y in truth.xy.tolist()]
    crosses = [line for centre in centres for line in _cross(centre, ARM * unit)]
    for colour, width in ((DARK, 3.2), (LIGHT, 1.4)):
        pen = QPen(colour, width * unit)
        painter.setPen(pen)
        painter.drawLines(crosses)
        if colour is LIGHT:
            pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
        painter.drawRects(large)
    painter.setFont(font)
    for name, box, centre in zip(truth.names, boxes, centres, strict=True):
        _name(painter, name, box, centre, font, unit)
    painter.restore()


def _box(view: ViewTransform, box: list[float]) -> QRectF:
    """A box names its first pixel's middle; its edge lies half a pixel further out."""
    x, y, width, height = box
    left, top = view.to_widget(x - 0.5, y - 0.5)
    return QRectF(left, top, width * view.scale, height * view.scale)


def _cross(centre: QPointF, arm: float) -> tuple[QLineF, QLineF]:
    x, y = centre.x(), centre.y()
    return QLineF(x - arm, y, x + arm, y), QLineF(x, y - arm, x, y + arm)


def _name(
    painter: QPainter, name: str, box: QRectF, centre: QPointF, font: QFont, unit: float
) -> None:
    """Write a name in the box's upper left corner, or beside a centre without one."""
    metrics = QFontMetricsF(font)
    size = metrics.height()
    is_large = box.width() >= size and box.height() >= size
    at = box.topLeft() if is_large else centre + QPointF(ARM * unit, -size - ARM * unit / 2)
    ground = QRectF(at.x(), at.y(), metrics.horizontalAdvance(name) + 8 * unit, size + 2 * unit)
    painter.fillRect(ground, QColor(20, 22, 26, 215))
    painter.setPen(LIGHT)
    painter.drawText(ground, int(Qt.AlignmentFlag.AlignCenter), name)
