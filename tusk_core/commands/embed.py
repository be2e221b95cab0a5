"""``tusk embed``: descriptors laid out in the plane, as a table and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core import api
from tusk_core.commands.arguments import (
    add_detection,
    add_device,
    add_model,
    add_source,
    path,
    seed,
    whole_number,
)
from tusk_core.commands.detect import collected
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.opening import open_model
from tusk_core.commands.pictures import opened
from tusk_core.commands.terminal import Terminal, follow
from tusk_core.control import RunControl
from tusk_core.results import EmbeddingMap

if TYPE_CHECKING:
    import argparse

    from tusk_core.results import Analysis


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
    api.check_embedding(arguments.out, arguments.plot, arguments.method)
    terminal, control = Terminal(), RunControl()
    with stopping(control, "Stopping; nothing is written."):
        predictor = open_model(arguments.model, arguments.device, terminal)
        with opened(arguments.source, arguments.frames, terminal, control) as source:
            analysis = collected(arguments, predictor, source, terminal, control)
        layout = _laid_out(arguments, analysis, terminal, control)
    api.save_embedding(layout, analysis, arguments.out, arguments.plot)
    print(
        f"{len(layout.points)} of {len(analysis.scores)} keypoints and {len(layout.prototypes)} "
        f"prototypes: {arguments.out}"
    )
    if arguments.plot is not None:
        print(f"Map: {arguments.plot}")
    return 0


def _laid_out(
    arguments: argparse.Namespace, analysis: Analysis, terminal: Terminal, control: RunControl
) -> EmbeddingMap:
    job = api.embed(
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
    return layout
