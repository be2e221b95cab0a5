"""Presence of prototypes over time, and simple tracks of their instances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_app.engine.matching import assign
from tusk_core.control import Cancelled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.results import Analysis


@dataclass(frozen=True, slots=True, eq=False)
class PresenceTable:
    """What is where in each of P frames, for M prototypes.

    Attributes:
        counts: (M, P) int16 detections.
        scores: (M, P) float32 best score; 0 where there is none.
        xy: (M, P, 2) float32 place of the best detection; NaN where there is none.
    """

    counts: NDArray[np.int16]
    scores: NDArray[np.float32]
    xy: NDArray[np.float32]


def presence_table(
    analysis: Analysis, labels: NDArray[np.integer], *, min_score: float = 0.0
) -> PresenceTable:
    """Summarise detections by prototype and frame.

    Args:
        analysis: of a video or a series.
        labels: (N,) prototype of each row after merging.
        min_score: detections below it are left out.
    """
    num, frames = len(analysis.prototypes), len(analysis.picture_names)
    rows = np.flatnonzero(analysis.scores >= min_score)
    cell = labels[rows].astype(np.int64) * frames + analysis.picture[rows]
    counts = np.bincount(cell, minlength=num * frames).reshape(num, frames)
    # Written in rising order of score, so that the best detection stays.
    order = rows[np.argsort(analysis.scores[rows], kind="stable")]
    place = labels[order].astype(np.int64) * frames + analysis.picture[order]
    scores = np.zeros(num * frames, np.float32)
    scores[place] = analysis.scores[order]
    xy = np.full((num * frames, 2), np.nan, np.float32)
    xy[place] = analysis.xy[order]
    return PresenceTable(
        np.minimum(counts, 32_767).astype(np.int16),
        scores.reshape(num, frames),
        xy.reshape(num, frames, 2),
    )


def track_rows(
    analysis: Analysis,
    labels: NDArray[np.integer],
    *,
    reach: float = 0.12,
    min_score: float = 0.0,
    patience: int = 3,
    control: RunControl | None = None,
) -> NDArray[np.int64]:
    """Follow instances from frame to frame by the nearest place within a prototype.

    Args:
        analysis: of a video, rows sorted by frame.
        labels: (N,) prototype of each row after merging.
        reach: largest move between frames, share of the picture's shorter side.
        min_score: detections below it belong to no track.
        patience: frames a track may miss.
        control: asked before every frame.

    Returns:
        (N,) int64 number of the track of each row, -1 for none.

    Raises:
        Cancelled: if ``control`` asked for it.
    """
    tracks = np.full(len(labels), -1, np.int64)
    frames = len(analysis.picture_names)
    starts = np.searchsorted(analysis.picture, np.arange(frames + 1))
    last_xy = np.zeros((0, 2), np.float32)
    last_label, last_seen, number = (np.zeros(0, np.int64) for _ in range(3))
    next_number = 0
    for frame in range(frames):
        if control is not None and control.stop_requested:
            raise Cancelled
        rows = np.arange(starts[frame], starts[frame + 1])
        rows = rows[analysis.scores[rows] >= min_score]
        alive = frame - last_seen <= patience
        last_xy, last_label = last_xy[alive], last_label[alive]
        last_seen, number = last_seen[alive], number[alive]
        limit = reach * float(analysis.picture_sizes[frame].min())
        cost = np.linalg.norm(last_xy[:, None] - analysis.xy[rows][None], axis=2)
        old, new, moved = assign(np.minimum(cost, 2 * limit), last_label, labels[rows])
        near = moved <= limit
        old, new = old[near], new[near]
        tracks[rows[new]] = number[old]
        last_xy[old], last_seen[old] = analysis.xy[rows[new]], frame
        fresh = np.setdiff1d(np.arange(len(rows)), new)
        names = next_number + np.arange(len(fresh))
        next_number += len(fresh)
        tracks[rows[fresh]] = names
        last_xy = np.concatenate([last_xy, analysis.xy[rows[fresh]]])
        last_label = np.concatenate([last_label, labels[rows[fresh]].astype(np.int64)])
        last_seen = np.concatenate([last_seen, np.full(len(fresh), frame)])
        number = np.concatenate([number, names])
    return tracks
