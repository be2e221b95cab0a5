"""Runs of a photo model from end to end, on tiny generated pictures: empty pictures, resume, ONNX,
two processes, views used several times."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.teams import TRAIN, team_of_two
from tusk_core import api
from tusk_core.config import ConfigError, TrainConfig, load_preset, replaced
from tusk_core.control import RunControl
from tusk_core.data.pictures import write_picture
from tusk_core.events import RunFinished, StepDone
from tusk_core.nn.build import build_model
from tusk_core.nn.distributed import Team
from tusk_core.nn.model_files import load_model
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.results import SourceError
from tusk_core.runs.folder import RunFolder
from tusk_core.training.batches import APART, KnownBatches
from tusk_core.training.held_out import Division

SIDE = 64


def write_rings(folder: Path, count: int, *, rings: int) -> Path:
    """Write pictures of soft clouds with so many red rings."""
    folder.mkdir()
    rng = np.random.default_rng(rings)
    y, x = np.mgrid[:SIDE, :SIDE]
    for number in range(count):
        picture = np.kron(rng.uniform(60, 160, (4, 4, 3)), np.ones((16, 16, 1)))
        for cx, cy in rng.uniform(14, SIDE - 14, (rings, 2)):
            distance = np.hypot(x - cx, y - cy)
            picture[distance < 12] = (230, 20, 20)
            picture[distance < 6] = (250, 250, 250)
        write_picture(folder / f"{number}.png", picture.astype(np.uint8))
    return folder


@pytest.fixture(scope="module")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rings(tmp_path_factory.mktemp("pictures") / "rings", 8, rings=2)


def tiny(source: Path, **changes: object) -> TrainConfig:
    settings = {
        "data.source": str(source),
        "data.width": SIDE,
        "data.height": SIDE,
        "encoder.head_width": 16,
        "encoder.num_features": 16,
        "encoder.seed_components": 16,
        "prototypes.num_prototypes": 6,
        "keypoints.num_keypoints": 3,
        "decoder.patch_size": 16,
        "decoder.patch_channels": 8,
        "losses.peaks_start": 0.0,
        "optim.batch_size": 2,
        "optim.steps": 6,
        "optim.warmup": 0,
        "pair.uses": 2,
        "run.device": "cpu",
        "run.threads": 1,
        "run.checkpoint_every": 1000,
    }
    return replaced(load_preset("quick-photos"), {**settings, **changes})


def trained(config: TrainConfig, root: Path) -> tuple[Path, list[dict[str, float]]]:
    events = list(api.train(config, RunControl(), run_root=root))
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    return finished.run_dir, [e.losses for e in events if isinstance(e, StepDone)]


def best_scores(run: Path, pictures: Path) -> list[float]:
    """Return the highest score of any kind in each picture, whichever kinds count."""
    model, _ = load_model(RunFolder(run).best_model())
    assert isinstance(model, PhotoModel)
    model.kept.fill_(1)
    source = api.open_source(str(pictures))
    images = [torch.tensor(source.read(n)).permute(2, 0, 1) / 255 for n in range(len(source))]
    with torch.no_grad():
        maps = model.encode(torch.stack(images)).kind_maps
    scores: list[float] = maps.flatten(1).amax(dim=1).tolist()
    return scores


@pytest.mark.slow
def test_pictures_marked_as_empty_score_lower(rings: Path, tmp_path: Path) -> None:
    empty = write_rings(tmp_path / "empty", 4, rings=0)
    quickly = {"optim.steps": 30, "optim.learning_rate": 0.01}
    plain, _ = trained(tiny(rings, **quickly), tmp_path / "plain")
    changes = {**quickly, "data.empty": str(empty), "losses.empty_weight": 10.0}
    taught, losses = trained(tiny(rings, **changes), tmp_path / "taught")
    assert losses[-1]["empty"] < 0.8 * losses[0]["empty"]
    before, after = np.mean(best_scores(plain, empty)), np.mean(best_scores(taught, empty))
    assert after < 0.8 * before


def test_empty_pictures_that_cannot_be_used_are_told_in_a_sentence(
    rings: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="quick-photos"):
        replaced(load_preset("quick-default"), {"data.empty": str(rings)})
    with pytest.raises(SourceError, match="nowhere"):
        trained(tiny(rings, **{"data.empty": str(tmp_path / "nowhere")}), tmp_path / "runs")


@pytest.mark.slow
def test_a_stopped_run_resumes_bit_for_bit(rings: Path, tmp_path: Path) -> None:
    config = tiny(rings, **{"data.empty": str(rings)})
    whole, expected = trained(config, tmp_path / "whole")
    control, run = RunControl(), None
    for event in api.train(config, control, run_root=tmp_path / "parts"):
        if isinstance(event, StepDone) and event.step == 3:
            control.request_stop()
        run = event.run_dir if isinstance(event, RunFinished) else run
    assert run is not None
    rest = [e.losses for e in api.resume(run, RunControl()) if isinstance(e, StepDone)]
    assert rest == expected[3:]
    first, second = (api.open_predictor(folder, device="cpu") for folder in (whole, run))
    for name, tensor in first.model.state_dict().items():
        assert torch.equal(tensor, second.model.state_dict()[name]), name


@pytest.mark.slow
def test_two_processes_learn_what_one_learns(rings: Path, tmp_path: Path) -> None:
    # The information between views belongs to a batch: halves of it have another.
    config = tiny(
        rings,
        **{"optim.batch_size": 4, "optim.steps": 3, "losses.dense_information_weight": 0.0},
    )
    _, alone = trained(config, tmp_path / "one")
    with team_of_two(TRAIN, config.model_dump_json(), str(tmp_path / "two")):
        _, together = trained(config, tmp_path / "two")
    assert len(together) == len(alone) == 3
    for one, two in zip(alone, together, strict=True):
        assert two["membership"] == pytest.approx(one["membership"], rel=2e-3)


@pytest.mark.slow
def test_without_a_decoder_the_encoder_leaves_as_onnx(rings: Path, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    config = tiny(rings, **{"decoder.kind": "none", "decoder.background": "black"})
    run, _ = trained(config, tmp_path / "runs")
    out = tmp_path / "onnx"
    written = api.export_model(run, out, file_format="onnx")
    assert [path.name for path in written] == ["encoder.onnx", "model.json"]
    picture = api.open_source(str(rings)).read(0)
    expected = api.open_predictor(run, device="cpu").detect(picture).keypoints
    session = runtime.InferenceSession(str(out / "encoder.onnx"))
    image = picture.astype(np.float32).transpose(2, 0, 1)[None] / 255
    xy, scores = session.run(["xy", "scores"], {"image": image})
    count = len(expected.scores)
    assert count
    np.testing.assert_allclose(xy[0, :count], expected.xy, atol=0.05)
    np.testing.assert_allclose(scores[0, :count], expected.scores, atol=1e-3)
    assert not scores[0, count:].any()


def test_a_pair_of_views_serves_several_steps_and_is_made_once(rings: Path) -> None:
    config = tiny(rings, **{"optim.batch_size": 5, "pair.uses": 3})
    images = np.random.default_rng(0).integers(0, 256, (9, SIDE, SIDE, 3), np.uint8)
    division = Division(images, np.arange(9), np.arange(0))
    model = build_model(config)
    assert isinstance(model, PhotoModel)
    made = []
    model.trunk.register_forward_hook(lambda _module, inputs, _out: made.append(len(inputs[0])))
    batches = KnownBatches(config, division, None, model.trunk, Team())
    first = batches.of(0)
    assert len(first.first) == 5
    assert made == [4, 4, 4]  # two pairs of each age; one of the oldest is left out
    later = batches.of(APART)
    assert made == [4, 4, 4, 4]
    # What was new is older now: it comes after the new pairs, the same to the last digit.
    torch.testing.assert_close(later.first[2:4], first.first[:2], rtol=0, atol=0)
    again = KnownBatches(config, division, None, model.trunk, Team()).of(APART)
    torch.testing.assert_close(again.second, later.second, rtol=0, atol=0)
    assert again.taps is not None
    assert later.taps is not None
    torch.testing.assert_close(again.taps[1].coarse, later.taps[1].coarse, rtol=0, atol=0)
