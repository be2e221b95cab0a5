"""Paints what a layer is worth, and how opaque it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPalette, QPen

from tusk_app.parts import tones

if TYPE_CHECKING:
    from PySide6.QtGui import QColor

KNOB = 10


def paint_effect(painter: QPainter, palette: QPalette, place: QRect, effect: float) -> None:
    """Draw a bar as long as ``effect``, -1 to 1, green where it is worth something."""
    room = QRectF(place)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tones.tone(palette, "raised"))
    painter.drawRoundedRect(room, 4, 4)
    painter.setBrush(tones.tone(palette, "success" if effect >= 0 else "danger"))
    room.setWidth(max(3.0, room.width() * min(abs(effect), 1.0)))
    painter.drawRoundedRect(room, 4, 4)


def paint_slider(
    painter: QPainter, palette: QPalette, place: QRect, share: float, accent: QColor
) -> None:
    """Draw a slider at ``share``, 0 to 1."""
    bar = QRectF(place).adjusted(0, 4, 0, -4)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tones.tone(palette, "border"))
    painter.drawRoundedRect(bar, 2, 2)
    painter.setBrush(accent)
    painter.drawRoundedRect(QRectF(bar.left(), bar.top(), bar.width() * share, bar.height()), 2, 2)
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Base), 1.5))
    knob = bar.left() + bar.width() * share
    painter.drawEllipse(QRectF(knob - KNOB / 2, bar.center().y() - KNOB / 2, KNOB, KNOB))
