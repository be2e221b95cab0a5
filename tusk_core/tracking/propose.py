"""What the data propose for the settings of tracking: threshold, number, reach, body."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.tracking.bodies import describe, group
from tusk_core.tracking.detections import counted, joined
from tusk_core.tracking.measure import measure
from tusk_core.tracking.scenery import moves_about
from tusk_core.tracking.steady_kind import SHARES, steadiness, steady_kind
from tusk_core.tracking.tracker import learn_bodies, make_plan, sample_runs
from tusk_core.tracking.whole import stretch_of
from tusk_core.tracks import TrackProposal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.config import TrackConfig
    from tusk_core.results import Analysis
    from tusk_core.tracking.detections import Stretch
    from tusk_core.tracking.tracker import Plan

# Where so many of the frames agree on the number of all kinds together, and so many of the
# keypoints move about, all are followed.
_AGREED, _ALIVE = 0.8, 0.8
# Proposed as the share of frames above which a place belongs to the scenery.
_STILL = 0.35
# A shorter clip does not tell an animal at rest from the scenery.
_LONG = 96
# A number seen in fewer of the frames than this is left free.
_CONSTANT = 0.6
# A threshold is proposed where this many times more frames have the usual number.
_STEADIER = 1.25


def propose(analysis: Analysis, config: TrackConfig) -> TrackProposal:
    """Return what a sample of the frames proposes; what ``config`` sets is kept for the rest.

    The threshold is where the number of individuals is steadiest: false detections come and go,
    animals do not. By the same token one kind is proposed where all of them together have no
    steady number, as where most of what was found is scenery.
    """
    whole = stretch_of(analysis)
    sizes = analysis.picture_sizes
    size = (int(sizes[0, 0]), int(sizes[0, 1])) if len(sizes) else (1, 1)
    runs, num_kinds = sample_runs(whole), max(1, len(analysis.prototypes))
    if not len(whole.xy):
        return TrackProposal(0.0, 0, 0.0, 0.0, 1)
    chosen, counts = _at_best_score(runs, num_kinds, config)
    alone = None if config.kinds else _alone(runs, counts, config, min(size))
    if alone is not None:
        runs, config = alone
        chosen, counts = _at_best_score(runs, num_kinds, config)
    number, share = _usual(counts)
    plan = make_plan(runs, num_kinds, chosen, size)
    parts = int(plan.skeleton.plan_sizes().max(initial=1)) if plan.skeleton.tree else 1
    return TrackProposal(
        chosen.min_score,
        number if share >= _CONSTANT else 0,
        share,
        round(_reach(runs, plan, size), 1),
        parts,
        chosen.kinds if alone is not None else (),
        chosen.still,
    )


def _reach(runs: list[Stretch], plan: Plan, size: tuple[int, int]) -> float:
    """Return the reach that the longest run shows, pixels."""
    bodies = [describe(run, plan.bodies(run), plan.usual, has_slots=False) for run in runs]
    return measure(max(bodies, key=lambda one: len(one.xy)), plan.config, size).reach


def _alone(
    runs: list[Stretch], counts: NDArray[np.int64], config: TrackConfig, side: float
) -> tuple[list[Stretch], TrackConfig] | None:
    """Return what moves, and settings for the one kind to follow; None where all are followed."""
    sample = joined(runs)
    moving = moves_about(sample, side, _STILL)
    if _usual(counts)[1] >= _AGREED and moving.mean() >= _ALIVE:
        return None
    kind = steady_kind(sample, moving)
    if kind is None:
        return None
    if len(sample.counts) < _LONG:
        return runs, config.model_copy(update={"kinds": (kind,)})
    is_still = bool((~moving & (sample.kinds == kind)).any())
    parts = np.split(moving, np.cumsum([len(run.xy) for run in runs])[:-1])
    changes = {"kinds": (kind,), "still": config.still or (_STILL if is_still else 0.0)}
    left = [run.chosen(part) for run, part in zip(runs, parts, strict=True)]
    return left, config.model_copy(update=changes)


def _at_best_score(
    runs: list[Stretch], num_kinds: int, config: TrackConfig
) -> tuple[TrackConfig, NDArray[np.int64]]:
    """Return settings with the threshold at which the number of bodies is steadiest.

    The second is the number of bodies in each frame there. Without a threshold that is clearly
    steadier there is none.
    """
    whole = joined(runs)
    limits = np.unique(np.quantile(whole.scores[counted(whole, config)], SHARES)).tolist()
    # Rounded down: what has exactly this score still counts.
    floors = [0.0, *(math.floor(1000 * min(1.0, max(0.0, least))) / 1000 for least in limits)]
    tried = []
    for least in floors:
        one = config.model_copy(update={"min_score": max(config.min_score, least)})
        counts = _counts(runs, num_kinds, one)
        tried.append((steadiness(counts), one, counts))
    best = max(tried, key=lambda each: each[0])
    return (best if best[0] > _STEADIER * tried[0][0] else tried[0])[1:]


def _counts(runs: list[Stretch], num_kinds: int, config: TrackConfig) -> NDArray[np.int64]:
    """Return the bodies of each sampled frame."""
    whole = joined(runs)
    skeleton = learn_bodies(whole.chosen(counted(whole, config)), num_kinds, config)
    counts = []
    for run in runs:
        bodies = group(run, skeleton, config)
        known = np.flatnonzero(bodies >= 0)
        _, first = np.unique(bodies[known], return_index=True)
        frames = run.frames[known[first]]
        counts.append(np.bincount(frames, minlength=len(run.counts)))
    return np.concatenate(counts)


def _usual(counts: NDArray[np.int64]) -> tuple[int, float]:
    """Return the most frequent number of bodies, and the share of the frames that have it."""
    seen = np.bincount(counts)
    number = int(seen.argmax())
    return number, float(seen[number] / max(1, len(counts)))
