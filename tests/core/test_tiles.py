"""Crops that are learned from and tiles that are searched: covered, seamless, the same again."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from tests.core.test_evaluation_models import make_model
from tusk_core import api
from tusk_core.config import DataConfig
from tusk_core.data.cache import build_cache, build_empty_cache
from tusk_core.data.crops import count_crops, crop_windows
from tusk_core.data.pictures import write_picture
from tusk_core.data.windows import place_window, tiles_of, window_size
from tusk_core.inference.tiles import detect_in_tiles, keep_better, make_tiling
from tusk_core.results import Detection, Keypoints, TuskError
from tusk_core.training.held_out import divide

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.mark.parametrize("size", [(1000, 700), (100, 700), (64, 48), (65, 48), (5000, 49)])
def test_tiles_cover_every_pixel_and_overlap(size: tuple[int, int]) -> None:
    covered = np.zeros(size[::-1], int)
    tiles = tiles_of(size, (64, 48))
    for tile in tiles:
        covered[tile.y : tile.y + tile.height, tile.x : tile.x + tile.width] += 1
        assert (tile.width, tile.height) == (min(64, size[0]), min(48, size[1]))
    assert covered.min() == 1
    columns = sorted({tile.x for tile in tiles})
    assert all(b - a <= 48 for a, b in itertools.pairwise(columns))


def dots(image: NDArray[np.uint8], canvas: tuple[int, int]) -> Detection:
    """Find the middles of white blobs; their kind is their red value."""
    _, _, _, middles = cv2.connectedComponentsWithStats((image[..., 1] > 128).astype(np.uint8))
    xy = middles[1:].astype(np.float32)
    near = np.round(xy).astype(int)
    kinds = image[near[:, 1], near[:, 0], 0].astype(np.int32)
    count = len(xy)
    found = Keypoints(
        xy, np.full(count, 0.5, np.float32), kinds, np.ones((count, 2), np.float32),
        np.ones(count, np.float32),
    )  # fmt: skip
    return Detection((image.shape[1], image.shape[0]), found, (image[..., 1] / 255).astype("f4"), 1)


class Dots:
    """Remembers how the network would have been called."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, tuple[int, int]]] = []

    def __call__(
        self, images: Sequence[NDArray[np.uint8]], canvas: tuple[int, int]
    ) -> list[Detection]:
        self.calls.append((len(images), canvas))
        return [dots(image, canvas) for image in images]


def test_things_on_seams_are_found_once_and_where_they_are() -> None:
    picture = np.zeros((300, 430, 3), np.uint8)
    places = np.array([(x, y) for x in range(12, 425, 17) for y in range(12, 295, 17)])
    for x, y in places:
        picture[y - 2 : y + 3, x - 2 : x + 3] = 10, 255, 0
    tiling = make_tiling(64, (32, 24), reach=2, within_kind=True, batch=5)
    assert tiling.window == (64, 48)
    detector = Dots()
    found = detect_in_tiles(picture, tiling, detector)
    order = np.lexsort(found.keypoints.xy.round().T[::-1])
    assert np.abs(found.keypoints.xy[order] - places).max() < 0.01
    assert max(count for count, _ in detector.calls) == 5
    assert {canvas for _, canvas in detector.calls} == {(32, 24)}
    assert found.heat_map is not None
    assert np.array_equal(found.heat_map > 0.5, picture[..., 1] > 128)
    again = detect_in_tiles(picture, replace(tiling, batch=64), Dots())
    assert np.array_equal(again.keypoints.xy, found.keypoints.xy)


def test_different_kinds_at_one_place_stay_only_if_asked() -> None:
    half = np.zeros((48, 96, 3), np.uint8)
    half[20:23, 44:47] = 10, 255, 0

    def unsure(images: Sequence[NDArray[np.uint8]], canvas: tuple[int, int]) -> list[Detection]:
        # Every tile calls the thing something else.
        found = [dots(image, canvas) for image in images]
        return [
            replace(one, keypoints=replace(one.keypoints, labels=one.keypoints.labels + number))
            for number, one in enumerate(found)
        ]

    within = make_tiling(64, (64, 48), reach=3, within_kind=True, batch=8)
    assert len(detect_in_tiles(half, within, unsure).keypoints.scores) == 2
    across = replace(within, within_kind=False)
    assert len(detect_in_tiles(half, across, unsure).keypoints.scores) == 1


