"""Large JPEG files decoded at a fraction of their size: the same pictures, in the same places."""

from __future__ import annotations

import functools

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.support.pictures import fit_within
from tusk_core import api
from tusk_core.control import RunControl
from tusk_core.data.fitting import fit_picture, place
from tusk_core.data.pictures import decode_file
from tusk_core.data.small_things import propose_crops
from tusk_core.data.source import open_source
from tusk_core.results import SourceError


def _scene(width: int, height: int) -> np.ndarray:
    """Return a soft picture with a bright disc in the upper left quarter."""
    coarse = np.random.default_rng(0).integers(40, 180, (height // 32 + 1, width // 32 + 1, 3))
    soft = cv2.resize(coarse.astype(np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    cv2.circle(soft, (width // 4, height // 4), min(width, height) // 10, (250, 240, 200), -1)
    return soft


def _write(path, picture, *, orientation: int = 1) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(picture).save(path, quality=92, exif=exif)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "pictures"
    path.mkdir()
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_reduced_picture_is_the_whole_one_scaled_down(folder, orientation):
    _write(folder / "a.jpg", _scene(1600, 1200), orientation=orientation)
    way = functools.partial(place, canvas=(200, 160), fit="pad")
    with open_source(folder) as source:
        whole, reduced = source.read(0), source.reduced(0, way)
    assert reduced.divisor == 4
    assert reduced.size == (whole.shape[1], whole.shape[0])
    both = [fit_picture(one, (200, 160), "pad").astype(int) for one in (whole, reduced)]
    assert np.abs(both[0] - both[1]).max() <= 16  # at the sharp edge of the disc
    assert np.abs(both[0] - both[1]).mean() < 0.5


@pytest.mark.parametrize(
    ("size", "canvas", "fit", "divisor"),
    [
        ((1600, 1200), (80, 60), "stretch", 8),
        ((1600, 1200), (80, 80), "crop", 4),  # 1200 px are used, 200 left out on each side
        ((1600, 1200), (400, 300), "stretch", 2),
        ((1600, 1200), (401, 300), "stretch", 1),  # fewer than twice the pixels needed
        ((1601, 1200), (80, 60), "stretch", 1),  # places would shift by a part of a pixel
        ((1604, 1202), (80, 60), "stretch", 2),
    ],
)
def test_a_picture_is_reduced_as_far_as_it_stays_in_its_place(folder, size, canvas, fit, divisor):
    _write(folder / "a.jpg", _scene(*size))
    way = functools.partial(place, canvas=canvas, fit=fit)
    with open_source(folder) as source:
        reduced = source.reduced(0, way)
        whole = fit_picture(source.read(0), canvas, fit).astype(int)
    assert reduced.divisor == divisor
    assert reduced.size == size
    assert np.abs(whole - fit_picture(reduced, canvas, fit)).mean() < 1.5


def test_other_files_and_grey_ones_are_as_before(folder):
    scene = _scene(800, 640)
    Image.fromarray(scene).save(folder / "a.png")
    Image.fromarray(scene).convert("L").save(folder / "b.jpg")
    with open_source(folder) as source:
        assert source.reduced(0, functools.partial(place, canvas=(80, 64), fit="pad")).divisor == 1
        for index in range(2):
            whole, small = source.read(index), source.small(index, 100)
            assert small.shape == (80, 100, 3)
            assert not small.flags.writeable
            assert np.abs(fit_within(whole, 100).astype(int) - small).max() <= 4


def test_a_small_picture_stays_as_it_is(folder):
    _write(folder / "a.jpg", _scene(64, 48))
    with open_source(folder) as source:
        assert np.array_equal(source.small(0, 100), source.read(0))


def test_a_file_that_is_cut_off_is_refused_also_reduced(folder):
    path = folder / "a.jpg"
    _write(path, _scene(1600, 1200))
    path.write_bytes(path.read_bytes()[:-20000])
    way = functools.partial(place, canvas=(80, 60), fit="pad")
    with pytest.raises(SourceError, match="cut off or damaged"):
        decode_file(path, (), way)


def test_keypoints_of_files_are_those_of_the_whole_pictures(folder):
    for number in range(3):
        _write(folder / f"{number}.jpg", np.roll(_scene(1600, 1200), 90 * number, axis=1))
    predictor = api.open_predictor("tetrominoes", device="cpu")
    with open_source(folder) as source:
        (analysis,) = [
            item
            for item in api.detect(predictor, source, RunControl())
            if hasattr(item, "picture_names")
        ]
        alone = [predictor.detect(source.read(index)).keypoints for index in range(3)]
    assert analysis.picture_sizes.tolist() == [[1600, 1200]] * 3
    expected = np.concatenate([points.xy for points in alone])
    assert len(analysis.xy) == len(expected) > 0
    # A pixel of the network's input is 40 of the picture.
    assert np.abs(analysis.xy - expected).max() < 4


@pytest.mark.parametrize("large_in", [0, 5])
def test_crops_are_proposed_where_all_pictures_show_small_things(folder, large_in):
    """A detail that is small in some photographs only is part of something large."""
    for number in range(12):
        picture = np.full((1200, 1600, 3), 200, np.uint8)
        rng = np.random.default_rng(number)
        for x, y in rng.integers(100, 1100, (12, 2)):
            cv2.circle(picture, (int(x), int(y)), 12, (60, 40, 30), -1)
        if number < large_in:
            cv2.ellipse(picture, (800, 600), (220, 90), 30, 0, 360, (50, 60, 40), -1)
        _write(folder / f"{number}.jpg", picture)
    with open_source(folder) as source:
        proposed = propose_crops(source, 1600, lambda: False)
    assert proposed == 0 if large_in else 200 <= proposed <= 400
