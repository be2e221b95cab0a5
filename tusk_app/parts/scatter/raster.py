"""Pixels of a scatter plot, made with numpy: points, density and what a lasso encloses."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DENSITY_BINS = 160


def packed(colours: NDArray[np.uint8], alpha: float = 1.0) -> NDArray[np.uint32]:
    """Return colours, (n, 3) uint8 RGB, as premultiplied ARGB words, (n,) uint32."""
    weighted = np.rint(colours.astype(np.float32) * alpha).astype(np.uint32)
    top = np.uint32(round(255 * alpha)) << np.uint32(24)
    words = top | (weighted[:, 0] << 16) | (weighted[:, 1] << 8) | weighted[:, 2]
    return np.asarray(words, np.uint32)


@functools.lru_cache(maxsize=32)
def _disc(radius: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Offsets (n, 2) as (x, y) inside a disc, and on its soft edge."""
    reach = int(np.ceil(radius)) + 1
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    distance = np.hypot(x, y)
    inner = distance <= radius
    edge = (distance <= radius + 0.8) & ~inner
    offsets = np.stack([x, y], axis=-1)
    return offsets[inner], offsets[edge]


def splat(
    canvas: NDArray[np.uint32],
    xy: NDArray[np.floating],
    colours: NDArray[np.uint32],
    radius: float,
) -> None:
    """Draw discs into ``canvas``, (h, w) premultiplied ARGB, in place; later ones lie on top.

    Args:
        canvas: what is drawn on.
        xy: (n, 2) centres, pixels of the canvas.
        colours: (n,) from ``packed``.
        radius: of the discs, pixels.
    """
    height, width = canvas.shape
    inner, edge = _disc(radius)
    margin = int(np.ceil(radius)) + 2
    near = np.rint(np.clip(xy, -1e6, 1e6)).astype(np.intp)
    inside = (
        (near[:, 0] >= -margin)
        & (near[:, 0] < width + margin)
        & (near[:, 1] >= -margin)
        & (near[:, 1] < height + margin)
    )
    near, colours = near[inside], colours[inside]
    if len(near) == 0:
        return
    # A frame around the canvas takes what sticks out, so that no pixel needs a test.
    frame = 2 * margin + 1
    stride = width + 2 * frame
    padded = np.zeros((height + 2 * frame, stride), np.uint32)
    padded[frame:-frame, frame:-frame] = canvas
    flat = padded.ravel()
    centres = (near[:, 1] + frame) * stride + near[:, 0] + frame
    soft = _halved(colours)
    for dx, dy in edge:
        flat[centres + (dy * stride + dx)] = soft
    for dx, dy in inner:
        flat[centres + (dy * stride + dx)] = colours
    canvas[:] = padded[frame:-frame, frame:-frame]


def _halved(colours: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return (colours >> np.uint32(1)) & np.uint32(0x7F7F7F7F)


def density(
    points: NDArray[np.floating],
    bounds: tuple[float, float, float, float],
    bins: int = DENSITY_BINS,
) -> NDArray[np.float32]:
    """Return how crowded the plane is, (bins, bins) float32 in [0, 1], first row = least y.

    Args:
        points: (n, 2).
        bounds: (left, bottom, right, top) of the grid.
        bins: cells a side.
    """
    left, bottom, right, top = bounds
    if len(points) == 0:
        return np.zeros((bins, bins), np.float32)
    scale = np.array([bins / max(right - left, 1e-12), bins / max(top - bottom, 1e-12)])
    cells = np.floor((points - np.array([left, bottom])) * scale).astype(np.int64)
    cells = np.clip(cells, 0, bins - 1)
    counts = np.bincount(cells[:, 1] * bins + cells[:, 0], minlength=bins * bins)
    grid = counts.reshape(bins, bins).astype(np.float32)
    for _ in range(3):
        grid = _smooth(_smooth(grid).T).T
    grid = np.log1p(grid)
    return (grid / max(float(grid.max()), 1e-12)).astype(np.float32)


def _smooth(grid: NDArray[np.float32]) -> NDArray[np.float32]:
    padded = np.pad(grid, ((1, 1), (0, 0)))
    return np.asarray(0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:], np.float32)


def tinted(
    levels: NDArray[np.float32], colour: tuple[int, int, int], strength: float
) -> NDArray[np.uint32]:
    """Return density as premultiplied ARGB of one colour, (h, w) uint32, first row = most y."""
    alpha = np.clip(levels[::-1] ** 0.7 * strength, 0, 1)
    parts = [np.rint(alpha * part).astype(np.uint32) for part in colour]
    words = (
        (np.rint(alpha * 255).astype(np.uint32) << np.uint32(24))
        | (parts[0] << 16)
        | (parts[1] << 8)
        | parts[2]
    )
    return np.asarray(words, np.uint32)


def enclosed(points: NDArray[np.floating], polygon: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which points, (n, 2), lie inside a closed polygon, (m, 2)."""
    inside = np.zeros(len(points), np.bool_)
    if len(polygon) < 3 or len(points) == 0:
        return inside
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    x, y = points[near, 0], points[near, 1]
    crossings = np.zeros(len(near), np.bool_)
    for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if start[1] == end[1]:
            continue
        spans = (start[1] > y) != (end[1] > y)
        meets = (end[0] - start[0]) * (y - start[1]) / (end[1] - start[1]) + start[0]
        crossings ^= spans & (x < meets)
    inside[near] = crossings
    return inside


def outline(points: NDArray[np.float32], share: float = 0.95) -> NDArray[np.float32]:
    """Return the convex outline, (h, 2), of the points nearest to their middle.

    Args:
        points: (n, 2).
        share: of the points that count, so that a stray one does not blow the outline up.
    """
    if len(points) < 3:
        return np.zeros((0, 2), np.float32)
    middle = np.median(points, axis=0)
    distance = np.linalg.norm(points - middle, axis=1)
    kept = np.unique(points[distance <= np.quantile(distance, share)], axis=0)
    if len(kept) < 3:
        return np.zeros((0, 2), np.float32)
    # Andrew's monotone chain over points that are sorted already.
    lower, upper = _chain(kept), _chain(kept[::-1])
    return np.array([*lower[:-1], *upper[:-1]], np.float32).reshape(-1, 2)


def _chain(points: NDArray[np.float32]) -> list[tuple[float, float]]:
    chain: list[tuple[float, float]] = []
    for x, y in points.tolist():
        while len(chain) > 1:
            (ax, ay), (bx, by) = chain[-2], chain[-1]
            if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                break
            chain.pop()
        chain.append((x, y))
    return chain
