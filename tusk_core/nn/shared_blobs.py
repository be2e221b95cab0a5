"""Things that touch share a blob of the map: it is shared out among as many as its area holds.

Two flies that touch are one blob with a peak here and there along both bodies, so that peaks alone
give a long fly two keypoints or a pair one. The area of one thing is what all blobs agree on; a
blob of about n times that area gets n middles, each the centre of the cells nearest to it (Lloyd
1982, k-means), begun along the blob's longer and along its shorter axis: the better of both stays.
Blobs far smaller than a thing are left out. Where it is known how many things every picture has,
so many are given out, one after the other to the blob with the most area for each that it would
then have (A. Sainte-Lague, 1910).

Shapes: B pictures, R blobs, J things of a blob at most, h x w map [cells], N = h w, C cells that
belong to a blob in all pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from tusk_core.nn.kind_peaks import KindPeaks

if TYPE_CHECKING:
    from torch import Tensor

LEVEL = 0.4
"""A cell belongs to a blob from this height on."""

# A blob whose cells are more than so many steps apart falls into several.
_LONGEST = 64
_ROUNDS = 6
_LEAST_SHARE = 0.4  # of a thing's area, or it is none
_LEAST_OF_KNOWN = 0.3  # the same for each where their number is known
# In radii of a disc of the thing's area: how its map is blurred.
_BLUR, _LEAST_BLUR = 0.2, 0.6
_BLOBS_EACH = 3  # that are looked at for each keypoint
_MOST = 12  # things of one blob
# Things begin evenly along an axis, over so many deviations of its cells to either side: those of a
# line of even thickness.
_HALF_LENGTH = 3**0.5


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


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of all blobs that matter.

    Attributes:
        cell: (C,) int64 counted by rows.
        row: (C,) int64 blob, counted through the batch: R of each picture.
        xy: (C, 2).
        mass: (C,) height of the map.
    """

    cell: Tensor
    row: Tensor
    xy: Tensor
    mass: Tensor


def share_out(joined: Tensor, num_keypoints: int, area: float, number: int = 0) -> KindPeaks:
    """Return at most K middles of things, by falling score, the height of their highest cell.

    Args:
        joined: (B, 1, h, w) in [0, 1], blurred as ``blur_for`` says.
        num_keypoints: K.
        area: of one thing, > 0 [cells].
        number: of things in every picture; 0 goes by the area alone.
    """
    labels = blob_labels(joined.detach() > LEVEL)
    sizes, blobs = _largest(labels, _BLOBS_EACH * num_keypoints)
    given = _given(sizes / area, number)  # (B, R)
    cells = _cells_of(joined, labels, blobs, given)
    given = given.flatten()
    return _as_peaks(joined, cells, _settled(cells, _begun(cells, given), given), num_keypoints)


