"""Which of many points are drawn or averaged: rare kinds are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def stratified_sample(
    labels: NDArray[np.integer], limit: int, *, seed: int = 0
) -> NDArray[np.int64]:
    """Choose at most ``limit`` positions so that rare labels are kept, ascending int64.

    Each label gets an equal share; what small ones leave over goes to the large ones.
    """
    total = len(labels)
    if total <= limit:
        return np.arange(total)
    values, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    low, high = 0, int(counts.max())
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (
            (middle, high) if np.minimum(counts, middle).sum() <= limit else (low, middle - 1)
        )
    shuffled = np.random.default_rng(seed).permutation(total)
    grouped = shuffled[np.argsort(inverse[shuffled], kind="stable")]
    rank = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    del values
    return np.sort(grouped[rank < low]).astype(np.int64)
