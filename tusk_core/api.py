"""The door between the engine and its clients (window, command line, notebooks).

Signatures use only config, control, events, results and numpy; torch and OpenCV are imported
inside the functions, so that a window can open before torch has loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from tusk_core.interfaces import PictureSource, Predictor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.config import TrainConfig
    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress, TrainEvent
    from tusk_core.results import (
        Analysis,
        DeviceInfo,
        EmbeddingMap,
        EvaluationReport,
        ExportFormatInfo,
        GroundTruth,
        MergeSteps,
        RunSummary,
        SourceSummary,
        TrainingEstimate,
    )

__all__ = [
    "PictureSource",
    "Predictor",
    "analyse",
    "embed",
    "estimate",
    "evaluate",
    "export_analysis",
    "export_formats",
    "export_model",
    "fine_tune",
    "follow_events",
    "ground_truth",
    "has_ground_truth",
    "list_devices",
    "list_runs",
    "load_report",
    "make_sample_data",
    "merge_steps",
    "model_formats",
    "open_analysis",
    "open_predictor",
    "open_source",
    "read_run",
    "report_text",
    "resume",
    "save_report",
    "suggest_merges",
    "summarise_source",
    "train",
]


def train(
    config: TrainConfig, control: RunControl, *, run_root: Path, name: str | None = None
) -> Iterator[TrainEvent]:
    """Train a new model in a new folder under ``run_root``; see ``tusk_core.events``."""
    from tusk_core.training.trainer import run_training

    return run_training(config, control, run_root=run_root, name=name)


def resume(
    run: Path,
    control: RunControl,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    device: str | None = None,
) -> Iterator[TrainEvent]:
    """Go on with a stopped or crashed run from its latest checkpoint, bit for bit on the CPU.

    Args:
        run: run folder.
        control: stop, pause and save.
        steps: new total of steps; None keeps the run's.
        minutes: new time limit; None keeps the run's.
        device: another device; None keeps the run's choice.
    """
    from tusk_core.training.trainer import resume_training

    return resume_training(run, control, steps=steps, minutes=minutes, device=device)


def fine_tune(
    config: TrainConfig,
    model: str | Path,
    control: RunControl,
    *,
    run_root: Path,
    name: str | None = None,
) -> Iterator[TrainEvent]:
    """Train a new run that starts from the weights of ``model`` where shapes agree.

    Args:
        config: of the new run.
        model: a model folder, a run folder (its best checkpoint) or the name of a bundled model.
        control: stop, pause, save.
        run_root: folder of run folders.
        name: of the run.

    Raises:
        ModelFileError: at once, before anything is written, if there is no such model.
    """
    from tusk_core.inference.model_paths import find_model
    from tusk_core.nn.model_files import read_meta
    from tusk_core.training.trainer import run_training

    folder = find_model(model)
    read_meta(folder)
    return run_training(config, control, run_root=run_root, name=name, start_from=folder)


def estimate(
    config: TrainConfig, *, num_steps: int = 3, control: RunControl | None = None
) -> TrainingEstimate:
    """Run a few real steps on made-up pictures and tell time and memory of the whole run.

    Raises:
        Cancelled: if ``control`` asked to stop between two steps.
    """
    from tusk_core.training.estimate import estimate_training

    return estimate_training(config, num_steps=num_steps, control=control)


def list_devices() -> tuple[DeviceInfo, ...]:
    """Return every device, usable or not, with the reason; the first is what ``auto`` takes."""
    from tusk_core.nn.device import list_devices as listed

    return listed()


def open_predictor(model: str | Path, *, device: str = "auto") -> Predictor:
    """Open a model folder, a run folder (its best checkpoint) or a bundled model by name.

    Raises:
        ModelFileError: if it is missing, broken, foreign or from a newer version.
    """
    from tusk_core.inference.predictor import load_predictor

    return load_predictor(model, device=device)


def open_source(source: str) -> PictureSource:
    """Open a folder, picture, video, ``sample:NAME`` or COCO data set for looking at.

    ``flat:FOLDER`` leaves out the folders inside a folder.

    Raises:
        SourceError: if there is nothing readable there.
    """
    from tusk_core.data.source import open_source as opened

    return opened(source)


def summarise_source(source: str, control: RunControl | None = None) -> SourceSummary:
    """Look through a source reading headers only; stops early when ``control`` says so."""
    from tusk_core.data.source import summarise

    return summarise(source, control)


def has_ground_truth(source: PictureSource) -> bool:
    """Return whether something is known about the pictures of an open source."""
    return bool(getattr(source, "has_ground_truth", False))


def ground_truth(source: PictureSource, index: int) -> GroundTruth | None:
    """Return what is known to be in one picture; None where nothing is.

    Raises:
        SourceError: if the files that tell cannot be read.
    """
    from tusk_core.data.truth import truth_of

    return truth_of(source, index)


def make_sample_data(
    name: str, *, count: int, seed: int, out: Path, digits: Path | None = None
) -> Iterator[JobProgress]:
    """Write a COCO data set with ground truth: tetrominoes, digits or solids (METHOD.md 3)."""
    from tusk_core.data.sample_data import write_sample_data

    return write_sample_data(name, count=count, seed=seed, out=out, digits=digits)


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


def open_analysis(path: Path) -> Analysis:
    """Read a results file written by ``analyse``.

    Raises:
        SourceError: if it is not one.
    """
    from tusk_core.inference.analysis import read_analysis

    return read_analysis(path)


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


def evaluate(
    model: str | Path,
    data: str,
    protocol: str,
    control: RunControl | None = None,
    *,
    seed: int = 0,
    fit: str = "",
    groups: int = 0,
    merged: dict[int, int] | None = None,
) -> Iterator[JobProgress | EvaluationReport]:
    """Score a model by one of its protocols; the report comes last.

    Args:
        model: folder, run, bundled name or baseline.
        data: a source with ground truth.
        protocol: ``mnist-hard``, ``multi-object`` or ``landmarks``.
        control: stops the pass.
        seed: of divisions and resampling.
        fit: for ``landmarks``, a source of other people to fit the map on.
        groups: first join prototypes that are alike until this many are left; 0 joins none.
        merged: or join prototypes so: prototype -> the one it is counted as.
    """
    from tusk_core.evaluation.joining import Joining
    from tusk_core.evaluation.protocols import evaluate_model

    joining = Joining(groups, merged or {})
    return evaluate_model(model, data, protocol, control, seed=seed, fit=fit, joining=joining)


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


def save_report(report: EvaluationReport, path: Path) -> None:
    """Write an evaluation as JSON."""
    from tusk_core.evaluation.report import write_report

    write_report(report, path)


def load_report(path: Path) -> EvaluationReport:
    """Read an evaluation written by ``save_report`` or ``tusk evaluate``.

    Raises:
        SourceError: if it cannot be read or is none.
    """
    from tusk_core.evaluation.report import read_report

    return read_report(path)


def report_text(report: EvaluationReport) -> str:
    """Return an evaluation as a table in plain text, the paper's figures beside ours."""
    from tusk_core.evaluation.report import format_report

    return format_report(report)


