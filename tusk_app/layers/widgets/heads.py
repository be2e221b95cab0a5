"""Words over the pictures of the layers: what each column shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from tusk_app.parts import tones

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = ("Colour", "Where", "Drawn")


class LayerHeads(QWidget):
    """One line above the lines, which does not scroll with them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._columns: tuple[tuple[int, int], ...] = ()
        self.setToolTip(
            "Colour: what the layer would paint. Where: how strongly, white is fully. "
            "Drawn: both together."
        )
        self.setAccessibleName(", ".join(WORDS))

    def set_columns(self, columns: Sequence[tuple[int, int]]) -> None:
        """Write over columns of (left, width) pixels; none hides the line."""
        self._columns = tuple(columns)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Write the words, each in the middle of its column."""
        painter = QPainter(self)
        painter.setPen(tones.tone(self.palette(), "muted"))
        for word, (left, width) in zip(WORDS, self._columns, strict=False):
            shown = painter.fontMetrics().elidedText(word, Qt.TextElideMode.ElideRight, width)
            place = QRect(left, 0, width, self.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, shown)
        painter.end()
