from __future__ import annotations

import numpy as np
import pytest

from tusk_core.evaluation.bootstrap import (
    counted_interval,
    interval,
    picture_weights,
    ratio_interval,
)


def test_each_resample_has_as_many_pictures() -> None:
    weights = picture_weights(17, 30, np.random.default_rng(0))
    assert weights.shape == (30, 17)
    assert (weights.sum(1) == 17).all()


def test_no_spread_gives_a_point() -> None:
    hits, totals = np.full(20, 3.0), np.full(20, 4.0)
    assert ratio_interval(hits, totals, seed=0) == (0.75, 0.75)


def test_a_share_gets_about_the_binomial_interval() -> None:
    hits = np.repeat([1.0, 0.0], [80, 20])
    low, high = ratio_interval(hits, np.ones(100), seed=0, num_resamples=4000)
    width = 1.96 * np.sqrt(0.8 * 0.2 / 100)
    assert low == pytest.approx(0.8 - width, abs=0.015)
    assert high == pytest.approx(0.8 + width, abs=0.015)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).random(40)
    first, again, other = (ratio_interval(values, np.ones(40), seed=seed) for seed in (3, 3, 4))
    assert first == again != other


def test_unknown_values_are_left_out() -> None:
    assert all(np.isnan(interval(np.array([np.nan]))))


def test_any_score_can_be_resampled() -> None:
    picture = np.array([0, 0, 1, 2])
    value = np.array([1.0, 1.0, 1.0, 1.0])

    def score(weights: np.ndarray) -> float:
        return float((weights * value).sum() / max(1.0, weights.sum()))

    assert counted_interval(score, picture, 3, seed=0, num_resamples=20) == (1.0, 1.0)


def test_agreement_of_few_pictures_lies_within_its_interval() -> None:
    from tusk_core.evaluation.accuracy import normalised_mutual_information

    generator = np.random.default_rng(0)
    labels, classes = generator.integers(0, 12, 40), generator.integers(0, 10, 40)

    def score(weights: np.ndarray) -> float:
        counts = np.bincount(labels * 10 + classes, weights, minlength=120).reshape(12, 10)
        return normalised_mutual_information(counts)

    low, high = counted_interval(score, np.arange(40), 40, seed=0)
    assert low < score(np.ones(40)) < high
