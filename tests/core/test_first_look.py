"""What pictures are, and what they ask for, before anything is discovered or trained."""

import numpy as np
import pytest

from tests.core.test_discovery import _pictures
from tusk_core import api
from tusk_core.control import Cancelled, RunControl
from tusk_core.data.pictures import write_picture


def judged(source) -> bool:
    with api.open_source(str(source)) as opened:
        return api.looks_photographic(opened)


@pytest.fixture(scope="module")
def rings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rings")
    _pictures(folder, 6)
    return folder


def test_photographs_are_told_from_what_was_drawn(tmp_path):
    rng = np.random.default_rng(0)
    for name, size in (("photos", 96), ("tiny", 40)):
        folder = tmp_path / name
        folder.mkdir()
        for number in range(2):
            picture = rng.normal(120, 30, (size, size, 3)).clip(0, 255)
            write_picture(folder / f"{number}.png", picture.astype(np.uint8))
    drawn = tmp_path / "drawn"
    drawn.mkdir()
    for number in range(2):
        picture = np.zeros((96, 96, 3), np.uint8)
        picture[20:50, 10 * number : 10 * number + 40] = (200, 40, 90)
        write_picture(drawn / f"{number}.png", picture)
    assert judged(tmp_path / "photos")
    assert not judged(tmp_path / "tiny")
    assert not judged(drawn)
    assert not judged("sample:tetrominoes?count=3")
    assert judged("sample:flies")


def test_one_damaged_picture_does_not_decide(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(3):
        picture = rng.integers(0, 255, (80, 80, 3)).astype(np.uint8)
        write_picture(tmp_path / f"{number}.png", picture)
    content = (tmp_path / "0.png").read_bytes()
    (tmp_path / "0.png").write_bytes(content[: len(content) // 2])
    assert judged(tmp_path)


def test_a_first_look_proposes_what_the_pictures_ask_for(rings, tmp_path, monkeypatch):
    monkeypatch.setenv("TUSK_HOME", str(tmp_path))
    proposal = api.propose_settings(str(rings), RunControl(), device="cpu")
    assert proposal.num_pictures == 6
    assert proposal.num_recurring >= 1
    assert proposal.num_keypoints >= proposal.num_recurring >= 1
    assert proposal.num_prototypes >= max(16, 3 * proposal.num_recurring)
    assert proposal.num_prototypes % 8 == 0
    # A ring is 28 of 160 pixels wide; kinds may be parts of it, or a little more.
    assert 0.04 < proposal.keypoint_share < 0.35


def test_a_first_look_can_be_stopped(rings, tmp_path, monkeypatch):
    monkeypatch.setenv("TUSK_HOME", str(tmp_path))
    control = RunControl()
    control.request_stop()
    with pytest.raises(Cancelled):
        api.propose_settings(str(rings), control, device="cpu")
