"""The formats by name. To add one: a file with a writer, a line here, a test."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk_core.atomic import check_writable
from tusk_core.inference.export import (
    bouts,
    coco,
    deeplabcut,
    figure,
    hdf5,
    label_studio,
    moseq,
    movement,
    nwb,
    sleap,
    tidy,
    video,
    yolo,
)
from tusk_core.inference.export.packages import ExportError, needed
from tusk_core.inference.export.table import make_table
from tusk_core.inference.export.video_sink import CODECS
from tusk_core.results import SourceError
from tusk_core.tracking.smooth import smoothed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tusk_core.inference.export.table import DetectionTable
    from tusk_core.results import Analysis

    Writer = Callable[[DetectionTable, Path], list[str]]


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """A format that detections can be written in.

    Attributes:
        name: as typed after ``--format``.
        label: for people.
        suffix: of its files; empty for a folder.
        drops: one sentence on what it cannot hold; empty if nothing is lost.
        write: the writer.
        is_folder: it makes a folder instead of a file.
        endings: other endings its files may have.
        needs: packages it needs, as (module, extra of this program that installs it).
    """

    name: str
    label: str
    suffix: str
    drops: str
    write: Writer
    is_folder: bool = False
    endings: tuple[str, ...] = ()
    needs: tuple[tuple[str, str], ...] = ()


_ONE_EACH = "Every individual of tracked results, else one point of each prototype in a picture."

_ALL = (
    ExportFormat(
        "coco",
        "COCO keypoint data set",
        ".json",
        "Keeps everything but the descriptors.",
        coco.write_coco,
    ),
    ExportFormat(
        "coco-results",
        "COCO results list",
        ".json",
        "Keeps place, prototype index and score only.",
        coco.write_coco_results,
    ),
    ExportFormat(
        "csv", "CSV table", ".csv", "Keeps everything but the descriptors.", tidy.write_csv
    ),
    ExportFormat(
        "parquet",
        "Parquet table",
        ".parquet",
        "",
        tidy.write_parquet,
        needs=(("pyarrow", "parquet"),),
    ),
    ExportFormat(
        "h5",
        "TUSK results file (HDF5)",
        ".h5",
        "",
        hdf5.write_results,
        endings=(".hdf5",),
        needs=(("h5py", ""),),
    ),
    ExportFormat("npz", "TUSK results file (NPZ)", ".npz", "", hdf5.write_npz_results),
    ExportFormat(
        "hloc",
        "hloc features (HDF5)",
        ".h5",
        "Prototypes are kept beside what hloc reads.",
        hdf5.write_hloc,
        endings=(".hdf5",),
        needs=(("h5py", ""),),
    ),
    ExportFormat(
        "sleap",
        "SLEAP project",
        ".slp",
        f"{_ONE_EACH} No descriptors.",
        sleap.write_slp,
        needs=(("sleap_io", "pose"),),
    ),
    ExportFormat(
        "dlc", "DeepLabCut CSV", ".csv", f"{_ONE_EACH} No descriptors.", deeplabcut.write_dlc
    ),
    ExportFormat(
        "keypoint-moseq",
        "keypoint-MoSeq recordings",
        "",
        f"Videos only. {_ONE_EACH} No descriptors.",
        moseq.write_moseq,
        is_folder=True,
    ),
    ExportFormat(
        "movement",
        "movement data set (netCDF)",
        ".nc",
        f"{_ONE_EACH} No descriptors.",
        movement.write_movement,
    ),
    ExportFormat(
        "bouts",
        "Bouts of kinds and individuals (CSV)",
        ".csv",
        "Keeps when each is there, not where.",
        bouts.write_bouts,
    ),
    ExportFormat(
        "nwb",
        "NWB with poses",
        ".nwb",
        f"Videos only. {_ONE_EACH} No descriptors.",
        nwb.write_nwb,
        needs=(("pynwb", "pose"), ("ndx_pose", "pose")),
    ),
    ExportFormat(
        "yolo",
        "YOLO-pose data set",
        "",
        f"{_ONE_EACH} No scores, no descriptors.",
        yolo.write_yolo,
        is_folder=True,
    ),
    ExportFormat(
        "label-studio",
        "Label Studio tasks",
        ".json",
        f"{_ONE_EACH} No scores, no descriptors.",
        label_studio.write_label_studio,
    ),
    ExportFormat(
        "video",
        "Video with the keypoints drawn",
        ".mp4",
        "Keeps the drawing only.",
        video.write_video,
        endings=tuple(CODECS),
    ),
    ExportFormat(
        "figure-png",
        "Figure of up to 12 pictures (PNG)",
        ".png",
        "Keeps the drawing only.",
        figure.write_png_figure,
        endings=(".jpg", ".jpeg", ".webp"),
    ),
    ExportFormat(
        "figure-svg",
        "Figure of up to 12 pictures (SVG)",
        ".svg",
        "Keeps the drawing only.",
        figure.write_svg_figure,
    ),
)

FORMATS: dict[str, ExportFormat] = {item.name: item for item in _ALL}


def format_for(path: Path) -> str:
    """Return the format that a file name's ending asks for.

    Raises:
        ExportError: if none has that ending.
    """
    endings = {
        ".json": "coco",
        ".csv": "csv",
        ".parquet": "parquet",
        ".h5": "h5",
        ".hdf5": "h5",
        ".npz": "npz",
    }
    name = endings.get(path.suffix.lower())
    if name is None:
        raise ExportError(
            f"{path.name} does not tell its format. End it in one of: {', '.join(endings)}."
        )
    return name


def check_export(path: Path, file_format: str) -> ExportFormat:
    """Return a format after checking, before hours of work, what could not be written after them.

    Raises:
        ExportError: if the format is unknown, needs a missing package, or ``path`` does not fit.
        SourceError: if nothing can be written there.
    """
    chosen = FORMATS.get(file_format)
    if chosen is None:
        raise ExportError(
            f"There is no export format {file_format!r}; there are {', '.join(FORMATS)}."
        )
    if path.is_dir() and not chosen.is_folder:
        raise ExportError(f"{path} is a folder; give the name of a file.")
    if path.is_file() and chosen.is_folder:
        raise ExportError(f"{path} is a file; give a folder.")
    endings = dict.fromkeys((chosen.suffix, *chosen.endings))
    if not chosen.is_folder and path.suffix.lower() not in endings:
        raise ExportError(f"{path.name} must end in {' or '.join(endings)}: {chosen.label}.")
    for module, extra in chosen.needs:
        needed(module, extra, f"Files of the kind {chosen.label!r}")
    check_writable(path, is_folder=chosen.is_folder)
    return chosen


def without_jitter(analysis: Analysis, window: int) -> Analysis:
    """Return detections with the places of individuals smoothed over ``window`` frames.

    Raises:
        ExportError: if nobody was followed over time.
        TuskError: if the window does not fit.
    """
    tracks = analysis.tracks
    if tracks is None or not tracks.over_time:
        raise ExportError(
            "Only individuals that are followed over time can be smoothed. Track the video first "
            "with `tusk track`, or leave smoothing out."
        )
    return dataclasses.replace(analysis, xy=smoothed(analysis, tracks, window=window))


def write_export(
    analysis: Analysis,
    path: Path,
    *,
    file_format: str,
    names: dict[int, str] | None = None,
    merged: dict[int, int] | None = None,
    hidden: frozenset[int] = frozenset(),
    smooth: int = 0,
) -> list[str]:
    """Write detections in a format of ``FORMATS``; see ``tusk_core.api.export_analysis``.

    Returns:
        sentences on what the format could not hold.

    Raises:
        ExportError: if the format is unknown, needs a missing package, or does not fit.
        SourceError: if the file cannot be written.
    """
    chosen = check_export(path, file_format)
    shown = without_jitter(analysis, smooth) if smooth else analysis
    table = make_table(shown, names=names, merged=merged, hidden=hidden)
    try:
        lost = chosen.write(table, path)
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error.strerror or error}.") from error
    if table.num_hidden:
        lost = [*lost, f"{table.num_hidden} detections of hidden prototypes were left out."]
    return lost
