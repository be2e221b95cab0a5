"""``tusk embed``: descriptors laid out in the plane, as a table and a picture."""

from __future__ import annotations

import csv
import importlib.util
import io
from typing import TYPE_CHECKING, Any

from tusk_core.commands.arguments import (
    UsageError,
    add_detection,
    add_device,
    add_model,
    add_source,
    path,
    seed,
    whole_number,
)
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.opening import open_model
from tusk_core.commands.outputs import check_file
from tusk_core.commands.terminal import Terminal, follow
from tusk_core.control import RunControl

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from tusk_core.results import Analysis, EmbeddingMap

SUMMARY = "Lay the keypoints' descriptors out in the plane."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk embed``."""
    add_model(parser)
    add_source(parser)
    parser.add_argument(
        "--method", choices=("pca", "umap", "tsne"), default="pca", help="default: pca"
    )
    parser.add_argument(
        "--out", type=path, required=True, metavar="FILE", help="table: FILE.csv or FILE.parquet"
    )
    parser.add_argument("--plot", type=path, metavar="FILE.png", help="also draw the map")
    parser.add_argument(
        "--max-points", type=whole_number, default=5000, metavar="N", help="default: 5000"
    )
    parser.add_argument(
        "--neighbours", type=whole_number, default=15, metavar="N", help="default: 15"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="default: 0")
    add_detection(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Detect, lay out and write; returns the exit status."""
    from tusk_core.commands.detect import collected
    from tusk_core.commands.pictures import opened
    from tusk_core.inference.embedding import embed_analysis
    from tusk_core.results import EmbeddingMap

    _check(arguments)
    terminal, control = Terminal(), RunControl()
    with stopping(control, "Stopping; nothing is written."):
        predictor = open_model(arguments.model, arguments.device, terminal)
        with opened(arguments.source, arguments.frames, terminal) as source:
            analysis = collected(arguments, predictor, source, terminal, control)
        job = embed_analysis(
            analysis,
            method=arguments.method,
            max_points=arguments.max_points,
            seed=arguments.seed,
            neighbours=arguments.neighbours,
        )
        layout: EmbeddingMap | None = None
        for item in follow(job, terminal):
            assert isinstance(item, EmbeddingMap)
            layout = item
            if control.stop_requested:
                raise KeyboardInterrupt
    assert layout is not None
    _write_table(arguments.out, analysis, layout)
    print(
        f"{len(layout.points)} of {len(analysis.scores)} keypoints and {len(layout.prototypes)} "
        f"prototypes: {arguments.out}"
    )
    if arguments.plot is not None:
        _write_plot(arguments.plot, analysis, layout)
        print(f"Map: {arguments.plot}")
    return 0


def _check(arguments: argparse.Namespace) -> None:
    from tusk_core.inference.export.packages import needed

    if arguments.out.suffix.lower() not in {".csv", ".parquet"}:
        raise UsageError(f"{arguments.out} must end in .csv or .parquet.")
    if arguments.plot is not None and arguments.plot.suffix.lower() not in {".png", ".jpg"}:
        raise UsageError(f"{arguments.plot} must end in .png or .jpg.")
    check_file(arguments.out)
    check_file(arguments.plot)
    if arguments.out.suffix.lower() == ".parquet":
        needed("pyarrow", "parquet", "Parquet files")
    if arguments.method != "pca":
        module, package = {"umap": ("umap", "umap-learn"), "tsne": ("openTSNE", "openTSNE")}[
            arguments.method
        ]
        if importlib.util.find_spec(module) is None:
            raise UsageError(
                f"{arguments.method} needs the package {package}, which is not installed. Run "
                f"`pip install {package}`, or choose --method pca."
            )


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


def _write_table(out: Path, analysis: Analysis, layout: EmbeddingMap) -> None:
    from tusk_core.atomic import replacing, write_text
    from tusk_core.inference.export.packages import needed
    from tusk_core.results import SourceError

    columns = _columns(analysis, layout)
    try:
        if out.suffix.lower() == ".parquet":
            arrow = needed("pyarrow", "parquet", "Parquet files")
            parquet = needed("pyarrow.parquet", "parquet", "Parquet files")
            with replacing(out) as temporary:
                parquet.write_table(arrow.table(columns), temporary)
            return
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        write_text(out, buffer.getvalue())
    except OSError as error:
        raise SourceError(f"{out} cannot be written: {error.strerror or error}.") from error


def _write_plot(out: Path, analysis: Analysis, layout: EmbeddingMap) -> None:
    from tusk_core.data.pictures import write_picture
    from tusk_core.inference.draw import draw_map

    write_picture(out, draw_map(layout.points, analysis.labels[layout.indices], layout.prototypes))
