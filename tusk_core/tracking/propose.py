"""What the data propose for the settings of tracking: threshold, number, reach, body."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.tracking.bodies import describe, group
from tusk_core.tracking.measure import measure
from tusk_core.tracking.tracker import make_plan, sample_runs
from tusk_core.tracking.whole import stretch_of
from tusk_core.tracks import TrackProposal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.config import TrackConfig
    from tusk_core.results import Analysis
    from tusk_core.tracking.detections import Stretch
    from tusk_core.tracking.tracker import Plan

# Thresholds looked at, as shares of all keypoints that lie below them.
_SHARES = np.linspace(0.0, 0.9, 13)
# A number seen in fewer of the frames than this is left free.
_CONSTANT = 0.6
# A threshold is proposed where this many times more frames have the usual number.
_STEADIER = 1.25


def propose(analysis: Analysis, config: TrackConfig) -> TrackProposal:
    """Return what a sample of the frames proposes; what ``config`` sets is kept for the rest.

    The threshold is where most frames have the same number of individuals: false detections come
    and go, animals do not.
    """
    whole = stretch_of(analysis)
    sizes = analysis.picture_sizes
    size = (int(sizes[0, 0]), int(sizes[0, 1])) if len(sizes) else (1, 1)
    runs, num_kinds = sample_runs(whole), max(1, len(analysis.prototypes))
    if not len(whole.xy):
        return TrackProposal(0.0, 0, 0.0, 0.0, 1)
    score = _score(runs, num_kinds, config, size)
    chosen = config.model_copy(update={"min_score": score})
    plan = make_plan(runs, num_kinds, chosen, size)
    counts = _counts(runs, plan, chosen)
    number, share = _usual(counts)
    bodies = [describe(run, group(run, plan.skeleton, chosen), plan.usual, has_slots=False)
              for run in runs]  # fmt: skip
    longest = max(bodies, key=lambda one: len(one.xy))
    reach = measure(longest, chosen, size).reach
    parts = int(plan.skeleton.plan_sizes().max(initial=1)) if plan.skeleton.tree else 1
    return TrackProposal(score, number if share >= _CONSTANT else 0, share, round(reach, 1), parts)


def _score(
    runs: list[Stretch], num_kinds: int, config: TrackConfig, size: tuple[int, int]
) -> float:
    """Return the threshold at which the number of bodies is steadiest; 0 where none is better."""
    scores = np.concatenate([run.scores for run in runs])
    found: list[tuple[float, float]] = []
    for least in np.unique(np.quantile(scores, _SHARES)).tolist():
        one = config.model_copy(update={"min_score": min(1.0, max(0.0, least))})
        counts = _counts(runs, make_plan(runs, num_kinds, one, size), one)
        number, share = _usual(counts)
        found.append((share if number else 0.0, float(one.min_score)))
    without, best = found[0][0], max(found, key=lambda one: one[0])
    # Rounded down: what has exactly this score still counts.
    return math.floor(1000 * best[1]) / 1000 if best[0] > _STEADIER * without else 0.0


def _counts(runs: list[Stretch], plan: Plan, config: TrackConfig) -> NDArray[np.int64]:
    """Return the bodies of each sampled frame."""
    counts = []
    for run in runs:
        bodies = group(run, plan.skeleton, config)
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
