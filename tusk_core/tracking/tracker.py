"""Detections of a video to individuals, a stretch at a time: the whole of tracking in two passes.

Memory depends on the length of a stretch and on the number of tracks, not on that of the video.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.tracking.bodies import describe, group
from tusk_core.tracking.detections import Stretch, counted, joined, stretches
from tusk_core.tracking.follow import Follower
from tusk_core.tracking.link import link_fragments
from tusk_core.tracking.measure import Motion, measure
from tusk_core.tracking.scenery import Scenery, learn_scenery
from tusk_core.tracking.skeleton import Skeleton, learn_skeleton
from tusk_core.tracks import Tracks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tusk_core.config import TrackConfig

STRETCH = 256
_SAMPLE_RUNS, _SAMPLE_LENGTH = 16, 64


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is known before the first frame is tracked.

    Attributes:
        config: the settings, nothing left to the data.
        skeleton: what a body is.
        motion: how it moves.
        usual: (M, C) mean descriptor of each kind.
        scenery: what belongs to nobody because it stays in its place; None where all counts.
    """

    config: TrackConfig
    skeleton: Skeleton
    motion: Motion
    usual: NDArray[np.float32]
    scenery: Scenery | None = None

    def bodies(self, stretch: Stretch) -> NDArray[np.int64]:
        """Return the body (N,) of each keypoint, -1 for none."""
        able = counted(stretch, self.config)
        if self.scenery is not None:
            able &= ~self.scenery.holds(stretch)
        return group(stretch, self.skeleton, self.config, able)

    @property
    def has_slots(self) -> bool:
        """Bodies have several keypoints."""
        return bool(self.skeleton.tree) or self.config.bodies == "one"


def sample_frames(num_frames: int) -> list[tuple[int, int]]:
    """Return runs of frames (start, stop), spread over a video, that ``make_plan`` is to see."""
    if num_frames <= _SAMPLE_RUNS * _SAMPLE_LENGTH:
        return [(0, num_frames)]
    starts = np.linspace(0, num_frames - _SAMPLE_LENGTH, _SAMPLE_RUNS).astype(int)
    return [(int(start), int(start) + _SAMPLE_LENGTH) for start in starts]


def make_plan(
    runs: list[Stretch], num_kinds: int, config: TrackConfig, size: tuple[int, int]
) -> Plan:
    """Learn from a sample what bodies are and how they move.

    Args:
        runs: stretches of successive frames.
        num_kinds: M.
        config: the settings.
        size: (width, height) of the pictures.
    """
    sample = _one(runs)
    sample = sample.chosen(counted(sample, config))
    scenery = None
    if config.still:
        scenery = learn_scenery(sample, min(size), config.still)
        sample = sample.chosen(~scenery.holds(sample))
    skeleton = learn_bodies(sample, num_kinds, config)
    usual = np.zeros((num_kinds, sample.descriptors.shape[1]), np.float32)
    np.add.at(usual, sample.kinds, sample.descriptors.astype(np.float32))
    usual /= np.maximum(np.bincount(sample.kinds, minlength=num_kinds), 1)[:, None]
    bodies = group(sample, skeleton, config)
    described = describe(sample, bodies, usual, has_slots=False)
    motion = measure(described, config, size)
    return Plan(config, skeleton, motion, usual, scenery)


def learn_bodies(sample: Stretch, num_kinds: int, config: TrackConfig) -> Skeleton:
    """Return what the bodies of a sample are made of: kinds that keep their place to each other."""
    if config.bodies == "auto":
        return learn_skeleton(sample, num_kinds)
    return Skeleton(num_kinds, parts=tuple(range(num_kinds)))


def _one(runs: list[Stretch]) -> Stretch:
    """Return runs as one stretch; an empty frame between two keeps them apart."""
    gap = np.zeros(1, np.int64)
    return joined([replace(run, counts=np.append(run.counts, gap)) for run in runs])


@dataclass(frozen=True, slots=True, eq=False)
class Ending:
    """What became of the tracks of the first pass.

    Attributes:
        individuals: (tracks,) int64 individual of each, -1 for none.
        last: (tracks,) int64 frame of its last sure sighting; those after it are nobody's.
    """

    individuals: NDArray[np.int64]
    last: NDArray[np.int64]


