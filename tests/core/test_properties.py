"""What must hold for every input: places, matching, sampling, and readers of foreign bytes.

The examples are the same in every run; where one fails, hypothesis shows the smallest.
"""

from __future__ import annotations

import functools
import io
import math

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from tusk_core.config import ConfigError, TrainConfig, parse_assignment, parse_config, replaced
from tusk_core.data.fitting import fit_picture, place
from tusk_core.data.picture_headers import read_header
from tusk_core.data.pictures import decode_picture
from tusk_core.data.source_names import parse_source
from tusk_core.data.tfrecords import parse_example
from tusk_core.evaluation.accuracy import adjusted_rand_index, normalised_mutual_information
from tusk_core.evaluation.matching import (
    box_overlaps,
    boxes_around,
    match_greedily,
    match_optimally,
)
from tusk_core.geometry.grids import map_to_picture, picture_to_map, to_pixels, to_unit
from tusk_core.geometry.tps import fit_warp
from tusk_core.inference.file_names import unique_stems
from tusk_core.losses.sliced_wasserstein import (
    draw_components,
    random_directions,
    sliced_wasserstein,
)
from tusk_core.results import SourceError

every = settings(max_examples=40, deadline=None, derandomize=True, database=None)

# The engine lets the processor treat the smallest numbers as 0, as networks want it.
numbers = functools.partial(st.floats, allow_subnormal=False)
sides = st.integers(1, 4096)
sizes = st.tuples(sides, sides)
seeds = st.integers(0, 2**32 - 1)
# Letters that mean something somewhere, and some that mean nothing anywhere.
letters = st.sampled_from("ab1/\\:?=&~.%*|\"' -_\0\néßЖ漢🙂")
overlaps = st_numpy.arrays(
    np.float64,
    st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6)),
    elements=numbers(0, 1),
)


@every
@given(sizes, numbers(-1e4, 1e4), numbers(-1e4, 1e4), st.integers(1, 8))
def test_places_come_back_from_the_unit_square_and_from_maps(size, x, y, stride) -> None:
    xy = torch.tensor([x, y], dtype=torch.float64)
    assert torch.allclose(to_pixels(to_unit(xy, size), size), xy, atol=1e-6)
    assert torch.allclose(map_to_picture(picture_to_map(xy, stride), stride), xy, atol=1e-6)


@every
@given(sizes, st.tuples(st.integers(8, 512), st.integers(8, 512)), st.sampled_from(
    ["stretch", "crop", "pad"]))  # fmt: skip
def test_every_way_to_fit_a_picture_stays_on_its_canvas_and_comes_back(size, canvas, fit) -> None:
    placement = place(size, canvas, fit)
    x, y, width, height = placement.crop
    assert min(x, y, width - 1, height - 1) >= 0
    assert x + width <= size[0]
    assert y + height <= size[1]
    left, top = placement.offset
    assert min(left, top) >= 0
    assert left + placement.scaled[0] <= canvas[0]
    assert top + placement.scaled[1] <= canvas[1]
    corners = np.array([[x, y], [x + width - 1, y + height - 1]], np.float32)
    there_and_back = placement.to_original(placement.to_canvas(corners))
    assert np.allclose(there_and_back, corners, atol=1e-2 + 1e-5 * max(size))


@every
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["stretch", "crop", "pad"]))
def test_an_even_picture_stays_even_however_it_is_fitted(width, height, fit) -> None:
    picture = np.full((height, width, 3), 90, np.uint8)
    values = set(np.unique(fit_picture(picture, (24, 16), fit)).tolist())
    assert values <= ({0, 90} if fit == "pad" else {90})


@every
@given(seeds, numbers(-0.5, 0.5), numbers(-0.5, 0.5), numbers(0.5, 1.5))
def test_a_spline_through_moved_and_scaled_points_moves_and_scales_all(seed, dx, dy, zoom) -> None:
    generator = torch.Generator().manual_seed(seed)
    control = torch.rand(1, 8, 2, generator=generator, dtype=torch.float64) * 2 - 1
    shift = torch.tensor([dx, dy], dtype=torch.float64)
    if torch.pdist(control[0]).min() < 0.05:
        return  # points that nearly fall together say nothing
    warp = fit_warp(control, control * zoom + shift)
    xy = torch.rand(1, 20, 2, generator=generator, dtype=torch.float64) * 2 - 1
    # The warp works on a canvas 1.4 times as wide as the picture.
    assert torch.allclose(warp(xy), xy * zoom + shift * 1.4, atol=1e-5)


@every
@given(overlaps, st.booleans())
def test_no_prediction_serves_two_objects_and_none_below_the_threshold(values, strict) -> None:
    greedy = match_greedily(values, strict=strict)
    best = match_optimally(values, strict=strict)
    for matches in (greedy, best):
        for picture, row in enumerate(matches):
            taken = row[row >= 0]
            assert len(set(taken.tolist())) == len(taken)
            reached = values[picture, np.flatnonzero(row >= 0), taken]
            assert (reached > 0.5).all() if strict else (reached >= 0.5).all()
    # The best assignment never finds fewer than greed does.
    assert ((best >= 0).sum(axis=1) >= (greedy >= 0).sum(axis=1)).all()


