"""What the data propose for the settings of tracking."""

from __future__ import annotations

import dataclasses

import numpy as np

from tests.support.swarms import as_analysis, swarm, wandering
from tusk_core import api
from tusk_core.config import TrackConfig


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
