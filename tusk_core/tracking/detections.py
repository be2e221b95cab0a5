"""What the tracker reads: keypoints of successive frames, a stretch at a time.

Shapes: F frames, N keypoints, C descriptor length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tusk_core.config import TrackConfig


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """The keypoints of F successive frames, sorted by frame.

    Attributes:
        first: number of the first frame.
        counts: (F,) int, keypoints of each frame.
        xy: (N, 2) float32 pixels.
        scores: (N,) float32 in [0, 1].
        kinds: (N,) int32.
        descriptors: (N, C) float16 or float32.
    """

    first: int
    counts: NDArray[np.integer]
    xy: NDArray[np.float32]
    scores: NDArray[np.float32]
    kinds: NDArray[np.int32]
    descriptors: NDArray[np.floating]

    @property
    def frames(self) -> NDArray[np.int64]:
        """The frame (N,) of each keypoint, counted from the first of the stretch."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def chosen(self, kept: NDArray[np.bool_]) -> Stretch:
        """Return the keypoints where ``kept`` (N,) is true; no frame gets lost."""
        counts = np.bincount(self.frames[kept], minlength=len(self.counts))
        return Stretch(
            self.first,
            counts,
            self.xy[kept],
            self.scores[kept],
            self.kinds[kept],
            self.descriptors[kept],
        )


def joined(runs: Sequence[Stretch]) -> Stretch:
    """Return several stretches as one, frames counted on."""
    return Stretch(
        0,
        np.concatenate([run.counts for run in runs]),
        np.concatenate([run.xy for run in runs]),
        np.concatenate([run.scores for run in runs]),
        np.concatenate([run.kinds for run in runs]),
        np.concatenate([run.descriptors for run in runs]),
    )


def counted(stretch: Stretch, config: TrackConfig) -> NDArray[np.bool_]:
    """Return which keypoints (N,) may belong to somebody: by their score and kind."""
    able = stretch.scores >= config.min_score
    if config.kinds:
        able &= np.isin(stretch.kinds, config.kinds)
    return np.asarray(able)


def stretches(whole: Stretch, length: int) -> Iterator[Stretch]:
    """Cut a stretch into stretches of at most ``length`` frames."""
    ends = np.concatenate([[0], np.cumsum(whole.counts)])
    for start in range(0, len(whole.counts), length):
        stop = min(start + length, len(whole.counts))
        rows = slice(int(ends[start]), int(ends[stop]))
        yield Stretch(
            whole.first + start,
            whole.counts[start:stop],
            whole.xy[rows],
            whole.scores[rows],
            whole.kinds[rows],
            whole.descriptors[rows],
        )


def same_frame_pairs(
    first: NDArray[np.int64], second: NDArray[np.int64], num_frames: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of entries of two lists that lie in the same frame.

    Args:
        first: (A,) frame of each entry, rising.
        second: (B,) likewise.
        num_frames: frames in all.

    Returns:
        places (P,) in ``first`` and (P,) in ``second``.
    """
    per_frame = np.bincount(second, minlength=num_frames)
    starts = np.concatenate([[0], np.cumsum(per_frame)])
    partners = per_frame[first]
    left = np.repeat(np.arange(len(first)), partners)
    within = np.arange(len(left)) - np.repeat(np.cumsum(partners) - partners, partners)
    return left, starts[first[left]] + within


def greedy_pairs(
    left: NDArray[np.int64], right: NDArray[np.int64], costs: NDArray[np.floating]
) -> NDArray[np.int64]:
    """Return which of the candidate pairs (P,) a greedy matching takes, cheapest first.

    Pairs that are the cheapest of both their sides are taken together and their sides left out,
    until none is left; that gives the same as going through the pairs by rising cost.
    """
    order = np.lexsort((right, left, costs))
    taken: list[NDArray[np.int64]] = []
    while len(order):
        one, other = left[order], right[order]
        best = np.zeros(len(order), np.int8)
        best[np.unique(one, return_index=True)[1]] += 1
        best[np.unique(other, return_index=True)[1]] += 1
        both = best == 2
        taken.append(order[both])
        free = ~(np.isin(one, one[both]) | np.isin(other, other[both]))
        order = order[free]
    return np.concatenate(taken) if taken else np.zeros(0, np.int64)
