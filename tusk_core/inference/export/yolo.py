"""YOLO-pose: a folder with ``images/``, ``labels/`` and ``data.yaml``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.atomic import filling, write_text
from tusk_core.data.pictures import put_picture
from tusk_core.inference.export.individuals import pose_table
from tusk_core.inference.file_names import unique_stems, write_names
from tusk_core.inference.originals import original_pictures, refuse_overwriting
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.inference.export.individuals import PoseTable
    from tusk_core.inference.export.table import DetectionTable

_MARGIN = 0.1


def write_yolo(table: DetectionTable, path: Path) -> list[str]:
    """Write a YOLO-pose data set: one line for everyone in a picture.

    Numbers are shares of the picture's sides counted from its outer edge, as YOLO does, so that
    the centre of the top-left pixel is (0.5 / width, 0.5 / height).

    Raises:
        SourceError: if the pictures are no longer there, or would be written over.
    """
    poses = pose_table(table)
    analysis = table.analysis
    stems = unique_stems(analysis.picture_names)
    refuse_overwriting(analysis, path / "images", (f"{stem}.png" for stem in stems))
    with filling(path) as folder:
        _write_set(table, poses, stems, folder)
        renamed = write_names(folder, analysis.picture_names, stems)
    return ["Scores are left out.", *renamed, *poses.pointlike(), *poses.lost]


def _write_set(table: DetectionTable, poses: PoseTable, stems: list[str], path: Path) -> None:
    analysis = table.analysis
    (path / "images").mkdir(parents=True)
    (path / "labels").mkdir()
    for row, picture, _ in original_pictures(analysis):
        if isinstance(picture, SourceError):
            raise picture
        put_picture(path / "images" / f"{stems[row]}.png", picture)
        size = analysis.picture_sizes[row]
        lines = "".join(_label_line(poses, instance, size) for instance in poses.rows_of(row))
        write_text(path / "labels" / f"{stems[row]}.txt", lines)
    names = json.dumps(list(poses.nodes), ensure_ascii=False)
    text = (
        "# Keypoints found by TUSK, one a prototype; visibility 2 = found, 0 = not in the picture\n"
        f"path: .\ntrain: images\nval: images\nkpt_shape: [{len(poses.nodes)}, 3]\n"
        f"names:\n  0: object\nkpt_names:\n  0: {names}\n"
    )
    write_text(path / "data.yaml", text)


def _label_line(poses: PoseTable, row: int, size: NDArray[np.int32]) -> str:
    places = (poses.xy[row] + 0.5) / size
    found = np.isfinite(places).all(axis=1)
    if not found.any():
        return ""
    low, high = places[found].min(axis=0), places[found].max(axis=0)
    margin = np.maximum((high - low) * _MARGIN, 1 / size)
    low, high = np.clip(low - margin, 0, 1), np.clip(high + margin, 0, 1)
    box = [*((low + high) / 2), *(high - low)]
    points = [
        f"{x:.6f} {y:.6f} 2" if seen else "0 0 0"
        for (x, y), seen in zip(np.clip(places, 0, 1), found, strict=True)
    ]
    return " ".join(["0", *(f"{value:.6f}" for value in box), *points]) + "\n"
