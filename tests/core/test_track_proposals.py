"""What the data propose for the settings of tracking."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.swarms import as_analysis, swarm, wandering
from tusk_core import api
from tusk_core.config import TrackConfig
from tusk_core.results import Analysis
from tusk_core.tracking.steady_kind import steadiness


def test_threshold_number_and_body_are_proposed_from_the_data() -> None:
    body = np.array([[0.0, 0.0], [12.0, 2.0]])
    made = as_analysis(swarm(wandering(200, 3, seed=2), body, junk=0, seed=2))
    clean = api.propose_tracking(made)
    assert (clean.num_individuals, clean.num_kinds, clean.min_score) == (3, 2, 0.0)
    assert clean.steadiness > 0.9
    assert clean.reach > 3


def test_a_threshold_keeps_out_what_comes_and_goes() -> None:
    rng = np.random.default_rng(0)
    made = as_analysis(swarm(wandering(300, 4, seed=5), junk=3, seed=5))
    # A third of the false detections of each frame are gone, at random.
    gone = (made.scores < 0.5) & (rng.random(len(made.scores)) < 0.33)
    fields = ("picture", "xy", "scores", "labels", "descriptors", "classes")
    noisy = dataclasses.replace(made, **{name: getattr(made, name)[~gone] for name in fields})
    proposal = api.propose_tracking(noisy, config=TrackConfig(bodies="single"))
    assert 0.4 < proposal.min_score <= 0.9
    assert proposal.num_individuals == 4
    config = TrackConfig(bodies="single", num_individuals=4, min_score=proposal.min_score)
    assert len(api.track_analysis(noisy, config=config).names) == 4


def test_nothing_found_proposes_nothing() -> None:
    made = as_analysis(swarm(np.full((5, 1, 2), np.nan), seed=1))
    proposal = api.propose_tracking(made)
    assert (proposal.min_score, proposal.num_individuals) == (0.0, 0)


def with_scenery(frames: int, *, own_kind: bool) -> Analysis:
    """Return three animals, things that stay in their places, and others that come and go.

    The animals are of kind 0, and so are the things that stay where ``own_kind`` is false.
    """
    rng = np.random.default_rng(3)
    made = as_analysis(swarm(wandering(frames, 3, seed=7), seed=7))
    places = np.array([[50, 60], [320, 90], [200, 340], [90, 300], [350, 350]], float)
    picture = np.repeat(np.arange(frames), len(places))
    stays = np.tile(places, (frames, 1)) + rng.normal(0, 0.3, (frames * len(places), 2))
    comes = np.repeat(np.arange(frames), rng.poisson(4, frames))
    all_of = [made.picture, picture, comes]
    kinds = [made.labels, np.full(len(picture), int(own_kind)), np.full(len(comes), 2)]
    order = np.argsort(np.concatenate(all_of), kind="stable")
    count = len(order)
    return dataclasses.replace(
        made,
        picture=np.concatenate(all_of)[order].astype(np.int32),
        xy=np.concatenate([made.xy, stays, rng.random((len(comes), 2)) * 400])[order],
        scores=np.full(count, 0.9, np.float32),
        labels=np.concatenate(kinds)[order].astype(np.int32),
        descriptors=np.ones((count, 4), np.float16),
        classes=np.full(count, -1, np.int32),
        prototypes=np.eye(3, 4, dtype=np.float32),
    )


@pytest.mark.parametrize("own_kind", [True, False])
def test_the_kind_that_moves_in_steady_number_is_followed_without_the_scenery(own_kind) -> None:
    made = with_scenery(120, own_kind=own_kind)
    proposal = api.propose_tracking(made)
    assert proposal.kinds == (0,)
    assert proposal.num_individuals == 3
    assert bool(proposal.still) is not own_kind
    config = TrackConfig(
        kinds=proposal.kinds, still=proposal.still, num_individuals=3, reach=proposal.reach
    )
    tracks = api.track_analysis(made, config=config)
    assert len(tracks.names) == 3
    followed = tracks.individuals >= 0
    assert set(made.labels[followed].tolist()) == {0}
    assert followed.sum() > 0.95 * 3 * 120
    assert TrackConfig.model_validate_json(tracks.settings).still == proposal.still


def test_a_kind_that_is_chosen_is_the_only_one_followed() -> None:
    made = with_scenery(60, own_kind=True)
    tracks = api.track_analysis(made, config=TrackConfig(kinds=(1,)))
    assert len(tracks.names) == 5
    assert set(made.labels[tracks.individuals >= 0].tolist()) == {1}


@given(st.integers(1, 12), st.integers(20, 200))
def test_the_same_number_in_every_frame_is_the_steadiest(number: int, frames: int) -> None:
    always = np.full(frames, number)
    some = always.copy()
    some[: frames // 3] = 0
    assert steadiness(always) > steadiness(some) > 0
    assert steadiness(np.zeros(frames, int)) == 0
