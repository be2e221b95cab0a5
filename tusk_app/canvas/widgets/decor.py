"""What the canvas draws besides pictures: words while it is empty, and the split divider."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPalette, QPen

_WORDS_GROUND = QColor(20, 22, 26, 200)
_WORDS = QColor(245, 245, 245)


def paint_placeholder(
    painter: QPainter, area: QRectF, palette: QPalette, title: str, hint: str
) -> None:
    """Draw a title and a hint in the middle of ``area``."""
    small = painter.font()
    large = painter.font()
    large.setPointSizeF(large.pointSizeF() * 1.35)
    flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)
    middle = area.center().y()
    painter.setFont(large)
    painter.setPen(palette.color(QPalette.ColorRole.WindowText))
    upper = QRectF(area.left(), area.top(), area.width(), middle - area.top() - 4)
    painter.drawText(upper, flags | int(Qt.AlignmentFlag.AlignBottom), title)
    painter.setFont(small)
    painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
    lower = QRectF(area.left(), middle + 6, area.width(), area.bottom() - middle)
    painter.drawText(lower, flags | int(Qt.AlignmentFlag.AlignTop), hint)


def paint_divider(painter: QPainter, x: float, frame: QRectF, words: tuple[str, str]) -> None:
    """Draw the divider at widget ``x`` over the picture's ``frame``, with a word on each side."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=True)
    for width, colour in ((4.0, QColor(0, 0, 0, 110)), (2.0, QColor(255, 255, 255))):
        painter.setPen(QPen(colour, width))
        painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
    _paint_handle(painter, QPointF(x, frame.center().y()))
    metrics = painter.fontMetrics()
    height = metrics.height() + 6.0
    for word, is_left in zip(words, (True, False), strict=True):
        width = metrics.horizontalAdvance(word) + 16.0
        start = x - width - 12 if is_left else x + 12
        if start >= frame.left() + 2 and start + width <= frame.right() - 2:
            _paint_word(painter, QRectF(start, frame.top() + 8, width, height), word)


def _paint_word(painter: QPainter, box: QRectF, word: str) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_WORDS_GROUND)
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(_WORDS)
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), word)


def _paint_handle(painter: QPainter, at: QPointF) -> None:
    painter.setPen(QPen(QColor(0, 0, 0, 120), 1))
    painter.setBrush(QColor(255, 255, 255))
    painter.drawEllipse(at, 11, 11)
    painter.setPen(QPen(QColor(60, 64, 70), 1.8))
    for side in (-1, 1):
        tip = QPointF(at.x() + side * 6.5, at.y())
        for height in (-3.5, 3.5):
            painter.drawLine(tip, QPointF(at.x() + side * 3, at.y() + height))
