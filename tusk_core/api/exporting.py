"""Results and models in formats of other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress
    from tusk_core.interfaces import OpenedSource
    from tusk_core.results import Analysis, ExportFormatInfo


def export_analysis(
    analysis: Analysis,
    path: Path,
    *,
    file_format: str,
    names: dict[int, str] | None = None,
    merged: dict[int, int] | None = None,
    hidden: frozenset[int] = frozenset(),
    smooth: int = 0,
) -> list[str]:
    """Write detections as coco, csv, parquet, h5 and others; returns what the format dropped.

    Individuals are kept where the analysis has tracks. ``smooth`` frames, an odd number, take the
    jitter out of their places; 0 leaves these as found.
    """
    from tusk_core.inference.export import write_export

    return write_export(
        analysis,
        path,
        file_format=file_format,
        names=names,
        merged=merged,
        hidden=hidden,
        smooth=smooth,
    )


def format_for(path: Path) -> str:
    """Return the format that a file name's ending asks for.

    Raises:
        TuskError: if none has that ending.
    """
    from tusk_core.inference.export.registry import format_for as found

    return found(path)


def check_export(path: Path, file_format: str) -> None:
    """Refuse, before hours of work, what could not be written after them.

    Raises:
        TuskError: if the format is unknown, needs a missing package, or ``path`` does not fit.
        SourceError: if nothing can be written there.
    """
    from tusk_core.inference.export import registry

    registry.check_export(path, file_format)


def write_overlays(
    analysis: Analysis, source: OpenedSource, folder: Path, control: RunControl
) -> Iterator[JobProgress]:
    """Write every analysed picture with its keypoints drawn on, as ``STEM.png``.

    Raises:
        Cancelled: when asked to stop; what is written stays.
        SourceError: if the disk refuses it, or the pictures themselves would be written over.
    """
    from tusk_core.inference.overlays import write_overlays as written

    return written(analysis, source, folder, control)


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
