"""How often each prototype stood on each class, as a picture one can read and click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from tusk_app.parts import tones
from tusk_app.parts.colour_scale import table
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QHelpEvent, QMouseEvent, QPaintEvent

MARGIN = 8
MAX_LABEL = 120
MIN_LETTERS = 11.0
CHIP = 6


def reading_order(counts: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the used prototypes by their most frequent class, then by how often it occurs.

    Args:
        counts: (M, C).

    Returns:
        (n,) indices of prototypes that occur at all.
    """
    used = np.flatnonzero(counts.sum(1) > 0)
    if not len(used):
        return used.astype(np.int64)
    classes, most = counts[used].argmax(1), counts[used].max(1)
    return used[np.lexsort((-most, classes))].astype(np.int64)


def shares_of(counts: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return counts as the share of each prototype's total, (M, C); 0 for an unused one."""
    totals = counts.sum(1, keepdims=True)
    shares: NDArray[np.float64] = np.divide(
        counts, totals, out=np.zeros(counts.shape), where=totals > 0
    )
    return shares


class ConfusionView(QWidget):
    """Classes from top to bottom, prototypes from left to right in the order of their class.

    A column adds up to one prototype; its bright cell is what that prototype means.

    Signals:
        prototype_clicked: int, index of the prototype.
    """

    prototype_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = np.zeros((0, 0))
        self._order = np.zeros(0, dtype=np.int64)
        self._names: tuple[str, ...] = ()
        self._colours = np.zeros((0, 3), np.uint8)
        self._labels: tuple[str, ...] = ()
        self._image = QImage()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(say("[Kinds] by class"))

    def show_counts(
        self,
        counts: NDArray[np.floating],
        names: Sequence[str],
        colours: NDArray[np.uint8],
        labels: Sequence[str],
    ) -> None:
        """Show a table.

        Args:
            counts: (M, C).
            names: of the C classes; numbers where there are fewer.
            colours: (M, 3) RGB of the prototypes; grey where there are fewer.
            labels: of the M prototypes.
        """
        self._counts = np.asarray(counts, dtype=np.float64)
        self._order = reading_order(self._counts)
        num_classes = self._counts.shape[1] if self._counts.ndim == 2 else 0
        self._names = (
            tuple(names) if len(names) == num_classes else tuple(map(str, range(num_classes)))
        )
        self._colours, self._labels = np.asarray(colours), tuple(labels)
        shares = shares_of(self._counts)[self._order].T  # (C, n)
        pixels = table()[np.clip(np.rint(shares * 255), 0, 255).astype(np.intp)]
        pixels = np.ascontiguousarray(pixels, np.uint8)
        height, width = pixels.shape[:2]
        image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        self._image = image.copy()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
        return QSize(420, 200)

    def minimumSizeHint(self) -> QSize:
        """Return the size below which nothing can be read."""
        return QSize(110, 90)

    def cell_at(self, place: QPointF) -> tuple[int, int] | None:
        """Return (prototype, class) under a place of the widget; None beside the picture."""
        area = self._area()
        if not len(self._order) or not area.contains(place):
            return None
        column = int((place.x() - area.left()) / area.width() * len(self._order))
        row = int((place.y() - area.top()) / area.height() * len(self._names))
        column, row = min(column, len(self._order) - 1), min(row, len(self._names) - 1)
        return int(self._order[column]), row

    def cell_text(self, prototype: int, row: int) -> str:
        """Return what a cell says, for the tip."""
        count, total = self._counts[prototype, row], self._counts[prototype].sum()
        label = self._labels[prototype] if prototype < len(self._labels) else f"{prototype}"
        return (
            f"{label}: {count:,.0f} of {total:,.0f} {say('[points]')} are on “{self._names[row]}”"
        )

    def event(self, event: QEvent) -> bool:
        """Show what the cell under the pointer says."""
        if event.type() == QEvent.Type.ToolTip:
            self._show_tip(event)  # type: ignore[arg-type]
            return True
        return super().event(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Report the prototype that was clicked."""
        cell = self.cell_at(event.position())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self.prototype_clicked.emit(cell[0])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show by the pointer that a cell can be clicked."""
        is_cell = self.cell_at(event.position()) is not None
        shape = Qt.CursorShape.PointingHandCursor if is_cell else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw names, cells and the prototypes' colours."""
        painter = QPainter(self)
        area = self._area()
        if not len(self._order) or area.width() <= 0 or area.height() <= 0:
            painter.setPen(tones.tone(self.palette(), "muted"))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, say("No [point] was on an object.")
            )
            return
        painter.drawImage(area, self._image)
        painter.setPen(QPen(tones.tone(self.palette(), "border"), 1))
        painter.drawRect(area)
        self._paint_names(painter, area)
        self._paint_chips(painter, area)

    def _show_tip(self, event: QHelpEvent) -> None:
        cell = self.cell_at(QPointF(event.pos()))
        QToolTip.showText(event.globalPos(), self.cell_text(*cell) if cell else "", self)

    def _area(self) -> QRectF:
        letters = self.fontMetrics()
        widest = max((letters.horizontalAdvance(name) for name in self._names), default=0)
        left = MARGIN + min(widest, MAX_LABEL) + 6
        box = QRectF(self.rect())
        return box.adjusted(left, MARGIN, -MARGIN, -(MARGIN + CHIP + 4))

    def _paint_names(self, painter: QPainter, area: QRectF) -> None:
        painter.setPen(self.palette().color(QPalette.ColorRole.Text))
        height = area.height() / len(self._names)
        letters = self.fontMetrics()
        # Where rows are thinner than letters, every n-th name is shown.
        step = max(1, int(np.ceil(max(MIN_LETTERS, letters.height() * 0.8) / height)))
        for row in range(0, len(self._names), step):
            middle = area.top() + (row + 0.5) * height
            box = QRectF(
                MARGIN, middle - letters.height(), area.left() - MARGIN - 6, 2 * letters.height()
            )
            text = letters.elidedText(
                self._names[row], Qt.TextElideMode.ElideRight, int(box.width())
            )
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_chips(self, painter: QPainter, area: QRectF) -> None:
        width = area.width() / len(self._order)
        for column, prototype in enumerate(self._order):
            colour = QColor(150, 150, 150)
            if prototype < len(self._colours):
                colour = QColor(*(int(part) for part in self._colours[prototype]))
            left = area.left() + column * width
            painter.fillRect(QRectF(left, area.bottom() + 3, max(1.0, width - 1), CHIP), colour)
