"""Loss histories: nothing is lost, and what is drawn keeps every peak."""

from __future__ import annotations

import numpy as np
import pytest

from tusk_app.training.failure import explain_failure
from tusk_app.training.loss_history import LossHistory, smoothed, thinned
from tusk_core.config import ConfigError
from tusk_core.events import StepDone
from tusk_core.results import SourceError, TrainingError


def steps(first: int, last: int, **losses: float) -> list[StepDone]:
    return [
        StepDone(step, {"total": float(step), **losses}, 0.1, 10.0, 0.1 * step, None)
        for step in range(first, last + 1)
    ]


def test_it_grows_and_terms_may_begin_late() -> None:
    history = LossHistory()
    history.extend(steps(1, 1500))
    history.extend(steps(1501, 3000, kmeans=2.0))
    assert history.steps.tolist() == list(range(1, 3001))
    assert history.terms == ("total", "kmeans")
    assert np.isnan(history.values("kmeans")[:1500]).all()
    assert (history.values("kmeans")[1500:] == 2.0).all()
    assert history.last("kmeans", window=10) == 2.0
    assert np.isnan(history.last("nothing"))


def test_steps_done_again_after_a_resume_replace_the_old_ones() -> None:
    history = LossHistory()
    history.extend(steps(1, 20))
    history.extend(steps(11, 15, information=1.0))
    assert history.steps.tolist() == list(range(1, 16))
    assert np.isnan(history.values("information")[9])
    assert history.values("information")[10] == 1.0


def test_the_past_of_a_run_is_put_before_it() -> None:
    past, newer = LossHistory(), LossHistory()
    past.extend(steps(1, 30, old=1.0))
    newer.extend(steps(21, 40, new=2.0))
    joined = past.joined(newer)
    assert joined.steps.tolist() == list(range(1, 41))
    assert np.isnan(joined.values("old")[20:]).all()
    assert np.isnan(joined.values("new")[:20]).all()
    joined.extend(steps(41, 5000))
    assert len(joined) == 5000


def test_the_row_nearest_to_the_cursor() -> None:
    history = LossHistory()
    assert history.index_at(3, by_time=False) is None
    history.extend(steps(10, 20))
    assert history.index_at(0, by_time=False) == 0
    assert history.index_at(14.4, by_time=False) == 4
    assert history.index_at(99, by_time=False) == 10
    assert history.index_at(1.21, by_time=True) == 2


@pytest.mark.parametrize("window", [1, 2, 5, 50, 500])
def test_smoothing_is_the_mean_of_the_last_steps(window) -> None:
    values = np.random.default_rng(0).normal(size=200)
    values[:7] = np.nan
    expected = values.copy()
    for i in range(7, 200):
        expected[i] = values[max(7, i - window + 1) : i + 1].mean()
    np.testing.assert_allclose(smoothed(values, window), expected, atol=1e-12)


def test_smoothing_leaves_gaps_out() -> None:
    values = np.array([1.0, 3.0, np.nan, 5.0])
    np.testing.assert_allclose(smoothed(values, 2), [1.0, 2.0, np.nan, 5.0])


@pytest.mark.parametrize("size", [1, 2, 1999, 2000, 2001, 12_345])
def test_thinning_keeps_every_peak(size) -> None:
    generator = np.random.default_rng(size)
    x, y = np.arange(size), generator.normal(size=size)
    y[generator.integers(size)] = 100.0
    y[generator.integers(size)] = -100.0
    thin_x, thin_y = thinned(x, y, 2000)
    assert len(thin_x) <= 2000
    assert (np.diff(thin_x) >= 0).all()
    assert thin_y.max() == y.max()
    assert thin_y.min() == y.min()
    assert set(thin_x.tolist()) <= set(x.tolist())


@pytest.mark.parametrize(
    ("error", "cause", "words"),
    [
        (MemoryError(), "memory", "ran out of memory"),
        (TrainingError("Full. Use smaller pictures.", cause="memory"), "memory", "smaller"),
        (TrainingError("Bad. Lower it.", cause="not finite"), "not finite", "Lower it."),
        (TrainingError("No room. Free some.", cause="disk"), "disk", "Free some"),
        (TrainingError("Two at once. Stop one."), "engine", "Stop one."),
        (SourceError("There are no pictures in /x. Choose another."), "pictures", "Choose another"),
        (ConfigError("Setting 'a' is odd."), "settings", "Setting 'a' is odd."),
        (KeyError("x"), "bug", "error in the program"),
    ],
)
def test_failures_say_what_and_what_to_do(error, cause, words) -> None:
    failure = explain_failure(error)
    assert failure.cause == cause
    assert words in f"{failure.what} {failure.why} {failure.advice}"
    assert failure.advice
    assert type(error).__name__ in failure.details


def test_what_is_measured_seldom_has_a_column_of_its_own() -> None:
    history = LossHistory()
    history.measure(4, 0.5)  # the checkpoint is told before its step
    assert "held_out" not in history.terms
    history.extend(steps(1, 10))
    history.measure(8, 0.25)
    values = history.values("held_out")
    assert history.steps[np.isfinite(values)].tolist() == [4, 8]
    assert values[np.isfinite(values)].tolist() == [0.5, 0.25]
    assert np.isnan(history.last_at("held_out", 2))
    assert history.last_at("held_out", 6) == 0.5
    assert history.last_at("held_out", 9) == 0.25


def test_measured_values_survive_the_joining_of_a_resumed_run() -> None:
    before, after = LossHistory(), LossHistory()
    before.extend(steps(1, 6))
    before.measure(4, 0.5)
    after.extend(steps(5, 9))
    after.measure(8, 0.25)
    after.measure(12, 0.125)
    joined = before.joined(after)
    joined.extend(steps(10, 12))
    found = joined.values("held_out")
    assert [float(found[row]) for row in (3, 7, 11)] == [0.5, 0.25, 0.125]
