"""Colours and symbols of the prototypes: the same prototype looks the same everywhere.

The colours are the engine's, so that exports agree with the window; symbols are pyqtgraph's.
"""

from __future__ import annotations

from tusk_core.palette import colour, colours

__all__ = ["SYMBOLS", "colour", "colours", "symbol"]

# Its length shares no factor with 256, so that a colour that comes round again comes with another
# symbol.
SYMBOLS = ("o", "s", "t1", "d", "t", "p", "star", "h", "t2", "t3", "+")


def symbol(index: int) -> str:
    """Return pyqtgraph's name of the symbol of prototype ``index``: the cue beside colour."""
    return SYMBOLS[index % len(SYMBOLS)]
