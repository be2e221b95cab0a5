"""Windows of a large picture at a working scale: crops that a run learns from, tiles to search.

A window has the shape of the network's input; its longer side is given in pixels of the original.
A picture that is not larger than a window is one window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.data.fitting import Placement

if TYPE_CHECKING:
    from numpy.typing import NDArray

OVERLAP = 0.25


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of a picture, all pixels whole.

    Attributes:
        x: first column.
        y: first row.
        width: columns.
        height: rows.
    """

    x: int
    y: int
    width: int
    height: int

    def of(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return this part of a picture (H, W, C), as a view."""
        return picture[self.y : self.y + self.height, self.x : self.x + self.width]


def window_size(longer: int, canvas: tuple[int, int]) -> tuple[int, int]:
    """Return (width, height) of a window, shaped like the canvas, whose longer side is given.

    Args:
        longer: [px of the original].
        canvas: (width, height) of the network's input, pixels.
    """
    zoom = longer / max(canvas)
    return max(1, round(canvas[0] * zoom)), max(1, round(canvas[1] * zoom))


def is_larger(size: tuple[int, int], window: tuple[int, int]) -> bool:
    """Tell whether a picture (width, height) is larger than a window in any direction."""
    return size[0] > window[0] or size[1] > window[1]


def place_window(window: Window, whole: tuple[int, int], canvas: tuple[int, int]) -> Placement:
    """Return how a window is laid on the canvas: at the scale of a whole window, black beyond it.

    Args:
        window: what is used of the original; smaller than a whole one where the picture is.
        whole: (width, height) of a whole window, pixels of the original.
        canvas: (width, height) of the network's input, pixels.
    """
    across = min(canvas[0], max(1, round(window.width * canvas[0] / whole[0])))
    down = min(canvas[1], max(1, round(window.height * canvas[1] / whole[1])))
    corner = ((canvas[0] - across) // 2, (canvas[1] - down) // 2)
    crop = (window.x, window.y, window.width, window.height)
    return Placement(crop, (across, down), corner, canvas)


def tiles_of(
    size: tuple[int, int], window: tuple[int, int], overlap: float = OVERLAP
) -> list[Window]:
    """Return windows that cover a picture, row by row, neighbours overlapping at least so much.

    Args:
        size: (width, height) of the picture.
        window: (width, height) of a tile.
        overlap: share of a tile's side, below 1.
    """
    width, height = min(size[0], window[0]), min(size[1], window[1])
    columns = _starts(size[0], width, overlap)
    rows = _starts(size[1], height, overlap)
    return [Window(x, y, width, height) for y in rows for x in columns]


def _starts(length: int, side: int, overlap: float) -> list[int]:
    step = max(1, math.floor(side * (1 - overlap)))
    count = 1 + math.ceil((length - side) / step)
    return [round(start) for start in np.linspace(0, length - side, count).tolist()]
