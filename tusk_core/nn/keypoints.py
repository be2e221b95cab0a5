"""Reading keypoints from the heat map: NMS, top-K, soft-argmax, descriptors (paper section 3.1).

Equations, and what the released code does otherwise: docs/method.md, section 3.

The channel-wise way that the paper compares with is here too: one map for each keypoint, whose
place is the soft-argmax of the whole map.

Shapes: B batch, K keypoints, C descriptor length, h x w map [cells]. Positions here are map
cells, (x, y), (0, 0) = centre of the first cell.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from tusk_core.geometry.grids import to_unit
from tusk_core.nn.window_maps import blurred, window_maximum

_SURE = 1e-6
_SURROUNDINGS = 2.0  # width of a blob's surroundings, in widths of the blob


def standing_out(score_map: Tensor, width: float) -> Tensor:
    """Return how far the log-odds around each cell exceed those of a neighbourhood twice as wide.

    Where two blobs run together the map has one broad peak, or the higher one's flank hides the
    lower one; the difference of two blurs has a peak on each. Log-odds do not flatten near 1 as
    scores do.

    Args:
        score_map: (B, 1, h, w) in [0, 1].
        width: deviation of a blob, > 0 [cells].

    Returns:
        (B, 1, h, w), positive where a cell stands out.
    """
    sure = score_map.clamp(_SURE, 1 - _SURE)
    log_odds = sure.log() - (1 - sure).log()
    return blurred(log_odds, width) - blurred(log_odds, _SURROUNDINGS * width)


def find_peaks(score_map: Tensor, num_keypoints: int, window: int) -> tuple[Tensor, Tensor]:
    """Return the K highest local maxima.

    Args:
        score_map: (B, 1, h, w); what is not above 0 is never a peak.
        num_keypoints: K, at most h * w.
        window: odd side of the neighbourhood in which a peak is the largest [cells].

    Returns:
        (B, K) int64 flat indices by falling score, and (B, K) bool: False where the map has
        fewer peaks than K and the index is arbitrary.
    """
    highest = window_maximum(score_map, window)
    peaks = torch.where(score_map == highest, score_map, torch.zeros_like(score_map))
    values, indices = peaks.flatten(1).topk(num_keypoints, dim=1)
    return indices, values > 0


def refine_peaks(score_map: Tensor, indices: Tensor, window: int, temperature: float) -> Tensor:
    """Return sub-cell positions: the soft-argmax of a window around each peak.

    Args:
        score_map: (B, 1, h, w).
        indices: (B, K) flat indices of the peaks.
        window: odd side of the window [cells]; cells beyond the edge have no weight.
        temperature: softness, > 0.

    Returns:
        (B, K, 2) positions, differentiable in ``score_map``.
    """
    _B, _, h, w = score_map.shape
    reach = torch.arange(window, device=score_map.device) - window // 2
    offset_y, offset_x = (t.flatten() for t in torch.meshgrid(reach, reach, indexing="ij"))
    peak_x, peak_y = indices % w, indices // w
    x = peak_x.unsqueeze(-1) + offset_x  # (B, K, window²)
    y = peak_y.unsqueeze(-1) + offset_y
    valid = (x >= 0) & (x < w) & (y >= 0) & (y < h)
    flat = (y.clamp(0, h - 1) * w + x.clamp(0, w - 1)).flatten(1)
    values = score_map.flatten(1).gather(1, flat).view_as(x)
    weights = torch.softmax((values / temperature).masked_fill(~valid, -torch.inf), dim=-1)
    offsets = torch.stack([offset_x, offset_y], dim=-1).to(weights.dtype)  # (window², 2)
    peak = torch.stack([peak_x, peak_y], dim=-1).to(weights.dtype)
    return peak + weights @ offsets


def channel_positions(score_maps: Tensor, temperature: float) -> Tensor:
    """Return the soft-argmax of each whole map, as channel-wise detectors read keypoints.

    The weights are a softmax of the log-odds, which do not flatten near 1 as scores do.

    Args:
        score_maps: (B, K, h, w), one map for each keypoint, in [0, 1].
        temperature: softness in units of the log-odds, > 0.

    Returns:
        (B, K, 2) positions, differentiable in ``score_maps``.
    """
    # Rounding may bring a score to exactly 0 or 1.
    log_odds = torch.logit(score_maps.flatten(2), eps=_SURE)
    weights = torch.softmax(log_odds / temperature, dim=-1).view(*score_maps.shape)
    h, w = score_maps.shape[-2:]
    columns = torch.arange(w, device=weights.device, dtype=weights.dtype)
    rows = torch.arange(h, device=weights.device, dtype=weights.dtype)
    return torch.stack([weights.sum(dim=2) @ columns, weights.sum(dim=3) @ rows], dim=-1)


def read_own(maps: Tensor, xy: Tensor) -> Tensor:
    """Read each keypoint's own map at its position, bilinearly.

    Args:
        maps: (B, K, h, w).
        xy: (B, K, 2) map cells.

    Returns:
        (B, K).
    """
    return read_at(maps.flatten(0, 1).unsqueeze(1), xy.flatten(0, 1).unsqueeze(1)).view(
        xy.shape[:2]
    )


def read_at(maps: Tensor, xy: Tensor, *, nearest: bool = False) -> Tensor:
    """Read maps at sub-cell positions; beyond the edge the border value is repeated.

    Args:
        maps: (B, C, h, w).
        xy: (B, K, 2) map cells.
        nearest: take the nearest cell instead of the bilinear mean; no gradient to ``xy``.

    Returns:
        (B, K, C).
    """
    h, w = maps.shape[-2:]
    grid = to_unit(xy, (w, h)).unsqueeze(1)
    mode = "nearest" if nearest else "bilinear"
    out = F.grid_sample(maps, grid, mode=mode, padding_mode="border", align_corners=False)
    return out.squeeze(2).transpose(1, 2)
