"""Second pass: tracks that end and begin near each other are one individual."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tusk_core.tracking.border import enters_by, frames_to_leave
from tusk_core.tracking.detections import greedy_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.config import TrackConfig
    from tusk_core.tracking.fragments import Fragments
    from tusk_core.tracking.measure import Motion

# Frames for which a velocity is trusted to last.
_TRUSTED = 8
_WIDEST = 8.0
# Whole tracks are surer than single sightings, so that they may jump further.
_JUMP = 1.8
# Two fragments that fit equally well are left apart: a wrong join is worse than a gap.
_CLEAR = 0.7
# Chains of false detections are seen in few of the frames they span.
_DENSE = 0.4
_MOST_PAIRS = 4_000_000


def link_fragments(fragments: Fragments, config: TrackConfig, motion: Motion) -> NDArray[np.int64]:
    """Return the individual (tracks,) of each track of the first pass, -1 for those dropped.

    Tracks that are too short, or seen in too few of their frames, are dropped. Individuals are
    numbered by their first frame.
    """
    count = fragments.size
    if not count:
        return np.zeros(0, np.int64)
    seen = fragments.column("seen")
    span = fragments.column("last") - fragments.column("first") + 1
    long_enough = (seen >= config.min_length) & (seen >= _DENSE * span)
    rows = np.flatnonzero(long_enough)
    if not len(rows):
        # A clip shorter than the shortest track: everything is kept.
        rows = np.arange(count)
    after = np.full(count, -1, np.int64)
    if config.link_gap and len(rows) > 1:
        left, right = _pairs(fragments, rows, config, motion)
        after[left] = right
    return _chains(after, fragments.column("first"), rows)


def _pairs(
    fragments: Fragments, rows: NDArray[np.int64], config: TrackConfig, motion: Motion
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    first, last = fragments.column("first")[rows], fragments.column("last")[rows]
    order = np.argsort(first, kind="stable")
    starts = first[order]
    low = np.searchsorted(starts, last, side="right")
    high = np.searchsorted(starts, last + config.link_gap + config.max_gap, side="right")
    partners = np.maximum(high - low, 0)
    if partners.sum() > _MOST_PAIRS:
        partners = np.minimum(partners, max(1, _MOST_PAIRS // len(rows)))
    one = np.repeat(np.arange(len(rows)), partners)
    within = np.arange(len(one)) - np.repeat(np.cumsum(partners) - partners, partners)
    other = order[low[one] + within]
    one, other = rows[one], rows[other]
    costs = _costs(fragments, one, other, motion)
    near = costs < 1
    if not config.num_individuals:
        near &= ~_another_entered(fragments, one, other, motion)
    one, other, costs = one[near], other[near], costs[near]
    clear = _is_clear(one, other, costs)
    one, other, costs = one[clear], other[clear], costs[clear]
    taken = greedy_pairs(one, other, costs)
    return one[taken], other[taken]


def _costs(
    fragments: Fragments, one: NDArray[np.int64], other: NDArray[np.int64], motion: Motion
) -> NDArray[np.float64]:
    """Return the cost (P,) of taking ``other`` for the continuation of ``one``; 1 is too far."""
    column = fragments.column
    gap = column("first")[other] - column("last")[one]
    trusted = np.minimum(gap, _TRUSTED)[:, None] / 2
    ahead = column("end")[one] + trusted * column("end_velocity")[one]
    back = column("start")[other] - trusted * column("start_velocity")[other]
    far = np.hypot(*(ahead - back).T)
    reach = _JUMP * motion.reach * np.minimum(np.sqrt(np.maximum(gap, 1.0)), _WIDEST)
    costs = (far / reach) ** 2
    if motion.look_weight:
        unlike = ((column("look")[one] - column("look")[other]) ** 2).sum(axis=1)
        costs += np.where(far <= reach, motion.look_weight * unlike / motion.look_spread, 1.0)
    return np.where(far <= reach, costs, 1.0)


def _another_entered(
    fragments: Fragments, one: NDArray[np.int64], other: NDArray[np.int64], motion: Motion
) -> NDArray[np.bool_]:
    """Tell (P,) whether ``one`` had left by the border where ``other`` came in."""
    column = fragments.column
    gap = column("first")[other] - column("last")[one]
    leaves = frames_to_leave(column("end")[one], column("end_heading")[one], motion)
    enters = enters_by(column("start")[other], column("start_velocity")[other], motion)
    return np.asarray((enters & (leaves < gap[:, None])).any(axis=1))


def _is_clear(
    one: NDArray[np.int64], other: NDArray[np.int64], costs: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell for each pair (P,) whether it is clearly the best of both its sides."""
    clear = np.ones(len(costs), bool)
    for side in (one, other):
        order = np.lexsort((costs, side))
        key, cost = side[order], costs[order]
        second = np.full(len(order), np.inf)
        is_first = np.r_[True, key[1:] != key[:-1]] if len(order) else np.zeros(0, bool)
        heads = np.flatnonzero(is_first)
        has_next = heads[heads + 1 < len(order)]
        has_next = has_next[key[has_next + 1] == key[has_next]]
        second[has_next] = cost[has_next + 1]
        good = np.zeros(len(order), bool)
        good[heads] = cost[heads] <= _CLEAR * second[heads]
        clear[order] &= good
    return clear


def _chains(
    after: NDArray[np.int64], first: NDArray[np.float64], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    out = np.full(len(after), -1, np.int64)
    followed = np.zeros(len(after), bool)
    followed[after[after >= 0]] = True
    heads = rows[~followed[rows]]
    heads = heads[np.lexsort((heads, first[heads]))]
    for number, head in enumerate(heads.tolist()):
        at = head
        while at >= 0:
            out[at] = number
            at = int(after[at])
    return out
