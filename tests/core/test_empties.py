"""Pictures without the subject say which scores are nothing."""

from pathlib import Path

import numpy as np
import pytest

from tusk_core import api
from tusk_core.control import RunControl
from tusk_core.data.pictures import write_picture
from tusk_core.discovery.empties import above_empty, only_here
from tusk_core.discovery.proposals import Proposal
from tusk_core.events import Notice
from tusk_core.results import SourceError

SIDE = 96


def write_clouds(folder: Path, *, with_disc: bool) -> str:
    """Write pictures of soft clouds, with a red disc or without; returns the folder."""
    rng = np.random.default_rng(3)
    folder.mkdir()
    y, x = np.mgrid[:SIDE, :SIDE]
    for number in range(6):
        picture = np.kron(rng.uniform(60, 160, (6, 6, 3)), np.ones((16, 16, 1)))
        if with_disc:
            cx, cy = rng.uniform(25, SIDE - 25, 2)
            picture[np.hypot(x - cx, y - cy) < 12] = (230, 20, 20)
        write_picture(folder / f"{number}.png", picture.astype(np.uint8))
    return str(folder)


def test_what_empty_pictures_score_is_not_taken_for_a_keypoint(tmp_path: Path) -> None:
    discs = write_clouds(tmp_path / "discs", with_disc=True)
    clouds = write_clouds(tmp_path / "clouds", with_disc=False)
    out = tmp_path / "kinds"
    settings = {"num_kinds": 16, "side": SIDE, "device": "cpu", "empty": clouds}
    events = list(api.discover(discs, out, RunControl(), **settings))
    assert any(
        isinstance(event, Notice) and "6 pictures without" in event.message for event in events
    )
    predictor = api.open_predictor(out, device="cpu")
    threshold = predictor.info.config.keypoints.min_score
    with api.open_source(clouds) as source:
        best = [predictor.detect(source.read(n)).keypoints.scores.max() for n in range(6)]
    assert max(best) < threshold <= 1


def test_empty_pictures_that_are_missing_are_named_at_once(tmp_path: Path) -> None:
    discs = write_clouds(tmp_path / "discs", with_disc=True)
    with pytest.raises(SourceError, match="nowhere"):
        list(api.discover(discs, tmp_path / "kinds", RunControl(), empty=str(tmp_path / "nowhere")))
    assert not (tmp_path / "kinds").exists()


def test_a_threshold_that_is_high_enough_stays() -> None:
    proposal = Proposal(4, 10.0, 5, 7, min_score=0.6)
    assert above_empty(proposal, np.array([0.1, 0.2])) == proposal
    raised = above_empty(proposal, np.linspace(0, 1, 101)).min_score
    assert 0.95 < raised < 0.97
    assert above_empty(proposal, np.ones(3)).min_score < 1


def test_a_kind_of_the_scenery_counts_nothing() -> None:
    here, elsewhere = np.array([1.0, 0.5, 0.2]), np.array([0.0, 0.5, 0.1])
    assert only_here(here, elsewhere).tolist() == [1.0, 0.0, 0.5]
