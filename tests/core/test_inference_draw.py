"""Drawings: colours shared with the window, rings where the points are, legends, maps."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.small_models import picture
from tusk_app.parts import palette
from tusk_core.inference.draw import (
    draw_keypoints,
    draw_map,
    enlarged,
    enlargement,
    with_legend,
)
from tusk_core.inference.file_names import unique_stems
from tusk_core.palette import colour as colour_of


def test_colours_are_those_of_the_window() -> None:
    assert [colour_of(i) for i in range(600)] == [palette.colour(i) for i in range(600)]


def test_a_ring_lies_around_its_point() -> None:
    blank = np.full((101, 121, 3), 200, np.uint8)
    drawn = draw_keypoints(
        blank, np.array([[60.0, 40.0]], np.float32), np.array([1], np.int32), radius=10
    )
    assert (blank == 200).all()
    changed = np.argwhere((drawn != 200).any(axis=2))
    assert np.allclose(changed.mean(axis=0), [40, 60], atol=0.2)
    assert 10 <= np.abs(changed - [40, 60]).max() <= 15
    assert tuple(drawn[40, 70]) == colour_of(1)
    assert tuple(drawn[44, 60]) == (200, 200, 200)


def test_small_pictures_are_enlarged_by_whole_numbers() -> None:
    assert enlargement((35, 30)) == 10
    assert enlargement((4000, 10)) == 1
    image = picture(40, 30)
    large = enlarged(image, 3)
    assert large.shape == (90, 120, 3)
    assert (large[1::3, 1::3] == image).all()
    drawn = draw_keypoints(
        image, np.array([[10.0, 20.0]], np.float32), np.array([0], np.int32), factor=3, radius=6
    )
    changed = np.argwhere((drawn != large).any(axis=2))
    assert np.allclose(changed.mean(axis=0), [61, 31], atol=0.7)


def test_faint_scores_are_drawn_faintly() -> None:
    blank = np.zeros((60, 120, 3), np.uint8)
    xy = np.array([[30, 30], [90, 30]], np.float32)
    drawn = draw_keypoints(blank, xy, np.array([3, 3], np.int32), np.array([1, 0.1], np.float32))
    assert drawn[:, :60].max() > 1.5 * drawn[:, 60:].max()


def test_points_outside_are_no_error() -> None:
    image = picture()
    xy = np.array([[-500, -500], [1e6, 3], [44, 30]], np.float32)
    assert draw_keypoints(image, xy, np.arange(3, dtype=np.int32)).shape == image.shape
    assert draw_keypoints(image, xy[:0], np.zeros(0, np.int32)).shape == image.shape


def test_a_legend_wraps_and_takes_any_name() -> None:
    image = picture(200, 50)
    assert with_legend(image, []) is image
    one = with_legend(image, [1], {1: "Nase ä"})
    many = with_legend(image, range(40))
    assert one.shape[1] == many.shape[1] == 200
    assert 50 < one.shape[0] < many.shape[0]


def test_a_map_shows_points_and_their_prototypes() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3, dtype=np.int32), 20)
    points = (rng.normal(size=(60, 2)) + labels[:, None] * 8).astype(np.float32)
    middles = np.array([[0, 0], [8, 8], [16, 16], [99, 99]], np.float32)
    drawn = draw_map(points, labels, middles, side=300)
    assert drawn.shape == (300, 300, 3)
    for index in range(3):
        assert (drawn == colour_of(index)).all(axis=2).any()
    assert not (drawn == colour_of(3)).all(axis=2).any()
    empty = draw_map(points[:0], labels[:0], middles, side=50)
    assert empty.shape == (50, 50, 3)
    same = draw_map(np.ones((3, 2), np.float32), np.zeros(3, np.int32), middles, side=50)
    assert same.shape == (50, 50, 3)


def test_folder_names_of_pictures_are_unique() -> None:
    names = ["a/x.png", "b/X.jpg", "x.tif", "..png", "frame 000001"]
    assert unique_stems(names) == ["x", "X_2", "x_3", "picture", "frame 000001"]


# Machado, Oliveira and Fernandes 2009, severity 1.0, on linear sRGB.
BLINDNESS = {
    "none": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
}  # fmt: skip
TO_CONES = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
TO_OKLAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]]
)  # fmt: skip


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_the_first_dozen_kinds_differ_for_colour_blind_readers(blindness: str) -> None:
    parts = np.array([colour_of(index) for index in range(12)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ BLINDNESS[blindness].T, 0, 1)
    looks = np.cbrt(seen @ TO_CONES.T) @ TO_OKLAB.T
    apart = np.linalg.norm(looks[:, None] - looks[None], axis=2)
    np.fill_diagonal(apart, 1)
    assert apart.min() > 0.06  # three times what is just noticed


def test_no_colour_comes_twice() -> None:
    assert len({colour_of(index) for index in range(256)}) == 256