def test_far_too_many_tiles_are_refused() -> None:
    tiling = make_tiling(8, (64, 48), reach=3, within_kind=True, batch=8)
    with pytest.raises(TuskError, match="Choose larger tiles"):
        detect_in_tiles(np.zeros((1000, 1000, 3), np.uint8), tiling, Dots())


def test_suppression_is_greedy_from_the_best() -> None:
    # 0 removes 1, so 1 cannot remove 2; 3 is alone.
    assert keep_better(4, np.array([[0, 1], [1, 2]])).tolist() == [True, False, True, True]
    assert keep_better(3, np.zeros((0, 2), int)).tolist() == [True] * 3
    generator = np.random.default_rng(0)
    pairs = np.sort(generator.integers(0, 60, (150, 2)), axis=1)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    kept = np.ones(60, bool)
    for first in range(60):
        if kept[first]:
            kept[pairs[pairs[:, 0] == first, 1]] = False
    assert keep_better(60, pairs).tolist() == kept.tolist()


def test_a_model_searches_large_pictures_in_tiles(tmp_path: Path) -> None:
    model = make_model(tmp_path / "model", **{"data.crops": 40})
    predictor = api.open_predictor(model)
    width, height = predictor.info.config.data.width, predictor.info.config.data.height
    picture = np.random.default_rng(0).integers(0, 255, (100, 130, 3), np.uint8)
    tiled = predictor.detect(picture)
    again = predictor.detect_many([picture[:40, :40], picture])[1]
    assert np.array_equal(tiled.keypoints.xy, again.keypoints.xy)
    whole = predictor.detect(picture, tiles=0)
    assert len(tiled.keypoints.scores) > len(whole.keypoints.scores)
    assert (np.diff(tiled.keypoints.scores) <= 0).all()
    assert tiled.size == (130, 100)
    # A picture of a tile's size is seen whole, as in training.
    small = predictor.detect(picture[:40, :40])
    same = predictor.detect(picture[:40, :40], network_size=(width, height))
    assert np.array_equal(small.keypoints.xy, same.keypoints.xy)
    with_map = predictor.detect(picture, with_heat_map=True, tiles=60).heat_map
    assert with_map is not None
    assert with_map.shape == (100, 130)
    with pytest.raises(TuskError, match="searches larger pictures in tiles"):
        predictor.reconstruct(picture)
    assert predictor.reconstruct(picture[:40, :40]).error >= 0


def test_tiles_are_asked_for_on_the_command_line(tmp_path: Path, capsys) -> None:
    from tusk_core.cli import main

    model = make_model(tmp_path / "model")
    write_picture(tmp_path / "p.png", np.zeros((90, 90, 3), np.uint8))
    out = str(tmp_path / "out.csv")
    arguments = ["detect", str(model), str(tmp_path / "p.png"), "--out", out, "--tiles"]
    assert main([*arguments, "40"]) == 0
    assert main([*arguments, "off"]) == 0
    assert main([*arguments, "many"]) != 0
    assert "auto, off or a number of pixels" in capsys.readouterr().err


def test_windows_have_the_shape_of_the_input_and_its_scale() -> None:
    assert window_size(640, (256, 192)) == (640, 480)
    assert window_size(640, (96, 192)) == (320, 640)
    window = tiles_of((3712, 100), (640, 480))[0]
    placement = place_window(window, (640, 480), (256, 192))
    assert placement.scaled == (256, 40)
    assert placement.offset == (0, 76)
    assert placement.scale == (0.4, 0.4)


def large_pictures(folder: Path, num: int) -> Path:
    """Dark pictures 200 x 160 with one bright square of 8 px each."""
    folder.mkdir()
    for number in range(num):
        picture = np.full((160, 200, 3), 5, np.uint8)
        picture[100:108, 150:158] = 250
        picture[0, 0] = number
        write_picture(folder / f"{number}.png", picture)
    return folder