def export_analysis(
    analysis: Analysis,
    path: Path,
    *,
    file_format: str,
    names: dict[int, str] | None = None,
    merged: dict[int, int] | None = None,
    hidden: frozenset[int] = frozenset(),
) -> list[str]:
    """Write detections as coco, csv, parquet, h5 and others; returns what the format dropped."""
    from tusk_core.inference.export import write_export

    return write_export(
        analysis, path, file_format=file_format, names=names, merged=merged, hidden=hidden
    )


def export_formats() -> tuple[ExportFormatInfo, ...]:
    """Return the formats of ``export_analysis``, the most common first."""
    from tusk_core.inference.export import FORMATS
    from tusk_core.results import ExportFormatInfo

    return tuple(
        ExportFormatInfo(f.name, f.label, f.suffix, f.drops, f.is_folder) for f in FORMATS.values()
    )


def export_model(
    model: str | Path, out: Path, *, file_format: str, num_keypoints: int | None = None
) -> list[Path]:
    """Write a model into the folder ``out`` as ``onnx`` or ``huggingface``; returns the files.

    Args:
        model: folder, run or bundled name.
        out: folder, made if missing.
        file_format: one of ``model_formats``.
        num_keypoints: K, which ONNX fixes; None takes the training value.
    """
    from tusk_core.inference.export.models import write_model

    return write_model(model, out, file_format=file_format, num_keypoints=num_keypoints)


def model_formats() -> dict[str, str]:
    """Return the formats of ``export_model``, each with a few words on what it is."""
    from tusk_core.inference.export.models import MODEL_FORMATS

    return dict(MODEL_FORMATS)


def list_runs(run_root: Path) -> tuple[RunSummary, ...]:
    """Return the runs under ``run_root``, newest first; unreadable ones are left out."""
    from tusk_core.training.run_folder import list_runs as listed

    return listed(run_root)


def read_run(path: Path) -> RunSummary:
    """Return one run at a glance.

    Raises:
        SourceError: if it is no run folder.
    """
    from tusk_core.training.run_folder import read_run as read

    return read(path)


def follow_events(path: Path, *, offset: int = 0) -> tuple[list[TrainEvent], int]:
    """Return the logged events of a run after byte ``offset``, and the next offset.

    Preview arrays come from the run's preview files. A half-written last line is left for the
    next call.
    """
    from tusk_core.training.event_log import read_events

    return read_events(path, offset=offset)
