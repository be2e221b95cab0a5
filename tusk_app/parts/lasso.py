"""An outline or a box that grows with the mouse and closes when the button is released."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

if TYPE_CHECKING:
    from numpy.typing import NDArray

LassoMode = Literal["replace", "add", "remove"]
LassoShape = Literal["outline", "box"]

_MIN_STEP = 2.0
_COLOURS: dict[str, tuple[int, int, int]] = {
    "replace": (47, 129, 247),
    "add": (46, 160, 67),
    "remove": (218, 54, 51),
}


def mode_of(modifiers: Qt.KeyboardModifier) -> LassoMode:
    """Return what a lasso with these keys held does: Shift adds, Alt removes."""
    if modifiers & Qt.KeyboardModifier.AltModifier:
        return "remove"
    if modifiers & Qt.KeyboardModifier.ShiftModifier:
        return "add"
    return "replace"


class Lasso:
    """The outline being drawn, in widget pixels; idle until ``begin``."""

    def __init__(self) -> None:
        self._corners: list[QPointF] = []
        self._shape: LassoShape = "outline"
        self.mode: LassoMode = "replace"

    @property
    def is_active(self) -> bool:
        """True from ``begin`` until ``finish`` or ``cancel``."""
        return bool(self._corners)

    def begin(
        self, at: QPointF, modifiers: Qt.KeyboardModifier, shape: LassoShape = "outline"
    ) -> None:
        """Start an outline, or a box with its first corner."""
        self._corners, self._shape = [at], shape
        self.mode = mode_of(modifiers)

    def extend(self, to: QPointF) -> None:
        """Go on; steps below two pixels are left out. A box gets its opposite corner."""
        if not self._corners:
            return
        if self._shape == "box":
            first = self._corners[0]
            beside, below = QPointF(to.x(), first.y()), QPointF(first.x(), to.y())
            self._corners = [first, beside, to, below]
        elif (to - self._corners[-1]).manhattanLength() >= _MIN_STEP:
            self._corners.append(to)

    def finish(self) -> NDArray[np.float64]:
        """Close the outline and return its corners, (m, 2) widget pixels."""
        corners = np.array([(p.x(), p.y()) for p in self._corners], np.float64).reshape(-1, 2)
        self._corners = []
        return corners

    def cancel(self) -> None:
        """Forget the outline."""
        self._corners = []

    def paint(self, painter: QPainter) -> None:
        """Draw the outline, closed, in the colour of what it will do."""
        if len(self._corners) < 2:
            return
        colour = QColor(*_COLOURS[self.mode])
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
        colour.setAlpha(36)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF(self._corners))
