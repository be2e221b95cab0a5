"""Which prototypes stand for the same thing: a suggestion made from the descriptors alone.

A model with more prototypes than there are kinds divides kinds: a slanted and an upright seven get
one each. What belongs together is found by joining, again and again, the two groups of
prototypes that are most alike, until as many groups are left as were asked for. No ground truth
is looked at.

Shapes: N detections, M prototypes, C descriptor length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from tusk_core.results import MergeSteps, TuskError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.results import Analysis

    # Positions that stay, positions that go, costs.
    _Joins = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]

MergeCriterion = Literal["spread", "neighbours"]

NUM_NEIGHBOURS = 20
# Descriptors that are compared with each other; more tell no more about M prototypes.
MAX_COMPARED = 5000
_CHUNK = 16_384


def join_prototypes(
    descriptors: NDArray[np.floating],
    labels: NDArray[np.integer],
    num: int,
    *,
    by: MergeCriterion = "spread",
) -> MergeSteps:
    """Join prototypes step by step.

    Args:
        descriptors: (N, C).
        labels: (N,) prototype of each.
        num: M.
        by: ``spread`` joins the groups whose descriptors, on the unit sphere, spread least more
            when they become one (Ward's criterion, weighted by the number of detections);
            ``neighbours`` joins those between which most nearest-neighbour links run, relative
            to chance.

    Raises:
        TuskError: if the criterion is unknown.
    """
    counts = np.bincount(labels, minlength=num).astype(np.int64)
    used = np.flatnonzero(counts)
    if by == "spread":
        kept, joined, costs = _join_by_spread(_sums(descriptors, labels, num)[used], counts[used])
    elif by == "neighbours":
        links, sizes = _links(descriptors, labels, num)
        kept, joined, costs = _join_by_links(links[np.ix_(used, used)], sizes[used])
    else:
        raise TuskError(f"Prototypes are joined by spread or by neighbours, not by {by!r}.")
    kept, joined = _named_by_most_frequent(used[kept], used[joined], counts)
    return MergeSteps(kept, joined, costs, counts)


def merge_steps(analysis: Analysis, *, by: MergeCriterion = "spread") -> MergeSteps:
    """Join the prototypes of an analysis step by step; see ``join_prototypes``."""
    return join_prototypes(analysis.descriptors, analysis.labels, len(analysis.prototypes), by=by)


def suggest_merges(
    analysis: Analysis, groups: int, *, by: MergeCriterion = "spread"
) -> NDArray[np.int64]:
    """Return the group of each prototype, (M,) int64, when ``groups`` are left.

    Args:
        analysis: detections with descriptors.
        groups: how many; at least 1. With as many as are in use nothing is joined.
        by: see ``join_prototypes``.

    Raises:
        TuskError: if ``groups`` is below 1.
    """
    if groups < 1:
        raise TuskError(f"Prototypes can be joined into 1 group or more, not into {groups}.")
    return merge_steps(analysis, by=by).groups(groups)


def unit_descriptors(descriptors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return descriptors, (N, C), with length 1; zero ones stay zero."""
    values = descriptors.astype(np.float32)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(lengths, 1e-6), np.float32)


def _sums(
    descriptors: NDArray[np.floating], labels: NDArray[np.integer], num: int
) -> NDArray[np.float64]:
    """Return the sum of the unit descriptors of each prototype, (M, C)."""
    sums = np.zeros((num, descriptors.shape[1]))
    for begin in range(0, len(labels), _CHUNK):
        own = labels[begin : begin + _CHUNK]
        one_hot = np.zeros((num, len(own)), np.float32)
        one_hot[own, np.arange(len(own))] = 1.0
        sums += one_hot @ unit_descriptors(descriptors[begin : begin + _CHUNK])
    return sums


def _join_by_spread(sums: NDArray[np.float64], counts: NDArray[np.int64]) -> _Joins:
    """Join by Ward's criterion; ``sums`` (S, C) and ``counts`` (S,) of prototypes in use."""
    weights = counts.astype(np.float64)
    means = sums / weights[:, None]
    alive = np.ones(len(counts), np.bool_)
    steps: list[tuple[int, int, float]] = []
    while alive.sum() > 1:
        squares = (means**2).sum(axis=1)
        distances = np.maximum(squares[:, None] + squares - 2 * means @ means.T, 0.0)
        costs = distances * weights[:, None] * weights / (weights[:, None] + weights)
        a, b = _least(costs, alive)
        steps.append((a, b, float(costs[a, b])))
        total = weights[a] + weights[b]
        means[a] = (weights[a] * means[a] + weights[b] * means[b]) / total
        weights[a], alive[b] = total, False
    return _as_arrays(steps)


def _join_by_links(links: NDArray[np.float64], sizes: NDArray[np.float64]) -> _Joins:
    """Join by links between them, (S, S); ``sizes`` (S,) are the detections looked at."""
    alive = np.ones(len(sizes), np.bool_)
    chance = max(links.sum(), 1.0) / max(sizes.sum(), 1.0) ** 2
    steps: list[tuple[int, int, float]] = []
    while alive.sum() > 1:
        expected = np.maximum(chance * sizes[:, None] * sizes, 1e-12)
        costs = 1.0 / (1.0 + links / expected)
        a, b = _least(costs, alive)
        steps.append((a, b, float(costs[a, b])))
        links[a] += links[b]
        links[:, a] += links[:, b]
        sizes[a] += sizes[b]
        alive[b] = False
    return _as_arrays(steps)


def _links(
    descriptors: NDArray[np.floating], labels: NDArray[np.integer], num: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return nearest-neighbour links between prototypes, (M, M), and detections looked at, (M,)."""
    rows = np.arange(len(labels))
    if len(rows) > MAX_COMPARED:
        rows = np.sort(np.random.default_rng(0).permutation(len(rows))[:MAX_COMPARED])
    labels, units = labels[rows], unit_descriptors(descriptors[rows])
    count = min(NUM_NEIGHBOURS, len(rows) - 1)
    links = np.zeros((num, num))
    for begin in range(0, len(rows) if count > 0 else 0, 1024):
        own = slice(begin, begin + 1024)
        cosines = units[own] @ units.T
        own_labels = labels[own]
        cosines[np.arange(len(own_labels)), begin + np.arange(len(own_labels))] = -2.0
        nearest = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        np.add.at(links, (np.repeat(own_labels, count), labels[nearest].ravel()), 1.0)
    return links + links.T, np.bincount(labels, minlength=num).astype(np.float64)


def _least(costs: NDArray[np.float64], alive: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the cheapest pair of groups that are left, smaller position first."""
    open_pairs = np.triu(alive[:, None] & alive, k=1)
    flat = int(np.argmin(np.where(open_pairs, costs, np.inf)))
    return divmod(flat, len(alive))


def _as_arrays(steps: list[tuple[int, int, float]]) -> _Joins:
    pairs = np.array([step[:2] for step in steps], np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], np.array([step[2] for step in steps])


def _named_by_most_frequent(
    kept: NDArray[np.int64], joined: NDArray[np.int64], counts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Let each group carry the number of its most frequent prototype."""
    name = np.arange(len(counts))
    stays, goes = kept.copy(), joined.copy()
    for step in range(len(kept)):
        a, b = name[kept[step]], name[joined[step]]
        if counts[b] > counts[a]:
            a, b = b, a
        stays[step], goes[step] = a, b
        name[kept[step]] = a
    return stays, goes
