from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from tusk_core.evaluation.accuracy import (
    accuracy,
    adjusted_rand_index,
    agreement,
    confusion_matrix,
    held_out_hits,
    normalised_mutual_information,
)

# Three prototypes (rows), two classes: two prototypes share class 0.
CONFUSION = np.array([[6, 1], [4, 0], [2, 7]])


def test_counts_are_put_in_their_cells() -> None:
    counts = confusion_matrix(np.array([0, 0, 2]), np.array([1, 1, 0]), 3, 2)
    assert counts.tolist() == [[0, 2], [0, 0], [1, 0]]


def test_each_rule_scores_a_known_case() -> None:
    assert accuracy(CONFUSION, "many-to-one") == pytest.approx((6 + 4 + 7) / 20)
    assert accuracy(CONFUSION, "bipartite") == pytest.approx((6 + 7) / 20)
    assert accuracy(CONFUSION, "reverse") == pytest.approx((6 + 7) / 20)
    few = np.array([[5, 4, 1], [0, 2, 3]])  # fewer prototypes than classes
    assert accuracy(few, "many-to-one") == pytest.approx((5 + 3) / 15)
    assert accuracy(few, "bipartite") == pytest.approx((5 + 3) / 15)
    assert accuracy(few, "reverse") == pytest.approx((5 + 4 + 3) / 15)


def test_bipartite_equals_scipy() -> None:
    confusion = np.random.default_rng(0).integers(0, 50, (10, 10))
    rows, columns = linear_sum_assignment(-confusion)
    assert accuracy(confusion, "bipartite") == confusion[rows, columns].sum() / confusion.sum()


def test_nothing_seen_scores_nothing() -> None:
    empty = np.zeros((3, 2), dtype=int)
    assert accuracy(empty, "bipartite") == 0
    assert not agreement(empty, "many-to-one").any()
    assert not agreement(empty, "reverse").any()


def test_the_mapping_comes_from_the_other_half() -> None:
    # In one half prototype 0 means class 0, in the other class 1: every pair is wrong.
    labels, classes = np.zeros(4, dtype=int), np.array([0, 0, 1, 1])
    first = np.array([True, True, False, False])
    assert not held_out_hits(labels, classes, first, (2, 2), "many-to-one").any()
    assert held_out_hits(labels, classes, np.array([1, 0, 1, 0], bool), (2, 2), "bipartite").any()


@pytest.mark.parametrize("seed", range(10))
def test_partition_scores_equal_scikit_learn(seed: int) -> None:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, generator.integers(1, 12), 300)
    classes = np.where(generator.random(300) < 0.6, labels, generator.integers(0, 7, 300))
    counts = confusion_matrix(labels, classes, 12, 12)
    expected = adjusted_rand_score(classes, labels)
    assert float(adjusted_rand_index(counts)) == pytest.approx(expected, abs=1e-12)
    expected = normalized_mutual_info_score(classes, labels)
    assert normalised_mutual_information(counts) == pytest.approx(expected, abs=1e-12)


def test_partition_scores_at_the_limits() -> None:
    one_cluster = np.array([[5]])
    assert float(adjusted_rand_index(one_cluster)) == 1
    assert normalised_mutual_information(one_cluster) == 1
    split = np.array([[3], [4]])
    expected = adjusted_rand_score([0] * 7, [0] * 3 + [1] * 4)
    assert float(adjusted_rand_index(split)) == pytest.approx(expected)
    assert normalised_mutual_information(split) == pytest.approx(0)
    assert np.isnan(adjusted_rand_index(np.zeros((2, 2), dtype=int)))
    assert normalised_mutual_information(np.zeros((2, 2), dtype=int)) == 0


def test_many_matrices_at_once_equal_one_at_a_time() -> None:
    counts = np.random.default_rng(3).integers(0, 9, (6, 4, 5))
    together = adjusted_rand_index(counts)
    assert together == pytest.approx([float(adjusted_rand_index(one)) for one in counts])
