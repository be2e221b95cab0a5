"""Colours between two colours."""

from __future__ import annotations

from PySide6.QtGui import QColor


def mixed(first: QColor, second: QColor, share: float) -> QColor:
    """Return ``share`` (0 to 1) of ``first``, the rest of ``second``."""

    def part(a: int, b: int) -> int:
        return round(share * a + (1 - share) * b)

    return QColor(
        part(first.red(), second.red()),
        part(first.green(), second.green()),
        part(first.blue(), second.blue()),
    )
