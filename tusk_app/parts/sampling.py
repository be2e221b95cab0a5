"""Which of many points are drawn or averaged: rare kinds are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SMALL = 2**16


def grouped_order(labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return positions by label, equal labels in their order, (n,) int64; labels are from 0 on.

    Whole numbers of 16 bits are sorted by their digits: many times as fast.
    """
    is_small = len(labels) > 0 and int(labels.max()) < _SMALL and int(labels.min()) >= 0
    keys = labels.astype(np.uint16) if is_small else labels
    return np.argsort(keys, kind="stable").astype(np.int64)


def stratified_sample(
    labels: NDArray[np.integer], limit: int, *, seed: int = 0
) -> NDArray[np.int64]:
    """Choose at most ``limit`` positions so that rare labels are kept, ascending int64.

    Each label gets an equal share; what small ones leave over goes to the large ones. Of more
    labels than ``limit``, some are left out.
    """
    total = len(labels)
    if total <= limit:
        return np.arange(total)
    _, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    low, high = 0, int(counts.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if np.minimum(counts, middle).sum() <= limit else (low, middle - 1)
        )
    shuffled = np.random.default_rng(seed).permutation(total)
    grouped = shuffled[grouped_order(inverse[shuffled])]
    rank = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    if low == 0:  # more labels than room: one of each of some
        some = np.random.default_rng(seed).permutation(len(counts))[:limit]
        return np.sort(grouped[rank == 0][some]).astype(np.int64)
    return np.sort(grouped[rank < low]).astype(np.int64)
