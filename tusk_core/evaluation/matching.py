"""Which prediction belongs to which true object: boxes by overlap, one prediction an object.

Shapes: P pictures, G true objects and K predictions a picture (padded; ``valid`` arrays say which
are real). Boxes are (x0, y0, x1, y1) in pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from numpy.typing import NDArray


def boxes_around(centres: NDArray[np.floating], side: float) -> NDArray[np.float64]:
    """Return square boxes (..., 4) of ``side`` px around centres (..., 2), (x, y)."""
    centres = np.asarray(centres, dtype=np.float64)
    return np.concatenate([centres - side / 2, centres + side / 2], axis=-1)


def box_overlaps(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the intersection over union of every pair.

    Args:
        first: (..., G, 4).
        second: (..., K, 4).

    Returns:
        (..., G, K) in [0, 1]; 0 for empty boxes.
    """
    a, b = first[..., :, None, :], second[..., None, :, :]
    low, high = np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])
    shared = np.clip(high - low, 0, None).prod(-1)
    union = _area(a) + _area(b) - shared
    overlaps: NDArray[np.float64] = np.divide(
        shared, union, out=np.zeros_like(shared), where=union > 0
    )
    return overlaps


def _area(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    area: NDArray[np.float64] = np.clip(boxes[..., 2:] - boxes[..., :2], 0, None).prod(-1)
    return area


def match_greedily(
    overlaps: NDArray[np.floating], *, threshold: float = 0.5, strict: bool = False
) -> NDArray[np.int64]:
    """Give each object in file order its best prediction that is still free.

    An object whose best free prediction overlaps too little stays unmatched and takes nothing.

    Args:
        overlaps: (P, G, K) intersection over union; -1 marks padding.
        threshold: least overlap of a match.
        strict: ask for more than the threshold (the released code) instead of at least it (the
            paper).

    Returns:
        (P, G) index of the prediction, -1 where there is none.
    """
    P, G, K = overlaps.shape
    matches = np.full((P, G), -1, dtype=np.int64)
    if K == 0:
        return matches
    free = np.ones((P, K), dtype=bool)
    everyone = np.arange(P)
    # The rule is sequential: what one object takes, the next cannot have.
    for index in range(G):
        candidates = np.where(free, overlaps[:, index], -1.0)
        best = candidates.argmax(axis=1)
        value = candidates[everyone, best]
        accepted = (value > threshold) if strict else (value >= threshold)
        matches[accepted, index] = best[accepted]
        free[everyone[accepted], best[accepted]] = False
    return matches


def match_optimally(
    overlaps: NDArray[np.floating], *, threshold: float = 0.5, strict: bool = False
) -> NDArray[np.int64]:
    """Match as many objects as can be matched at once, then with the largest overlap.

    Args and return value as in ``match_greedily``.
    """
    P, G, _ = overlaps.shape
    matches = np.full((P, G), -1, dtype=np.int64)
    accepted = (overlaps > threshold) if strict else (overlaps >= threshold)
    # One more accepted pair outweighs any sum of overlaps.
    gains = np.where(accepted, overlaps + G + 1.0, 0.0)
    for picture in range(P):
        rows, columns = linear_sum_assignment(gains[picture], maximize=True)
        kept = accepted[picture, rows, columns]
        matches[picture, rows[kept]] = columns[kept]
    return matches


def mask_padding(
    overlaps: NDArray[np.floating],
    objects_valid: NDArray[np.bool_],
    predictions_valid: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return overlaps (P, G, K) with -1 wherever object or prediction is padding."""
    both = objects_valid[:, :, None] & predictions_valid[:, None, :]
    return np.where(both, overlaps, -1.0)