class Tracker:
    """Takes stretches in order; afterwards tells the individual of every keypoint.

    Args:
        plan: from ``make_plan``.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        slots = len(plan.usual) if plan.has_slots else 1
        self._follower = Follower(
            plan.config, plan.motion, num_slots=slots, num_looks=plan.usual.shape[1]
        )

    def take(self, stretch: Stretch) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the track of the first pass (N,) and its margin (N,) for each keypoint."""
        plan = self._plan
        bodies = plan.bodies(stretch)
        described = describe(stretch, bodies, plan.usual, has_slots=plan.has_slots)
        given = self._follower.take(described)
        tracks = np.full(len(bodies), -1, np.int32)
        margins = np.full(len(bodies), np.nan, np.float32)
        rows = np.flatnonzero(bodies >= 0)
        tracks[rows] = given.numbers[bodies[rows]]
        margins[rows] = np.where(tracks[rows] >= 0, given.margins[bodies[rows]], np.nan)
        return tracks, margins

    def finish(self) -> Ending:
        """End every track and join those of one individual."""
        plan, fragments = self._plan, self._follower.finish()
        individuals = link_fragments(fragments, plan.config, plan.motion)
        last = fragments.column("last") if fragments.size else np.zeros(0)
        return Ending(individuals, last.astype(np.int64))


def settled(
    tracks: NDArray[np.int32], frames: NDArray[np.integer], ending: Ending
) -> NDArray[np.int32]:
    """Return the individual (N,) of keypoints by their track of the first pass and frame."""
    lookup = np.append(ending.individuals, -1).astype(np.int32)
    last = np.append(ending.last, -1)
    return np.where(frames <= last[tracks], lookup[tracks], np.int32(-1))


def individual_names(count: int) -> tuple[str, ...]:
    """Return what individuals are called until somebody names them."""
    return tuple(f"individual {number + 1}" for number in range(count))


def track_stretches(parts: Iterable[Stretch], plan: Plan) -> Tracks:
    """Track detections that are at hand, a stretch at a time."""
    tracker = Tracker(plan)
    none = np.zeros(0, np.int32)
    tracks, margins, frames = [none], [np.zeros(0, np.float32)], [np.zeros(0, np.int64)]
    for part in parts:
        own_tracks, own_margins = tracker.take(part)
        tracks.append(own_tracks)
        margins.append(own_margins)
        frames.append(part.first + part.frames)
    who = settled(np.concatenate(tracks), np.concatenate(frames), tracker.finish())
    return as_tracks(who, np.where(who >= 0, np.concatenate(margins), np.float32("nan")), plan)


def as_tracks(individuals: NDArray[np.int32], margins: NDArray[np.float32], plan: Plan) -> Tracks:
    """Return the outcome with what it was made by."""
    count = int(individuals.max(initial=-1)) + 1
    return Tracks(
        individuals,
        margins,
        individual_names(count),
        tuple(link.kinds for link in plan.skeleton.tree),
        json.dumps(settings_of(plan)),
    )


def settings_of(plan: Plan) -> dict[str, object]:
    """Return the settings with what was measured, for people and files."""
    return {**plan.config.model_dump(), "reach": round(plan.motion.reach, 3)}


def track_whole(
    whole: Stretch, num_kinds: int, config: TrackConfig, size: tuple[int, int]
) -> Tracks:
    """Track detections that are all in memory; see ``Tracker`` for those that are not."""
    plan = make_plan(sample_runs(whole), num_kinds, config, size)
    return track_stretches(stretches(whole, STRETCH), plan)


def sample_runs(whole: Stretch) -> list[Stretch]:
    """Return the runs of frames of a stretch that ``make_plan`` is to see."""
    ends = np.concatenate([[0], np.cumsum(whole.counts)])
    runs = []
    for start, stop in sample_frames(len(whole.counts)):
        rows = slice(int(ends[start]), int(ends[stop]))
        runs.append(
            Stretch(
                start,
                whole.counts[start:stop],
                whole.xy[rows],
                whole.scores[rows],
                whole.kinds[rows],
                whole.descriptors[rows],
            )
        )
    return runs
