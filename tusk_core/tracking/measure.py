"""What the data say about motion: how far things move, how steadily, how they differ in look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.tracking.detections import same_frame_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.config import TrackConfig
    from tusk_core.tracking.bodies import Bodies

_SIGMA = 1.4826
_FEWEST = 12


@dataclass(frozen=True, slots=True)
class Motion:
    """How bodies move from frame to frame, in pixels.

    Attributes:
        reach: how far a body may be from where its motion says.
        speed: usual move in a frame.
        change: usual change of the move (standard deviation of each axis).
        noise: of the places themselves.
        look_weight: of the look beside the motion; 0 where looks tell nobody apart.
        look_spread: mean squared distance of the looks of two individuals.
        size: (width, height) of the pictures.
    """

    reach: float
    speed: float
    change: float
    noise: float
    look_weight: float
    look_spread: float
    size: tuple[int, int]


def measure(bodies: Bodies, config: TrackConfig, size: tuple[int, int]) -> Motion:
    """Return how the bodies of successive frames move.

    Args:
        bodies: of runs of successive frames.
        config: what it sets is not measured.
        size: (width, height) of a picture, where nothing moves or little is seen.
    """
    side = float(min(size))
    frames = np.repeat(np.arange(len(bodies.counts)), bodies.counts)
    now, then = _successors(bodies, frames)
    if len(now) < _FEWEST:
        reach = config.reach or 0.05 * side
        return Motion(reach, reach / 3, reach / 3, 1.0, 0.0, 1.0, size)
    moves = bodies.xy[then] - bodies.xy[now]
    steps = np.hypot(*moves.T)
    changes = _changes(now, then, moves)
    jitter = max(0.3, _SIGMA * float(np.median(np.abs(changes)))) if len(changes) else 1.0
    spacing = _spacing(bodies, frames)
    usual = float(np.percentile(steps, 75))
    reach = config.reach or _reach(steps, changes, spacing, side)
    weight, spread = _looks(bodies, frames, now, then)
    return Motion(
        reach,
        max(1.0, usual),
        jitter,
        max(0.5, 0.5 * jitter),
        config.appearance * weight,
        spread,
        size,
    )


def _successors(
    bodies: Bodies, frames: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of bodies of successive frames that are nearest to each other."""
    left, right = same_frame_pairs(frames + 1, frames, len(bodies.counts) + 2)
    costs = np.hypot(*(bodies.xy[left] - bodies.xy[right]).T)
    taken = _mutual(left, right, costs)
    return left[taken], right[taken]


def _mutual(
    left: NDArray[np.int64], right: NDArray[np.int64], costs: NDArray[np.float64]
) -> NDArray[np.int64]:
    order = np.lexsort((right, left, costs))
    best = np.zeros(len(order), np.int8)
    best[np.unique(left[order], return_index=True)[1]] += 1
    best[np.unique(right[order], return_index=True)[1]] += 1
    return np.sort(order[best == 2])


def _changes(
    now: NDArray[np.int64], then: NDArray[np.int64], moves: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how much (P, 2) each move differs from the one before it."""
    place = np.searchsorted(now, then).clip(0, len(now) - 1)
    goes_on = now[place] == then
    return np.asarray(moves[place[goes_on]] - moves[goes_on])


def _spacing(bodies: Bodies, frames: NDArray[np.int64]) -> float:
    """Return how far the nearest other body is, of those that are close (a tenth)."""
    left, right = same_frame_pairs(frames, frames, len(bodies.counts))
    apart = left != right
    if not apart.any():
        return float("inf")
    left, right = left[apart], right[apart]
    distances = np.hypot(*(bodies.xy[left] - bodies.xy[right]).T)
    nearest = np.full(len(frames), np.inf)
    np.minimum.at(nearest, left, distances)
    return float(np.median(nearest[np.isfinite(nearest)]))


def _reach(
    steps: NDArray[np.float64], changes: NDArray[np.float64], spacing: float, side: float
) -> float:
    """Return a reach that holds sudden starts but not the neighbour."""
    errors = np.hypot(*changes.T) if len(changes) >= _FEWEST else steps
    # Two measures of a sudden move: false and missing detections make the tail of the errors long.
    usual, rare = np.percentile(errors, [75, 97])
    sudden = min(1.5 * float(rare), 4 * float(usual)) + float(np.percentile(steps, 75)) + 2.0
    return float(np.clip(sudden, 3.0, max(3.0, min(0.75 * spacing, 0.25 * side))))


def _looks(
    bodies: Bodies, frames: NDArray[np.int64], now: NDArray[np.int64], then: NDArray[np.int64]
) -> tuple[float, float]:
    """Return how well looks tell individuals apart, in [0, 1], and their usual difference."""
    looks = bodies.looks
    if not looks.shape[1]:
        return 0.0, 1.0
    within = float(((looks[now] - looks[then]) ** 2).sum(axis=1).mean())
    left, right = same_frame_pairs(frames, frames, len(bodies.counts))
    apart = np.flatnonzero(left < right)[:20_000]
    if not len(apart):
        return 0.0, 1.0
    between = float(((looks[left[apart]] - looks[right[apart]]) ** 2).sum(axis=1).mean())
    if between <= 1e-9:
        return 0.0, 1.0
    return max(0.0, 1 - within / between), between
