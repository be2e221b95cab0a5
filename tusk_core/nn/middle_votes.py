"""Where the middles of things are, as every place says that belongs to one.

A place of a kind lies in about the same way beside the middle of its thing wherever it occurs: the
left rim of a cell says that a middle is a radius to the right. So each kind has a map of where the
middles are from there, learned from the middles that the kept kinds find, and the places of a
picture vote with it (generalised Hough transform, Ballard 1981; implicit shape models, Leibe et al.
2004). Things that touch share a blob of the kept kinds, but their rims vote for two middles.

Shapes: B pictures, M kinds, h x w map, R reach, n middles. Votes are cast on cells twice as wide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tusk_core.nn.kind_peaks import find_kind_peaks
from tusk_core.nn.window_maps import blurred

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDER = 2
_BLUR = 0.8
_SURE = 0.5
_MOST_MIDDLES = 100
_FEWEST_PLACES = 30
_NOTHING = 1e9


class MiddleVotes(nn.Module):
    """A map for each kind of where middles are from there, as buffers.

    Kinds that somebody keeps later are found where they are: nothing has learned to vote for them.

    Args:
        num_kinds: M.
        reach: R, how far a middle may be, in cells twice as wide as the map's.
    """

    kernels: Tensor
    kept: Tensor

    def __init__(self, num_kinds: int, reach: int) -> None:
        super().__init__()
        self.reach = reach
        side = 2 * reach + 1
        self.register_buffer("kernels", torch.zeros(num_kinds, side, side))
        self.register_buffer("kept", torch.zeros(num_kinds, dtype=torch.bool))

    def sharpened(self, joined: Tensor, maps: Tensor) -> Tensor:
        """Return the joined maps (B, M, h, w) of kinds with what the votes say.

        Args:
            joined: (B, M, h, w) as ``joined_maps`` gives them.
            maps: (B, M, h, w) memberships of all kinds, kept or not.
        """
        # The root of the mean square: where only one of both is sure of a middle it counts less,
        # but neither has a veto.
        both = torch.sqrt((joined.square() + self(maps).square()) / 2)
        return torch.where(self.kept.view(1, -1, 1, 1) & (joined > 0), both, joined)

    def forward(self, maps: Tensor) -> Tensor:
        """Return how surely each place is a middle, (B, 1, h, w) in [0, 1].

        Args:
            maps: (B, M, h, w) memberships of all kinds, kept or not.
        """
        votes = cast(F.avg_pool2d(maps, WIDER, ceil_mode=True), self.kernels)
        large = F.interpolate(votes, scale_factor=WIDER, mode="bilinear", align_corners=False)
        return large[..., : maps.shape[-2], : maps.shape[-1]].clamp(0, 1)


def cast(wide: Tensor, kernels: Tensor) -> Tensor:
    """Return the sum of all votes (B, 1, h, w) of memberships (B, M, h, w) on wide cells."""
    return F.conv2d(wide, kernels.flip(-2, -1).unsqueeze(0), padding=kernels.shape[-1] // 2)


@torch.no_grad()
def learned_votes(
    readings: Sequence[Tensor], kept: Tensor, *, blur: float, window: int, reach: int
) -> Tensor:
    """Return the kinds' kernels (M, 2 R + 1, 2 R + 1), learned from some pictures.

    Args:
        readings: memberships (b, M, h, w) on wide cells.
        kept: (M,) bool; the peaks of their sum are the middles.
        blur: of that sum [wide cells].
        window: odd side in which there is one middle [wide cells].
        reach: R [wide cells].
    """
    pictures = [picture for part in readings for picture in part]
    middles = [_middles(picture, kept, blur, window) for picture in pictures]
    side = 2 * reach + 1
    counts = pictures[0].new_zeros(len(kept) * side * side)
    number = pictures[0].new_zeros(len(kept))
    for picture, found in zip(pictures, middles, strict=True):
        strength, kind = (part.flatten() for part in picture.max(dim=0))
        number.index_add_(0, kind, strength)
        if len(found):
            step, _ = _to_nearest(picture, found)
            near = (step.abs() <= reach).all(dim=1)
            key = ((kind * side + step[:, 1] + reach) * side + step[:, 0] + reach)[near]
            counts.index_add_(0, key, strength[near])
    kernels = blurred(counts.view(len(kept), 1, side, side), _BLUR)[:, 0]
    kernels = kernels / number.clamp_min(_FEWEST_PLACES).view(-1, 1, 1)
    shares: Tensor = kernels / _usual_sum(pictures, middles, kernels).view(-1, 1, 1)
    return shares


def _usual_sum(pictures: Sequence[Tensor], middles: Sequence[Tensor], kernels: Tensor) -> Tensor:
    """Return (M,) how many votes the middles get in all that a kind votes for.

    Large things have more places that vote; divided by this, a middle of any size gets about 1.
    """
    reach = kernels.shape[-1] // 2
    total, number = kernels.new_zeros(len(kernels)), kernels.new_zeros(len(kernels))
    for picture, found in zip(pictures, middles, strict=True):
        if not len(found):
            continue
        around = F.max_pool2d(cast(picture.unsqueeze(0), kernels), 3, stride=1, padding=1)[0, 0]
        got = around[found[:, 1], found[:, 0]]
        step, nearest = _to_nearest(picture, found)
        near = (step.abs() <= reach).all(dim=1)
        kind = picture.argmax(dim=0).flatten()[near]
        total.index_add_(0, kind, got[nearest[near]])
        number.index_add_(0, kind, torch.ones_like(kind, dtype=total.dtype))
    return torch.where(number >= _FEWEST_PLACES, total / number.clamp_min(1), _NOTHING)


def _middles(picture: Tensor, kept: Tensor, blur: float, window: int) -> Tensor:
    """Return the sure middles (n, 2), cells (x, y), of one picture (M, h, w)."""
    total = blurred(picture[kept].sum(dim=0)[None, None], blur).clamp(0, 1)
    count = min(_MOST_MIDDLES, total.numel())
    found = find_kind_peaks(total, count, window=window, refine=1)
    cells = found.cells[0][found.scores[0] > _SURE]
    width = picture.shape[-1]
    return torch.stack([cells % width, cells // width], dim=1)


def _to_nearest(picture: Tensor, found: Tensor) -> tuple[Tensor, Tensor]:
    """Return steps (h w, 2) from every cell to the nearest middle, and which (h w,) that is."""
    h, w = picture.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(h, device=picture.device),
        torch.arange(w, device=picture.device),
        indexing="ij",
    )
    cells = torch.stack([x.flatten(), y.flatten()], dim=1)
    nearest = torch.cdist(cells.float(), found.float()).argmin(dim=1)
    return found[nearest] - cells, nearest
