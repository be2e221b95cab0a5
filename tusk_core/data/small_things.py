"""Are the things in these pictures too small to be seen when a picture is made small?

What stands out from its surroundings (from the usual frame, in a video) is measured. Where it is
little and would shrink to a few pixels, crops at full resolution are proposed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tusk_core.data.base_source import BaseSource

# A network sees about so many pixels of a picture's longer side.
_WORKING_SIDE = 320
# Pictures this many times larger may hide something.
_LARGE = 4
# A thing should be seen this large in a crop, and asks for one below the second.
_SEEN_PX, _LOST_PX = 28, 12
_MOST_SIDE = 1600
# In so many of the pictures what stands out must be that small: in photographs it is a detail of
# something large in one picture and not in the next.
_MOST_ALIKE = 0.75
_MOST_PICTURES, _MOST_FRAMES = 12, 4
_MOST_SHARE = 0.06
_CONTRAST = 6.0
_LEAST_CONTRAST = 10.0
_ROUND = 32
_COARSE = 8


def propose_crops(source: BaseSource, largest: int, stopped: Callable[[], bool]) -> int:
    """Return the longer side of crops that the pictures ask for [px]; 0 where they need none.

    Args:
        source: already open; a few of its pictures are read, if they are large.
        largest: longest side of any picture that can be read [px].
        stopped: asked between pictures; True gives up.
    """
    if largest < _LARGE * _WORKING_SIDE:
        return 0
    greys, longer = [], 0
    count = _MOST_FRAMES if source.kind == "video" else _MOST_PICTURES
    for index in np.linspace(0, len(source) - 1, min(len(source), count)).astype(int):
        if stopped():
            return 0
        try:
            picture = source.small(int(index), _MOST_SIDE)
            longer = max(longer, *source.size(int(index)))
        except SourceError:
            continue
        greys.append(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32))
    sizes = {grey.shape for grey in greys}
    usual = np.median(greys, axis=0) if source.kind == "video" and len(sizes) == 1 else None
    sides = [side for grey in greys if (side := _typical_side(grey, usual)) > 0]
    # In most pictures there must be few and small things.
    if not greys or len(sides) <= len(greys) / 2:
        return 0
    usual_side, most = np.quantile(sides, [0.5, _MOST_ALIKE], method="higher").tolist()
    if most * _WORKING_SIDE / max(greys[0].shape) >= _LOST_PX:
        return 0
    side = usual_side * longer / max(greys[0].shape)
    wanted = _ROUND * round(side * _WORKING_SIDE / _SEEN_PX / _ROUND)
    return int(min(max(wanted, _WORKING_SIDE), longer // 2))


def _blurred(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the surroundings of every pixel: blurred by a fortieth of the longer side."""
    size = (-(-grey.shape[1] // _COARSE), -(-grey.shape[0] // _COARSE))
    coarse = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    coarse = cv2.GaussianBlur(coarse, (0, 0), max(grey.shape) / 40 / _COARSE)
    return np.asarray(cv2.resize(coarse, grey.shape[::-1]), np.float32)


def _typical_side(grey: NDArray[np.float32], usual: NDArray[np.floating] | None) -> float:
    """Return the side of what stands out [px of ``grey``]: 0 for nothing, endless for much."""
    if usual is None:
        usual = _blurred(grey)
    away = np.abs(grey - usual)
    middle = float(np.median(away))
    spread = 1.4826 * float(np.median(np.abs(away - middle)))
    stands_out = away > max(_LEAST_CONTRAST, middle + _CONTRAST * spread)
    share = float(stands_out.mean())
    if not 0 < share < _MOST_SHARE:
        return math.inf if share else 0.0
    _, _, facts, _ = cv2.connectedComponentsWithStats(stands_out.astype(np.uint8), connectivity=8)
    areas = facts[1:, cv2.CC_STAT_AREA]
    sides = facts[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    order = np.argsort(sides)
    # The side below which half of what stands out lies: specks count little.
    reached = np.cumsum(areas[order]) >= areas.sum() / 2
    return float(sides[order][int(reached.argmax())])
