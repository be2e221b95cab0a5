"""What the Tracks panel shows of one state of the corrections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core import api

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.results import Analysis
    from tusk_core.tracks import TrackEdit, Tracks


@dataclass(frozen=True, slots=True, eq=False)
class TrackView:
    """Tracks after corrections, ready to be drawn; A individuals, P frames.

    Attributes:
        base: tracks before the corrections.
        edits: the corrections.
        tracks: tracks after them.
        presence: (A, P) uint8, 1 where an individual is seen.
        shown: (R,) int64, individuals that are seen at all.
        doubtful: (D,) int64, frames to look at, rising.
    """

    base: Tracks
    edits: tuple[TrackEdit, ...]
    tracks: Tracks
    presence: NDArray[np.uint8]
    shown: NDArray[np.int64]
    doubtful: NDArray[np.int64]


def make_view(analysis: Analysis, base: Tracks, edits: tuple[TrackEdit, ...]) -> TrackView:
    """Return what is to be shown.

    Raises:
        TuskError: if a correction cannot be made.
    """
    tracks = api.edit_tracks(analysis, base, edits) if edits else base
    known = np.flatnonzero(tracks.individuals >= 0)
    presence = np.zeros((len(tracks.names), len(analysis.picture_names)), np.uint8)
    presence[tracks.individuals[known], analysis.picture[known]] = 1
    shown = np.flatnonzero(presence.any(axis=1))
    return TrackView(base, edits, tracks, presence, shown, api.doubtful_frames(analysis, tracks))


def next_frame(frames: NDArray[np.int64], now: int) -> int | None:
    """Return the first of rising ``frames`` after ``now``, else the first of all; None of none."""
    if not len(frames):
        return None
    place = int(np.searchsorted(frames, now, side="right"))
    return int(frames[place % len(frames)])
