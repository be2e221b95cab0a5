"""Keypoints of each frame grouped into bodies along the links of a skeleton.

Shapes: N keypoints, B bodies, S slots (kinds that a body may have), C descriptor length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.tracking.detections import counted, greedy_pairs, same_frame_pairs
from tusk_core.tracks import NOBODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_core.config import TrackConfig
    from tusk_core.tracking.detections import Stretch
    from tusk_core.tracking.skeleton import Link, Skeleton

# Pairs further from the usual than this many spreads belong to different bodies.
_MISFIT = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Bodies:
    """The bodies of a stretch, sorted by frame.

    Attributes:
        counts: (F,) bodies of each frame.
        xy: (B, 2) float64, middle of its keypoints.
        slots: (B, S, 2) float64, place of each kind, NaN where it is missing; S is 1 where every
            keypoint is a body.
        kinds: (B,) int64, its kind, of several the one with the best score.
        scores: (B,) float64, mean.
        looks: (B, C) float32, mean of its descriptors less those that are usual of their kinds.
    """

    counts: NDArray[np.int64]
    xy: NDArray[np.float64]
    slots: NDArray[np.float64]
    kinds: NDArray[np.int64]
    scores: NDArray[np.float64]
    looks: NDArray[np.float32]


def group(
    stretch: Stretch,
    skeleton: Skeleton,
    config: TrackConfig,
    able: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Return the body (N,) of each keypoint, -1 for none; bodies are numbered by frame.

    No body has a kind twice. ``able`` (N,) tells which keypoints may belong to one; None leaves
    that to the settings.
    """
    count = len(stretch.xy)
    able = counted(stretch, config) if able is None else able
    if config.bodies == "one":
        bodies = np.where(able, stretch.frames, -1)
        return _numbered(_surest_of_each_kind(stretch, bodies))
    bodies = np.arange(count)
    if config.bodies == "auto" and skeleton.tree:
        bodies = _joined(stretch, able, bodies, skeleton.tree)
        for link in skeleton.spare:
            bodies = _bridged(stretch, able, bodies, link)
    bodies = np.where(able, bodies, -1)
    return _numbered(_large_enough(stretch, bodies, skeleton, config))


