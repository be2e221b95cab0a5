"""``tusk report``: what a model finds in a data set, as one HTML page."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tusk_core import api
from tusk_core.commands.arguments import (
    UsageError,
    add_detection,
    add_device,
    add_model,
    add_prototypes,
    add_source,
    add_tiles,
    path,
)
from tusk_core.commands.detect import collected
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.opening import chosen_names, open_model
from tusk_core.commands.outputs import check_file
from tusk_core.commands.pictures import opened
from tusk_core.commands.terminal import Terminal, finish
from tusk_core.control import RunControl

if TYPE_CHECKING:
    import argparse

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.interfaces import Predictor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk report``."""
    add_model(parser)
    add_source(parser)
    parser.add_argument(
        "--out",
        type=path,
        required=True,
        metavar="FILE.html",
        help="the page: one file that needs nothing else, to be read in any browser",
    )
    parser.add_argument(
        "--evaluation",
        type=path,
        action="append",
        default=[],
        metavar="FILE.json",
        help="also show the figures of this report of `tusk evaluate`; may be given several times",
    )
    parser.add_argument(
        "--title", default="", metavar="TEXT", help="default: the model on the data"
    )
    add_detection(parser)
    add_tiles(parser)
    add_prototypes(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Detect and write the page; returns the exit status."""
    if arguments.out.suffix.lower() not in {".html", ".htm"}:
        raise UsageError(f"The page is an HTML file: let {arguments.out.name} end in .html.")
    check_file(arguments.out)
    evaluations = [api.load_report(file) for file in arguments.evaluation]
    terminal, control = Terminal(), RunControl()
    with stopping(control, "Stopping; nothing is written."):
        predictor = open_model(arguments.model, arguments.device, terminal)
        names = chosen_names(arguments.prototypes, predictor.info.path)
        with opened(arguments.source, arguments.frames, terminal, control) as source:
            analysis = collected(arguments, predictor, source, terminal, control)
            job = api.write_page(
                predictor.info,
                analysis,
                source,
                arguments.out,
                control,
                names=names,
                looks=_looks(predictor),
                evaluations=evaluations,
                title=arguments.title,
                command=_command(arguments),
            )
            finish(job, terminal)
    print(f"{len(analysis.scores)} keypoints in {len(analysis.picture_names)} pictures: "
          f"{arguments.out}")  # fmt: skip
    return 0


def _looks(predictor: Predictor) -> NDArray[np.uint8] | None:
    """Return each kind as the decoder draws it; None where it draws nothing."""
    if predictor.info.config.decoder.kind == "none":
        return None
    looks = predictor.decode_prototypes()
    return looks if looks.any() else None


def _command(arguments: argparse.Namespace) -> str:
    words = ["tusk", "report", arguments.model, arguments.source, "--out", str(arguments.out)]
    for file in arguments.evaluation:
        words += ["--evaluation", str(file)]
    given = (
        ("--num-keypoints", arguments.num_keypoints),
        ("--min-score", arguments.min_score),
        ("--tiles", "off" if arguments.tiles == 0 else arguments.tiles),
        ("--prototypes", arguments.prototypes),
    )
    for flag, value in given:
        words += [] if value is None else [flag, str(value)]
    return shlex.join(words)
