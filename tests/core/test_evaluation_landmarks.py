from __future__ import annotations

import numpy as np
import pytest

from tusk_core.evaluation.landmarks import (
    BODY_PAIRS,
    block_tensor,
    choose_strength,
    fit_ridge,
    fold_of_groups,
    landmark_errors,
    ridge_path,
    swap_sides,
)


def test_keypoints_of_one_prototype_stand_from_left_to_right() -> None:
    xy = np.array([[[0.9, 0.1], [0.2, 0.2], [0.5, 0.3]]])
    tensor = block_tensor(xy, np.array([[1, 1, 0]]), 3)
    assert tensor.shape == (1, 3, 3, 2)
    assert tensor[0, 0].tolist() == [[0.5, 0.3], [0, 0], [0, 0]]
    assert tensor[0, 1].tolist() == [[0.2, 0.2], [0.9, 0.1], [0, 0]]
    assert not tensor[0, 2].any()


def test_absent_keypoints_leave_no_trace() -> None:
    xy = np.array([[[0.9, 0.1], [0.2, 0.2]]])
    tensor = block_tensor(xy, np.array([[0, 0]]), 1, np.array([[True, False]]))
    assert tensor[0, 0].tolist() == [[0.9, 0.1], [0, 0]]


def test_all_keypoints_on_one_prototype_fit() -> None:
    xy = np.random.default_rng(0).random((4, 6, 2))
    tensor = block_tensor(xy, np.full((4, 6), 2), 3)
    assert np.array_equal(tensor[:, 2, :, 0], np.sort(xy[..., 0], axis=1))


def test_ridge_equals_the_normal_equations() -> None:
    generator = np.random.default_rng(0)
    inputs, targets = generator.random((50, 8)), generator.random((50, 3))
    for strength in (0.01, 1.0, 100.0):
        expected = np.linalg.solve(inputs.T @ inputs + strength * np.eye(8), inputs.T @ targets)
        assert fit_ridge(inputs, targets, strength) == pytest.approx(expected, abs=1e-10)


def test_ridge_without_penalty_is_least_squares_also_where_columns_repeat() -> None:
    generator = np.random.default_rng(1)
    inputs, targets = generator.random((20, 4)), generator.random((20, 2))
    inputs = np.concatenate([inputs, inputs[:, :1], np.zeros((20, 3))], axis=1)
    expected = np.linalg.lstsq(inputs, targets, rcond=None)[0]
    assert fit_ridge(inputs, targets, 0.0) == pytest.approx(expected, abs=1e-9)


def test_the_path_holds_each_strength() -> None:
    generator = np.random.default_rng(2)
    inputs, targets = generator.random((30, 5)), generator.random((30, 2))
    path = ridge_path(inputs, targets, (0.1, 10.0))
    assert path[1] == pytest.approx(fit_ridge(inputs, targets, 10.0))


def test_places_that_are_never_filled_get_no_weight() -> None:
    rng = np.random.default_rng(0)
    inputs, targets = rng.normal(size=(40, 6)), rng.normal(size=(40, 4))
    empty = np.zeros((40, 12))
    empty[:, ::2] = inputs
    (found,) = ridge_path(empty, targets, (0.5,))
    (expected,) = ridge_path(inputs, targets, (0.5,))
    np.testing.assert_allclose(found[::2], expected)
    assert not found[1::2].any()
    assert not ridge_path(np.zeros((40, 3)), targets, (0.5,)).any()


def test_a_linear_truth_is_recovered_and_noise_asks_for_a_penalty() -> None:
    generator = np.random.default_rng(0)
    inputs, groups = generator.random((200, 10)), np.repeat(np.arange(40), 5)
    clean = inputs @ generator.random((10, 4))
    assert choose_strength(inputs, clean, groups, seed=0) < 1e-3
    noise = generator.random((200, 4))
    assert choose_strength(inputs, noise, groups, seed=0) > 1e-2


def test_people_are_never_divided() -> None:
    groups = np.random.default_rng(0).integers(0, 30, 200)
    folds = fold_of_groups(groups, 5, np.random.default_rng(1))
    assert all(len(set(folds[groups == group])) == 1 for group in np.unique(groups))
    assert set(folds) == set(range(5))


def test_errors_have_known_values() -> None:
    true = np.array([[[0.0, 0], [10, 0], [5, 5]]])
    predicted = true + np.array([[[3, 4], [0, 0], [0, 1]]])
    by_eyes = landmark_errors(predicted, true, (0, 1))
    assert by_eyes.relative[0] == pytest.approx([0.5, 0, 0.1])
    assert landmark_errors(predicted, true, None).relative[0] == pytest.approx([5, 0, 1])


def test_sides_are_swapped_by_the_rule_of_two_thirds() -> None:
    landmarks = np.zeros((2, 32, 2))
    left, right = (list(side) for side in zip(*BODY_PAIRS, strict=True))
    landmarks[:, right, 0] = 1.0  # all 13 right joints further right: stays
    landmarks[1, right[:5], 0] = -1.0  # 8 of 13 are 62 %: turned
    swapped = swap_sides(landmarks)
    assert np.array_equal(swapped[0], landmarks[0])
    assert np.array_equal(swapped[1, left], landmarks[1, right])
    assert np.array_equal(swapped[1, right], landmarks[1, left])
    landmarks[1, right[0], 0] = 1.0  # 9 of 13 are 69 %: stays
    assert np.array_equal(swap_sides(landmarks)[1], landmarks[1])
