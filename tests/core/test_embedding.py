"""Maps of descriptors: sampling, PCA, UMAP, t-SNE, placing new points."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tests.support.analyses import clustered_analysis
from tusk_core import api
from tusk_core.events import JobProgress
from tusk_core.inference.embedding import principal_plane, sample_by_prototype
from tusk_core.results import EmbeddingMap, SourceError, TuskError


def maps(method: str, **options: object) -> list[EmbeddingMap]:
    items = list(api.embed(clustered_analysis(), method=method, **options))  # type: ignore[arg-type]
    assert any(isinstance(item, JobProgress) for item in items)
    assert isinstance(items[-1], EmbeddingMap)
    return [item for item in items if isinstance(item, EmbeddingMap)]


def spread_ratio(layout: EmbeddingMap, labels: np.ndarray) -> float:
    """Mean spread inside a cluster over the spread of the whole map."""
    inside = [layout.points[labels == i].std(axis=0).mean() for i in np.unique(labels)]
    return float(np.mean(inside) / layout.points.std(axis=0).mean())


def test_few_points_are_all_shown() -> None:
    labels = np.array([3, 1, 1], np.int32)
    assert sample_by_prototype(labels, 10).tolist() == [0, 1, 2]
    assert sample_by_prototype(labels[:0], 10).tolist() == []


def test_rare_prototypes_stay_in_the_sample() -> None:
    labels = np.repeat(np.arange(4, dtype=np.int32), [10_000, 500, 12, 1])
    chosen = sample_by_prototype(labels, 1000, seed=1)
    counts = np.bincount(labels[chosen], minlength=4)
    assert 900 <= len(chosen) <= 1000
    assert counts[2] == 12
    assert counts[3] == 1
    assert counts[0] > counts[1] > 20
    assert (np.diff(chosen) > 0).all()
    assert np.array_equal(chosen, sample_by_prototype(labels, 1000, seed=1))
    assert not np.array_equal(chosen, sample_by_prototype(labels, 1000, seed=2))


def test_more_prototypes_than_room() -> None:
    labels = np.arange(500, dtype=np.int32)
    assert len(sample_by_prototype(labels, 100)) == 100


def test_pca_finds_the_plane_and_is_always_the_same() -> None:
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(400, 2)) * [5, 2]
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0][:2]
    points = (flat @ turn).astype(np.float32) + 3
    layout, others = principal_plane(points, points[:7])
    assert np.allclose(layout[:7], others, atol=1e-4)
    distances = np.linalg.norm(layout[:50, None] - layout[None, :50], axis=2)
    true = np.linalg.norm(flat[:50, None] - flat[None, :50], axis=2)
    assert np.allclose(distances, true, atol=1e-3)
    assert np.array_equal(layout, principal_plane(points)[0])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_pca_of_very_few_points(count: int) -> None:
    layout, others = principal_plane(np.ones((count, 1), np.float32), np.ones((2, 1), np.float32))
    assert layout.shape == (count, 2)
    assert np.isfinite(layout).all()
    assert others.shape == (2, 2)


def test_pca_map_has_documented_parts() -> None:
    analysis = clustered_analysis()
    (layout,) = maps("pca", max_points=100)
    assert layout.method == "pca"
    assert layout.points.shape == (len(layout.indices), 2)
    assert len(layout.indices) <= 100
    assert layout.prototypes.shape == (len(analysis.prototypes), 2)
    assert not layout.points.flags.writeable


@pytest.mark.slow
def test_tsne_shows_itself_growing_and_parts_clusters() -> None:
    found = maps("tsne", max_points=120, neighbours=8)
    assert len(found) >= 10
    last = found[-1]
    labels = clustered_analysis().labels[last.indices]
    assert spread_ratio(last, labels) < 0.5
    assert np.isfinite(last.points).all()
    # A prototype lies among its own points.
    for index in np.unique(labels):
        middle = last.points[labels == index].mean(axis=0)
        away = np.linalg.norm(last.prototypes - middle, axis=1)
        assert away.argmin() == index


def test_tsne_stops_where_its_reader_stops() -> None:
    job = api.embed(clustered_analysis(), method="tsne", max_points=60)
    # Looking for neighbours takes long with many points and cannot be measured.
    searching = next(job)
    assert isinstance(searching, JobProgress)
    assert searching.total == 0
    assert "neighbours" in searching.message
    assert isinstance(next(job), JobProgress)
    assert isinstance(next(job), EmbeddingMap)
    job.close()  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(find_spec("umap") is None, reason="umap-learn is not installed")
def test_umap_is_seeded_and_parts_clusters() -> None:
    first = maps("umap", max_points=120)[-1]
    again = maps("umap", max_points=120)[-1]
    labels = clustered_analysis().labels[first.indices]
    assert np.array_equal(first.points, again.points)
    assert spread_ratio(first, labels) < 0.5
    # The next process reads what this one compiled: umap-learn by itself keeps nothing.
    kept = Path(os.environ["NUMBA_CACHE_DIR"]).rglob("*optimize_layout_euclidean*.nbc")
    assert any(kept)


def test_too_few_points_and_unknown_methods_are_sentences() -> None:
    with pytest.raises(SourceError, match="at least 4"):
        list(api.embed(clustered_analysis(count=3), method="pca"))
    with pytest.raises(TuskError, match="no map method"):
        list(api.embed(clustered_analysis(), method="mds"))  # type: ignore[arg-type]


@pytest.mark.parametrize(("method", "module"), [("umap", "umap"), ("tsne", "openTSNE")])
def test_a_missing_package_is_a_sentence(
    method: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(TuskError, match="pip install"):
        maps(method)
