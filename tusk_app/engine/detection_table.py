"""Chosen detections as a table in a file."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.atomic import replacing

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_app.engine.analysis_index import AnalysisIndex
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_core.results import Analysis, EmbeddingMap

COLUMNS = ("detection", "picture", "x", "y", "score", "prototype", "name", "map_x", "map_y")


def save_detections(
    path: Path,
    rows: NDArray[np.int64],
    analysis: Analysis,
    index: AnalysisIndex,
    book: PrototypeBook,
    embedding: EmbeddingMap | None,
) -> None:
    """Write detections as CSV: pixels of the original picture, and places on the map.

    Raises:
        OSError: if it cannot be written.
    """
    places = np.full((len(analysis.labels), 2), np.nan)
    if embedding is not None:
        places[embedding.indices] = embedding.points
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows.tolist():
            label = int(index.labels[row])
            writer.writerow(
                (
                    row,
                    analysis.picture_names[int(analysis.picture[row])],
                    *(f"{value:.2f}" for value in analysis.xy[row]),
                    f"{analysis.scores[row]:.4f}",
                    label,
                    book.name(label),
                    *("" if np.isnan(value) else f"{value:.4f}" for value in places[row]),
                )
            )
