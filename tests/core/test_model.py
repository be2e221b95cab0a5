"""The whole model: shapes for every setting, sizes, parameters, files."""

import json

import pytest
import torch

from tusk_core.config import TrainConfig, load_preset, preset_names, replaced
from tusk_core.nn.build import build_model
from tusk_core.nn.device import choose_device, list_devices
from tusk_core.nn.model import TuskModel
from tusk_core.nn.model_files import SETTINGS, WEIGHTS, load_model, read_meta, save_model
from tusk_core.results import ModelFileError, TuskError


def tiny(**changes: object) -> TrainConfig:
    base = replaced(
        TrainConfig(),
        {
            "encoder.widths": [4, 8],
            "encoder.num_features": 8,
            "decoder.widths": [4, 8],
            "decoder.patch_size": 8,
            "decoder.patch_channels": 8,
            "data.width": 24,
            "data.height": 24,
            "keypoints.num_keypoints": 3,
            "prototypes.num_prototypes": 5,
        },
    )
    return replaced(base, changes)


def test_paper_networks_have_the_paper_s_size() -> None:
    model = TuskModel(load_preset("paper-mnist-hard"))
    assert sum(p.numel() for p in model.encoder.parameters()) == 1_960_323
    assert sum(p.numel() for p in model.decoder.parameters()) == 1_958_115


@pytest.mark.parametrize("size", [(24, 24), (35, 35), (33, 50)])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"decoder.background": "learned"},
        {"decoder.background": "latent"},
        {"decoder.kind": "unet", "decoder.presence": False, "decoder.background": "none"},
        {"decoder.kind": "unet", "decoder.background": "black"},
        {"decoder.kind": "unet", "decoder.blend": "sum", "decoder.background": "none"},
        {"encoder.stem_stride": 1},
        {"encoder.stem_stride": 4, "data.channels": 1},
        {"keypoints.descriptor_sampling": "nearest"},
    ],
)
def test_any_picture_is_encoded_and_rebuilt_at_its_own_size(
    size: tuple[int, int], changes: dict[str, object]
) -> None:
    config = tiny(**changes)
    model = TuskModel(config)
    images = torch.rand(2, config.data.channels, size[1], size[0])
    encoded = model.encode(images)
    keypoints = model.find_keypoints(encoded)
    decoded = model.decode(keypoints, encoded.size, encoded.code)
    assert decoded.composite.shape == images.shape
    assert decoded.composite.min() >= 0
    assert decoded.composite.max() <= 1 + 1e-5
    assert keypoints.xy.shape == (2, 3, 2)
    assert (keypoints.xy >= -0.5 * model.stride).all()
    assert (keypoints.xy <= torch.tensor(size) - 1 + model.stride).all()
    assert torch.allclose(keypoints.descriptors.norm(dim=-1), torch.ones(2, 3), atol=1e-5)
    if decoded.shares is not None:
        total = decoded.shares.sum(1)
        if decoded.background_share is not None:
            total = total + decoded.background_share
        assert torch.allclose(total, torch.ones_like(total), atol=1e-4)


def test_k_can_change_after_training_and_may_exceed_the_map() -> None:
    torch.manual_seed(0)
    model = TuskModel(tiny())
    encoded = model.encode(torch.rand(1, 3, 24, 24))
    many = model.find_keypoints(encoded, 40)
    few = model.find_keypoints(encoded, 2)
    assert torch.allclose(many.xy[:, :2], few.xy)
    assert model.find_keypoints(encoded, 10_000).xy.shape[1] == 12 * 12
    assert (many.scores[:, -1] == 0).all()  # the map has fewer peaks than that


def test_moving_a_keypoint_moves_what_is_drawn_and_has_a_gradient() -> None:
    torch.manual_seed(0)
    model = TuskModel(tiny())
    encoded = model.encode(torch.rand(1, 3, 24, 24))
    keypoints = model.find_keypoints(encoded, 1)
    xy = keypoints.xy.detach().clone().requires_grad_()
    moved = type(keypoints)(xy, keypoints.scores.detach(), keypoints.descriptors.detach())
    shares = model.decode(moved, (24, 24)).shares
    columns = torch.arange(24.0)
    centre = (shares[0, 0].sum(0) * columns).sum() / shares.sum()
    (gradient,) = torch.autograd.grad(centre, xy)
    assert gradient[0, 0, 0] > 0.5


def test_model_file_round_trip(tmp_path) -> None:
    model = TuskModel(tiny())
    save_model(tmp_path / "m", model, step=7, usage=[0.2] * 5, name="tiny")
    loaded, meta = load_model(tmp_path / "m")
    assert (meta.step, meta.name, meta.config) == (7, "tiny", model.config)
    assert all(
        torch.equal(a, b)
        for a, b in zip(model.state_dict().values(), loaded.state_dict().values(), strict=True)
    )
    save_model(tmp_path / "h", model, step=7, usage=[0.2] * 5, name="tiny", half=True)
    assert (tmp_path / "h" / WEIGHTS).stat().st_size < 0.7 * (
        tmp_path / "m" / WEIGHTS
    ).stat().st_size
    assert (tmp_path / "m" / "README.md").read_text().startswith("---")
    assert load_model(tmp_path / "m")[1].fingerprint == meta.fingerprint


def test_bad_model_folders_are_refused_in_a_sentence(tmp_path) -> None:
    folder = tmp_path / "m"
    with pytest.raises(ModelFileError, match="no model folder"):
        load_model(folder)
    folder.mkdir()
    with pytest.raises(ModelFileError, match="not a model folder"):
        load_model(folder)
    save_model(folder, TuskModel(tiny()), step=1, usage=[], name="x")
    values = json.loads((folder / SETTINGS).read_text())
    for change, match in (
        ({"model_schema": 99}, "newer version"),
        ({"config": {"nonsense": 1}}, "nonsense"),
        ({"config": {**values["config"], "prototypes": {"num_prototypes": 6}}}, "shape"),
    ):
        (folder / SETTINGS).write_text(json.dumps({**values, **change}))
        with pytest.raises(ModelFileError, match=match):
            load_model(folder)
    (folder / SETTINGS).write_text(json.dumps(values))
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelFileError, match="damaged"):
        load_model(folder)
    assert read_meta(folder).usage == (0.2,) * 5


def test_weights_that_are_not_numbers_are_refused(tmp_path) -> None:
    model = TuskModel(tiny())
    with torch.no_grad():
        model.prototypes.vectors[0, 0] = torch.nan
    save_model(tmp_path, model, step=1, usage=[], name="x")
    with pytest.raises(ModelFileError, match="not finite"):
        load_model(tmp_path)


def test_every_preset_builds_a_model() -> None:
    for name in preset_names():
        with torch.device("meta"):
            build_model(load_preset(name))


def test_devices_come_with_a_reason() -> None:
    devices = list_devices()
    assert choose_device("auto") == devices[0]
    assert all(d.reason for d in devices)
    assert choose_device("cpu").name == "cpu"
    if not torch.cuda.is_available():
        (missing,) = [d for d in devices if d.name == "cuda"]
        for name in ("cuda", "cuda:3"):
            with pytest.raises(TuskError, match=name) as refused:
                choose_device(name)
            assert missing.reason in str(refused.value)