def config_of(folder: Path, **changes: object) -> DataConfig:
    values = {"source": str(folder), "width": 24, "height": 24, "crops": 40, **changes}
    return DataConfig.model_validate(values)


def test_crops_are_the_same_again_and_look_where_there_is_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUSK_CACHE_DIR", str(tmp_path / "cache"))
    config = config_of(large_pictures(tmp_path / "p", 3))
    cache = build_cache(config, seed=1)
    assert len(cache) == 3 * count_crops((200, 160), config, 3) == 3 * 40
    assert cache.images.shape[1:] == (24, 24, 3)
    assert cache.indices.tolist() == np.repeat(np.arange(3), 40).tolist()
    assert cache.names[0].startswith("0.png at ")
    kept = cache.images.copy()
    with_thing = (kept.max(axis=(1, 2, 3)) > 200).mean()
    assert 0.15 < with_thing < 0.9  # places drawn evenly would show it in one crop of twelve
    monkeypatch.setenv("TUSK_CACHE_DIR", str(tmp_path / "another"))
    assert np.array_equal(build_cache(config, seed=1).images, kept)
    assert not np.array_equal(build_cache(config, seed=2).images, kept)
    fewer = build_cache(config_of(tmp_path / "p", max_pictures=1), seed=1)
    number = int(fewer.indices[0])
    assert np.array_equal(fewer.images[:5], kept[40 * number : 40 * number + 5])


def test_crops_of_one_picture_are_held_out_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUSK_CACHE_DIR", str(tmp_path / "cache"))
    cache = build_cache(config_of(large_pictures(tmp_path / "p", 4), crops_each=3))
    division = divide(cache, 0.25, seed=0)
    assert len(division.held_out) == 3
    assert len(set(cache.indices[division.held_out])) == 1
    both = np.sort(np.concatenate([division.training, division.held_out]))
    assert both.tolist() == list(range(12))


def test_a_picture_not_larger_than_a_crop_gives_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUSK_CACHE_DIR", str(tmp_path / "cache"))
    folder = large_pictures(tmp_path / "p", 2)
    whole = build_cache(config_of(folder, crops=0))
    same = build_cache(config_of(folder, crops=300))
    assert np.array_equal(whole.images, same.images)
    assert crop_windows(np.zeros((9, 50, 3), np.uint8), (20, 20), 4, seed=0, index=0)[0].height == 9


def test_empty_pictures_are_read_like_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUSK_CACHE_DIR", str(tmp_path / "cache"))
    config = config_of(large_pictures(tmp_path / "p", 2), crops=0)
    assert build_empty_cache(config) is None
    folder = large_pictures(tmp_path / "empty", 5)
    listed = tmp_path / "empty.txt"
    listed.write_text("empty/1.png\n\n" + str(folder / "3.png") + "\n")
    for empty, num in ((str(folder), 5), (str(listed), 2)):
        cache = build_empty_cache(config_of(tmp_path / "p", crops=0, empty=empty, max_pictures=1))
        assert cache is not None
        assert len(cache) == num


def test_small_things_in_large_pictures_ask_for_crops(tmp_path: Path) -> None:
    for name, radius in (("small", 8), ("large", 90)):
        (tmp_path / name).mkdir()
        picture = np.full((1400, 2000, 3), 100, np.uint8)
        for x in (200, 700, 1500):
            cv2.circle(picture, (x, x % 900 + 200), radius, (20, 20, 20), -1)
        write_picture(tmp_path / name / "0.png", picture)
    proposed = api.summarise_source(str(tmp_path / "small")).proposed_crops
    assert 128 <= proposed <= 500
    assert api.summarise_source(str(tmp_path / "large")).proposed_crops == 0


def test_scoring_goes_by_the_threshold_that_comes_with_the_model(tmp_path: Path) -> None:
    data = "sample:tetrominoes?count=4&seed=5"
    counts = []
    for threshold in (0.0, 1.0):
        model = make_model(tmp_path / f"{threshold}", **{"keypoints.min_score": threshold})
        *_, report = api.evaluate(model, data, "detection")
        counts.append(report.counts["keypoints"])
    assert counts[0] > counts[1] == 0
