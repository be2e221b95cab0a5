"""DeepLabCut's CSV: three header rows (scorer, bodyparts, coords), x, y, likelihood a body part."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.atomic import write_text
from tusk_core.inference.export.skeleton import best_per_prototype

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.inference.export.table import DetectionTable

SCORER = "TUSK"
_COORDINATES = ("x", "y", "likelihood")


def write_dlc(table: DetectionTable, path: Path) -> list[str]:
    """Write a single-animal DeepLabCut CSV; rows are frames, or pictures by path."""
    skeleton = best_per_prototype(table)
    count = len(skeleton.nodes)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["scorer", *[SCORER] * (3 * count)])
    writer.writerow(["bodyparts", *(node for node in skeleton.nodes for _ in _COORDINATES)])
    writer.writerow(["coords", *_COORDINATES * count])
    names = table.analysis.picture_names
    index = table.frame_numbers().tolist() if table.is_video() else list(names)
    values = np.concatenate([skeleton.xy, skeleton.scores[..., None]], axis=2)
    for name, row in zip(index, values.reshape(len(names), -1).tolist(), strict=True):
        writer.writerow([name, *(round(value, 4) if math.isfinite(value) else "" for value in row)])
    write_text(path, buffer.getvalue())
    return skeleton.sentence()
