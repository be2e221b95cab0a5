"""Ordinary k-means, for baselines.

Shapes: N points, D dimensions, M clusters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def squared_distances(
    points: NDArray[np.floating], centres: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return (N, M) squared Euclidean distances of points (N, D) to centres (M, D)."""
    cross = points @ centres.T
    sums = (points**2).sum(1)[:, None] + (centres**2).sum(1)
    distances: NDArray[np.float64] = np.clip(sums - 2 * cross, 0, None)
    return distances


def nearest_centre(
    points: NDArray[np.floating], centres: NDArray[np.floating]
) -> NDArray[np.int64]:
    """Return (N,) index of the nearest centre."""
    nearest: NDArray[np.int64] = squared_distances(points, centres).argmin(1).astype(np.int64)
    return nearest


def spread_centres(
    points: NDArray[np.floating], num_clusters: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return (M, D) points, each drawn in proportion to its squared distance from those before.

    The k-means++ start (Arthur and Vassilvitskii, 2007). Where all points are taken, the rest is
    drawn at random.
    """
    N = len(points)
    chosen = [int(generator.integers(N))]
    nearest = squared_distances(points, points[chosen])[:, 0]
    for _ in range(1, num_clusters):
        total = nearest.sum()
        shares = nearest / total if total > 0 else None
        chosen.append(int(generator.choice(N, p=shares)))
        nearest = np.minimum(nearest, squared_distances(points, points[chosen[-1:]])[:, 0])
    return np.array(points[chosen], dtype=np.float64)


def fit_kmeans(
    points: NDArray[np.floating],
    num_clusters: int,
    *,
    seed: int,
    num_starts: int = 3,
    num_steps: int = 50,
) -> NDArray[np.float64]:
    """Return the best of several runs of Lloyd's algorithm: (M, D) centres.

    Args:
        points: (N, D), N at least 1.
        num_clusters: M.
        seed: of the starts.
        num_starts: runs.
        num_steps: at most this many rounds a run.
    """
    generator = np.random.default_rng(seed)
    best, lowest = None, np.inf
    for _ in range(num_starts):
        centres = spread_centres(points, num_clusters, generator)
        labels = np.full(len(points), -1)
        for _ in range(num_steps):
            previous, labels = labels, nearest_centre(points, centres)
            if np.array_equal(previous, labels):
                break
            centres = _means(points, labels, centres)
        spread = float(squared_distances(points, centres).min(1).sum())
        if spread < lowest:
            best, lowest = centres, spread
    assert best is not None
    return best


def _means(
    points: NDArray[np.floating], labels: NDArray[np.integer], centres: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean of each cluster; an empty one keeps its centre."""
    M = len(centres)
    counts = np.bincount(labels, minlength=M)
    sums = np.zeros_like(centres)
    np.add.at(sums, labels, points)
    means = sums / np.maximum(counts, 1)[:, None]
    return np.where(counts[:, None] > 0, means, centres)
