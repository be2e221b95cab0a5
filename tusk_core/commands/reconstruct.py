"""``tusk reconstruct``: pictures rebuilt from their keypoints, with every layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.commands.arguments import (
    add_detection,
    add_device,
    add_model,
    path,
)
from tusk_core.commands.opening import open_model
from tusk_core.commands.terminal import Terminal

if TYPE_CHECKING:
    import argparse

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
    from tusk_core.commands.arguments import UsageError
    from tusk_core.data.source import open_source
    from tusk_core.inference.rebuilt_files import unique_stems, write_rebuilt

    if arguments.out.is_file():
        raise UsageError(f"{arguments.out} is a file; give a folder with --out.")
    terminal = Terminal()
    predictor = open_model(arguments.model, arguments.device, terminal)
    pictures = []
    for image in arguments.images:
        with open_source(image) as source:
            pictures += [(source.name(i), source.read(i)) for i in range(len(source))]
    stems = unique_stems([name for name, _ in pictures])
    for done, (stem, (name, picture)) in enumerate(zip(stems, pictures, strict=True), 1):
        points = predictor.detect(
            picture, num_keypoints=arguments.num_keypoints, min_score=arguments.min_score
        ).keypoints
        folder = arguments.out / stem
        write_rebuilt(folder, name, picture, predictor, points)
        terminal.progress(done, len(pictures), f"Picture {done} of {len(pictures)}.")
    terminal.clear()
    print(f"{len(pictures)} pictures rebuilt: {arguments.out}")
    return 0
