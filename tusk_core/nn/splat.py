"""Putting keypoints back on a map: Gaussian splats and sub-pixel patches (paper section 3.2).

Both are separable, so each is two small matrix products rather than a sum over every pixel.

Shapes: B batch, K keypoints, C channels, H x W picture, P x P patch [px].
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def gaussian_rows(position: Tensor, length: int, variance: float) -> Tensor:
    """Return Gaussians along one axis that add up to 1.

    Args:
        position: (...) centres [px]; far outside the picture the nearest edge gets all.
        length: pixels along the axis.
        variance: of the Gaussian [px²].

    Returns:
        (..., length).
    """
    pixels = torch.arange(length, device=position.device, dtype=position.dtype)
    logits = -(pixels - position.unsqueeze(-1)).square() / (2 * variance)
    # A softmax is the normalised Gaussian, and cannot give 0 / 0 where exp underflows.
    return torch.softmax(logits, dim=-1)


def splat_each(xy: Tensor, values: Tensor, size: tuple[int, int], variance: float) -> Tensor:
    """Place each keypoint's values on a map of its own.

    Args:
        xy: (B, K, 2) pixels.
        values: (B, K, C).
        size: (width, height) of the map.
        variance: of the Gaussian [px²].

    Returns:
        (B, K, C, H, W); each splat adds up to its values.
    """
    rows_x = gaussian_rows(xy[..., 0], size[0], variance)
    rows_y = gaussian_rows(xy[..., 1], size[1], variance)
    return (values.unsqueeze(-1) * rows_y.unsqueeze(-2)).unsqueeze(-1) * rows_x[:, :, None, None]


def splat_sum(xy: Tensor, values: Tensor, size: tuple[int, int], variance: float) -> Tensor:
    """Place all keypoints on one map and add them up, without building the K maps.

    Returns:
        (B, C, H, W).
    """
    rows_x = gaussian_rows(xy[..., 0], size[0], variance)  # (B, K, W)
    rows_y = gaussian_rows(xy[..., 1], size[1], variance)  # (B, K, H)
    return torch.einsum("bkc,bkh,bkw->bchw", values, rows_y, rows_x)


def tent_rows(position: Tensor, length: int, patch: int) -> Tensor:
    """Return the bilinear weights that place a patch centred at each position along one axis.

    Args:
        position: (...) centres [px].
        length: pixels of the picture along the axis.
        patch: pixels of the patch along the axis.

    Returns:
        (..., length, patch): weight of patch pixel p in picture pixel i.
    """
    pixels = torch.arange(length, device=position.device, dtype=position.dtype)
    taps = torch.arange(patch, device=position.device, dtype=position.dtype) - (patch - 1) / 2
    distance = pixels.unsqueeze(-1) - (position[..., None, None] + taps)
    return (1 - distance.abs()).clamp_min(0)


def place_patches(xy: Tensor, patches: Tensor, size: tuple[int, int]) -> Tensor:
    """Put each keypoint's patch on an empty picture, bilinearly at its sub-pixel position.

    The position gets a true gradient, since moving it moves what is drawn.

    Args:
        xy: (B, K, 2) pixels.
        patches: (B, K, C, P, P).
        size: (width, height) of the picture.

    Returns:
        (B, K, C, H, W), 0 outside the patch.
    """
    wide, rows_y = _widened(xy, patches, size)
    return rows_y.unsqueeze(2) @ wide


def sum_patches(xy: Tensor, patches: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the sum over keypoints of ``place_patches``, without building the K pictures.

    Returns:
        (B, C, H, W).
    """
    if patches.device.type == "cpu" and not torch.compiler.is_compiling():  # nor exporting
        return _added_patches(xy, patches, size)
    B, K, C, P, _ = patches.shape
    wide, rows_y = _widened(xy, patches, size)
    columns = wide.permute(0, 1, 3, 2, 4).reshape(B, K * P, C * size[0])
    rows = rows_y.transpose(1, 2).reshape(B, size[1], K * P)
    return (rows @ columns).view(B, size[1], C, size[0]).transpose(1, 2)


def _widened(xy: Tensor, patches: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Return patches (B, K, C, P, W) placed along x, and the weights (B, K, H, P) along y."""
    patch = patches.shape[-1]
    rows_x = tent_rows(xy[..., 0], size[0], patch)  # (B, K, W, P)
    rows_y = tent_rows(xy[..., 1], size[1], patch)
    return patches @ rows_x.transpose(-1, -2).unsqueeze(2), rows_y


def _added_patches(xy: Tensor, patches: Tensor, size: tuple[int, int]) -> Tensor:
    """Do as ``sum_patches``: each patch moved by a part of a pixel, then added where it lies.

    The products with weights that are nearly all 0 take five times as long on a CPU. On a GPU they
    take no longer, and adding up there comes in an order that changes from time to time.
    """
    B, _, C, P, _ = patches.shape
    width, height = size
    corner = xy - (P - 1) / 2
    whole = corner.detach().floor()
    part = corner - whole
    moved = _moved_on(_moved_on(patches, part[..., 0], -1), part[..., 1], -2)  # a pixel larger
    side, margin = P + 1, P + 1  # what sticks out, or lies outside, falls on a margin
    limit = torch.tensor([width, height], dtype=whole.dtype)
    at = whole.clamp_min(-margin).minimum(limit).long() + margin
    stride = width + 2 * margin
    reach = torch.arange(side)
    cells = (reach.unsqueeze(1) * stride + reach).flatten()
    places = (at[..., 1] * stride + at[..., 0]).unsqueeze(-1) + cells  # (B, K, side²)
    canvas = patches.new_zeros(B, C, (height + 2 * margin) * stride)
    canvas = canvas.scatter_add(
        2,
        places.flatten(1).unsqueeze(1).expand(-1, C, -1),
        moved.transpose(1, 2).reshape(B, C, -1),
    )
    canvas = canvas.view(B, C, -1, stride)
    return canvas[:, :, margin : margin + height, margin : margin + width]


def _moved_on(patches: Tensor, part: Tensor, dim: int) -> Tensor:
    """Return patches (B, K, C, P, P) moved on by a part (B, K) of a pixel: P + 1 along ``dim``."""
    share = part[..., None, None, None]
    pad = (0, 1) if dim == -1 else (0, 0, 0, 1)
    back = (1, 0) if dim == -1 else (0, 0, 1, 0)
    here, there = patches * (1 - share), patches * share
    return F.pad(here, pad) + F.pad(there, back)
