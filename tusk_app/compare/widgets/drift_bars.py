"""How far the keypoints of each prototype drift, as bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from tusk_app.parts import tones
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent


@dataclass(frozen=True, slots=True)
class DriftBar:
    """One prototype: name, colour, mean drift in pixels, number of keypoints."""

    name: str
    colour: tuple[int, int, int]
    pixels: float
    count: int


class DriftBars(QAbstractScrollArea):
    """Worst first; scrolls when there are many."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: tuple[DriftBar, ...] = ()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName(say("Drift by [kind]"))

    @property
    def bars(self) -> tuple[DriftBar, ...]:
        """What is shown."""
        return self._bars

    def set_bars(self, bars: Sequence[DriftBar]) -> None:
        """Show other bars."""
        self._bars = tuple(bars)
        self._set_range()

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(200, 120)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest useful size."""
        return QSize(120, 40)

    def _pitch(self) -> int:
        return self.fontMetrics().height() + 6

    def _set_range(self) -> None:
        bar = self.verticalScrollBar()
        bar.setPageStep(self.viewport().height())
        bar.setRange(0, max(0, len(self._bars) * self._pitch() - self.viewport().height()))
        self.viewport().update()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Keep the scroll range right."""
        self._set_range()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the bars in view."""
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max((bar.pixels for bar in self._bars), default=0.0)
        most = max(most, 1.0)
        pitch, width = self._pitch(), self.viewport().width()
        words = min(120, width // 3)
        value = self.fontMetrics().horizontalAdvance("000.0 px ")
        for number, bar in enumerate(self._bars):
            top = number * pitch - self.verticalScrollBar().value()
            painter.setPen(tones.tone(self.palette(), "text"))
            name = self.fontMetrics().elidedText(bar.name, Qt.TextElideMode.ElideRight, words - 4)
            place = QRect(0, top, words, pitch)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, name)
            room = QRectF(words, top + 4, width - words - value, pitch - 8)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tones.tone(self.palette(), "raised"))
            painter.drawRoundedRect(room, 3, 3)
            painter.setBrush(QColor(*bar.colour))
            filled = QRectF(
                room.left(), room.top(), room.width() * bar.pixels / most, room.height()
            )
            painter.drawRoundedRect(filled, 3, 3)
            painter.setPen(tones.tone(self.palette(), "muted"))
            text = QRect(width - value, top, value, pitch)
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(text, flags, f"{bar.pixels:.1f} px")
        painter.end()