def _largest(labels: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return sizes (B, R) [cells] and labels (B, R) of the largest blobs."""
    B, N = labels.shape
    sizes = labels.new_zeros(B, N + 1).scatter_add_(1, labels, (labels > 0).long())
    largest, blobs = sizes.topk(min(count, N), dim=1)
    return largest.float(), blobs


def _given(sizes: Tensor, number: int) -> Tensor:
    """Return how many things (B, R) each blob is shared out among.

    Args:
        sizes: (B, R) in areas of one thing.
        number: of all together; 0 rounds the area of each blob.
    """
    places = torch.arange(_MOST, device=sizes.device)
    worth = sizes.unsqueeze(2) / (2 * places + 1)  # (B, R, J)
    if number:
        flat = worth.flatten(1)
        last = flat.topk(min(number, flat.shape[1]), dim=1).values[:, -1:]
        return (worth >= last.clamp_min(_LEAST_OF_KNOWN).unsqueeze(2)).sum(dim=2)
    return (worth >= torch.where(places == 0, _LEAST_SHARE, 0.5)).sum(dim=2)


def _cells_of(joined: Tensor, labels: Tensor, blobs: Tensor, given: Tensor) -> _Cells:
    """Return the cells of the blobs (B, R) that are given a thing."""
    B, _, h, w = joined.shape
    rows = torch.arange(blobs.shape[0] * blobs.shape[1], device=blobs.device).view_as(blobs)
    row_of = torch.full((B, h * w + 1), -1, device=blobs.device, dtype=torch.int64)
    row_of = row_of.scatter(1, blobs, torch.where(given > 0, rows, -1))
    row = row_of.gather(1, labels).flatten()
    flat = (row >= 0).nonzero()[:, 0]
    cell = flat % (h * w)
    xy = torch.stack([cell % w, cell // w], dim=1).to(joined.dtype)
    return _Cells(cell, row[flat], xy, joined.flatten()[flat])


def _begun(cells: _Cells, given: Tensor) -> Tensor:
    """Return where the things of each blob begin, (2, R, J, 2): evenly along either axis.

    Args:
        cells: of the blobs.
        given: (R,) things of each.
    """
    x, y = cells.xy.unbind(dim=1)
    ones = torch.ones_like(cells.mass)
    powers = torch.stack([ones, x, y, x * x, x * y, y * y], dim=1).detach()
    sums = powers.new_zeros(given.shape[0], 6).index_add(0, cells.row, powers)
    x, y, xx, xy, yy = (sums[:, 1:] / sums[:, :1].clamp_min(1)).unbind(dim=1)
    xx, xy, yy = xx - x * x, xy - x * y, yy - y * y
    longer = 0.5 * torch.atan2(2 * xy, xx - yy)
    angle = torch.stack([longer, longer + torch.pi / 2])  # (2, R)
    cos, sin = angle.cos(), angle.sin()
    deviation = (xx * cos * cos + 2 * xy * cos * sin + yy * sin * sin).clamp_min(0).sqrt()
    places = torch.arange(_MOST, device=given.device)
    along = (2 * places + 1) / given.clamp_min(1).unsqueeze(1) - 1  # (R, J)
    along = along * (_HALF_LENGTH * deviation).unsqueeze(2)
    middle = torch.stack([x, y], dim=1).unsqueeze(1)
    return middle + along.unsqueeze(3) * torch.stack([cos, sin], dim=2).unsqueeze(2)


def _settled(cells: _Cells, begun: Tensor, given: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the middles (R * J, 2), and slot (C,) and squared distance (C,) of each cell.

    Args:
        cells: of the blobs.
        begun: (S, R, J, 2) in S ways, of which the best stays, blob by blob.
        given: (R,) things of each.
    """
    S, R = begun.shape[:2]
    absent = torch.arange(_MOST, device=given.device) >= given[cells.row].unsqueeze(1)
    middles = begun
    for _ in range(_ROUNDS):
        away = (middles[:, cells.row] - cells.xy.unsqueeze(1)).square().sum(dim=-1)  # (S, C, J)
        nearest = away.masked_fill(absent, torch.inf).argmin(dim=2)
        slot = cells.row * _MOST + nearest
        weight = middles.new_zeros(S, R * _MOST).scatter_add(1, slot, cells.mass.expand(S, -1))
        moments = (cells.mass.unsqueeze(1) * cells.xy).expand(S, -1, -1)
        total = middles.new_zeros(S, R * _MOST, 2)
        total = total.scatter_add(1, slot.unsqueeze(2).expand(-1, -1, 2), moments)
        mean = (total / weight.clamp_min(1e-6).unsqueeze(2)).view_as(middles)
        middles = torch.where(weight.view(S, R, _MOST, 1) > 0, mean, middles)
    away = middles.flatten(1, 2).gather(1, slot.unsqueeze(2).expand(-1, -1, 2)) - cells.xy
    away = away.square().sum(dim=2)
    cost = away.detach().new_zeros(S, R)
    cost = cost.scatter_add(1, cells.row.expand(S, -1), (away * cells.mass).detach())
    better = cost.argmin(dim=0)  # (R,)
    of_cells = better[cells.row].unsqueeze(0)
    rows = torch.arange(R, device=better.device)
    return (
        middles[better, rows].flatten(0, 1),
        slot.gather(0, of_cells)[0],
        away.gather(0, of_cells)[0],
    )


def _as_peaks(
    joined: Tensor, cells: _Cells, found: tuple[Tensor, Tensor, Tensor], num_keypoints: int
) -> KindPeaks:
    """Return the K middles of each picture with the highest cells.

    Args:
        joined: (B, 1, h, w).
        cells: of the blobs.
        found: by ``_settled``.
        num_keypoints: K.
    """
    middles, slot, away = found
    B, slots = joined.shape[0], middles.shape[0]
    mass = cells.mass.detach()
    top = mass.new_zeros(slots).scatter_reduce(0, slot, mass, "amax")
    highest = torch.where(mass == top[slot], cells.cell, 0)
    highest = highest.new_zeros(slots).scatter_reduce(0, slot, highest, "amax")
    weight = mass.new_zeros(slots).index_add(0, slot, cells.mass)
    squares = mass.new_zeros(slots).index_add(0, slot, cells.mass * away)
    spread = (squares / weight.clamp_min(1e-6)).sqrt()
    values, order = top.view(B, -1).topk(min(num_keypoints, slots // B), dim=1)
    cell = highest.view(B, -1).gather(1, order)
    scores = joined.flatten(1).gather(1, cell) * (values > 0)
    at = order.unsqueeze(-1).expand(-1, -1, 2)
    return KindPeaks(
        middles.view(B, -1, 2).gather(1, at),
        scores,
        torch.zeros_like(order),
        spread.view(B, -1).gather(1, order),
        cell,
    )
