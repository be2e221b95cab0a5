"""``tusk detect``: keypoints of pictures, videos or a camera, to a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.commands.arguments import (
    add_detection,
    add_device,
    add_model,
    add_prototypes,
    add_source,
    path,
)
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.opening import chosen_names, open_model
from tusk_core.commands.outputs import check_folder
from tusk_core.commands.terminal import Terminal, follow
from tusk_core.control import RunControl

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from tusk_core.data.base_source import BaseSource
    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.results import Analysis

SUMMARY = "Find keypoints in pictures, a video or a camera."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk detect``."""
    add_model(parser)
    add_source(parser)
    parser.add_argument(
        "--out",
        type=path,
        required=True,
        metavar="FILE",
        help="FILE.json (COCO), .csv, .parquet, .h5 (opens in TUSK) or .npz",
    )
    add_detection(parser)
    parser.add_argument(
        "--overlay", type=path, metavar="DIR", help="also write pictures with the keypoints drawn"
    )
    parser.add_argument(
        "--with-errors",
        action="store_true",
        help="also note how well each picture is rebuilt (kept in .h5)",
    )
    add_prototypes(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Detect and write; returns the exit status."""
    from tusk_core.inference.export import check_export, format_for

    file_format = format_for(arguments.out)
    check_export(arguments.out, file_format)
    check_folder(arguments.overlay)
    terminal, control = Terminal(), RunControl()
    with stopping(control, "Stopping; nothing is written."):
        _detect(arguments, file_format, terminal, control)
    return 0


def _detect(
    arguments: argparse.Namespace, file_format: str, terminal: Terminal, control: RunControl
) -> None:
    from tusk_core.commands.pictures import opened
    from tusk_core.inference.export import write_export

    predictor = open_model(arguments.model, arguments.device, terminal)
    given = chosen_names(arguments.prototypes, predictor.info.path)
    with opened(arguments.source, arguments.frames, terminal) as source:
        analysis = collected(arguments, predictor, source, terminal, control)
        lost = write_export(
            analysis,
            arguments.out,
            file_format=file_format,
            names=given.names,
            merged=given.merged,
            hidden=given.hidden,
        )
        print(
            f"{len(analysis.scores)} keypoints in {len(analysis.picture_names)} pictures: "
            f"{arguments.out}"
        )
        skipped = len(source) - len(analysis.picture_names)
        if skipped:
            print(f"{skipped} pictures could not be read and were left out.")
        for sentence in lost:
            print(sentence)
        if arguments.overlay is not None:
            _overlays(arguments.overlay, analysis, source, terminal, control)


def collected(
    arguments: argparse.Namespace,
    predictor: TorchPredictor,
    source: BaseSource,
    terminal: Terminal,
    control: RunControl,
) -> Analysis:
    """Detect over a source with a progress bar."""
    from tusk_core.inference.analysis import collect
    from tusk_core.inference.collect import Wanted

    wanted = Wanted(
        arguments.num_keypoints, arguments.min_score, getattr(arguments, "with_errors", False)
    )
    job = collect(predictor, source, wanted, control)
    result: list[Analysis] = []

    def kept() -> object:
        result.append((yield from job))

    for _ in follow(kept(), terminal):  # type: ignore[arg-type]
        pass
    return result[0]


def _overlays(
    folder: Path, analysis: Analysis, source: BaseSource, terminal: Terminal, control: RunControl
) -> None:
    from tusk_core.commands.terminal import finish
    from tusk_core.inference.overlays import write_overlays

    finish(write_overlays(analysis, source, folder, control), terminal)
    print(f"Pictures with keypoints: {folder}")
