"""What of a video stays in its place, told from what moves about.

Shapes: N keypoints, F frames, S places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tusk_core.tracking.detections import Stretch

# A place is the same within this share of the picture's shorter side.
_SAME_PLACE = 0.005
_MOST_LOOKED_AT = 64
# In shares of that distance: how finely the places of the scenery are kept.
_FINE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Scenery:
    """Places at which a kind is seen most of the time.

    Attributes:
        places: (S, 2) float32 pixels, by kind.
        radius: how far from them still is the same place, pixels.
    """

    places: Mapping[int, NDArray[np.float32]]
    radius: float

    def holds(self, stretch: Stretch) -> NDArray[np.bool_]:
        """Return which keypoints (N,) lie at such a place of their kind."""
        from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

        held = np.zeros(len(stretch.xy), bool)
        for kind, places in self.places.items():
            rows = np.flatnonzero(stretch.kinds == kind)
            distance, _ = cKDTree(places).query(stretch.xy[rows])
            held[rows] = distance <= self.radius
        return held


def learn_scenery(sample: Stretch, side: float, share: float) -> Scenery:
    """Return the places at which a kind is seen in more than ``share`` of the frames.

    Args:
        sample: frames spread over a video.
        side: shorter side of a picture, pixels.
        share: in [0, 1].
    """
    radius = _SAME_PLACE * side
    still = ~moves_about(sample, side, share)
    places = {}
    for kind in np.unique(sample.kinds[still]).tolist():
        xy = sample.xy[still & (sample.kinds == kind)]
        _, first = np.unique(np.rint(xy / (_FINE * radius)), axis=0, return_index=True)
        places[kind] = xy[first]
    return Scenery(places, radius)


def moves_about(sample: Stretch, side: float, share: float) -> NDArray[np.bool_]:
    """Return which keypoints (N,) lie where their kind is seen in at most ``share`` of the frames.

    Args:
        sample: frames spread over a video.
        side: shorter side of a picture, pixels.
        share: in [0, 1].
    """
    looked_at = np.zeros(len(sample.counts), bool)
    looked_at[:: max(1, len(looked_at) // _MOST_LOOKED_AT)] = True
    among = looked_at[sample.frames]
    moving = np.ones(len(among), bool)
    for kind in np.unique(sample.kinds[among]).tolist():
        rows = np.flatnonzero(sample.kinds == kind)
        seen = _seen_near(sample.xy[rows], among[rows], _SAME_PLACE * side)
        # Its own frame tells nothing about a keypoint.
        moving[rows] = seen <= share * np.maximum(int(looked_at.sum()) - among[rows], 1)
    return moving


def _seen_near(
    xy: NDArray[np.float32], among: NDArray[np.bool_], radius: float
) -> NDArray[np.int64]:
    """Return how many of the others (N,) that are ``among`` lie near each keypoint of one kind."""
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

    near = cKDTree(xy[among]).query_ball_point(xy, radius, return_length=True)
    return np.asarray(near - among, np.int64)
