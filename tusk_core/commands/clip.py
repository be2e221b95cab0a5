"""``tusk clip``: original, keypoints and redrawing side by side, to show to somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core import api
from tusk_core.commands.arguments import (
    add_detection,
    add_device,
    add_model,
    add_prototypes,
    add_region,
    add_source,
    index,
    path,
    whole_number,
)
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.opening import chosen_names, least_score, open_model
from tusk_core.commands.pictures import opened
from tusk_core.commands.regions import chosen_regions
from tusk_core.commands.terminal import Terminal, follow
from tusk_core.control import RunControl

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk clip``."""
    add_model(parser)
    add_source(parser)
    parser.add_argument(
        "--out",
        type=path,
        required=True,
        metavar="FILE",
        help="FILE.mp4 (also .webm, .avi, .mkv), FILE.gif or .webp (begin anew at their end), or "
        "FILE.png (a few below each other)",
    )
    parser.add_argument(
        "--first", type=index, metavar="N", help="picture or frame to begin with (default: 0)"
    )
    parser.add_argument(
        "--count",
        type=whole_number,
        metavar="N",
        help="pictures, spread over the source, or frames of a video in a row (default: 12 "
        "pictures; 10 seconds of a video, 4 of a .gif or .webp)",
    )
    parser.add_argument(
        "--build-up",
        action="store_true",
        help="one picture only, its keypoints one after the other, the surest first",
    )
    add_detection(parser)
    add_region(parser)
    add_prototypes(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the clip; returns the exit status."""
    api.check_clip(arguments.out, arguments.source)
    terminal, control = Terminal(), RunControl()
    regions = chosen_regions(arguments.region, [arguments.source])
    with stopping(control, "Stopping; nothing is written."):
        predictor = open_model(arguments.model, arguments.device, terminal)
        with opened(arguments.source, arguments.frames, terminal, control) as source:
            job = api.write_clip(
                predictor,
                source,
                arguments.out,
                control,
                first=arguments.first,
                count=arguments.count,
                builds_up=arguments.build_up,
                names=chosen_names(arguments.prototypes, predictor.info.path),
                num_keypoints=arguments.num_keypoints,
                min_score=least_score(arguments, predictor),
                regions=regions,
            )
            missing = [item for item in follow(job, terminal) if isinstance(item, list)]
    print(f"Clip: {arguments.out}")
    for sentence in missing[-1]:
        print(sentence)
    return 0
