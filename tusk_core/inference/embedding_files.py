"""A map of descriptors as files: a table of places, and a picture."""

from __future__ import annotations

import csv
import importlib.util
from typing import TYPE_CHECKING, Any

from tusk_core.atomic import check_writable, replacing, write_bytes
from tusk_core.data.pictures import encode_picture
from tusk_core.inference.draw import draw_map
from tusk_core.inference.export.packages import ExportError, needed
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.results import Analysis, EmbeddingMap

TABLE_ENDINGS = (".csv", ".parquet")
PLOT_ENDINGS = (".png", ".jpg")
# Method -> module to import, package to install.
_PACKAGES = {"umap": ("umap", "umap-learn"), "tsne": ("openTSNE", "openTSNE")}


def check_embedding(table: Path, plot: Path | None, method: str) -> None:
    """Refuse, before the work, what could not be computed or written after it.

    Raises:
        ExportError: if a package is missing, or an ending names no format.
        SourceError: if nothing can be written there.
    """
    _check_ending(table, TABLE_ENDINGS)
    check_writable(table)
    if plot is not None:
        _check_ending(plot, PLOT_ENDINGS)
        check_writable(plot)
    if table.suffix.lower() == ".parquet":
        needed("pyarrow", "parquet", "Parquet files")
    module, package = _PACKAGES.get(method, ("", ""))
    if module and importlib.util.find_spec(module) is None:
        raise ExportError(
            f"{method} needs the package {package}, which is not installed. Run "
            f"`pip install {package}`, or choose the method pca."
        )


def _check_ending(path: Path, endings: tuple[str, ...]) -> None:
    if path.suffix.lower() not in endings:
        raise ExportError(f"{path} must end in {' or '.join(endings)}.")


def write_embedding(
    layout: EmbeddingMap, analysis: Analysis, table: Path, plot: Path | None = None
) -> None:
    """Write where every keypoint and prototype lies on the map.

    Args:
        layout: the map.
        analysis: it was made from.
        table: ``.csv`` or ``.parquet``, a row for each point.
        plot: also draw it, as ``.png`` or ``.jpg``.

    Raises:
        SourceError: if the disk refuses it.
    """
    columns = _columns(analysis, layout)
    drawn = None
    if plot is not None:
        labels = analysis.labels[layout.indices]
        picture = draw_map(layout.points, labels, layout.prototypes)
        drawn = encode_picture(picture, plot.suffix.lower())
    try:
        # The table takes its place last, when the picture is on the disk too.
        with replacing(table) as temporary:
            if table.suffix.lower() == ".parquet":
                _write_parquet(temporary, columns)
            else:
                _write_csv(temporary, columns)
            if plot is not None and drawn is not None:
                write_bytes(plot, drawn)
    except OSError as error:
        raise SourceError(f"{table} cannot be written: {error.strerror or error}.") from error


def _columns(analysis: Analysis, layout: EmbeddingMap) -> dict[str, list[Any]]:
    rows = layout.indices
    blank = [None] * len(layout.prototypes)
    pictures = [analysis.picture_names[i] for i in analysis.picture[rows].tolist()]
    return {
        "kind": ["detection"] * len(rows) + ["prototype"] * len(layout.prototypes),
        "map_x": [*layout.points[:, 0].tolist(), *layout.prototypes[:, 0].tolist()],
        "map_y": [*layout.points[:, 1].tolist(), *layout.prototypes[:, 1].tolist()],
        "prototype": [*analysis.labels[rows].tolist(), *range(len(layout.prototypes))],
        "score": [*analysis.scores[rows].tolist(), *blank],
        "image": [*pictures, *blank],
        "x": [*analysis.xy[rows, 0].tolist(), *blank],
        "y": [*analysis.xy[rows, 1].tolist(), *blank],
    }


def _write_parquet(out: Path, columns: dict[str, list[Any]]) -> None:
    arrow = needed("pyarrow", "parquet", "Parquet files")
    parquet = needed("pyarrow.parquet", "parquet", "Parquet files")
    parquet.write_table(arrow.table(columns), out)


def _write_csv(out: Path, columns: dict[str, list[Any]]) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
