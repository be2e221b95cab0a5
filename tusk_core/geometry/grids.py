"""The one place for coordinates: pixels, the unit square [-1, 1] and map cells.

Convention: (x, y) order, x right, y down. Pixel (0, 0) is the centre of the top-left pixel. The
unit square follows ``align_corners=False``: -1 and 1 are the outer edges of the border pixels, so
pixel x of W lies at (2x + 1) / W - 1. A map of stride s has its cell (i, j) centred on picture
pixel ((i + 0.5) * s - 0.5, ...).

Shapes: B batch, N points, H x W picture [px].
"""

from __future__ import annotations

import torch
from torch import Tensor


def to_unit(xy: Tensor, size: tuple[int, int]) -> Tensor:
    """Turn pixels into the unit square.

    Args:
        xy: (..., 2), (x, y) in pixels.
        size: (width, height) of the picture [px].

    Returns:
        (..., 2), same dtype, not clamped.
    """
    return (2 * xy + 1) / _sides(xy, size) - 1


def to_pixels(xy: Tensor, size: tuple[int, int]) -> Tensor:
    """Turn the unit square into pixels; the inverse of ``to_unit``.

    Args:
        xy: (..., 2), (x, y) in [-1, 1].
        size: (width, height) of the picture [px].
    """
    return ((xy + 1) * _sides(xy, size) - 1) / 2


def _sides(xy: Tensor, size: tuple[int, int]) -> Tensor:
    if not xy.is_cuda:
        return xy.new_tensor(size)
    # Copying two numbers to a GPU would wait for all it still has to do.
    return torch.cat([xy.new_full((1,), side) for side in size])


def map_to_picture(xy: Tensor, stride: int) -> Tensor:
    """Turn cells of a map into pixels of the picture it was made from; (..., 2) to (..., 2)."""
    return (xy + 0.5) * stride - 0.5


def picture_to_map(xy: Tensor, stride: int) -> Tensor:
    """Turn pixels of a picture into cells of a map of that stride; (..., 2) to (..., 2)."""
    return (xy + 0.5) / stride - 0.5


def pixel_grid(
    size: tuple[int, int], *, device: torch.device | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """Return the unit-square position (H, W, 2) of every pixel of a (width, height) picture."""
    width, height = size
    x = (torch.arange(width, device=device, dtype=dtype or torch.float32) * 2 + 1) / width - 1
    y = (torch.arange(height, device=device, dtype=dtype or torch.float32) * 2 + 1) / height - 1
    grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
    return torch.stack([grid_x, grid_y], dim=-1)
