"""Files the map can be saved to: a picture, and the selected detections."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from tusk_app.widgets.map_export import map_svg

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_app.models.analysis_index import AnalysisIndex
    from tusk_app.models.prototypes import PrototypeBook
    from tusk_app.widgets.scatter_view import ScatterView
    from tusk_core.results import Analysis, EmbeddingMap

COLUMNS = ("detection", "picture", "x", "y", "score", "prototype", "name", "map_x", "map_y")


def save_picture(scatter: ScatterView, path: Path) -> None:
    """Write the map as PNG at twice its size on the screen, or as SVG, by the file's name.

    Raises:
        OSError: if it cannot be written.
    """
    if path.suffix.lower() == ".svg":
        path.write_text(map_svg(scatter.state, scatter.view), encoding="utf-8")
    elif not scatter.picture().save(str(path)):
        raise OSError(f"nothing could be written to {path}")


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
    with path.open("w", newline="", encoding="utf-8") as file:
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
