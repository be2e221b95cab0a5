"""Results and models in formats of other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress
    from tusk_core.interfaces import OpenedSource, Predictor
    from tusk_core.prototype_names import PrototypeNames
    from tusk_core.results import Analysis, ExportFormatInfo
    from tusk_core.tracks import Region


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


def check_clip(out: Path, source: str) -> None:
    """Refuse, before the work, a file that cannot become a clip of ``source``.

    Raises:
        TuskError: if its ending is unknown.
        SourceError: if it cannot be written, or is what the clip would be made of.
    """
    from tusk_core.inference.clips import check_clip as checked

    checked(out, source)


def write_clip(  # noqa: PLR0913 - every argument is a keyword of its own
    predictor: Predictor,
    source: OpenedSource,
    out: Path,
    control: RunControl,
    *,
    first: int | None = None,
    count: int | None = None,
    builds_up: bool = False,
    names: PrototypeNames | None = None,
    num_keypoints: int | None = None,
    min_score: float = 0.0,
    regions: Mapping[str, Region] | None = None,
) -> Iterator[JobProgress | list[str]]:
    """Write original, keypoints and redrawing side by side as a video or an animated picture.

    Args:
        predictor: from ``open_predictor``.
        source: from ``open_source``.
        out: .mp4, .webm, .avi or .mkv, .gif or .webp (begins anew), .png (a few below each other);
            it appears whole or not at all.
        control: a stop raises ``Cancelled``; nothing is written then.
        first: picture to begin with; None takes the first.
        count: pictures or frames; None takes ten seconds of a video (four of an animated picture),
            a dozen pictures spread over others.
        builds_up: show picture ``first`` alone, its keypoints one after the other.
        names: merges and hidden prototypes.
        num_keypoints: K; None takes the training value.
        min_score: keypoints below it are left out, [0, 1].
        regions: by the name of the source, ``*`` for any; keypoints outside are left out.

    Yields:
        progress, and last a list of sentences on what the clip does not show.

    Raises:
        SourceError: if no picture can be read, or the disk refuses the file.
        TuskError: if the file's kind is unknown.
    """
    from tusk_core.api.own import own_predictor
    from tusk_core.inference.clips import ClipRequest
    from tusk_core.inference.clips import write_clip as written
    from tusk_core.prototype_names import PrototypeNames

    request = ClipRequest(
        first, count, builds_up, names or PrototypeNames(), num_keypoints, min_score, regions or {}
    )
    return written(own_predictor(predictor), source, out, control, request)
