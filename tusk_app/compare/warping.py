"""Turning, scaling, shifting and bending a picture, and where its points go."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.arrays import sealed

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRID = 4
_FIXED_POINT_STEPS = 30
_COARSE = 65


@dataclass(frozen=True, slots=True, eq=False)
class PictureWarp:
    """A warp of a picture about its middle.

    Attributes:
        turn: degrees, clockwise on the screen.
        zoom: above 1 enlarges.
        shift: (x, y) in shares of the picture's width and height.
        bends: (GRID, GRID, 2) shares of the shorter side by which control points move.
    """

    turn: float = 0.0
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    bends: NDArray[np.float64] | None = None

    def dragged(self, dx: float, dy: float) -> PictureWarp:
        """Return this warp shifted further, in shares of the picture's sides."""
        return replace(self, shift=(self.shift[0] + dx, self.shift[1] + dy))


def random_bends(strength: float, seed: int) -> NDArray[np.float64] | None:
    """Return control-point moves, (GRID, GRID, 2), uniform within ± strength; None for none."""
    if strength <= 0:
        return None
    return np.random.default_rng(seed).uniform(-strength, strength, (GRID, GRID, 2))


class WarpField:
    """A warp for pictures of one size: backwards for pixels, forwards for points.

    The thin-plate spline is the backward one, because every pixel of the result needs exactly
    one place to come from.
    """

    def __init__(self, warp: PictureWarp, width: int, height: int) -> None:
        self._warp = warp
        self._size = np.array([width, height], np.float64)
        self._middle = (self._size - 1) / 2
        angle = np.deg2rad(warp.turn)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        self._linear = turn * warp.zoom
        self._inverse = np.linalg.inv(self._linear)
        self._offset = self._middle + np.array(warp.shift) * self._size
        self._knots = np.zeros((0, 2))
        self._weights = np.zeros((0, 2))
        self._plane = np.zeros((3, 2))
        if warp.bends is not None:
            self._fit(np.asarray(warp.bends) * self._size.min())

    def _fit(self, moves: NDArray[np.float64]) -> None:
        """Solve the spline that moves the knots of a regular grid by ``moves``."""
        side = np.linspace(0, 1, GRID)
        x, y = np.meshgrid(side * (self._size[0] - 1), side * (self._size[1] - 1))
        knots = np.stack([x.ravel(), y.ravel()], axis=1)
        count = len(knots)
        matrix = np.zeros((count + 3, count + 3))
        matrix[:count, :count] = _kernel(knots, knots)
        matrix[:count, count] = 1
        matrix[:count, count + 1 :] = knots
        matrix[count:, :count] = matrix[:count, count:].T
        right = np.concatenate([moves.reshape(count, 2), np.zeros((3, 2))])
        solved = np.linalg.solve(matrix, right)
        self._knots, self._weights, self._plane = knots, solved[:count], solved[count:]

    def _bend(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        if len(self._knots) == 0:
            return places
        affine = self._plane[0] + places @ self._plane[1:]
        moved: NDArray[np.float64] = places + affine + _kernel(places, self._knots) @ self._weights
        return moved

    def origins(self, places: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return where pixels of the result, (n, 2), come from, pixels of the picture."""
        values = np.asarray(places, np.float64)
        return (self._bend(values) - self._offset) @ self._inverse.T + self._middle

    def targets(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return where points of the picture, (n, 2), go in the result, pixels.

        The affine part is exact; the bend is undone by fixed-point steps, which converge for
        bends that do not fold the picture.
        """
        values = np.asarray(points, np.float64)
        straight = (values - self._middle) @ self._linear.T + self._offset
        places = straight.copy()
        if len(self._knots):
            for _ in range(_FIXED_POINT_STEPS):
                places = places + 0.9 * (straight - self._bend(places))
        return places

    def picture(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the warped picture, (H, W, 3) uint8, of the same size, owned and read-only."""
        import cv2

        width, height = (int(side) for side in self._size)
        # The field is smooth: a coarse grid, joined linearly, differs by far less than a pixel.
        columns, across = _joints(width)
        rows, down = _joints(height)
        x, y = np.meshgrid(columns, rows)
        coarse = self.origins(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(*x.shape, 2)
        map_x = (down @ coarse[..., 0] @ across.T).astype(np.float32)
        map_y = (down @ coarse[..., 1] @ across.T).astype(np.float32)
        out = cv2.remap(
            image, map_x, map_y, interpolation=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        return sealed(np.ascontiguousarray(out, np.uint8))


def _joints(length: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return coarse positions, (n,), along a side and the weights, (length, n), that join them."""
    count = min(length, _COARSE)
    places = np.linspace(0, length - 1, count)
    if count == 1:
        return places, np.ones((length, 1))
    position = np.arange(length) * (count - 1) / max(length - 1, 1)
    left = np.minimum(position.astype(np.int64), count - 2)
    share = position - left
    weights = np.zeros((length, count))
    weights[np.arange(length), left] = 1 - share
    weights[np.arange(length), left + 1] += share
    return places, weights


def _kernel(places: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return r² log r between places, (n, 2), and knots, (m, 2)."""
    squared = np.square(places[:, None] - knots[None]).sum(axis=2)
    return np.asarray(0.5 * squared * np.log(np.maximum(squared, 1e-12)), np.float64)
