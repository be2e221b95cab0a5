from __future__ import annotations

import itertools

import numpy as np
import pytest

from tusk_core.evaluation.matching import (
    box_overlaps,
    boxes_around,
    mask_padding,
    match_greedily,
    match_optimally,
)


def test_overlap_of_boxes_has_known_values() -> None:
    first = np.array([[0.0, 0, 10, 10], [5, 5, 5, 9]])
    second = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]])
    overlaps = box_overlaps(first, second)
    assert overlaps[0] == pytest.approx([1, 50 / 150, 0])
    assert overlaps[1] == pytest.approx([0, 0, 0])  # an empty box overlaps nothing


def test_a_box_stands_around_its_centre() -> None:
    assert boxes_around(np.array([[10.0, 20.0]]), 20)[0].tolist() == [0, 10, 20, 30]


def test_exactly_half_overlap_counts_for_the_paper_and_not_for_the_released_code() -> None:
    overlaps = np.array([[[0.5]]])
    assert match_greedily(overlaps).tolist() == [[0]]
    assert match_greedily(overlaps, strict=True).tolist() == [[-1]]


def test_objects_choose_in_file_order() -> None:
    # Both objects like prediction 0 best; the first takes it although the second fits better.
    overlaps = np.array([[[0.6, 0.55], [0.9, 0.1]]])
    assert match_greedily(overlaps).tolist() == [[0, -1]]
    assert match_optimally(overlaps).tolist() == [[1, 0]]


def test_a_refused_object_takes_nothing() -> None:
    overlaps = np.array([[[0.4, 0.2], [0.7, 0.1]]])
    assert match_greedily(overlaps).tolist() == [[-1, 0]]


def test_pictures_do_not_disturb_each_other() -> None:
    generator = np.random.default_rng(0)
    overlaps = generator.random((20, 5, 6))
    together = match_greedily(overlaps)
    alone = [match_greedily(one[None])[0] for one in overlaps]
    assert np.array_equal(together, np.array(alone))


def test_optimal_matching_equals_trying_everything() -> None:
    generator = np.random.default_rng(1)
    for _ in range(20):
        overlaps = generator.random((3, 4))
        best = max(
            sum(overlaps[i, j] >= 0.5 for i, j in enumerate(order))
            for order in itertools.permutations(range(4), 3)
        )
        assert (match_optimally(overlaps[None]) >= 0).sum() == best


def test_padding_is_never_matched() -> None:
    overlaps = np.ones((1, 2, 2))
    masked = mask_padding(overlaps, np.array([[True, False]]), np.array([[False, True]]))
    assert match_greedily(masked, threshold=0.0).tolist() == [[1, -1]]
    assert match_optimally(masked).tolist() == [[1, -1]]


def test_no_predictions_match_nothing() -> None:
    assert match_greedily(np.zeros((2, 3, 0))).tolist() == [[-1] * 3] * 2
    assert match_optimally(np.zeros((2, 3, 0))).tolist() == [[-1] * 3] * 2
