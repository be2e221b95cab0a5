"""Keypoints of several kinds from one map for each kind: each kind's own peaks, one list by score.

Non-maxima are suppressed within a kind: an eye never hides the nose beside it, and two eyes are
two keypoints. The heat map of such a model is the highest of its kinds' maps at each place.

Shapes: B batch, K keypoints, M kinds, h x w map [cells].
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from tusk_core.nn.window_maps import blurred, window_maximum

_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class KindPeaks:
    """The K highest peaks of all kinds' maps, by falling score.

    Attributes:
        xy: (B, K, 2) map cells, refined; differentiable in the maps.
        scores: (B, K) height of the peak in [0, 1]; 0 where there were fewer peaks than K.
        kinds: (B, K) int64.
        spread: (B, K) root mean square distance of the kind's masses from ``xy`` in the window
            [cells].
        cells: (B, K) int64, the peak itself, counted by rows.
    """

    xy: Tensor
    scores: Tensor
    kinds: Tensor
    spread: Tensor
    cells: Tensor


def find_kind_peaks(
    maps: Tensor,
    num_keypoints: int,
    *,
    window: int,
    across: int = 1,
    refine: int,
    masses: Tensor | None = None,
) -> KindPeaks:
    """Return the K highest peaks, each the highest of its kind in its window.

    Args:
        maps: (B, M, h, w) in [0, 1]; kinds that do not count are 0.
        num_keypoints: K, at most M * h * w.
        window: odd side of the neighbourhood in which a peak is the highest of its kind [cells].
        across: odd side of the neighbourhood in which it is the highest of all kinds; 1 lets
            different kinds lie on one cell.
        refine: odd side of the window whose centre of mass is the place [cells].
        masses: (B, M, h, w), not negative, the masses that it is the centre of; the maps if None.
    """
    h, w = maps.shape[-2:]
    plain = maps.detach()
    is_peak = _first_of_equal((plain == window_maximum(plain, window)) & (plain > 0), window)
    if across > 1:
        is_peak &= plain >= window_maximum(plain.amax(dim=1, keepdim=True), across)
    values, places = torch.where(is_peak, plain, 0.0).flatten(1).topk(num_keypoints, dim=1)
    kinds, cells = places // (h * w), places % (h * w)
    xy, spread = centre_of_mass(maps if masses is None else masses, kinds, cells, refine)
    scores = maps.flatten(1).gather(1, places) * (values > 0)
    return KindPeaks(xy, scores, kinds, spread, cells)


def _first_of_equal(is_peak: Tensor, window: int) -> Tensor:
    """Leave of each plateau the first cell: (B, M, h, w) bool.

    Peaks within one window are equally high, or one of them would not be a peak. Without this a
    plateau gives its place several times and takes that of other peaks.
    """
    h, w = is_peak.shape[-2:]
    order = torch.arange(h * w, 0, -1, device=is_peak.device, dtype=torch.float32).view(h, w)
    order = torch.where(is_peak, order, 0.0)
    return is_peak & (order == window_maximum(order, window))


def centre_of_mass(
    maps: Tensor, kinds: Tensor, cells: Tensor, window: int
) -> tuple[Tensor, Tensor]:
    """Return the centre of mass of each keypoint's own map in a window around its cell.

    Args:
        maps: (B, M, h, w), not negative.
        kinds: (B, K) int64, which map.
        cells: (B, K) int64, counted by rows.
        window: odd side [cells]; nothing lies beyond the edge.

    Returns:
        (B, K, 2) positions [cells] and (B, K) root mean square distances from them.
    """
    B, _, h, w = maps.shape
    reach = window // 2
    offsets = torch.arange(window, device=maps.device) - reach
    x, y = cells % w, cells // w
    columns = (x[..., None, None] + offsets).clamp(-reach, w - 1 + reach)
    rows = y[..., None, None] + offsets[:, None]
    padded = F.pad(maps, (reach, reach, reach, reach))
    wide = w + 2 * reach
    flat = (rows + reach) * wide + columns + reach  # (B, K, window, window)
    flat = flat + (kinds * (h + 2 * reach) * wide)[..., None, None]
    mass = padded.flatten(1).gather(1, flat.flatten(1)).view(B, -1, window, window)
    mass = mass / (mass.sum(dim=(2, 3), keepdim=True) + _EPSILON)
    steps = offsets.to(mass.dtype)
    centre_x, centre_y = mass.sum(dim=2) @ steps, mass.sum(dim=3) @ steps
    squared = mass.sum(dim=2) @ steps.square() + mass.sum(dim=3) @ steps.square()
    spread = (squared - centre_x.square() - centre_y.square()).clamp_min(0).sqrt()
    return torch.stack([x + centre_x, y + centre_y], dim=-1), spread


def blob_centres(blobs: Tensor, *, window: int, threshold: float) -> Tensor:
    """Return which cells are the middle of a blob: (B, M, h, w) bool.

    Args:
        blobs: (B, M, h, w), smooth, so that a blob has one highest place.
        window: odd side in which a middle is the highest of its kind [cells].
        threshold: least height of a middle.
    """
    return (blobs == window_maximum(blobs, window)) & (blobs > threshold)


def joined_maps(maps: Tensor, blur: float) -> Tensor:
    """Return maps (B, M, h, w) in [0, 1] of kinds that are one thing each where they meet.

    At every place the strongest kind has the sum of all, blurred, and the others nothing: a thing
    that several kinds share has one peak, in its middle.

    Args:
        maps: (B, M, h, w), not negative; kinds that do not count are 0.
        blur: deviation [cells].
    """
    total = blurred(maps.sum(dim=1, keepdim=True), blur).clamp(0, 1)
    strongest = maps.argmax(dim=1, keepdim=True)
    return torch.zeros_like(maps).scatter(1, strongest, total)
