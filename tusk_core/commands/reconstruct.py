"""``tusk reconstruct``: pictures rebuilt from their keypoints, with every layer."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tusk_core import api
from tusk_core.commands.arguments import add_detection, add_device, add_model, path
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.opening import least_score, open_model
from tusk_core.commands.outputs import check_folder
from tusk_core.commands.terminal import Terminal, follow
from tusk_core.control import RunControl
from tusk_core.results import SourceError

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk reconstruct``."""
    add_model(parser)
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="picture files or folders")
    parser.add_argument("--out", type=path, required=True, metavar="DIR", help="folder to write to")
    add_detection(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Rebuild and write; returns the exit status."""
    check_folder(arguments.out)
    terminal, control = Terminal(), RunControl()
    with contextlib.ExitStack() as stack, stopping(control, "Stopping; what is done is kept."):
        predictor = open_model(arguments.model, arguments.device, terminal)
        sources = [stack.enter_context(api.open_source(image)) for image in arguments.images]
        job = api.rebuild(
            predictor,
            sources,
            arguments.out,
            control,
            num_keypoints=arguments.num_keypoints,
            min_score=least_score(arguments, predictor),
        )
        skipped = [item for item in follow(job, terminal) if isinstance(item, SourceError)]
    total = sum(len(source) for source in sources)
    if len(skipped) == total:
        raise skipped[0]
    print(f"{total - len(skipped)} pictures rebuilt: {arguments.out}")
    for error in skipped:
        print(f"Left out: {error}")
    return 0
