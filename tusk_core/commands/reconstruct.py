"""``tusk reconstruct``: pictures rebuilt from their keypoints, with every layer."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from tusk_core.commands.arguments import (
    add_detection,
    add_device,
    add_model,
    path,
)
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.opening import open_model
from tusk_core.commands.outputs import check_folder
from tusk_core.commands.terminal import Terminal
from tusk_core.control import Cancelled, RunControl

if TYPE_CHECKING:
    import argparse

    from tusk_core.data.base_source import BaseSource
    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.results import SourceError

SUMMARY = "Rebuild pictures from their keypoints, with layers and masks."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk reconstruct``."""
    add_model(parser)
    parser.add_argument("images", metavar="IMAGE", nargs="+", help="picture files or folders")
    parser.add_argument("--out", type=path, required=True, metavar="DIR", help="folder to write to")
    add_detection(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Rebuild and write; returns the exit status."""
    from tusk_core.data.source import open_source

    check_folder(arguments.out)
    terminal, control = Terminal(), RunControl()
    with contextlib.ExitStack() as stack, stopping(control, "Stopping; what is done is kept."):
        predictor = open_model(arguments.model, arguments.device, terminal)
        sources = [stack.enter_context(open_source(image)) for image in arguments.images]
        skipped = _rebuild(arguments, predictor, sources, control, terminal)
    total = sum(len(source) for source in sources)
    if len(skipped) == total:
        raise skipped[0]
    print(f"{total - len(skipped)} pictures rebuilt: {arguments.out}")
    for error in skipped:
        print(f"Left out: {error}")
    return 0


def _rebuild(
    arguments: argparse.Namespace,
    predictor: TorchPredictor,
    sources: list[BaseSource],
    control: RunControl,
    terminal: Terminal,
) -> list[SourceError]:
    """Rebuild every readable picture; returns why others were left out."""
    from tusk_core.inference.rebuilt_files import unique_stems, write_rebuilt
    from tusk_core.results import SourceError

    names = [source.name(i) for source in sources for i in range(len(source))]
    stems = iter(unique_stems(names))
    skipped: list[SourceError] = []
    begin, done = time.monotonic(), 0
    for source in sources:
        for index, picture in source.stream(range(len(source))):
            if control.stop_requested:
                raise Cancelled
            stem, done = next(stems), done + 1
            if isinstance(picture, SourceError):
                skipped.append(picture)
                continue
            points = predictor.detect(
                picture, num_keypoints=arguments.num_keypoints, min_score=arguments.min_score
            ).keypoints
            folder = arguments.out / stem
            write_rebuilt(folder, source.name(index), picture, predictor, points)
            left = (time.monotonic() - begin) / done * (len(names) - done)
            terminal.progress(done, len(names), f"Picture {done} of {len(names)}.", left)
    terminal.clear()
    return skipped
