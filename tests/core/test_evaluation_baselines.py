from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tusk_core import api
from tusk_core.control import Cancelled, RunControl
from tusk_core.data.source import open_source
from tusk_core.evaluation.baselines import BaselineFinder, corner_points, open_baseline
from tusk_core.evaluation.clustering import fit_kmeans, nearest_centre
from tusk_core.results import SourceError, TuskError

if TYPE_CHECKING:
    from pathlib import Path


def test_kmeans_finds_separate_clouds() -> None:
    generator = np.random.default_rng(0)
    clouds = np.array([[0.0, 0], [10, 0], [0, 10]])
    truth = np.repeat(np.arange(3), 50)
    points = clouds[truth] + generator.normal(0, 0.5, (150, 2))
    centres = fit_kmeans(points, 3, seed=0)
    labels = nearest_centre(points, centres)
    assert len({(a, b) for a, b in zip(labels, truth, strict=True)}) == 3
    assert np.abs(centres[labels] - clouds[truth]).max() < 0.5


def test_kmeans_with_more_clusters_than_different_points() -> None:
    points = np.repeat([[0.0, 0], [1, 1]], 5, axis=0)
    centres = fit_kmeans(points, 4, seed=0)
    assert centres.shape == (4, 2)
    assert nearest_centre(points, centres)[0] != nearest_centre(points, centres)[-1]


def test_corners_of_a_square_are_found_and_the_rest_is_filled_up() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[20:41, 16:49] = 255
    points = corner_points(image, 6, np.random.default_rng(0))
    assert points.shape == (6, 2)
    for corner in ((16, 20), (48, 20), (16, 40), (48, 40)):
        assert np.abs(points - corner).max(1).min() < 2


@pytest.mark.parametrize("where", ["random", "corners"])
def test_a_baseline_gives_the_same_points_whatever_the_batch(where: str) -> None:
    images = np.random.default_rng(0).integers(0, 255, (3, 32, 40, 3)).astype(np.uint8)
    finder = BaselineFinder(where, 4, 3, seed=0)  # type: ignore[arg-type]
    finder.fit(np.concatenate([finder.describe(image) for image in images]))
    together = finder.find(list(images))
    assert together.xy.shape == (3, 4, 2)
    assert together.labels.max() < finder.num_labels
    alone = finder.find([images[2]])
    assert np.array_equal(alone.xy[0], together.xy[2])
    assert np.array_equal(alone.labels[0], together.labels[2])


def with_value(job):
    """Yield what a generator yields, then its value."""
    value = yield from job
    yield value


def test_baselines_are_named_like_models() -> None:
    with open_source("sample:tetrominoes?count=4") as source:
        control = RunControl()
        job = open_baseline("baseline:corners?points=3&kinds=5", source, 0, control)
        *steps, finder = with_value(job)
        assert [step.done for step in steps] == [1, 2, 3, 4]
        assert finder.find([source.read(0)]).xy.shape == (1, 3, 2)
        with pytest.raises(TuskError, match="there are random, corners, clusters"):
            list(open_baseline("baseline:nothing", source, seed=0))
        with pytest.raises(SourceError, match="no option"):
            list(open_baseline("baseline:random?size=3", source, seed=0))
        control.request_stop()
        with pytest.raises(Cancelled):
            list(open_baseline("baseline:random", source, 0, control))


def test_discovery_without_training_is_a_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TUSK_CACHE_DIR", str(tmp_path))
    data = "sample:tetrominoes?count=3&seed=2"
    name = "baseline:clusters?kinds=6&points=5&pictures=3"
    *_, report = api.evaluate(name, data, "detection")
    assert report.counts["pictures"] == 3
    assert 0 < report.counts["keypoints"] <= 15
    assert report.counts["prototypes"] == 6
