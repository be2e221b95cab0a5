"""Where the arrow keys lead on a map: to the nearest point on that side. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How much a step to the side counts against a step ahead.
_ASIDE = 2.0
_LEAST_STEP = 0.5  # pixels; points in one place are one stop


def step_from(
    pixels: NDArray[np.float64], at: tuple[float, float], direction: tuple[int, int]
) -> int:
    """Return the position of the nearest pixel on one side, -1 where there is none.

    Args:
        pixels: (n, 2), x to the right, y down.
        at: where to start.
        direction: of the key, such as (1, 0) for the right.
    """
    if len(pixels) == 0:
        return -1
    moved = pixels - np.array(at)
    ahead = moved @ np.array(direction, np.float64)
    aside = np.abs(moved @ np.array([-direction[1], direction[0]], np.float64))
    cost = np.hypot(ahead, _ASIDE * aside)
    cost[(ahead < _LEAST_STEP) | (aside > ahead)] = np.inf
    best = int(np.argmin(cost))
    return best if np.isfinite(cost[best]) else -1


def nearest_to(pixels: NDArray[np.float64], at: tuple[float, float]) -> int:
    """Return the position of the pixel nearest to a place, -1 where there is none."""
    if len(pixels) == 0:
        return -1
    return int(np.argmin(np.square(pixels - np.array(at)).sum(axis=1)))