def _matches(
    stretch: Stretch, able: NDArray[np.bool_], link: Link
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the candidate pairs of one link as rows, with a misfit that is small enough."""
    frames = stretch.frames
    one = np.flatnonzero((stretch.kinds == link.kinds[0]) & able)
    other = np.flatnonzero((stretch.kinds == link.kinds[1]) & able)
    left, right = same_frame_pairs(frames[one], frames[other], len(stretch.counts))
    left, right = one[left], other[right]
    return left, right


def _joined(
    stretch: Stretch,
    able: NDArray[np.bool_],
    bodies: NDArray[np.int64],
    links: Sequence[Link],
) -> NDArray[np.int64]:
    """Join keypoints along the links of a tree; one partner each, so no kind comes twice."""
    pairs = [_partners(stretch, *_matches(stretch, able, link), link) for link in links]
    left = np.concatenate([pair[0] for pair in pairs])
    right = np.concatenate([pair[1] for pair in pairs])
    return bodies[_components(len(bodies), left, right)]


def _components(count: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    from scipy.sparse import coo_matrix  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    graph = coo_matrix((np.ones(len(left), np.int8), (left, right)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _partners(
    stretch: Stretch, left: NDArray[np.int64], right: NDArray[np.int64], link: Link
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    misfit = link.misfit(stretch.xy[right] - stretch.xy[left])
    near = misfit <= _MISFIT
    left, right = left[near], right[near]
    taken = greedy_pairs(left, right, misfit[near])
    return left[taken], right[taken]


def _bridged(
    stretch: Stretch, able: NDArray[np.bool_], bodies: NDArray[np.int64], link: Link
) -> NDArray[np.int64]:
    """Join bodies along one further link where they have no kind in common."""
    left, right = _matches(stretch, able, link)
    apart = bodies[left] != bodies[right]
    left, right = left[apart], right[apart]
    if not len(left):
        return bodies
    shares_kind = _share_a_kind(stretch.kinds, bodies, bodies[left], bodies[right])
    left, right = _partners(stretch, left[~shares_kind], right[~shares_kind], link)
    joined = _components(int(bodies.max()) + 1, bodies[left], bodies[right])
    return joined[bodies]


def _share_a_kind(
    kinds: NDArray[np.int32],
    bodies: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
) -> NDArray[np.bool_]:
    involved = np.unique(np.concatenate([first, second]))
    place = np.searchsorted(involved, bodies).clip(0, len(involved) - 1)
    rows = involved[place] == bodies
    has = np.zeros((len(involved), int(kinds.max()) + 1), bool)
    has[place[rows], kinds[rows]] = True
    one, other = np.searchsorted(involved, first), np.searchsorted(involved, second)
    return np.asarray((has[one] & has[other]).any(axis=1))


def _surest_of_each_kind(stretch: Stretch, bodies: NDArray[np.int64]) -> NDArray[np.int64]:
    order = np.lexsort((-stretch.scores, stretch.kinds, bodies))
    one, kind = bodies[order], stretch.kinds[order]
    again = np.zeros(len(order), bool)
    again[1:] = (one[1:] == one[:-1]) & (kind[1:] == kind[:-1])
    out = bodies.copy()
    out[order[again]] = -1
    return out


def _large_enough(
    stretch: Stretch, bodies: NDArray[np.int64], skeleton: Skeleton, config: TrackConfig
) -> NDArray[np.int64]:
    if config.bodies == "single" or not len(bodies) or not skeleton.tree:
        return bodies
    sizes = np.bincount(bodies[bodies >= 0], minlength=int(bodies.max()) + 1)
    plans = skeleton.plan_sizes()[stretch.kinds]
    wanted = -(-plans // 2)
    if config.min_keypoints:
        wanted = np.minimum(config.min_keypoints, plans)
    return np.where((bodies >= 0) & (sizes[bodies] >= wanted), bodies, -1)


def _numbered(bodies: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number bodies in the order in which they first occur, which is that of the frames."""
    rows = np.flatnonzero(bodies >= 0)
    out = np.full(len(bodies), -1, np.int64)
    _, first, inverse = np.unique(bodies[rows], return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    out[rows] = rank[inverse]
    return out


def describe(
    stretch: Stretch,
    bodies: NDArray[np.int64],
    usual: NDArray[np.float32],
    *,
    has_slots: bool,
) -> Bodies:
    """Return place, shape and look of the bodies of a stretch.

    Args:
        stretch: its keypoints.
        bodies: (N,) from ``group``.
        usual: (M, C) mean descriptor of each kind.
        has_slots: bodies have several keypoints, told apart by kind.
    """
    rows = np.flatnonzero(bodies >= 0)
    body, count = bodies[rows], int(bodies.max(initial=-1)) + 1
    kinds = stretch.kinds[rows]
    first = np.zeros(count, np.int64)
    first[body[::-1]] = rows[::-1]
    size = np.bincount(body, minlength=count).astype(np.float64)
    num_slots = len(usual) if has_slots else 1
    slots = np.full((count, num_slots, 2), np.nan)
    slots[body, kinds if has_slots else 0] = stretch.xy[rows]
    xy = np.stack(
        [np.bincount(body, stretch.xy[rows, axis], count) / size for axis in (0, 1)], axis=1
    )
    scores = stretch.scores[rows]
    order = np.lexsort((-kinds, scores))
    main = np.zeros(count, np.int64)
    main[body[order]] = kinds[order]
    looks = np.zeros((count, usual.shape[1]), np.float32)
    np.add.at(looks, body, stretch.descriptors[rows].astype(np.float32) - usual[kinds])
    return Bodies(
        np.bincount(stretch.frames[first], minlength=len(stretch.counts)),
        xy,
        slots,
        main,
        np.bincount(body, scores, count) / size,
        np.asarray(looks / size[:, None], np.float32),
    )


def within_pictures(stretch: Stretch, bodies: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return bodies (N,) numbered from 0 in each picture, -1 for none."""
    known = np.flatnonzero(bodies >= 0)
    first = np.full(len(stretch.counts), np.iinfo(np.int64).max)
    np.minimum.at(first, stretch.frames[known], bodies[known])
    out = np.full(len(bodies), NOBODY, np.int32)
    out[known] = bodies[known] - first[stretch.frames[known]]
    return out
