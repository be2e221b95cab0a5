"""The predictor: sizes, coordinates, batches, layers, edits."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from tests.support.small_models import KINDS, picture, write_model
from tusk_core.api import open_predictor
from tusk_core.geometry.grids import map_to_picture
from tusk_core.inference.laid import on_canvas
from tusk_core.inference.lifting import cells_to_canvas, heat_map_of, lift
from tusk_core.inference.predictor import TorchPredictor, load_predictor
from tusk_core.inference.rebuilding import mask_of
from tusk_core.nn.keypoint_set import KeypointSet
from tusk_core.results import Keypoints, ModelFileError, TuskError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(params=list(KINDS))
def any_predictor(request: pytest.FixtureRequest, tmp_path: Path) -> TorchPredictor:
    return load_predictor(write_model(tmp_path / "m", KINDS[request.param]), device="cpu")


@pytest.fixture
def predictor(tmp_path: Path) -> TorchPredictor:
    return load_predictor(write_model(tmp_path / "m"), device="cpu")


def test_detection_has_documented_shapes(any_predictor: TorchPredictor) -> None:
    detection = any_predictor.detect(picture(), with_heat_map=True)
    points = detection.keypoints
    count = len(points.scores)
    assert 1 <= count <= 4
    assert detection.size == (45, 31)
    assert points.xy.shape == (count, 2)
    assert points.xy.dtype == np.float32
    assert points.labels.dtype == np.int32
    assert points.descriptors.shape == (count, 8)
    assert np.allclose(np.linalg.norm(points.descriptors, axis=1), 1, atol=1e-5)
    assert (np.diff(points.scores) <= 0).all()
    assert ((points.xy >= 0) & (points.xy <= np.array([44, 30]))).all()
    assert detection.heat_map is not None
    assert detection.heat_map.shape == (31, 45)
    assert not points.xy.flags.writeable
    assert not detection.heat_map.flags.writeable


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("size", [(96, 72), (45, 31), (31, 80), (32, 24), (20, 17)])
def test_heat_map_and_keypoints_agree_on_where_things_are(
    fit: str, size: tuple[int, int], tmp_path: Path
) -> None:
    predictor = load_predictor(write_model(tmp_path / "m", {"data.fit": fit}), device="cpu")
    placement = predictor.placement(size)
    y, x = np.mgrid[:12, :16].astype(np.float32)
    hill = np.exp(-((x - 7.3) ** 2 + (y - 5.6) ** 2) / 2)
    heat_map = heat_map_of(hill, 2, placement, size)
    rows, columns = np.mgrid[: size[1], : size[0]]
    middle = [(heat_map * columns).sum(), (heat_map * rows).sum()] / heat_map.sum()
    cells = torch.tensor([7.3, 5.6])
    expected = placement.to_original(map_to_picture(cells, 2).numpy())
    assert heat_map.shape == size[::-1]
    assert np.allclose(middle, expected, atol=0.15)


def test_points_move_with_the_picture_by_whole_cells(predictor: TorchPredictor) -> None:
    # At the network's own scale, the original's pixels are the network's.
    image = picture(32, 24)
    large = np.repeat(np.repeat(image, 2, 0), 2, 1)
    small_xy = predictor.detect(image).keypoints.xy
    large_xy = predictor.detect(large).keypoints.xy
    assert np.allclose(large_xy, small_xy * 2 + 0.5, atol=1e-3)


def test_many_equals_one_by_one(any_predictor: TorchPredictor) -> None:
    images = [picture(45, 31, 1), picture(20, 50, 2), picture(33, 33, 3)]
    many = any_predictor.detect_many(images)
    for image, detection in zip(images, many, strict=True):
        alone = any_predictor.detect(image).keypoints
        assert np.allclose(alone.xy, detection.keypoints.xy, atol=1e-3)
        assert np.allclose(alone.scores, detection.keypoints.scores, atol=1e-5)
        assert (alone.labels == detection.keypoints.labels).all()
    assert any_predictor.detect_many([]) == []


def test_number_of_keypoints_and_threshold_can_change(predictor: TorchPredictor) -> None:
    image = picture()
    some = predictor.detect(image).keypoints.scores
    assert len(predictor.detect(image, num_keypoints=1).keypoints.scores) == 1
    assert len(predictor.detect(image, num_keypoints=9).keypoints.scores) > len(some)
    limit = float(some[1])
    assert (predictor.detect(image, min_score=limit).keypoints.scores >= limit).all()
    assert len(predictor.detect(image, min_score=1.0).keypoints.scores) == 0
    assert len(predictor.detect(image, num_keypoints=10_000).keypoints.scores) <= 16 * 12


@pytest.mark.parametrize("size", [(32, 24), (33, 25), (64, 48), (50, 70)])
def test_any_network_size_works(any_predictor: TorchPredictor, size: tuple[int, int]) -> None:
    detection = any_predictor.detect(picture(), network_size=size, with_heat_map=True)
    assert detection.heat_map is not None
    assert detection.heat_map.shape == (31, 45)


def test_a_network_side_it_cannot_divide(tmp_path: Path) -> None:
    for kind, changes in KINDS.items():
        odd = {**changes, "data.width": 30, "data.height": 22, "encoder.stem_stride": 4}
        predictor = load_predictor(write_model(tmp_path / kind, odd), device="cpu")
        result = predictor.reconstruct(picture())
        assert result.composite.shape == (22, 30, 3)


def test_grey_models_and_grey_pictures(tmp_path: Path) -> None:
    predictor = load_predictor(write_model(tmp_path / "m", {"data.channels": 1}), device="cpu")
    grey = picture()[..., 0]
    result = predictor.reconstruct(grey)
    assert result.composite.shape == (24, 32, 3)
    assert (result.composite[..., 0] == result.composite[..., 2]).all()
    three = np.repeat(grey[..., None], 3, axis=2)
    assert np.allclose(predictor.detect(grey).keypoints.xy, predictor.detect(three).keypoints.xy)


@pytest.mark.parametrize(
    "bad",
    [np.zeros((4, 4, 3), np.float32), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)],
)
def test_what_is_no_picture_is_refused(predictor: TorchPredictor, bad: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="expected"):
        predictor.detect(bad)


def test_reconstruction_has_documented_shapes(any_predictor: TorchPredictor) -> None:
    result = any_predictor.reconstruct(picture())
    count = len(any_predictor.detect(picture()).keypoints.scores)
    layers = 0 if any_predictor.info.config.decoder.blend == "sum" else count
    assert result.composite.shape == result.target.shape == result.background.shape == (24, 32, 3)
    assert result.rgb.shape == (layers, 24, 32, 3)
    assert result.alpha.shape == (layers, 24, 32)
    assert result.mask.shape == (24, 32)
    assert result.mask.max() <= count
    assert result.contributions.shape == (count,)
    difference = result.composite.astype(float) - result.target
    assert result.error == pytest.approx(np.square(difference / 255).mean(), abs=2e-3)
    if layers:
        assert (result.alpha.sum(axis=0) <= 1 + 1e-4).all()
        behind = 1 - result.alpha.sum(axis=0)
        if any_predictor.info.config.decoder.background != "none":
            expected = np.where(behind > result.alpha.max(axis=0), 0, 1)
            close = np.abs(behind - result.alpha.max(axis=0)) < 1e-4
            assert ((result.mask > 0) == (expected > 0))[~close].all()


def test_contributions_equal_really_leaving_a_keypoint_out(any_predictor: TorchPredictor) -> None:
    image = picture()
    points = any_predictor.detect(image).keypoints
    whole = any_predictor.reconstruct(image, points)
    if any_predictor.info.config.decoder.blend == "sum":
        # There a left-out keypoint is one with no weight.
        def without(k: int) -> Keypoints:
            scores = points.scores.copy()
            scores[k] = 0
            return dataclasses.replace(points, scores=scores)
    else:

        def without(k: int) -> Keypoints:
            kept = np.arange(len(points.scores)) != k
            values = {f.name: getattr(points, f.name)[kept] for f in dataclasses.fields(points)}
            return Keypoints(**values)

    for k in range(len(points.scores)):
        error = any_predictor.reconstruct(image, without(k)).error
        assert whole.contributions[k] == pytest.approx(error - whole.error, abs=2e-5)


def test_detected_keypoints_given_back_change_nothing(any_predictor: TorchPredictor) -> None:
    image = picture()
    points = any_predictor.detect(image).keypoints
    given = any_predictor.reconstruct(image, points)
    own = any_predictor.reconstruct(image)
    assert (given.composite == own.composite).all()


def test_a_moved_keypoint_moves_its_layer(predictor: TorchPredictor) -> None:
    image = picture(64, 48)
    points = predictor.detect(image).keypoints
    xy = points.xy.copy()
    xy[0] = [32.5, 24.5]
    before = predictor.reconstruct(image, dataclasses.replace(points, xy=xy))
    xy = xy.copy()
    xy[0] += [8, 6]  # four network pixels right, three down
    after = predictor.reconstruct(image, dataclasses.replace(points, xy=xy))
    moved = before.rgb[0][6:15, 8:20]
    assert np.abs(after.rgb[0][9:18, 12:24].astype(int) - moved).max() <= 1


def test_no_keypoints_leave_the_background(any_predictor: TorchPredictor) -> None:
    points = any_predictor.detect(picture()).keypoints
    none = Keypoints(**{f.name: getattr(points, f.name)[:0] for f in dataclasses.fields(points)})
    result = any_predictor.reconstruct(picture(), none)
    assert result.composite.shape == (24, 32, 3)
    assert result.contributions.shape == (0,)
    assert (result.mask == 0).all()


def test_prototypes_are_drawn_in_the_middle(any_predictor: TorchPredictor) -> None:
    pictures = any_predictor.decode_prototypes()
    assert pictures.shape == (6, 24, 32, 3)
    assert (any_predictor.decode_prototypes([4, 1]) == pictures[[4, 1]]).all()
    assert any_predictor.decode_prototypes([]).shape == (0, 24, 32, 3)
    if any_predictor.info.config.decoder.kind == "patch":
        assert pictures[:, :5].max() == 0
        assert pictures[:, 12, 16].max() > 0


def test_errors_agree_with_reconstruction(any_predictor: TorchPredictor) -> None:
    images = [picture(32, 24, seed) for seed in range(3)]
    detections, errors = any_predictor.detect_with_errors(images)
    assert len(detections) == 3
    for image, error in zip(images, errors, strict=True):
        assert any_predictor.reconstruct(image).error == pytest.approx(float(error), abs=1e-4)
    assert any_predictor.detect_with_errors([])[0] == []


def test_nothing_global_changes(predictor: TorchPredictor) -> None:
    state = torch.get_rng_state()
    predictor.reconstruct(picture())
    assert torch.equal(state, torch.get_rng_state())
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_info_tells_what_the_model_is(tmp_path: Path) -> None:
    predictor = open_predictor(write_model(tmp_path / "m"), device="cpu")
    info = predictor.info
    assert (info.step, info.name, info.device) == (7, "small", "cpu")
    assert info.prototypes.shape == (6, 8)
    assert np.allclose(np.linalg.norm(info.prototypes, axis=1), 1, atol=1e-5)
    assert info.usage.sum() == pytest.approx(1, abs=1e-5)
    assert len(info.fingerprint) == 16
    assert info.num_parameters > 0


def test_models_are_found_by_folder_file_and_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_model(tmp_path / "m")
    for way in (folder, str(folder), folder / "config.json", folder / "model.safetensors"):
        assert open_predictor(way, device="cpu").info.path == folder
    monkeypatch.setattr(
        "tusk_core.inference.model_paths.bundled_models", lambda: {"tetrominoes": folder}
    )
    assert open_predictor("tetrominoes", device="cpu").info.path == folder
    with pytest.raises(ModelFileError, match="tetrominoes"):
        open_predictor("nothing-like-it", device="cpu")


@pytest.mark.parametrize("name", ["missing", "", "\0", "a" * 5000])
def test_models_that_are_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError):
        open_predictor(f"{tmp_path}/{name}" if name != "" else name, device="cpu")


def test_a_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "weights.pt").write_bytes(b"PK")
    with pytest.raises(ModelFileError, match="folder"):
        open_predictor(tmp_path / "weights.pt")


def test_an_unknown_device_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TuskError, match="cannot be used"):
        open_predictor(write_model(tmp_path / "m"), device="cuda:77")


def test_cells_lie_on_pixel_centres() -> None:
    ramp = np.tile(np.arange(8, dtype=np.float32), (4, 1))
    canvas = cells_to_canvas(ramp, 2, (15, 7))
    assert canvas.shape == (7, 15)
    # Cell i is centred on pixel 2 i + 0.5.
    assert np.allclose(canvas[3, 1:14], (np.arange(1, 14) - 0.5) / 2)


def test_lifting_leaves_cropped_parts_empty(tmp_path: Path) -> None:
    predictor = load_predictor(write_model(tmp_path / "m", {"data.fit": "crop"}), device="cpu")
    placement = predictor.placement((100, 24))
    lifted = lift(np.ones((24, 32, 3), np.uint8), placement, (100, 24))
    assert lifted.shape == (24, 100, 3)
    assert lifted[:, :34].max() == 0
    assert (lifted[:, 34:66] == 1).all()


def test_a_mask_has_room_for_255_keypoints() -> None:
    alpha = np.zeros((300, 1, 300), np.float32)
    alpha[np.arange(300), 0, np.arange(300)] = 1
    mask = mask_of(alpha, np.full((1, 300), 0.5, np.float32))
    assert (mask[0, :255] == np.arange(1, 256)).all()
    assert (mask[0, 255:] == 0).all()


def test_a_keypoint_set_is_what_the_model_takes(predictor: TorchPredictor) -> None:
    points = predictor.detect(picture()).keypoints
    length = predictor.info.config.encoder.num_features
    made = on_canvas(points, predictor.placement((45, 31)), length, torch.device("cpu"))
    assert isinstance(made, KeypointSet)
    back = predictor.placement((45, 31)).to_original(made.xy[0].numpy())
    assert np.allclose(back, points.xy, atol=1e-4)
