"""Which kinds of keypoint belong to one body: those that keep their place to each other.

For every two kinds, the nearest pairs of one frame are compared with pairs across frames that
have nothing to do with each other. Kinds of one body keep a distance (a body that turns) or an
offset (one that does not); strangers do not. The surest links make a tree.

Shapes: F frames, M kinds, n keypoints of a kind in a frame (padded with NaN).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.tracking.detections import Stretch

_MOST_EACH = 40
_BUDGET = 12_000_000
# A spread of this share of what chance gives still counts as constant.
_CONSTANT = 0.3
_NEARER = 0.75
_OFTEN = 0.25
_FEWEST_PAIRS = 8
_SIGMA = 1.4826


@dataclass(frozen=True, slots=True)
class Link:
    """Two kinds that keep their place to each other.

    Attributes:
        kinds: the two, ascending.
        distance: pixels between them.
        offset: from the first to the second, pixels.
        is_fixed: the offset is kept, not only the distance.
        spread: standard deviation of what is kept, pixels.
        quality: spread as a share of what chance gives; lower is surer.
    """

    kinds: tuple[int, int]
    distance: float
    offset: tuple[float, float]
    is_fixed: bool
    spread: float
    quality: float

    def misfit(self, moves: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return how many spreads (P,) the offsets (P, 2) are from what is usual."""
        if self.is_fixed:
            away = np.linalg.norm(moves - np.asarray(self.offset, np.float32), axis=1)
        else:
            away = np.abs(np.linalg.norm(moves, axis=1) - self.distance)
        return np.asarray(away / self.spread)


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What a body is made of.

    Attributes:
        num_kinds: M.
        tree: links that join the kinds of each body, one fewer than its kinds.
        spare: further links, the surest first; they close the hole a missing keypoint leaves.
        parts: (M,) which body plan each kind belongs to, as a tuple.
    """

    num_kinds: int
    tree: tuple[Link, ...] = ()
    spare: tuple[Link, ...] = ()
    parts: tuple[int, ...] = ()

    def plan_sizes(self) -> NDArray[np.int64]:
        """Return how many kinds (M,) the body plan of each kind has."""
        parts = np.asarray(self.parts or range(self.num_kinds), np.int64)
        return np.asarray(np.bincount(parts)[parts] if len(parts) else parts, np.int64)


def learn_skeleton(stretch: Stretch, num_kinds: int) -> Skeleton:
    """Return the skeleton that a sample of frames shows.

    Args:
        stretch: frames spread over the whole source; the order does not matter.
        num_kinds: M.
    """
    from scipy.sparse import csr_matrix  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import connected_components, minimum_spanning_tree  # noqa: PLC0415

    places, used = _padded(stretch, num_kinds)
    links = _all_links(places, used) if len(places) > 1 else []
    if not links:
        return Skeleton(num_kinds, parts=tuple(range(num_kinds)))
    first, second = np.array([link.kinds for link in links]).T
    weights = np.array([link.quality for link in links]) + 1e-6
    graph = csr_matrix((weights, (first, second)), shape=(num_kinds, num_kinds))
    chosen = minimum_spanning_tree(graph).tocoo()
    in_tree = set(zip(chosen.row.tolist(), chosen.col.tolist(), strict=True))
    parts = connected_components(graph, directed=False)[1]
    ordered = sorted(links, key=lambda link: (link.quality, link.kinds))
    return Skeleton(
        num_kinds,
        tuple(link for link in ordered if link.kinds in in_tree),
        tuple(link for link in ordered if link.kinds not in in_tree),
        tuple(parts.tolist()),
    )


def _padded(stretch: Stretch, num_kinds: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the places (F, U, n, 2) of the kinds in use, and which kinds (U,) those are."""
    frames, kinds = stretch.frames, stretch.kinds
    cell = frames * num_kinds + kinds
    order = np.lexsort((-stretch.scores, cell))
    cells = cell[order]
    starts = np.searchsorted(cells, cells)
    rank = np.arange(len(cells)) - starts
    used = np.unique(kinds).astype(np.int64)
    each = int(min(_MOST_EACH, rank.max() + 1)) if len(rank) else 1
    num_frames = len(stretch.counts)
    places = np.full((num_frames, num_kinds, each, 2), np.nan, np.float32)
    kept = rank < each
    rows = order[kept]
    places[frames[rows], kinds[rows], rank[kept]] = stretch.xy[rows]
    places = np.asarray(places[:, used], np.float32)
    most = max(2, _BUDGET // max(1, each * each * len(used)))
    if num_frames > most:
        places = np.asarray(places[np.linspace(0, num_frames - 1, most).astype(int)])
    return places, used


def _all_links(places: NDArray[np.float32], used: NDArray[np.int64]) -> list[Link]:
    # Half the sample away: far enough that where things are has nothing to do with each other.
    strangers = np.roll(places, len(places) // 2, axis=0)
    links = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # medians of nothing are NaN, as wanted
        for index in range(len(used) - 1):
            others = slice(index + 1, len(used))
            own = _nearest(places[:, index], places[:, others])
            chance = _nearest(places[:, index], strangers[:, others])
            present = np.isfinite(places[..., 0]).sum(axis=(0, 2))
            for place, kind in enumerate(used[others].tolist()):
                often = min(present[index], present[index + 1 + place])
                link = _link(own[:, place], chance[:, place], (int(used[index]), kind), int(often))
                if link is not None:
                    links.append(link)
    return links


def _nearest(origins: NDArray[np.float32], targets: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the offset (F, U, n, 2) from each origin (F, n, 2) to its nearest target, or NaN."""
    moves = targets[:, :, None] - origins[:, None, :, None]
    distances = np.linalg.norm(moves, axis=-1)
    nearest = np.where(np.isfinite(distances), distances, np.inf).argmin(axis=3)
    found = np.take_along_axis(moves, nearest[..., None, None], axis=3)[:, :, :, 0]
    return np.asarray(found, np.float32)


def _link(
    own: NDArray[np.float32], chance: NDArray[np.float32], kinds: tuple[int, int], often: int
) -> Link | None:
    """Return the link of two kinds, or None where they do not keep their place."""
    moves = own.reshape(-1, 2)
    moves = moves[np.isfinite(moves[:, 0])]
    if len(moves) < _FEWEST_PAIRS:
        return None
    distances = np.linalg.norm(moves, axis=1)
    strange = float(np.nanmedian(np.linalg.norm(chance.reshape(-1, 2), axis=1)))
    middle, offset = float(np.median(distances)), np.median(moves, axis=0)
    spread = _SIGMA * float(np.median(np.abs(distances - middle)))
    away = float(np.median(np.linalg.norm(moves - offset, axis=1))) / 1.18
    is_fixed = away < 1.5 * spread + 0.5
    kept_spread = max(0.75, away if is_fixed else spread)
    strange = strange if np.isfinite(strange) and strange > 0 else middle
    quality = kept_spread / max(strange, 1e-3)
    link = Link(kinds, middle, (float(offset[0]), float(offset[1])), is_fixed, kept_spread, quality)
    is_constant = quality < _CONSTANT and (middle < _NEARER * strange or is_fixed)
    fits = int((link.misfit(moves) < 3).sum())
    return link if is_constant and fits >= max(_FEWEST_PAIRS, _OFTEN * often) else None
