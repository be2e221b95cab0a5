"""Detections as a skeleton, for programs that expect at most one point of each name.

Shapes: P pictures, M shown prototypes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.data.videos import EXTENSIONS as VIDEO_EXTENSIONS
from tusk_core.inference.export.table import unique_names
from tusk_core.inference.originals import picture_paths
from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.inference.export.table import DetectionTable


@dataclass(frozen=True, slots=True, eq=False)
class SkeletonTable:
    """The surest detection of each prototype in each picture.

    Attributes:
        nodes: name of each prototype, all different.
        xy: (P, M, 2) float64 pixels, NaN where there is none.
        scores: (P, M) float64 in [0, 1], NaN likewise.
        num_dropped: detections that were not the surest of their prototype.
    """

    nodes: tuple[str, ...]
    xy: NDArray[np.float64]
    scores: NDArray[np.float64]
    num_dropped: int

    def sentence(self) -> list[str]:
        """Return what was dropped, if anything."""
        drops = ["Descriptors are left out; choose Parquet or HDF5 to keep them."]
        if self.num_dropped:
            drops.insert(
                0,
                f"{self.num_dropped} detections were left out: this format takes one point of "
                "each prototype in a picture, and the surest was kept.",
            )
        return drops


def best_per_prototype(table: DetectionTable) -> SkeletonTable:
    """Return the surest detection of each shown prototype in each picture."""
    analysis = table.analysis
    names = unique_names(table)
    column = np.full(len(analysis.prototypes), -1)
    column[list(names)] = np.arange(len(names))
    shape = (len(analysis.picture_names), len(names))
    xy, scores = np.full((*shape, 2), np.nan), np.full(shape, np.nan)
    # Rising scores, so that the surest is written last.
    order = np.argsort(analysis.scores, kind="stable")
    rows, columns = analysis.picture[order], column[analysis.labels[order]]
    xy[rows, columns] = analysis.xy[order]
    scores[rows, columns] = analysis.scores[order]
    kept = int(np.isfinite(scores).sum())
    return SkeletonTable(tuple(names.values()), xy, scores, len(order) - kept)


def video_file(table: DetectionTable) -> Path | None:
    """Return the video that the detections are of, if it is there."""
    path = Path(path_text(table.analysis.source))
    try:
        is_video = path.suffix.lower() in VIDEO_EXTENSIONS and path.is_file()
    except (OSError, ValueError):
        return None
    return path.resolve() if is_video else None


def sleap_video(sio: Any, table: DetectionTable) -> Any:
    """Return the video, or the list of pictures, as sleap-io knows it, without opening it."""
    path = video_file(table)
    sizes = table.analysis.picture_sizes
    width, height = (int(v) for v in sizes[0]) if len(sizes) else (1, 1)
    frames = table.frame_numbers()
    count = int(frames.max()) + 1 if len(frames) else 0
    metadata = {"shape": (count, height, width, 3), "grayscale": False}
    if path is not None:
        return sio.Video(
            filename=str(path),
            backend_metadata={"type": "MediaVideo", "filename": str(path), **metadata},
            open_backend=False,
        )
    paths = picture_paths(table.analysis)
    # sleap-io names the kind of a video it has not opened by these entries.
    listed = {"type": "ImageVideo", "filename": paths[0] if paths else "", "filenames": paths}
    return sio.Video(filename=paths, backend_metadata={**listed, **metadata}, open_backend=False)
