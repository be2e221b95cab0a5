"""Colours and symbols of the prototypes: the same prototype looks the same everywhere.

The first eight colours follow Okabe and Ito's palette for colour-blind readers (yellow darkened
and black replaced by grey, so that both are seen on light and on dark ground). The others were
chosen one by one as the colour farthest, in OKLab, from all before it, among those with a
relative luminance of 0.10 to 0.55.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.resources import resource

if TYPE_CHECKING:
    from numpy.typing import NDArray

# pyqtgraph's names. Its length shares no factor with 256, so that a colour that comes round
# again comes with another symbol.
SYMBOLS = ("o", "s", "t1", "d", "t", "p", "star", "h", "t2", "t3", "+")


@functools.cache
def _table() -> tuple[str, ...]:
    """Return the list that the window and the exports share, ``rrggbb`` each."""
    text = resource("palette/prototypes.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return tuple(" ".join(lines).split())


def colour(index: int) -> tuple[int, int, int]:
    """Return the sRGB colour of prototype ``index``, each part 0 to 255."""
    text = _table()[index % len(_table())]
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)


def colours(num: int) -> NDArray[np.uint8]:
    """Return the colours of the first ``num`` prototypes, (num, 3) uint8 sRGB."""
    table = np.array([colour(i) for i in range(len(_table()))], np.uint8)
    return table[np.arange(num) % len(table)]


def symbol(index: int) -> str:
    """Return pyqtgraph's name of the symbol of prototype ``index``: the cue beside colour."""
    return SYMBOLS[index % len(SYMBOLS)]
