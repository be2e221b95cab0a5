"""A few prototypes with how alike they are, as bars that can be clicked."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from tusk_app.canvas.widgets.keypoint_table import chip
from tusk_app.parts import tones
from tusk_app.parts.name_room import line_room, name_room
from tusk_app.parts.words import say

ROW = 20


@dataclass(frozen=True, slots=True)
class Likeness:
    """A prototype and its cosine to something, -1 to 1."""

    index: int
    name: str
    symbol: str
    colour: tuple[int, int, int]
    cosine: float


class SimilarityBars(QWidget):
    """Prototypes, most alike first.

    Signals:
        clicked: int, index of a prototype.
    """

    clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Likeness, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(say("Most similar [kinds]"))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(say("Cosine between the [point]'s [look] and each [kind]; click to "
                        "select a [kind]"))  # fmt: skip

    @property
    def rows(self) -> tuple[Likeness, ...]:
        """What is shown."""
        return self._rows

    def set_rows(self, rows: tuple[Likeness, ...]) -> None:
        """Show other prototypes."""
        changed = len(rows) != len(self._rows)
        self._rows = rows
        self.setAccessibleDescription(", ".join(f"{r.name} {r.cosine:.2f}" for r in rows))
        if changed:
            self.updateGeometry()
        self.update()

    @property
    def _row(self) -> int:
        return line_room(self.fontMetrics(), ROW)

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(160, self._row * len(self._rows))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which prototype was clicked."""
        row = int(event.position().y() // self._row)
        if 0 <= row < len(self._rows):
            self.clicked.emit(self._rows[row].index)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw chip, name, bar and number of each row."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        number = metrics.horizontalAdvance("-0.00") + 4
        names = max((metrics.horizontalAdvance(r.name) for r in self._rows), default=0)
        names = min(names, name_room(metrics, 96))
        for place, row in enumerate(self._rows):
            top = place * self._row
            colour = QColor(*row.colour)
            painter.drawPixmap(
                QPointF(0, top + (self._row - 14) / 2),
                chip(colour, row.symbol, 14, self.devicePixelRatioF()),
            )
            painter.setPen(tones.tone(self.palette(), "text"))
            left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
            name = metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, names + 2)
            painter.drawText(QRectF(20, top, names + 4, self._row), left, name)
            bar = QRectF(30 + names, top + self._row / 2 - 4, self.width() - names - number - 38, 8)
            self._paint_bar(painter, bar, row, colour)
            painter.setPen(tones.tone(self.palette(), "muted"))
            right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(
                QRectF(self.width() - number, top, number, self._row), right, f"{row.cosine:.2f}"
            )

    def _paint_bar(self, painter: QPainter, bar: QRectF, row: Likeness, colour: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tones.tone(self.palette(), "border"))
        painter.drawRoundedRect(bar, 4, 4)
        full = QRectF(bar)
        full.setWidth(max(bar.width() * min(max(row.cosine, 0.0), 1.0), 3.0))
        painter.setBrush(colour)
        painter.drawRoundedRect(full, 4, 4)
