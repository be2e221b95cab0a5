"""Individuals keep their identity: through crossings, gaps, entries, exits and false points."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.support.swarms import SIDE, Swarm, swarm, wandering
from tusk_core.config import TrackConfig
from tusk_core.tracking.bodies import group
from tusk_core.tracking.detections import greedy_pairs, stretches
from tusk_core.tracking.skeleton import learn_skeleton
from tusk_core.tracking.tracker import (
    Tracker,
    make_plan,
    settled,
    track_stretches,
    track_whole,
)
from tusk_core.tracks import Tracks

BODY = np.array([[0.0, 0.0], [14.0, 0.0], [-12.0, 3.0], [2.0, 9.0]])
SIZE = (SIDE, SIDE)


def tracked(made: Swarm, config: TrackConfig | None = None) -> Tracks:
    return track_whole(made.stretch, made.num_kinds, config or TrackConfig(), SIZE)


def switches(made: Swarm, tracks: Tracks) -> int:
    """Count how often a true individual is called another one than before."""
    total = 0
    for one in range(int(made.truth.max()) + 1):
        who = tracks.individuals[(made.truth == one) & (tracks.individuals >= 0)]
        total += int((who[1:] != who[:-1]).sum())
    return total


def crossing(num_frames: int = 60) -> np.ndarray:
    """Two that walk through each other's way, with 6 pixels between them at the least."""
    x = np.linspace(60, 340, num_frames)
    one = np.stack([x, np.full(num_frames, 200.0)], axis=1)
    other = np.stack([x[::-1], np.full(num_frames, 206.0)], axis=1)
    return np.stack([one, other], axis=1)


def test_motion_carries_identity_through_a_crossing() -> None:
    made = swarm(crossing())
    tracks = tracked(made)
    assert len(tracks.names) == 2
    assert switches(made, tracks) == 0
    close = made.stretch.frames[tracks.margins < 0.9]
    assert set(close[close > 10].tolist()) & {29, 30}


@pytest.mark.parametrize("seed", range(3))
def test_many_keep_their_identity_in_spite_of_misses_and_false_points(seed: int) -> None:
    made = swarm(wandering(150, 5, seed=seed), missing=0.05, junk=1, seed=seed)
    tracks = tracked(made)
    true = made.truth >= 0
    assert (tracks.individuals[true] >= 0).mean() > 0.97
    assert (tracks.individuals[~true] >= 0).mean() < 0.25
    assert switches(made, tracks) <= 1


def test_who_comes_back_after_a_gap_is_the_same_and_who_enters_late_is_another() -> None:
    paths = wandering(120, 3, seed=2)
    paths[40:52, 0] = np.nan
    paths[:60, 1] = np.nan
    paths[80:, 2] = np.nan
    made = swarm(paths)
    tracks = tracked(made)
    assert len(tracks.names) == 3
    assert switches(made, tracks) == 0
    assert made.stretch.frames[tracks.individuals == 2].min() == 60


def test_the_second_pass_joins_over_long_gaps_and_can_be_left_out() -> None:
    paths = crossing(100)[:, :1].repeat(2, axis=1)
    paths[:, 1, 1] = 60
    paths[40:70, 0] = np.nan
    made = swarm(paths)
    assert len(tracked(made).names) == 2
    assert len(tracked(made, TrackConfig(link_gap=0)).names) == 3


def test_a_known_number_of_individuals_is_kept() -> None:
    paths = wandering(150, 2, seed=5)
    paths[50:90, 1] = np.nan
    made = swarm(paths, junk=1, seed=5)
    tracks = tracked(made, TrackConfig(num_individuals=2, link_gap=0, max_gap=5))
    per_frame = [
        len(set(tracks.individuals[(made.stretch.frames == f) & (tracks.individuals >= 0)]))
        for f in range(150)
    ]
    assert max(per_frame) <= 2
    assert switches(made, tracks) <= 1


