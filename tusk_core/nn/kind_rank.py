"""Evidence of which kinds are worth a keypoint, gathered without labels from what their maps do.

A good kind recurs in many pictures, is found at the same place again when the picture is warped,
is compact wherever it occurs, and is not cut off by the picture's edge. How often it occurs in one
picture does not count against it, as long as that number is about the same from picture to picture:
one that is there twice, four times or once is mostly a matter of chance, and keypoints that come
and go push others out of the K. A kind that always lies where a better one lies adds nothing.

Shapes: B pictures, M kinds, h x w cells, N peaks taken of each kind's map.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tusk_core.geometry.grids import to_pixels
from tusk_core.nn.keypoints import read_at
from tusk_core.nn.kind_peaks import centre_of_mass
from tusk_core.nn.kind_scores import KindFacts, filling_kinds, kind_scores, steadiness
from tusk_core.nn.window_maps import window_maximum

SURE = 0.35
_MOST_PEAKS = 8
_COMPACT = 0.03
_AGREED_CELLS = 2.0
_EDGE_CELLS = 1.5
_MOSTLY = 0.5
# In shares of a kind's window: nearer than this two kinds mark the same thing.
_SAME_PLACE = 1 / 3


@dataclass(frozen=True, slots=True)
class KindEvidence:
    """Sums over pictures that a ranking is made of; ``merged`` adds those of more pictures.

    Attributes:
        pictures: how many.
        present: (M,) pictures in which the kind has a sure peak.
        peaks: (M,) sure peaks in all.
        squares: (M,) sum over pictures of their number's square.
        spread: (M,) sum of their spreads, in shares of the map's longer side.
        agreed: (M,) of them found again in the second view.
        visible: (M,) of them that the second view shows.
        edge: (M,) of them at the picture's edge.
        moved: (M,) sum over them of how surely they move, [0, 1] each; all of them where motion is
            not known.
        near: (M, M) peaks of a row's kind that have a peak of the column's kind within reach.
    """

    pictures: Tensor
    present: Tensor
    peaks: Tensor
    squares: Tensor
    spread: Tensor
    agreed: Tensor
    visible: Tensor
    edge: Tensor
    moved: Tensor
    near: Tensor

    def merged(self, other: KindEvidence) -> KindEvidence:
        """Return the evidence of both sets of pictures."""
        names = self.__dataclass_fields__
        return KindEvidence(**{n: getattr(self, n) + getattr(other, n) for n in names})


@dataclass(frozen=True, slots=True)
class Ground:
    """How kinds lie on a plain ground, (M,) each; see ``KindFacts``."""

    contrast: Tensor
    drop: Tensor


@torch.no_grad()
def sure_places(maps: Tensor, *, window: int, refine: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return where the sure peaks of maps (B, M, h, w) are.

    Returns:
        picture (n,), kind (n,) and place (n, 2) [cells] of each.
    """
    xy, scores, _ = _peaks_of_each(maps, window, refine)
    picture, kind, number = torch.nonzero(scores > SURE, as_tuple=True)
    return picture, kind, xy[picture, kind, number]


@torch.no_grad()
def gather_evidence(
    first: Tensor,
    second: Tensor,
    positions: Tensor,
    *,
    window: int,
    refine: int,
    moving: Tensor | None = None,
) -> KindEvidence:
    """Look at the maps of two views of B pictures.

    Args:
        first: (B, M, h, w) in [0, 1].
        second: (B, M, h, w), of the warped pictures.
        positions: (B, h, w, 2) where the second view's cells lie in the first, unit square.
        window: odd side in which a kind has one peak [cells].
        refine: odd side of the window whose centre of mass is a peak's place [cells].
        moving: (B, h, w) how surely each cell of the first view moves, [0, 1]; None if not known.
    """
    h, w = first.shape[-2:]
    xy, scores, spread = _peaks_of_each(first, window, refine)
    sure = scores > SURE
    other_xy, other_scores, _ = _peaks_of_each(second, window, refine)
    back = _moved_back(other_xy, positions)
    distances = torch.cdist(xy, back)  # (B, M, N, N)
    distances = distances.masked_fill((other_scores <= SURE).unsqueeze(2), torch.inf)
    agreed = sure & (distances.amin(dim=-1) <= _AGREED_CELLS)
    edge = sure & (
        (xy.amin(dim=-1) < _EDGE_CELLS)
        | (xy[..., 0] > w - 1 - _EDGE_CELLS)
        | (xy[..., 1] > h - 1 - _EDGE_CELLS)
    )
    visible = sure & _is_visible(xy, positions)

    def count(flags: Tensor) -> Tensor:
        return flags.to(first.dtype).sum(dim=(0, 2))

    return KindEvidence(
        pictures=first.new_tensor(float(first.shape[0])),
        present=sure.any(dim=-1).to(first.dtype).sum(dim=0),
        peaks=count(sure),
        squares=sure.to(first.dtype).sum(dim=-1).square().sum(dim=0),
        spread=(spread * sure).sum(dim=(0, 2)) / max(h, w),
        agreed=count(agreed & visible),
        visible=count(visible),
        edge=count(edge),
        moved=count(sure) if moving is None else (_read(moving, xy) * sure).sum(dim=(0, 2)),
        near=_near(xy, sure, reach=window * _SAME_PLACE),
    )


