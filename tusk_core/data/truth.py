"""Ground truth of one picture for looking at: places and names, without masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tusk_core.arrays import sealed
from tusk_core.data.base_source import BaseSource
from tusk_core.results import GroundTruth

if TYPE_CHECKING:
    from tusk_core.interfaces import PictureSource


def truth_of(source: PictureSource, index: int) -> GroundTruth | None:
    """Return what is known to be in picture ``index``; None where nothing is.

    Raises:
        SourceError: if the files that tell cannot be read.
    """
    if not isinstance(source, BaseSource):
        return None
    known = source.truth(index)
    if known is None:
        return None
    objects = known.objects
    xy = np.array([(item.x, item.y) for item in objects], np.float32).reshape(-1, 2)
    boxes = np.array([item.bbox for item in objects], np.float32).reshape(-1, 4)
    return GroundTruth(sealed(xy), sealed(boxes), tuple(item.category for item in objects))