@pytest.mark.parametrize("turns", [False, True])
def test_bodies_are_learnt_and_grouped_without_labels(turns: bool) -> None:
    made = swarm(wandering(120, 3, seed=1), BODY, missing=0.08, turns=turns, seed=1)
    skeleton = learn_skeleton(made.stretch, made.num_kinds)
    assert len(skeleton.tree) == 3
    bodies = group(made.stretch, skeleton, TrackConfig())
    cells = set(zip(made.stretch.frames.tolist(), made.truth.tolist(), strict=True))
    pure = sum(len(set(made.truth[bodies == b].tolist())) == 1 for b in range(bodies.max() + 1))
    assert pure >= 0.97 * (bodies.max() + 1)
    assert abs(int(bodies.max()) + 1 - len(cells)) <= 0.05 * len(cells)
    for body in range(0, bodies.max() + 1, 7):
        kinds = made.stretch.kinds[bodies == body]
        assert len(kinds) == len(set(kinds.tolist()))
    tracks = tracked(made)
    assert len(tracks.names) == 3
    assert switches(made, tracks) <= 2
    assert {kind for link in tracks.links for kind in link} == {0, 1, 2, 3}


def test_kinds_that_have_nothing_to_do_with_each_other_are_not_linked() -> None:
    one, other = wandering(100, 1, seed=3), wandering(100, 1, seed=4)
    first, second = swarm(one), swarm(other)
    kinds = np.concatenate([first.stretch.kinds, second.stretch.kinds + 1])
    frames = np.concatenate([first.stretch.frames, second.stretch.frames])
    order = np.argsort(frames, kind="stable")
    both = dataclasses.replace(
        first.stretch,
        counts=first.stretch.counts + second.stretch.counts,
        xy=np.concatenate([first.stretch.xy, second.stretch.xy])[order],
        scores=np.concatenate([first.stretch.scores, second.stretch.scores])[order],
        kinds=kinds[order].astype(np.int32),
        descriptors=np.concatenate([first.stretch.descriptors, second.stretch.descriptors])[order],
    )
    assert learn_skeleton(both, 2).tree == ()
    assert len(track_whole(both, 2, TrackConfig(), SIZE).names) == 2


def test_a_stretch_at_a_time_gives_the_same_as_all_at_once_twice() -> None:
    made = swarm(wandering(200, 4, seed=6), BODY, missing=0.1, junk=1, seed=6)
    plan = make_plan([made.stretch], made.num_kinds, TrackConfig(), SIZE)
    whole = track_stretches([made.stretch], plan)
    tracker = Tracker(plan)
    parts = [tracker.take(part)[0] for part in stretches(made.stretch, 37)]
    again = settled(np.concatenate(parts), made.stretch.frames, tracker.finish())
    assert np.array_equal(whole.individuals, again)
    assert np.array_equal(whole.individuals, tracked(made).individuals)


def test_empty_frames_and_nothing_at_all_are_no_trouble() -> None:
    paths = wandering(60, 2, seed=7)
    paths[20:25] = np.nan
    made = swarm(paths)
    assert len(tracked(made).names) == 2
    nothing = swarm(np.full((5, 1, 2), np.nan))
    assert tracked(nothing).names == ()
    one_frame = swarm(wandering(1, 3))
    assert len(tracked(one_frame).names) == 3


def test_one_takes_everything_of_a_frame_for_one_individual() -> None:
    made = swarm(wandering(30, 1, seed=8), BODY)
    tracks = tracked(made, TrackConfig(bodies="one"))
    assert tracks.names == ("individual 1",)
    assert (tracks.individuals == 0).all()


def test_greedy_pairs_take_the_cheapest_first() -> None:
    left, right = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    taken = greedy_pairs(left, right, np.array([1.0, 2.0, 0.5, 9.0]))
    assert sorted(taken.tolist()) == [1, 2]