def _peaks_of_each(maps: Tensor, window: int, refine: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return places (B, M, N, 2), scores (B, M, N) and spreads (B, M, N) of each kind's peaks."""
    B, M = maps.shape[:2]
    pooled = window_maximum(maps, window)
    count = min(_MOST_PEAKS, maps[0, 0].numel())
    scores, cells = torch.where(maps == pooled, maps, 0.0).flatten(2).topk(count, dim=2)
    kinds = torch.arange(M, device=maps.device).view(1, M, 1).expand(B, M, count)
    xy, spread = centre_of_mass(maps, kinds.flatten(1), cells.flatten(1), refine)
    return xy.view(B, M, count, 2), scores, spread.view(B, M, count)


def _moved_back(xy: Tensor, positions: Tensor) -> Tensor:
    """Return where places (B, M, N, 2) of the second view lie in the first [cells]."""
    h, w = positions.shape[1:3]
    places = read_at(positions.permute(0, 3, 1, 2), xy.flatten(1, 2))
    return to_pixels(places, (w, h)).view(*xy.shape)


def _read(maps: Tensor, xy: Tensor) -> Tensor:
    """Return the values (B, M, N) of maps (B, h, w) at places (B, M, N, 2) [cells]."""
    return read_at(maps.unsqueeze(1), xy.flatten(1, 2))[..., 0].view(*xy.shape[:3])


def _is_visible(xy: Tensor, positions: Tensor) -> Tensor:
    """Tell which places of the first view (B, M, N, 2) lie well inside what the second shows."""
    h, w = positions.shape[1:3]
    cells = to_pixels(positions.flatten(1, 2), (w, h))
    low, high = cells.amin(dim=1), cells.amax(dim=1)
    margin = 0.1 * (high - low)
    low, high = (low + margin)[:, None, None], (high - margin)[:, None, None]
    return ((xy >= low) & (xy <= high)).all(dim=-1)


def _near(xy: Tensor, sure: Tensor, *, reach: float) -> Tensor:
    """Count (M, M) sure peaks of one kind with a sure peak of another within reach."""
    B, M, N, _ = xy.shape
    flat, ok = xy.flatten(1, 2), sure.flatten(1)
    distances = torch.cdist(flat, flat).masked_fill(~ok.unsqueeze(1), torch.inf)
    nearest = distances.view(B, M, N, M, N).amin(dim=-1)  # (B, M, N, M)
    close = (nearest <= reach) & sure.unsqueeze(-1)
    return close.to(xy.dtype).sum(dim=(0, 2))


def facts_of(evidence: KindEvidence, ground: Ground | None = None) -> KindFacts:
    """Return what the evidence says of each kind.

    Args:
        evidence: of all pictures.
        ground: how kinds lie on a plain ground; None where pictures have none.
    """
    peaks, present = evidence.peaks.clamp_min(1), evidence.present.clamp_min(1)
    count = evidence.peaks / present
    return KindFacts(
        presence=evidence.present / evidence.pictures.clamp_min(1),
        count=count,
        inner=1 - evidence.edge / peaks,
        agreement=evidence.agreed / evidence.visible.clamp_min(1),
        compactness=_COMPACT / (evidence.spread / peaks + _COMPACT),
        steadiness=steadiness(count, evidence.squares / present),
        moving=evidence.moved / peaks,
        contrast=torch.ones_like(peaks) if ground is None else ground.contrast,
        drop=None if ground is None else ground.drop,
    )


def chosen_kinds(evidence: KindEvidence, kinds: KindFacts, num_keypoints: int) -> Tensor:
    """Return which kinds (M,) bool fill K keypoints; see ``filling_kinds``."""
    repeats = (evidence.near / evidence.peaks.clamp_min(1).unsqueeze(1)) > _MOSTLY
    return filling_kinds(kinds, kind_scores(kinds), repeats, num_keypoints)
