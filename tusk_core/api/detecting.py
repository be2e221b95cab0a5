"""A model over a whole source, and what the results hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress
    from tusk_core.results import Analysis, EmbeddingMap, MergeSteps


def analyse(
    model: str | Path,
    source: str,
    out: Path,
    control: RunControl,
    *,
    num_keypoints: int | None = None,
    min_score: float = 0.0,
    with_errors: bool = False,
) -> Iterator[JobProgress]:
    """Detect over a whole source and write one results file (HDF5); cancel keeps nothing."""
    from tusk_core.inference.analysis import analyse_source

    return analyse_source(
        model,
        source,
        out,
        control,
        num_keypoints=num_keypoints,
        min_score=min_score,
        with_errors=with_errors,
    )


def embed(
    analysis: Analysis,
    *,
    method: Literal["pca", "umap", "tsne"],
    max_points: int = 5000,
    seed: int = 0,
    neighbours: int = 15,
) -> Iterator[JobProgress | EmbeddingMap]:
    """Lay descriptors and prototypes out in the plane; yields progress, then the map.

    t-SNE also yields intermediate maps. UMAP cannot be interrupted: run it in a child process.
    """
    from tusk_core.inference.embedding import embed_analysis

    return embed_analysis(
        analysis, method=method, max_points=max_points, seed=seed, neighbours=neighbours
    )


def merge_steps(
    analysis: Analysis, *, by: Literal["spread", "neighbours"] = "spread"
) -> MergeSteps:
    """Return how prototypes that are alike can be joined, two groups at a time; needs no torch.

    Args:
        analysis: detections with descriptors.
        by: how alike is measured; see ``tusk_core.inference.merging``.
    """
    from tusk_core.inference import merging

    return merging.merge_steps(analysis, by=by)


def suggest_merges(
    analysis: Analysis, groups: int, *, by: Literal["spread", "neighbours"] = "spread"
) -> NDArray[np.int64]:
    """Return the group of each prototype, (M,) int64, when ``groups`` are left; needs no torch.

    A group carries the number of its most frequent prototype.

    Raises:
        TuskError: if ``groups`` is below 1.
    """
    from tusk_core.inference import merging

    return merging.suggest_merges(analysis, groups, by=by)
