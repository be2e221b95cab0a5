"""What the Tracks panel shows of one state of the corrections."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core import api

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.results import Analysis
    from tusk_core.tracks import TrackEdit, Tracks


_DOUBTFUL = 0.2
# Who is seen with no score at all is still seen.
_LEAST = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class TrackView:
    """Tracks after corrections, ready to be drawn; A individuals, P frames.

    Attributes:
        base: tracks before the corrections.
        edits: the corrections.
        tracks: tracks after them.
        strength: (A, P) float32, mean score where an individual is seen, else 0.
        shown: (R,) int64, individuals that are seen at all.
        doubtful: (D,) int64, frames to look at, rising.
    """

    base: Tracks
    edits: tuple[TrackEdit, ...]
    tracks: Tracks
    strength: NDArray[np.float32]
    shown: NDArray[np.int64]
    doubtful: NDArray[np.int64]


def make_view(analysis: Analysis, base: Tracks, edits: tuple[TrackEdit, ...]) -> TrackView:
    """Return what is to be shown.

    Raises:
        TuskError: if a correction cannot be made.
    """
    tracks = api.edit_tracks(analysis, base, edits) if edits else base
    strength = _strength(analysis, tracks)
    shown = np.flatnonzero(strength.any(axis=1))
    margin = json.loads(base.settings).get("doubtful", _DOUBTFUL)
    doubtful = api.doubtful_frames(analysis, tracks, margin=float(margin))
    return TrackView(base, edits, tracks, strength, shown, doubtful)


def _strength(analysis: Analysis, tracks: Tracks) -> NDArray[np.float32]:
    """Return the mean score (A, P) of each individual in each frame, 0 where it is not seen."""
    known = np.flatnonzero(tracks.individuals >= 0)
    shape = (len(tracks.names), len(analysis.picture_names))
    cells = tracks.individuals[known].astype(np.int64) * shape[1] + analysis.picture[known]
    size = shape[0] * shape[1]
    count = np.bincount(cells, minlength=size).astype(np.float32)
    total = np.bincount(cells, analysis.scores[known], size).astype(np.float32)
    mean = total / np.maximum(count, 1)
    return np.where(count > 0, np.maximum(mean, _LEAST), 0.0).astype(np.float32).reshape(shape)


def next_frame(frames: NDArray[np.int64], now: int) -> int | None:
    """Return the first of rising ``frames`` after ``now``, else the first of all; None of none."""
    if not len(frames):
        return None
    place = int(np.searchsorted(frames, now, side="right"))
    return int(frames[place % len(frames)])
