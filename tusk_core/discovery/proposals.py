"""Settings that the data asks for: picture size before, everything else after kinds are found.

Shapes: M kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.nn.trunk import TRUNK_STRIDE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_core.discovery.blobs import Blobs
    from tusk_core.discovery.ranking import KindStatistics, Leaders

# Small pictures are enlarged to the first, so that a cell is not a large part of one; large ones
# are brought down to the second, where smears of blood cells still show each cell in several.
SMALLEST_AREA, LARGEST_AREA = 192 * 192, 384 * 288
_CELL_PX = 4
_FEWEST_KEYPOINTS, _MOST_KEYPOINTS = 4, 128
_MOST_KEPT = 16
_NEAR_BEST = 0.6
_WORTH = 0.12


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to set for these pictures.

    Attributes:
        num_keypoints: K that nearly every picture's kept kinds need.
        keypoint_size: diameter of a typical blob, pixels of the network's input.
        nms_window: odd side of a kind's neighbourhood, cells.
        refine_window: odd side of the window whose centre of mass is the place, cells.
    """

    num_keypoints: int
    keypoint_size: float
    nms_window: int
    refine_window: int


def working_size(sizes: Sequence[tuple[int, int]], side: int = 0) -> tuple[int, int]:
    """Return the (width, height) to work at: the usual shape, sides multiples of 16.

    Args:
        sizes: (width, height) of some of the pictures.
        side: longer side wanted; 0 decides by the pictures' own size.
    """
    shape = np.asarray(sizes, np.float64)
    ratio = float(np.exp(np.median(np.log(shape[:, 0] / shape[:, 1]))))
    ratio = min(4.0, max(0.25, ratio))
    area = float(np.clip(np.median(shape.prod(axis=1)), SMALLEST_AREA, LARGEST_AREA))
    if side:
        area = side * side / max(ratio, 1 / ratio)

    def rounded(length: float) -> int:
        return max(2, round(length / TRUNK_STRIDE)) * TRUNK_STRIDE

    return rounded((area * ratio) ** 0.5), rounded((area / ratio) ** 0.5)


def kept_kinds(scores: NDArray[np.float64], leaders: Leaders) -> NDArray[np.bool_]:
    """Return (M,) which kinds to begin with: the best, none that only goes with a better one."""
    best = float(scores.max(initial=0.0))
    worth = max(_WORTH, _NEAR_BEST * best)
    chosen = [kind for kind in leaders.order.tolist() if scores[kind] >= worth][:_MOST_KEPT]
    kept = np.zeros(len(scores), bool)
    kept[chosen or leaders.order[:1].tolist()] = True
    return kept


def propose(
    blobs: Blobs, kinds: KindStatistics, kept: NDArray[np.bool_], num_pictures: int
) -> Proposal:
    """Return the settings for the kinds that are kept.

    Args:
        blobs: the sure ones, of all pictures.
        kinds: their statistics.
        kept: (M,).
        num_pictures: P.
    """
    counts = np.bincount(blobs.picture[kept[blobs.kind]], minlength=num_pictures)
    wanted = int(np.percentile(counts, 90)) if len(counts) else 0
    weights = kinds.presence[kept] * kinds.count[kept]
    areas = kinds.area[kept]
    area = float((areas * weights).sum() / weights.sum()) if weights.sum() > 0 else 9.0
    diameter = 2 * (max(area, 1.0) / np.pi) ** 0.5
    window = 2 * round(min(10.0, max(2.0, 1.25 * diameter))) + 1
    return Proposal(
        num_keypoints=min(_MOST_KEYPOINTS, max(_FEWEST_KEYPOINTS, wanted)),
        keypoint_size=round(diameter * _CELL_PX, 1),
        nms_window=window,
        refine_window=window + 2,
    )
