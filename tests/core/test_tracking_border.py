"""Who leaves across the picture's border is gone; who walks along it or turns round is not."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.swarms import SIDE, Swarm, swarm
from tusk_core.config import TrackConfig
from tusk_core.tracking.tracker import track_whole

FRAMES = 160
AWAY = slice(80, 110)


def individuals(made: Swarm, one: int, config: TrackConfig | None = None) -> set[int]:
    """Return as whom a true individual is known, in all frames."""
    tracks = track_whole(made.stretch, made.num_kinds, config or TrackConfig(), (SIDE, SIDE))
    return set(tracks.individuals[made.truth == one].tolist()) - {-1}


def bystander() -> np.ndarray:
    frames = np.arange(FRAMES)
    return np.stack([60 + 0.5 * frames, np.full(FRAMES, 100.0)], axis=1)


def leaving_and_entering(gap: int, turn: int) -> Swarm:
    """One leaves by a border (bottom, left, top or right), another comes in there."""
    paths = np.full((FRAMES, 3, 2), np.nan)
    step = np.arange(40.0)
    paths[:40, 0] = np.stack([200 + 0 * step, SIDE - 2 - 10 * step[::-1]], axis=1)
    paths[40 + gap : 80 + gap, 1] = np.stack([212 + 0 * step, SIDE - 2 - 10 * step], axis=1)
    for _ in range(turn):
        paths = np.stack([SIDE - 1 - paths[..., 1], paths[..., 0]], axis=2)
    paths[:, 2] = bystander()
    return swarm(paths)


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("gap", [8, 30, 70])
def test_another_who_enters_where_one_has_left_gets_a_new_number(gap: int, turn: int) -> None:
    made = leaving_and_entering(gap, turn)
    first, second = individuals(made, 0), individuals(made, 1)
    assert len(first) == len(second) == 1
    assert not first & second


def test_where_their_number_is_known_the_one_who_enters_is_the_one_who_left() -> None:
    made = leaving_and_entering(30, 0)
    known = TrackConfig(num_individuals=2)
    assert individuals(made, 0, known) == individuals(made, 1, known)


@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_who_walks_along_the_border_and_is_unseen_for_a_while_stays_the_same(slope: float) -> None:
    paths = np.full((FRAMES, 2, 2), np.nan)
    frames = np.arange(FRAMES)
    paths[:, 0] = np.stack([30 + 2.0 * frames, 20 - slope * frames], axis=1)
    paths[AWAY, 0] = np.nan
    paths[:, 1] = bystander() + np.array([0, 200])
    assert len(individuals(swarm(paths), 0)) == 1


def test_who_stops_before_the_border_is_not_gone() -> None:
    paths = np.full((FRAMES, 2, 2), np.nan)
    x = np.minimum(100 + 5.0 * np.arange(FRAMES), SIDE - 12)
    paths[:, 0] = np.stack([x, np.full(FRAMES, 300.0)], axis=1)
    paths[AWAY, 0] = np.nan
    paths[:, 1] = bystander()
    assert len(individuals(swarm(paths), 0)) == 1
