"""Which kind to follow, told without labels: one that moves about, of a steady number.

What belongs to the scenery stays in its place, and what a detector takes for a thing comes and goes
from frame to frame. Animals do neither.

Shapes: N keypoints, F frames.
"""

from __future__ import annotations

from math import exp, lgamma, log
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.tracking.detections import Stretch

_FEWEST_FRAMES = 16
# Of a kind to follow, this share of the keypoints moves about; there is one in this share of the
# frames; and its number is this many times steadier than that of what comes and goes by chance.
_MOVES, _SEEN, _STEADY = 0.3, 0.5, 2.0
# Thresholds looked at, as shares of the keypoints that lie below them.
SHARES = np.linspace(0.0, 0.9, 13)


def steady_kind(sample: Stretch, moving: NDArray[np.bool_]) -> int | None:
    """Return the kind whose number is steadiest among those that move; None if none is steady.

    Args:
        sample: frames spread over a video.
        moving: (N,) which keypoints move about.
    """
    frames, count = sample.frames, len(sample.counts)
    if count < _FEWEST_FRAMES:
        return None
    found: list[tuple[float, int]] = []
    for kind in np.flatnonzero(np.bincount(sample.kinds) >= _SEEN * count).tolist():
        is_kind = sample.kinds == kind
        rows = np.flatnonzero(is_kind & moving)
        if len(rows) >= _MOVES * is_kind.sum():
            found.append((_steadiest(sample.scores[rows], frames[rows], count), kind))
    best = max(found, default=(0.0, 0))
    return best[1] if best[0] >= _STEADY else None


def steadiness(counts: NDArray[np.integer]) -> float:
    """Return how many times more frames have the usual number than by chance; 0 for none.

    By chance the number of a frame follows Poisson's law, whose usual value is rarer the larger
    it is.

    Args:
        counts: (F,) things of each frame.
    """
    seen = np.bincount(counts)
    number = int(seen[1:].argmax()) + 1 if len(seen) > 1 else 0
    if not number:
        return 0.0
    by_chance = exp(number * log(number) - number - lgamma(number + 1))
    return float(seen[number]) / len(counts) / by_chance


def _steadiest(scores: NDArray[np.float32], frames: NDArray[np.int64], count: int) -> float:
    """Return how steady the number in a frame is at the best threshold."""
    limits = np.unique(np.quantile(scores, SHARES))
    return max(
        steadiness(np.bincount(frames[scores >= least], minlength=count)) for least in limits
    )
