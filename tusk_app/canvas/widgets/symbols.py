"""The outlines of prototypes' symbols, as pyqtgraph calls them."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath, QPolygonF


def _ring(count: int, turn: float, radius: float = 0.5) -> list[tuple[float, float]]:
    angles = [turn + 2 * math.pi * i / count for i in range(count)]
    return [(radius * math.sin(a), -radius * math.cos(a)) for a in angles]


def _star() -> list[tuple[float, float]]:
    outer, inner = _ring(5, 0.0, 0.58), _ring(5, math.pi / 5, 0.25)
    return [point for pair in zip(outer, inner, strict=True) for point in pair]


def _plus() -> list[tuple[float, float]]:
    arm, half = 0.17, 0.5
    quarter = [(arm, -half), (arm, -arm), (half, -arm)]
    turns = [(1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0)]
    return [(a * x + b * y, c * x + d * y) for a, b, c, d in turns for x, y in quarter]


_POLYGONS: dict[str, list[tuple[float, float]]] = {
    "s": [(-0.43, -0.43), (0.43, -0.43), (0.43, 0.43), (-0.43, 0.43)],
    "d": [(0, -0.56), (0.46, 0), (0, 0.56), (-0.46, 0)],
    "t1": _ring(3, 0.0, 0.56),
    "t": _ring(3, math.pi, 0.56),
    "t2": _ring(3, math.pi / 2, 0.56),
    "t3": _ring(3, -math.pi / 2, 0.56),
    "p": _ring(5, 0.0, 0.54),
    "h": _ring(6, 0.0, 0.52),
    "star": _star(),
    "+": _plus(),
}


@lru_cache(maxsize=32)
def symbol_path(symbol: str) -> QPainterPath:
    """Return the outline of a symbol about (0, 0), one unit wide; a circle if unknown."""
    path = QPainterPath()
    corners = _POLYGONS.get(symbol)
    if corners is None:
        path.addEllipse(QPointF(0, 0), 0.5, 0.5)
    else:
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in corners]))
        path.closeSubpath()
    return path
