"""Colours of the prototypes: the same prototype looks the same in the window and every export.

The first seven colours follow Okabe and Ito's palette for colour-blind readers (yellow darkened,
black left out, so that all are seen on light and on dark ground); with the next five they differ
for deuteranopes and protanopes as well (simulated after Machado, Oliveira and Fernandes 2009).
The others were chosen one by one as the colour farthest, in OKLab, from all before it, among those
with a relative luminance of 0.10 to 0.55.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.resources import resource

if TYPE_CHECKING:
    from numpy.typing import NDArray


@functools.cache
def _table() -> tuple[tuple[int, int, int], ...]:
    """Return the listed colours; the file holds ``rrggbb`` each, and comments after ``#``."""
    text = resource("palette/prototypes.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    words = " ".join(lines).split()
    return tuple((int(w[:2], 16), int(w[2:4], 16), int(w[4:], 16)) for w in words)


def colour(index: int) -> tuple[int, int, int]:
    """Return the sRGB colour of prototype ``index``, each part 0 to 255."""
    table = _table()
    return table[index % len(table)]


def colours(num: int) -> NDArray[np.uint8]:
    """Return the colours of the first ``num`` prototypes, (num, 3) uint8 sRGB."""
    table = np.array(_table(), np.uint8)
    return table[np.arange(num) % len(table)]