@every
@given(st_numpy.arrays(np.float64, (4, 2), elements=numbers(-1e3, 1e3)), numbers(1, 200))
def test_overlap_is_symmetric_bounded_and_one_with_oneself(centres, side) -> None:
    boxes = boxes_around(centres, side)
    table = box_overlaps(boxes, boxes)
    assert np.allclose(table, table.T)
    assert np.allclose(np.diag(table), 1)
    assert table.min() >= 0
    assert table.max() <= 1 + 1e-9


@every
@given(st_numpy.arrays(np.int64, (5, 4), elements=st.integers(0, 50)), seeds)
def test_agreement_does_not_depend_on_what_clusters_are_called(confusion, seed) -> None:
    order = np.random.default_rng(seed).permutation(5)
    again = confusion[order][:, ::-1]
    first, second = adjusted_rand_index(confusion), adjusted_rand_index(again)
    assert np.allclose(first, second, equal_nan=True)
    assert normalised_mutual_information(again) == pytest.approx(
        normalised_mutual_information(confusion), nan_ok=True
    )


@every
@given(st.lists(numbers(0.001, 10), min_size=1, max_size=20), st.integers(1, 300),
       numbers(0, 0.999))  # fmt: skip
def test_systematic_sampling_gives_each_its_number_within_one(raw, count, offset) -> None:
    weights = torch.tensor(raw, dtype=torch.float64)
    weights = weights / weights.sum()
    drawn = draw_components(weights, count, "systematic", offset)
    numbers = torch.bincount(drawn, minlength=len(raw))
    assert int(numbers.sum()) == count
    assert (numbers - weights * count).abs().max() < 1 + 1e-6


@every
@given(seeds, st.integers(1, 12), st.integers(2, 6))
def test_sliced_distance_is_zero_for_the_same_points_in_another_order(seed, count, length) -> None:
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(count, length, generator=generator)
    directions = random_directions(length, 16, generator)
    shuffled = points[torch.randperm(count, generator=generator)]
    other = points + torch.randn(count, length, generator=generator)
    assert sliced_wasserstein(points, shuffled, directions) < 1e-10
    assert torch.isclose(
        sliced_wasserstein(points, other, directions), sliced_wasserstein(other, points, directions)
    )


@every
@given(st.binary(max_size=200), st.sampled_from(
    [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"RIFF0000WEBP", b"II*\0"]))  # fmt: skip
def test_foreign_bytes_are_no_picture_and_no_crash(content, start) -> None:
    header = read_header(io.BytesIO(start + content))
    assert header is None or header.kind
    with pytest.raises(SourceError):
        decode_picture(np.frombuffer(start + content, np.uint8), "a file")


@every
@given(st_numpy.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_a_png_says_its_size_and_comes_back_as_it_was(picture) -> None:
    done, content = cv2.imencode(".png", picture[..., ::-1])
    assert done
    header = read_header(io.BytesIO(content.tobytes()))
    assert header is not None
    assert (header.width, header.height) == (picture.shape[1], picture.shape[0])
    assert np.array_equal(decode_picture(content, "a file"), picture)


@every
@given(st.binary(max_size=300))
def test_a_record_of_any_bytes_is_an_example_or_a_value_error(content) -> None:
    try:
        values = parse_example(content)
    except ValueError:
        return
    assert all(isinstance(value, np.ndarray) for value in values.values())


@every
@given(st.text(letters, max_size=60))
def test_any_text_is_a_source_or_a_sentence(text) -> None:
    try:
        name = parse_source(text, frozenset({"sample", "celeba"}))
    except SourceError:
        return
    assert isinstance(name.target, str)


@every
@given(st.lists(st.text(letters, max_size=12), max_size=12))
def test_names_of_files_are_unique_whatever_the_pictures_are_called(names) -> None:
    stems = unique_stems(names)
    assert len({stem.casefold() for stem in stems}) == len(names)
    assert all(stem and "/" not in stem for stem in stems)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers() | st.text(letters, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(letters, max_size=8), inner)
    ),
    max_leaves=8,
)


@every
@given(json_values)
def test_settings_of_anything_are_a_configuration_or_a_sentence(values) -> None:
    try:
        config = parse_config(values)
    except ConfigError:
        return
    assert isinstance(config, TrainConfig)


@every
@given(st.integers(1, 10**8), numbers(0.001, 1))
def test_what_is_typed_after_set_is_what_is_set(steps, rate) -> None:
    name, value = parse_assignment(f"optim.steps={steps}")
    changed = replaced(TrainConfig(), {name: value, "optim.learning_rate": rate})
    assert changed.optim.steps == steps
    assert math.isclose(changed.optim.learning_rate, rate)
    assert parse_config(changed.model_dump(mode="json")) == changed
