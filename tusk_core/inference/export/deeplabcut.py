"""DeepLabCut's CSV: header rows (scorer, individuals, bodyparts, coords), then x, y, likelihood.

The row of individuals is there where individuals are known, as in multi-animal projects.
"""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.atomic import write_text
from tusk_core.inference.export.individuals import pose_table

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.inference.export.individuals import PoseTable
    from tusk_core.inference.export.table import DetectionTable

SCORER = "TUSK"
_COORDINATES = ("x", "y", "likelihood")


def write_dlc(table: DetectionTable, path: Path) -> list[str]:
    """Write a DeepLabCut CSV, multi-animal where individuals are known; rows are frames."""
    poses = pose_table(table)
    xy, scores = poses.dense(len(table.analysis.picture_names))
    # (A, P, M, 3) to one row a picture.
    values = np.concatenate([xy, scores[..., None]], axis=3).transpose(1, 0, 2, 3)
    who = poses.names if poses.is_tracked else None
    write_text(path, dlc_text(table, poses, values.reshape(len(values), -1), who))
    return list(poses.lost)


def dlc_text(
    table: DetectionTable,
    poses: PoseTable,
    values: NDArray[np.float64],
    individuals: tuple[str, ...] | None,
) -> str:
    """Return the text of a DeepLabCut CSV.

    Args:
        table: knows the frames.
        poses: knows the names of keypoints.
        values: (P, individuals * M * 3).
        individuals: names of the columns' individuals; None leaves the row out.
    """
    count = len(poses.nodes)
    groups = 1 if individuals is None else len(individuals)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["scorer", *[SCORER] * (3 * count * groups)])
    if individuals is not None:
        writer.writerow(["individuals", *(name for name in individuals for _ in range(3 * count))])
    parts = [node for node in poses.nodes for _ in _COORDINATES]
    writer.writerow(["bodyparts", *parts * groups])
    writer.writerow(["coords", *_COORDINATES * (count * groups)])
    names = table.analysis.picture_names
    index = table.frame_numbers().tolist() if table.is_video() else list(names)
    for name, row in zip(index, values.tolist(), strict=True):
        writer.writerow([name, *(round(value, 4) if math.isfinite(value) else "" for value in row)])
    return buffer.getvalue()
