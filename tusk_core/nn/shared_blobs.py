"""Things that touch share a blob of the map: it is shared out among as many as its area holds.

Two flies that touch are one blob with a peak here and there along both bodies, so that peaks alone
give a long fly two keypoints or a pair one. The area of one thing is what all blobs agree on; a
blob of about n times that area gets n middles, each the centre of the cells nearest to it (Lloyd
1982, k-means). Blobs far smaller than a thing are left out.

Shapes: B pictures, K peaks, h x w map [cells], N = h w.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from tusk_core.nn.kind_peaks import KindPeaks, find_kind_peaks

if TYPE_CHECKING:
    from torch import Tensor

LEVEL = 0.4
"""A cell belongs to a blob from this height on."""

# A blob whose cells are more than so many steps apart falls into several.
_LONGEST = 64
_ROUNDS = 4
_LEAST_SHARE = 0.4  # of a thing's area, or it is none
# In radii of a disc of the thing's area: how far apart its peaks are, how its map is blurred.
_APART, _BLUR, _LEAST_BLUR = 0.8, 0.2, 0.6
_PEAKS_EACH = 3  # that are looked at for each keypoint


def radius_of(area: float) -> float:
    """Return the radius of a disc of so many cells [cells]."""
    return float((area / torch.pi) ** 0.5)


def blur_for(area: float) -> float:
    """Return by which deviation the map of things of that area is blurred [cells]."""
    return max(_LEAST_BLUR, _BLUR * radius_of(area))


def blob_labels(mask: Tensor) -> Tensor:
    """Return which blob each cell belongs to, (B, N) int64: its highest cell number, 0 outside.

    Cells that touch at a corner are of one blob.

    Args:
        mask: (B, 1, h, w) bool.
    """
    h, w = mask.shape[-2:]
    order = torch.arange(1, h * w + 1, device=mask.device, dtype=torch.float32)
    inside = mask.float()
    labels = order.view(1, 1, h, w) * inside
    for _ in range(_LONGEST):
        labels = F.max_pool2d(labels, 3, stride=1, padding=1) * inside
    return labels.flatten(1).long()


def share_out(joined: Tensor, num_keypoints: int, area: float) -> KindPeaks:
    """Return at most K middles of things, by falling score, the height of the peak they began from.

    Args:
        joined: (B, 1, h, w) in [0, 1], blurred as ``blur_for`` says.
        num_keypoints: K.
        area: of one thing, > 0 [cells].
    """
    B, _, h, w = joined.shape
    window = 2 * max(1, round(_APART * radius_of(area))) + 1
    peaks = find_kind_peaks(
        joined, min(_PEAKS_EACH * num_keypoints, h * w), window=window, refine=1
    )
    mask = joined.detach() > LEVEL
    labels = blob_labels(mask)
    sizes = labels.new_zeros(B, h * w + 1).scatter_add_(1, labels, mask.flatten(1).long())
    own = labels.gather(1, peaks.cells)  # (B, K), 0 outside of blobs
    size = sizes.gather(1, own)
    number = (size / area).round().clamp_min(1)
    # Peaks come by height: of each blob the first ones stay.
    earlier = torch.ones(own.shape[1], own.shape[1], device=own.device, dtype=torch.bool).tril(-1)
    rank = ((own.unsqueeze(2) == own.unsqueeze(1)) & earlier).sum(dim=2)
    stays = (own > 0) & (rank < number) & (size >= _LEAST_SHARE * area) & (peaks.scores > 0)
    xy, spread = _middles(joined, labels, own, stays, peaks.xy)
    scores, order = torch.where(stays, peaks.scores, 0.0).topk(min(num_keypoints, own.shape[1]))
    at = order.unsqueeze(-1).expand(-1, -1, 2)
    kinds, cells = (part.gather(1, order) for part in (peaks.kinds, peaks.cells))
    return KindPeaks(xy.gather(1, at), scores, kinds, spread.gather(1, order), cells)


def _middles(
    joined: Tensor, labels: Tensor, own: Tensor, stays: Tensor, begun: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the middles (B, K, 2) of the cells nearest to each, and those cells' distances."""
    h, w = joined.shape[-2:]
    cells = torch.arange(h * w, device=joined.device)
    grid = torch.stack([cells % w, cells // w], dim=1).to(joined.dtype)
    mass = joined.flatten(1) * (labels > 0)
    of_blob = stays.unsqueeze(2) & (own.unsqueeze(2) == labels.unsqueeze(1))  # (B, K, N)
    xy, spread = begun, torch.zeros_like(begun[..., 0])
    for _ in range(_ROUNDS):
        away = (xy.unsqueeze(2) - grid).square().sum(dim=-1)
        nearest = torch.where(of_blob, away, torch.inf).argmin(dim=1, keepdim=True)
        got = torch.zeros_like(away).scatter_(1, nearest, mass.unsqueeze(1)) * of_blob
        total = got.sum(dim=2).clamp_min(1e-6)
        spread = ((got * away).sum(dim=2) / total).sqrt()
        xy = torch.where(stays.unsqueeze(2), (got @ grid) / total.unsqueeze(2), begun)
    return xy, spread
