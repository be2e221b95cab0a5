from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from tusk_core.evaluation.segmentation import (
    all_hits,
    foreground_ari,
    majority_object,
    one_hit_each,
    region_overlaps,
)


def test_perfect_segments_score_one_whatever_the_background() -> None:
    true = np.array([[[0, 0, 1, 1], [0, 2, 2, 0]]])
    predicted = np.array([[[3, 1, 2, 2], [2, 1, 1, 0]]])
    assert foreground_ari(predicted, true).tolist() == [1.0]


def test_foreground_ari_equals_scikit_learn_on_object_pixels() -> None:
    generator = np.random.default_rng(0)
    true = generator.integers(0, 4, (8, 12, 12))
    predicted = np.where(generator.random(true.shape) < 0.7, true, generator.integers(0, 5))
    expected = [
        adjusted_rand_score(t[t > 0], p[t > 0]) for t, p in zip(true, predicted, strict=True)
    ]
    assert foreground_ari(predicted, true) == pytest.approx(expected, abs=1e-12)


def test_a_picture_without_objects_has_no_score() -> None:
    assert np.isnan(foreground_ari(np.ones((1, 2, 2), int), np.zeros((1, 2, 2), int))).all()


def known_overlaps() -> np.ndarray:
    """One picture, ten pixels in a row: objects 0 (pixels 0-3) and 1 (4-6), then background."""
    true = np.array([[[1, 1, 1, 1, 2, 2, 2, 0, 0, 0]]])
    regions = np.zeros((1, 5, 1, 10), dtype=bool)
    regions[0, 0, 0, 0:4] = True  # object 0, all of it
    regions[0, 1, 0, 2:4] = True  # object 0 again
    regions[0, 2, 0, 6:10] = True  # mostly background
    regions[0, 3, 0, 2:6] = True  # half object 0, half object 1: no majority
    return region_overlaps(regions, true, 2)  # region 4 is empty


def test_overlaps_are_counted() -> None:
    expected = [[0, 4, 0], [0, 2, 0], [3, 0, 1], [0, 2, 2], [0, 0, 0]]
    assert known_overlaps()[0].tolist() == expected


def test_only_a_majority_of_all_pixels_names_an_object() -> None:
    assert majority_object(known_overlaps())[0].tolist() == [0, 0, -1, -1, -1]


def test_two_keypoints_on_one_object_count_once_or_twice() -> None:
    overlaps = known_overlaps()
    shown = majority_object(overlaps)
    every = all_hits(shown)
    assert every.keypoint.tolist() == [0, 1]
    assert every.object.tolist() == [0, 0]
    single = one_hit_each(shown, overlaps)
    assert (single.picture.tolist(), single.keypoint.tolist()) == ([0], [0])
    assert single.object.tolist() == [0]


def test_no_objects_at_all() -> None:
    overlaps = region_overlaps(np.ones((1, 2, 3, 3), bool), np.zeros((1, 3, 3), int), 0)
    shown = majority_object(overlaps)
    assert shown.tolist() == [[-1, -1]]
    assert len(one_hit_each(shown, overlaps).object) == 0
