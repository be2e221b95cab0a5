"""Descriptors and prototypes laid out in the plane.

PCA is instant and always the same. t-SNE advances in short rounds and shows each. UMAP runs in one
piece, so a window runs it in a process of its own.

Shapes: N detections, n sampled, M prototypes, C descriptor length.
"""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from tusk_core.arrays import frozen
from tusk_core.events import JobProgress
from tusk_core.inference.map_kernels import load_tsne, load_umap
from tusk_core.results import Analysis, EmbeddingMap, SourceError, TuskError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Points = NDArray[np.float32]

Method = Literal["pca", "umap", "tsne"]
METHODS: tuple[Method, ...] = ("pca", "umap", "tsne")

_MIN_POINTS = 4
_UMAP_EPOCHS = 200
_TSNE_ROUND = 25
_TSNE_EARLY = 250
_TSNE_LATE = 500
_RARE = 20


def sample_by_prototype(
    labels: NDArray[np.int32], max_points: int, seed: int = 0
) -> NDArray[np.int64]:
    """Return which detections to show: in proportion to their prototypes, rare ones in full.

    Args:
        labels: (N,) prototype of each detection.
        max_points: at most so many.
        seed: of the draw.

    Returns:
        (n,) indices, ascending; all of them where there are few.
    """
    count = len(labels)
    if count <= max_points:
        return np.arange(count, dtype=np.int64)
    _, group, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    least = np.minimum(sizes, max(1, min(_RARE, max_points // len(sizes))))
    room = max(0, max_points - int(least.sum()))
    spare = sizes - least
    wanted = least + np.floor(spare * (room / max(1, int(spare.sum())))).astype(np.int64)
    order = np.random.default_rng(seed).permutation(count)
    # A stable sort by group keeps the random order inside each, so ranks are a fair draw.
    by_group = order[np.argsort(group[order], kind="stable")]
    rank = np.arange(count) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen = by_group[rank < np.repeat(wanted, sizes)]
    return np.sort(chosen)[:max_points].astype(np.int64)


def principal_plane(points: Points, onto: Points | None = None) -> tuple[Points, Points]:
    """Project onto the two directions in which ``points`` vary most (PCA by SVD).

    Args:
        points: (n, C).
        onto: (m, C) also projected; None for none.

    Returns:
        (n, 2) and (m, 2); signs are fixed, so that the same input gives the same picture.
    """
    data = np.asarray(points, np.float64)
    mean = data.mean(axis=0)
    _, _, directions = np.linalg.svd(_square_root(data - mean), full_matrices=False)
    axes = directions[:2]
    if len(axes) < 2:
        axes = np.vstack([axes, np.zeros((2 - len(axes), data.shape[1]))])
    largest = np.abs(axes).argmax(axis=1)
    axes = axes * np.where(axes[np.arange(2), largest] < 0, -1.0, 1.0)[:, None]
    others = np.zeros((0, data.shape[1])) if onto is None else np.asarray(onto, np.float64)
    return (
        ((data - mean) @ axes.T).astype(np.float32),
        ((others - mean) @ axes.T).astype(np.float32),
    )


def _square_root(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a small matrix with the same right singular vectors, for many rows."""
    if len(centred) <= centred.shape[1]:
        return centred
    return np.asarray(np.linalg.qr(centred, mode="r"))


def load_method(method: str) -> None:
    """Import what a method needs, which takes seconds.

    Raises:
        TuskError: if the method is unknown or its package is missing.
    """
    _check_method(method)
    if method == "umap":
        load_umap()
    elif method == "tsne":
        load_tsne()


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise TuskError(f"There is no map method {method!r}; there are {', '.join(METHODS)}.")


def embed_analysis(
    analysis: Analysis,
    *,
    method: Method,
    max_points: int = 5000,
    seed: int = 0,
    neighbours: int = 15,
) -> Iterator[JobProgress | EmbeddingMap]:
    """Lay a sample of the detections out together with the prototypes; see ``api.embed``.

    Args:
        analysis: with at least four detections.
        method: ``pca``, ``umap`` or ``tsne``.
        max_points: detections at most, drawn by prototype.
        seed: of the sample and the layout.
        neighbours: UMAP's neighbours, t-SNE's perplexity.

    Raises:
        SourceError: if there are too few detections.
        TuskError: if the method is unknown or its package is missing.
    """
    _check_method(method)
    indices = sample_by_prototype(analysis.labels, max(_MIN_POINTS, max_points), seed)
    if len(indices) < _MIN_POINTS:
        raise SourceError(
            f"A map needs at least {_MIN_POINTS} keypoints, and there are {len(indices)}. Analyse "
            "more pictures, or lower the smallest score."
        )
    descriptors = analysis.descriptors[indices].astype(np.float32)
    begin = time.monotonic()

    def finished(layout: Points) -> EmbeddingMap:
        return EmbeddingMap(
            method=method,
            points=frozen(layout[: len(indices)].astype(np.float32)),
            indices=indices,
            prototypes=frozen(layout[len(indices) :].astype(np.float32)),
            seconds=time.monotonic() - begin,
        )

    flat, flat_prototypes = principal_plane(descriptors, analysis.prototypes)
    start = np.concatenate([flat, flat_prototypes])
    if method == "pca":
        yield JobProgress(1, 1, "Projected.")
        yield finished(start)
        return
    data = np.concatenate([descriptors, analysis.prototypes.astype(np.float32)])
    if method == "umap":
        yield JobProgress(0, 0, f"UMAP of {len(data)} points; this cannot be shown as it grows.")
        layout = _umap(data, start, seed, neighbours)
        yield JobProgress(1, 1, "Done.")
        yield finished(layout)
        return
    yield JobProgress(0, 0, f"t-SNE of {len(data)} points: looking for their neighbours.")
    for progress, layout in _tsne(data, start, seed, neighbours):
        yield progress
        yield finished(layout)


def _spread(start: Points, size: float) -> Points:
    """Scale a starting layout, and part points that coincide by a hair."""
    deviation = float(start.std()) or 1.0
    hair = np.random.default_rng(0).normal(scale=1e-4 * size, size=start.shape)
    return np.asarray(start / deviation * size + hair, np.float32)


def _umap(data: Points, start: Points, seed: int, neighbours: int) -> Points:
    umap = load_umap()
    with warnings.catch_warnings():
        # It warns about the single job that a fixed seed needs, and about parts without a link.
        warnings.simplefilter("ignore")
        reducer = umap.UMAP(
            n_neighbors=max(2, min(neighbours, len(data) - 1)),
            n_epochs=_UMAP_EPOCHS,
            init=_spread(start, 5.0),
            random_state=seed,
            n_jobs=1,
            transform_seed=seed,
        )
        layout = np.asarray(reducer.fit_transform(data), np.float32)
    # Points that UMAP could not connect have no place of their own; they go to the middle.
    return np.where(np.isfinite(layout), layout, 0).astype(np.float32)


def _tsne(
    data: Points, start: Points, seed: int, neighbours: int
) -> Iterator[tuple[JobProgress, Points]]:
    openTSNE = load_tsne()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        perplexity = max(1.0, min(float(neighbours), (len(data) - 1) / 3))
        affinities = openTSNE.affinity.PerplexityBasedNN(
            data, perplexity=perplexity, n_jobs=1, random_state=seed, verbose=False
        )
        layout: Any = openTSNE.TSNEEmbedding(
            _spread(start, 1e-4).astype(np.float64),
            affinities,
            n_jobs=1,
            random_state=seed,
            negative_gradient_method="bh" if len(data) < 10_000 else "fft",
        )
    total = _TSNE_EARLY + _TSNE_LATE
    begin = time.monotonic()
    for done in range(_TSNE_ROUND, total + 1, _TSNE_ROUND):
        early = done <= _TSNE_EARLY
        layout = layout.optimize(
            n_iter=_TSNE_ROUND,
            exaggeration=12 if early else 1,
            momentum=0.5 if early else 0.8,
        )
        elapsed = time.monotonic() - begin
        progress = JobProgress(
            done, total, f"t-SNE, round {done} of {total}.", elapsed / done * (total - done)
        )
        yield progress, np.asarray(layout, np.float32)
