"""The channel-wise detector that the paper compares with: one heat map for each keypoint."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from tests.support.small_models import SMALL, picture, write_model
from tusk_core import api
from tusk_core.config import ConfigError, TrainConfig, load_preset, parse_config, replaced
from tusk_core.control import RunControl
from tusk_core.events import RunFinished, StepDone
from tusk_core.nn.distributed import Team
from tusk_core.nn.keypoints import channel_positions, read_own
from tusk_core.nn.model import TuskModel
from tusk_core.results import TuskError
from tusk_core.training.session import Session

# Of the single-map model of seed 0, noted before there was another.
XY = [2.6879, 20.5352, 10.6298, 22.2986, 12.1872, 14.0982, 4.9784, 14.5001]
SCORES = [0.94812, 0.88083, 0.85613, 0.82707]
CHANNEL_WISE = {
    "keypoints.detector": "channel-wise",
    "keypoints.num_keypoints": 4,
    "prototypes.num_prototypes": 4,
}


def config(**changes: object) -> TrainConfig:
    return replaced(TrainConfig(), {**SMALL, **CHANNEL_WISE, **changes})


def test_each_keypoint_lies_where_its_own_map_is_high() -> None:
    score_maps = torch.full((1, 3, 9, 14), 0.01)
    score_maps[0, 0, 2, 3] = score_maps[0, 1, 2, 3] = 0.999999
    score_maps[0, 2, 6, 10] = score_maps[0, 2, 6, 12] = 0.999999
    xy = channel_positions(score_maps, 0.3)
    assert xy[0].flatten().tolist() == pytest.approx([3, 2, 3, 2, 11, 6], abs=1e-3)
    ramps = torch.arange(14.0).expand(1, 1, 9, 14) * torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1)
    assert read_own(ramps, xy)[0].tolist() == pytest.approx([3, 6, 33], abs=1e-2)


def test_a_flat_map_points_to_its_middle_and_certain_scores_stay_finite() -> None:
    score_maps = torch.full((1, 2, 5, 8), 0.5)
    score_maps[0, 1] = 0
    score_maps[0, 1, 4, 7] = 1
    xy = channel_positions(score_maps.requires_grad_(), 0.3)
    assert xy[0].flatten().tolist() == pytest.approx([3.5, 2, 7, 4], abs=1e-3)
    (gradient,) = torch.autograd.grad(xy.sum(), score_maps)
    assert torch.isfinite(gradient).all()


def test_gradients() -> None:
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(2, 3, 5, 7, generator=generator, dtype=torch.float64)
    maps = (0.1 + 0.8 * maps).requires_grad_()
    assert gradcheck(lambda m: channel_positions(m, 0.5), maps)
    xy = torch.tensor([[[1.3, 2.4], [3.6, 0.7], [5.2, 3.3]]], dtype=torch.float64)
    xy = xy.expand(2, -1, -1).contiguous().requires_grad_()
    assert gradcheck(read_own, (maps, xy))


def test_keypoint_k_is_channel_k_with_label_k() -> None:
    torch.manual_seed(0)
    model = TuskModel(config())
    encoded = model.encode(torch.rand(2, 3, 24, 32))
    assert encoded.score_map.shape == (2, 4, 12, 16)
    found = model.find_keypoints(encoded)
    labels, _ = model.prototypes.assign(found.descriptors, 0.1)
    assert labels.tolist() == [[0, 1, 2, 3]] * 2
    few = model.find_keypoints(encoded, 2)
    assert torch.equal(few.scores, found.scores.topk(2, dim=1).values)
    with pytest.raises(TuskError, match="at most 4"):
        model.find_keypoints(encoded, 5)


def test_settings_must_agree_and_old_settings_still_load() -> None:
    with pytest.raises(ConfigError, match=r"num_prototypes \(6\) must equal .* \(4\)"):
        config(**{"prototypes.num_prototypes": 6})
    old = TrainConfig().model_dump(mode="json")
    del old["keypoints"]["detector"], old["keypoints"]["channel_temperature"]
    assert parse_config(old) == TrainConfig()


def test_the_single_map_is_the_model_it_was() -> None:
    torch.manual_seed(0)
    model = TuskModel(replaced(TrainConfig(), SMALL))
    assert model.encoder.heat_map[3].weight.shape[0] == 1
    names = set(model.state_dict())
    assert names == set(TuskModel(config()).state_dict())
    image = torch.linspace(0, 1, 3 * 24 * 32).view(1, 3, 24, 32).sin().square()
    encoded = model.encode(image)
    found = model.find_keypoints(encoded)
    assert encoded.score_map.shape[1] == 1
    assert found.xy.flatten().tolist() == pytest.approx(XY, abs=1e-2)
    assert found.scores.flatten().tolist() == pytest.approx(SCORES, abs=1e-3)


@pytest.mark.parametrize("changes", [{}, {"decoder.kind": "unet", "decoder.background": "none"}])
def test_it_detects_and_rebuilds_pictures_of_any_size(tmp_path, changes) -> None:
    if changes:
        changes = {**changes, "decoder.blend": "sum"}
    predictor = api.open_predictor(write_model(tmp_path / "m", {**CHANNEL_WISE, **changes}))
    image = picture(61, 40)
    found = predictor.detect(image, with_heat_map=True)
    assert found.heat_map.shape == (40, 61)
    assert sorted(found.keypoints.labels.tolist()) == sorted(set(found.keypoints.labels.tolist()))
    assert np.all(np.diff(found.keypoints.scores) <= 0)
    assert predictor.reconstruct(image).composite.shape == (24, 32, 3)
    assert predictor.decode_prototypes().shape == (4, 24, 32, 3)
    with pytest.raises(TuskError, match="one heat map for each"):
        predictor.detect(image, num_keypoints=9)


def test_it_trains_saves_loads_and_detects(tmp_path) -> None:
    small = replaced(
        load_preset("quick-tetrominoes"),
        {
            "data.source": "sample:tetrominoes?count=16",
            "encoder.widths": [4, 8],
            "encoder.num_features": 8,
            "decoder.patch_size": 12,
            "decoder.patch_channels": 8,
            "keypoints.detector": "channel-wise",
            "keypoints.explore_steps": 50,
            "prototypes.num_prototypes": 3,
            "prototypes.bank_size": 64,
            "losses.information_weight": 0.1,
            "optim.batch_size": 4,
            "optim.steps": 3,
            "run.device": "cpu",
        },
    )
    first = TuskModel(small).prototypes.vectors.shape
    events = list(api.train(small, RunControl(), run_root=tmp_path))
    steps = [e for e in events if isinstance(e, StepDone)]
    assert len(steps) == 3
    # Nothing is clustered: descriptors are learned with the networks.
    assert set(steps[0].losses) == {
        "total", "reconstruction", "equivariance", "heatmap_equivariance", "binarity",
    }  # fmt: skip
    end = events[-1]
    assert isinstance(end, RunFinished)
    predictor = api.open_predictor(end.model_dir)
    assert predictor.info.prototypes.shape == tuple(first)
    assert predictor.info.usage.tolist() == pytest.approx([1 / 3] * 3, abs=1e-4)
    keypoints = predictor.detect(picture(35, 35)).keypoints
    assert set(keypoints.labels.tolist()) <= {0, 1, 2}


def test_prototypes_learn_with_the_networks() -> None:
    session = Session(config(), torch.device("cpu"), Team())
    before = session.model.prototypes.vectors.detach().clone()
    session.train_step(torch.rand(2, 3, 24, 32))
    assert (session.model.prototypes.vectors != before).any(dim=1).all()
