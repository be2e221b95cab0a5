"""Are these pictures photographs or natural video, or drawn and generated ones?

Photographs are what a network that has seen photographs tells apart at once; small and drawn
pictures are better learned from. Drawn ones have much of one colour, exactly the same: a third and
more in digits, pieces, diagrams and screens, at most a few per cent in nearly all photographs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tusk_core.interfaces import OpenedSource

_MOST_PICTURES = 3
# Of smaller pictures the frozen features have too few cells to tell anything apart.
_SMALLEST_SIDE = 64
_LOOKED_AT_SIDE = 1000
_MOST_OF_ONE_COLOUR = 0.3


def looks_photographic(source: OpenedSource, stopped: Callable[[], bool] = lambda: False) -> bool:
    """Return whether most of a few pictures look like photographs; unreadable ones do not count.

    Args:
        source: already open.
        stopped: asked between pictures; True ends the look.
    """
    if source.kind in {"sample", "video"}:
        # Samples are generated. Videos are natural as a rule, and slow to look into.
        return source.kind == "video"
    verdicts = []
    for index in np.linspace(0, len(source) - 1, min(len(source), _MOST_PICTURES)).astype(int):
        if stopped():
            break
        try:
            picture = source.small(int(index), _LOOKED_AT_SIDE)
        except SourceError:
            continue
        is_large = min(picture.shape[:2]) >= _SMALLEST_SIDE
        verdicts.append(is_large and commonest_share(picture) <= _MOST_OF_ONE_COLOUR)
    return bool(verdicts) and sum(verdicts) > len(verdicts) / 2


def commonest_share(picture: NDArray[np.uint8]) -> float:
    """Return the share of the pixels of a (H, W, 3) picture that have its commonest colour."""
    values = picture.reshape(-1, 3).astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    _, counts = np.unique(values, return_counts=True)
    return float(counts.max(initial=0) / max(len(values), 1))
