"""Tracking detections that are at hand as one analysis."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.tracking.bodies import within_pictures
from tusk_core.tracking.detections import Stretch
from tusk_core.tracking.tracker import as_tracks, make_plan, track_whole

if TYPE_CHECKING:
    from tusk_core.config import TrackConfig
    from tusk_core.results import Analysis
    from tusk_core.tracks import Tracks


def stretch_of(analysis: Analysis) -> Stretch:
    """Return all detections of an analysis as one stretch."""
    return Stretch(
        0,
        np.bincount(analysis.picture, minlength=len(analysis.picture_names)),
        analysis.xy,
        analysis.scores,
        analysis.labels,
        analysis.descriptors,
    )


def is_followed(config: TrackConfig, *, is_video: bool) -> bool:
    """Tell whether individuals are followed from picture to picture."""
    return config.frames == "successive" or (config.frames == "auto" and is_video)


def track_analysis(analysis: Analysis, config: TrackConfig) -> Tracks:
    """Return who is who in an analysis."""
    whole, num_kinds = stretch_of(analysis), len(analysis.prototypes)
    sizes = analysis.picture_sizes
    size = (int(sizes[0, 0]), int(sizes[0, 1])) if len(sizes) else (1, 1)
    times = analysis.times
    if is_followed(config, is_video=bool(len(times)) and bool(np.isfinite(times).all())):
        return track_whole(whole, num_kinds, config, size)
    plan = make_plan([whole], num_kinds, config, size)
    who = within_pictures(whole, plan.bodies(whole))
    margins = np.where(who >= 0, np.float32(1), np.float32("nan"))
    return dataclasses.replace(as_tracks(who, margins, plan), over_time=False)
