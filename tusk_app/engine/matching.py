"""Pairs keypoints of two pictures that show the same thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.results import Keypoints


@dataclass(frozen=True, slots=True, eq=False)
class Correspondence:
    """Pairs of keypoints, best first.

    Attributes:
        first: (n,) int64 index in the first picture.
        second: (n,) int64 index in the second picture.
        labels: (n,) int32 prototype of the pair.
        distance: (n,) float32 cosine distance of the descriptors, 0 (same) to 2.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    labels: NDArray[np.int32]
    distance: NDArray[np.float32]


def match_keypoints(
    first: Keypoints, second: Keypoints, targets: NDArray[np.integer] | None = None
) -> Correspondence:
    """Pair keypoints of the same prototype so that the descriptors differ least in all.

    Args:
        first: keypoints of one picture.
        second: keypoints of the other.
        targets: (M,) prototype each is shown as after merging.
    """
    own: NDArray[np.integer] = first.labels
    other: NDArray[np.integer] = second.labels
    if targets is not None and len(targets):
        own, other = targets[own], targets[other]
    rows, columns, distances = assign(cosine_distance(first, second), own, other)
    order = np.argsort(distances, kind="stable")
    rows, columns, distances = rows[order], columns[order], distances[order]
    return Correspondence(rows, columns, own[rows].astype(np.int32), distances)


def cosine_distance(first: Keypoints, second: Keypoints) -> NDArray[np.float32]:
    """Return 1 - cosine between all descriptors, (K1, K2) float32."""
    a = first.descriptors / np.maximum(np.linalg.norm(first.descriptors, axis=1), 1e-9)[:, None]
    b = second.descriptors / np.maximum(np.linalg.norm(second.descriptors, axis=1), 1e-9)[:, None]
    return np.asarray(1 - a @ b.T, np.float32)


def assign(
    cost: NDArray[np.floating], own: NDArray[np.integer], other: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Solve the assignment inside each label; returns rows, columns and their cost.

    Pairs of different labels are forbidden by a cost above any sum of allowed ones, so one
    assignment solves all labels at once.
    """
    from scipy.optimize import linear_sum_assignment

    empty = np.zeros(0, np.int64)
    if cost.size == 0:
        return empty, empty, np.zeros(0, np.float32)
    allowed = np.asarray(own)[:, None] == np.asarray(other)[None]
    forbidden = 10.0 + float(np.abs(cost).sum())
    rows, columns = linear_sum_assignment(np.where(allowed, cost, forbidden))
    good = allowed[rows, columns]
    rows, columns = rows[good].astype(np.int64), columns[good].astype(np.int64)
    return rows, columns, np.asarray(cost[rows, columns], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """How far keypoints are from where the warp takes them.

    Attributes:
        pairs: (n, 2) int64, keypoint before and after.
        pixels: (n,) float32 distance, pixels of the picture.
        labels: (n,) int32 prototype before.
        followed: (n,) bool, the prototype after is the same.
        lost: (l,) int64, keypoints before that should be in view and have no partner nearby.
    """

    pairs: NDArray[np.int64]
    pixels: NDArray[np.float32]
    labels: NDArray[np.int32]
    followed: NDArray[np.bool_]
    lost: NDArray[np.int64]

    @property
    def mean(self) -> float:
        """Mean distance in pixels; NaN without pairs."""
        return float(self.pixels.mean()) if len(self.pixels) else float("nan")

    def by_prototype(self) -> list[tuple[int, float, int]]:
        """Return (prototype, mean distance in pixels, pairs), worst first."""
        if len(self.labels) == 0:
            return []
        values, inverse, counts = np.unique(self.labels, return_inverse=True, return_counts=True)
        means = np.bincount(inverse, weights=self.pixels) / counts
        order = np.argsort(-means)
        return [(int(values[i]), float(means[i]), int(counts[i])) for i in order]


def measure_drift(
    expected: NDArray[np.floating],
    before: Keypoints,
    after: Keypoints,
    size: tuple[int, int],
    *,
    reach: float = 0.15,
) -> Drift:
    """Compare where keypoints should be after a warp with where they are found.

    Args:
        expected: (K, 2) where the warp takes those of ``before``, pixels.
        before: keypoints of the picture.
        after: keypoints of the warped picture.
        size: (width, height); keypoints that leave it are not counted.
        reach: pairs farther apart than this share of the shorter side are no pairs.
    """
    from scipy.optimize import linear_sum_assignment

    inside = ((expected >= 0) & (expected <= np.array(size) - 1)).all(axis=1)
    candidates = np.flatnonzero(inside)
    limit = reach * min(size)
    if len(candidates) == 0 or len(after.xy) == 0:
        nothing = np.zeros(0, np.int64)
        return Drift(
            np.zeros((0, 2), np.int64), np.zeros(0, np.float32), np.zeros(0, np.int32),
            np.zeros(0, np.bool_), candidates if len(candidates) else nothing,
        )  # fmt: skip
    distance = np.linalg.norm(expected[candidates, None] - after.xy[None], axis=2)
    rows, columns = linear_sum_assignment(np.minimum(distance, 2 * limit))
    near = distance[rows, columns] <= limit
    first, second = candidates[rows[near]], columns[near]
    lost = np.setdiff1d(candidates, first)
    return Drift(
        pairs=np.stack([first, second], axis=1).astype(np.int64),
        pixels=distance[rows[near], columns[near]].astype(np.float32),
        labels=before.labels[first].astype(np.int32),
        followed=before.labels[first] == after.labels[second],
        lost=lost.astype(np.int64),
    )
