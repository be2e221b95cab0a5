"""Settings that fit alone, but not together, are refused with the limit."""

from __future__ import annotations

import pytest

from tusk_core.cli import main
from tusk_core.config import ConfigError, TrainConfig, replaced
from tusk_core.training.estimate import _probe

SMALL = {"data.width": 32, "data.height": 32, "encoder.stem_stride": 2}


def test_keypoints_are_at_most_the_places_of_the_heat_map(capsys, tmp_path):
    fits = replaced(TrainConfig(), {**SMALL, "keypoints.num_keypoints": 256})
    assert fits.keypoints.num_keypoints == 256
    with pytest.raises(ConfigError, match="at most 256 here, got 257"):
        replaced(fits, {"keypoints.num_keypoints": 257})
    with pytest.raises(ConfigError, match="at most 128"):
        replaced(fits, {"data.height": 16})
    line = ["train", "--data", "sample:tetrominoes?count=4"]
    line += ["--run-root", str(tmp_path / "runs")]
    settings = {**SMALL, "keypoints.num_keypoints": 300}
    for name, value in settings.items():
        line += ["--set", f"{name}={value}"]
    assert main(line) == 2
    assert "at most 256" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_probe_of_many_keypoints_still_has_a_place_for_each():
    many = {"data.width": 640, "data.height": 480, "keypoints.num_keypoints": 512}
    probe, _ = _probe(replaced(TrainConfig(), {**many, "optim.batch_size": 512}))
    assert probe.keypoints.num_keypoints == 512
