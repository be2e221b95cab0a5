"""Settings that fit alone, but not together, are refused with the limit."""

from __future__ import annotations

import pytest

from tests.support.small_models import picture, write_model
from tusk_core.cli import main
from tusk_core.config import ConfigError, TrainConfig, replaced
from tusk_core.inference.counts import most_keypoints
from tusk_core.inference.predictor import load_predictor
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


@pytest.mark.parametrize(
    "line",
    [
        ["detect", "MODEL", "sample:tetrominoes?count=2", "--out", "OUT.h5"],
        ["detect", "MODEL", "sample:tetrominoes?count=2", "--out", "OUT.csv"],
        ["track", "MODEL", "sample:tetrominoes?count=2", "--out", "OUT.h5"],
        ["reconstruct", "MODEL", "sample:tetrominoes?count=2", "--out", "OUT"],
        ["export", "MODEL", "--format", "onnx", "--out", "OUT"],
        [
            "export",
            "MODEL",
            "--data",
            "sample:tetrominoes?count=2",
            "--format",
            "csv",
            "--out",
            "OUT.csv",
        ],
        ["evaluate", "MODEL", "--protocol", "detection", "--data", "sample:tetrominoes?count=2"],
    ],
    ids=lambda line: " ".join(line[:1] + line[-1:]),
)
def test_every_command_refuses_more_keypoints_than_places(capsys, tmp_path, line):
    model = write_model(tmp_path / "model")  # 32 × 24 px
    places = most_keypoints(load_predictor(model, device="cpu").model)
    assert places == 192
    out = str(tmp_path / "out")
    line = [part.replace("MODEL", str(model)).replace("OUT", out) for part in line]
    assert main([*line, "--num-keypoints", str(places + 1)]) == 2
    assert "At most 192 keypoints" in capsys.readouterr().err
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent for path in left} == {model}


def test_as_many_keypoints_as_places_are_found(tmp_path):
    model = write_model(tmp_path / "model", {"keypoints.nms_window": 1})
    predictor = load_predictor(model, device="cpu")
    found = predictor.detect(picture(32, 24), num_keypoints=192)
    assert 150 <= len(found.keypoints.scores) <= 192


def test_a_probe_of_many_keypoints_still_has_a_place_for_each():
    many = {"data.width": 640, "data.height": 480, "keypoints.num_keypoints": 512}
    probe, _ = _probe(replaced(TrainConfig(), {**many, "optim.batch_size": 512}))
    assert probe.keypoints.num_keypoints == 512
