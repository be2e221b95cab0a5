"""Frames to look at by hand: where an assignment was close, or an individual jumped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.results import Analysis
    from tusk_core.tracks import Tracks

_JUMP = 6.0
_FEWEST = 8


def doubtful_frames(
    analysis: Analysis, tracks: Tracks, *, margin: float = 0.2
) -> NDArray[np.int64]:
    """Return the frames, rising, with an assignment below ``margin`` or with a jump.

    A jump is a move between two sightings that is many times what its individual usually moves.
    """
    low = np.flatnonzero((tracks.individuals >= 0) & (tracks.margins < margin))
    return np.unique(np.concatenate([analysis.picture[low], _jumps(analysis, tracks)])).astype(
        np.int64
    )


def _jumps(analysis: Analysis, tracks: Tracks) -> NDArray[np.int64]:
    rows, who, frame, xy = middles(analysis, tracks)
    if len(rows) < _FEWEST:
        return np.zeros(0, np.int64)
    same = who[1:] == who[:-1]
    passed = np.maximum(frame[1:] - frame[:-1], 1)
    moves = np.where(same, np.hypot(*(xy[1:] - xy[:-1]).T) / passed, np.nan)
    usual = np.nanmedian(moves) if same.any() else 0.0
    limit = _JUMP * usual + 0.02 * float(analysis.picture_sizes.min(initial=64))
    return np.asarray(frame[1:][np.nan_to_num(moves) > limit], np.int64)


def middles(
    analysis: Analysis, tracks: Tracks
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return each sighting once, sorted by individual and frame; S sightings.

    Returns:
        first row of the sighting (S,), individual (S,), frame (S,), and the mean place (S, 2) of
        its keypoints.
    """
    known = np.flatnonzero(tracks.individuals >= 0)
    frames = max(1, len(analysis.picture_names))
    key = tracks.individuals[known].astype(np.int64) * frames + analysis.picture[known]
    keys, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    count = np.bincount(inverse, minlength=len(keys))
    xy = np.stack(
        [np.bincount(inverse, analysis.xy[known, axis], len(keys)) / count for axis in (0, 1)],
        axis=1,
    )
    return known[first], keys // frames, keys % frames, xy
