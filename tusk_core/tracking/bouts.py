"""Bouts: when something is there without a break, from which frame to which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Bouts:
    """B bouts, sorted by what is there and by their begin.

    Attributes:
        what: (B,) int64, number of what is there.
        start: (B,) first frame.
        stop: (B,) last frame.
        seen: (B,) frames between them in which it was seen.
    """

    what: NDArray[np.int64]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    seen: NDArray[np.int64]


def find_bouts(
    what: NDArray[np.integer],
    frames: NDArray[np.integer],
    *,
    max_gap: int = 0,
    min_length: int = 1,
) -> Bouts:
    """Return the bouts of presence.

    Args:
        what: (N,) number of what was seen, from 0.
        frames: (N,) frame in which.
        max_gap: frames it may be unseen within a bout.
        min_length: bouts of fewer frames, first to last, are left out.
    """
    span = int(frames.max(initial=-1)) + 1
    keys = np.unique(what.astype(np.int64) * max(1, span) + frames)
    if not len(keys):
        none = np.zeros(0, np.int64)
        return Bouts(none, none, none, none)
    who, when = keys // span, keys % span
    begins = np.r_[True, (who[1:] != who[:-1]) | (when[1:] - when[:-1] > max_gap + 1)]
    heads = np.flatnonzero(begins)
    tails = np.r_[heads[1:], len(keys)] - 1
    kept = when[tails] - when[heads] + 1 >= min_length
    heads, tails = heads[kept], tails[kept]
    return Bouts(who[heads], when[heads], when[tails], tails - heads + 1)
