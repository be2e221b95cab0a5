"""Bringing maps of the network's input back to the original picture.

Shapes: h x w network input, H x W original picture [px].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import cv2
import numpy as np

from tusk_core.arrays import frozen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.data.fitting import Placement

Pixel = TypeVar("Pixel", bound=np.generic)


def cells_to_canvas(
    values: NDArray[np.float32], stride: int, canvas: tuple[int, int]
) -> NDArray[np.float32]:
    """Enlarge a map of cells to the network's input.

    Args:
        values: (rows, columns), one value for each cell.
        stride: pixels a cell, on each side.
        canvas: (width, height) of the input [px].

    Returns:
        (h, w), linear between cell centres.
    """
    rows, columns = values.shape
    full = np.asarray(
        cv2.resize(values, (columns * stride, rows * stride), interpolation=cv2.INTER_LINEAR)
    )
    return np.ascontiguousarray(full[: canvas[1], : canvas[0]], np.float32)


def lift(
    values: NDArray[Pixel], placement: Placement, size: tuple[int, int], *, nearest: bool = False
) -> NDArray[Pixel]:
    """Return a map of the network's input at the size of the original picture.

    Args:
        values: (h, w) or (h, w, channels), uint8 or float32.
        placement: how the picture was laid into the input.
        size: (width, height) of the original picture [px].
        nearest: for labels, which must not be mixed.

    Returns:
        (H, W) or (H, W, channels); 0 where the picture was cropped away.
    """
    left, top = placement.offset
    across, down = placement.scaled
    part: Any = np.ascontiguousarray(values[top : top + down, left : left + across])
    x, y, width, height = placement.crop
    if (across, down) != (width, height):
        how = cv2.INTER_NEAREST_EXACT if nearest else cv2.INTER_LINEAR
        part = np.asarray(cv2.resize(part, (width, height), interpolation=how))
        part = part.reshape(height, width, *values.shape[2:])
    if (width, height) == size:
        return np.ascontiguousarray(part)
    out = np.zeros((size[1], size[0], *values.shape[2:]), values.dtype)
    out[y : y + height, x : x + width] = part
    return out


def heat_map_of(
    cells: NDArray[np.float32], stride: int, placement: Placement, size: tuple[int, int]
) -> NDArray[np.float32]:
    """Lay a score map over the picture that it was made of.

    Args:
        cells: (h, w), one score for each ``stride`` pixels of the network's input.
        stride: pixels.
        placement: of the picture in that input.
        size: (width, height) of the picture.

    Returns:
        (H, W) float32 in [0, 1], owned and read-only.
    """
    canvas = cells_to_canvas(cells, stride, placement.canvas)
    return frozen(np.clip(lift(canvas, placement, size), 0, 1))
