"""A model over a whole source, and what the results hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tusk_core.api.own import own_predictor, own_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress
    from tusk_core.interfaces import OpenedSource, Predictor
    from tusk_core.results import Analysis, EmbeddingMap, MergeSteps, SourceError


def analyse(  # noqa: PLR0913 - every argument is a keyword of its own
    model: str | Path,
    source: str,
    out: Path,
    control: RunControl,
    *,
    num_keypoints: int | None = None,
    min_score: float = 0.0,
    with_errors: bool = False,
    device: str = "auto",
    tiles: int | None = None,
) -> Iterator[JobProgress]:
    """Detect over a whole source and write one results file (HDF5), whole or not at all.

    What was found before a stop lies hidden beside ``out`` until the next job for it takes it up.

    Args:
        model: folder, run or bundled name.
        source: folder, video or data set.
        out: the file; its rows go to the disk as they come.
        control: stops it (raises ``Cancelled``).
        num_keypoints: K; None takes the training value.
        min_score: keypoints below it are left out, [0, 1].
        with_errors: also rebuild every picture and note its error.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        tiles: longer side of the tiles that larger pictures are searched in, K keypoints in each
            [px]; 0 sees every picture whole, None does as the model was trained.
    """
    from tusk_core.inference.analysis import analyse_source
    from tusk_core.inference.collect import Wanted

    wanted = Wanted(num_keypoints, min_score, with_errors, tiles=tiles)
    return analyse_source(model, source, out, control, wanted, device=device)


def detect(
    predictor: Predictor,
    source: OpenedSource,
    control: RunControl,
    *,
    num_keypoints: int | None = None,
    min_score: float = 0.0,
    with_errors: bool = False,
    tiles: int | None = None,
    out: Path | None = None,
) -> Iterator[JobProgress | Analysis]:
    """Detect over a whole source in memory; yields progress, then the analysis.

    Args:
        predictor: from ``open_predictor``.
        source: from ``open_source``.
        control: stops it (raises ``Cancelled``).
        num_keypoints: K; None takes the training value.
        min_score: keypoints below it are left out, [0, 1].
        with_errors: also rebuild every picture and note its error.
        tiles: longer side of the tiles that larger pictures are searched in, K keypoints in each
            [px]; 0 sees every picture whole, None does as the model was trained.
        out: the file that the analysis goes into: what was found before a stop is kept beside it
            and taken up by the next job, until ``detection_written`` is called. Processes that
            ``torchrun`` started share the pictures; only the main one yields an analysis.

    Raises:
        SourceError: if not one picture can be read.
    """
    from tusk_core.inference.analysis import collect
    from tusk_core.inference.collect import Wanted

    wanted = Wanted(num_keypoints, min_score, with_errors, tiles=tiles)
    opened = own_source(source)
    analysis = yield from collect(own_predictor(predictor), opened, wanted, control, out)
    if analysis is not None:
        yield analysis


def detection_written(out: Path) -> None:
    """Forget what ``detect`` kept beside a file, which holds it now."""
    from tusk_core.data.blocks import forget_parts

    forget_parts(out)


def is_done(out: Path, *what: object) -> bool:
    """Tell whether a file is there and was written by a job for the same ``what``."""
    from tusk_core.inference.done_marks import is_done, mark_of

    return is_done(out, mark_of(*what))


def note_done(out: Path, *what: object) -> None:
    """Note in the folder of a file that a job for ``what`` has written it."""
    from tusk_core.inference.done_marks import mark_of, note_done

    note_done(out, mark_of(*what))


def file_state(path: Path) -> str:
    """Return a text that changes when a results file or its corrections change."""
    from tusk_core.inference.done_marks import state_of

    return state_of(path)


def rebuild(
    predictor: Predictor,
    sources: Sequence[OpenedSource],
    out: Path,
    control: RunControl,
    *,
    num_keypoints: int | None = None,
    min_score: float = 0.0,
) -> Iterator[JobProgress | SourceError]:
    """Rebuild every picture from its keypoints: composite, mask, layers, a folder for each.

    Args:
        predictor: from ``open_predictor``.
        sources: from ``open_source``.
        out: folder of those folders.
        control: stops it (raises ``Cancelled``); what is written stays.
        num_keypoints: K; None takes the training value.
        min_score: keypoints below it are left out, [0, 1].

    Yields:
        progress, and why a picture was left out.

    Raises:
        SourceError: if the disk refuses it.
    """
    from tusk_core.inference.rebuilt_sources import rebuild_sources

    return rebuild_sources(
        own_predictor(predictor),
        sources,
        out,
        control,
        num_keypoints=num_keypoints,
        min_score=min_score,
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


def load_map_method(method: str) -> None:
    """Import what ``embed`` needs for a method, which takes seconds; it does so by itself, too.

    Raises:
        TuskError: if the method is unknown or its package is missing.
    """
    from tusk_core.inference.embedding import load_method

    load_method(method)


def check_embedding(table: Path, plot: Path | None, method: str) -> None:
    """Refuse, before the work, a map that could not be computed or written after it.

    Raises:
        TuskError: with the reason and the remedy.
    """
    from tusk_core.inference import embedding_files

    embedding_files.check_embedding(table, plot, method)


def save_embedding(
    layout: EmbeddingMap, analysis: Analysis, table: Path, plot: Path | None = None
) -> None:
    """Write a map as a table (``.csv``, ``.parquet``) and, if wanted, a picture.

    Raises:
        SourceError: if the disk refuses it.
    """
    from tusk_core.inference.embedding_files import write_embedding

    write_embedding(layout, analysis, table, plot)


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
