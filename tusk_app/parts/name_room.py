"""Room for names, measured in letters: it grows with the text, and stays as names change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtGui import QFontMetrics

# Longer than the numbers that the program gives, as long as a short name.
_LONGEST = "left eye 2"


def name_room(metrics: QFontMetrics, least: int = 0) -> int:
    """Return the logical pixels that a name without abbreviation takes, at least ``least``."""
    return max(least, metrics.horizontalAdvance(_LONGEST) + 4)


def line_room(metrics: QFontMetrics, least: int) -> int:
    """Return the height of a row with one line of text, at least ``least`` logical pixels."""
    return max(least, metrics.height() + 2)
