"""Who has left the picture: an individual on its way out across the border, not seen since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.tracking.measure import Motion

# So many frames from the border at the speed it had, an individual is on its way out.
_NEAR = 8
# As a share of the usual speed: slower ones walk along the border or rest there.
_HEADED = 0.25
# A thing that is half outside is found now and then: so many frames longer it may come back.
_GRACE = 5


def frames_to_leave(
    xy: NDArray[np.float64], heading: NDArray[np.float64], motion: Motion
) -> NDArray[np.float64]:
    """Return after how many frames (P, 4) each has surely left by the left, top, right, bottom.

    Args:
        xy: (P, 2) last places, pixels.
        heading: (P, 2) usual move of a frame before that, pixels.
        motion: with the size of the pictures and the usual speed.

    Returns:
        Infinity where it is too far from a border or not on its way there.
    """
    outward = np.concatenate([-heading, heading], axis=1)
    is_headed = outward >= _HEADED * motion.speed
    needed = np.maximum(_to_border(xy, motion), 0.0) / np.where(is_headed, outward, 1.0)
    return np.where(is_headed & (needed <= _NEAR), needed + _GRACE, np.inf)


def enters_by(
    xy: NDArray[np.float64], velocity: NDArray[np.float64], motion: Motion
) -> NDArray[np.bool_]:
    """Tell (P, 4) whether each that begins at ``xy`` may have come in by that border."""
    inward = np.concatenate([velocity, -velocity], axis=1)
    return np.asarray(_to_border(xy, motion) <= np.maximum(motion.reach, _NEAR * inward))


def _to_border(xy: NDArray[np.float64], motion: Motion) -> NDArray[np.float64]:
    return np.concatenate([xy, np.array(motion.size) - 1 - xy], axis=1)
