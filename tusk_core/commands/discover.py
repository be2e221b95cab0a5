"""``tusk discover``: kinds of place that recur in pictures, without training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.commands.arguments import add_device, path, seed, tiles, whole_number
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.terminal import Terminal, duration, follow
from tusk_core.control import RunControl

if TYPE_CHECKING:
    import argparse

    from tusk_core.events import DiscoveryDone, KindFound

_SHOWN = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk discover``."""
    parser.add_argument(
        "source", metavar="DATA", help="folder, flat:FOLDER, video, sample:NAME or data set"
    )
    parser.add_argument(
        "--out", type=path, required=True, metavar="MODEL", help="model folder to write"
    )
    parser.add_argument(
        "--kinds", type=whole_number, default=0, metavar="M", help="default: by the pictures"
    )
    parser.add_argument(
        "--max-pictures",
        type=whole_number,
        default=600,
        metavar="N",
        help="look at so many, a random sample of a larger set (default: 600)",
    )
    parser.add_argument(
        "--size",
        type=whole_number,
        default=0,
        metavar="PX",
        help="longer side to work at (default: by the pictures)",
    )
    parser.add_argument(
        "--crops",
        type=tiles,
        default=None,
        metavar="PX",
        help="look at cut-outs with this longer side and search in tiles of that size; off takes "
        "whole pictures (default: auto, by the pictures)",
    )
    parser.add_argument(
        "--empty",
        default="",
        metavar="DATA",
        help="pictures without the subject: their kinds and scores are not taken for keypoints",
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="default: 0")
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Discover and write the model; returns the exit status."""
    from tusk_core import api
    from tusk_core.events import DiscoveryDone, KindFound, Notice

    terminal, control = Terminal(), RunControl()
    kinds: list[KindFound] = []
    with stopping(control, "Stopping; no model is written."):
        job = api.discover(
            arguments.source,
            arguments.out,
            control,
            num_kinds=arguments.kinds,
            max_pictures=arguments.max_pictures,
            side=arguments.size,
            crops=arguments.crops,
            empty=arguments.empty,
            seed=arguments.seed,
            device=arguments.device,
        )
        for item in follow(job, terminal):
            if isinstance(item, Notice):
                terminal.line(item.message)
            elif isinstance(item, KindFound) and item.is_final:
                kinds.append(item)
            elif isinstance(item, DiscoveryDone):
                _report(item, kinds)
    return 0


def _report(done: DiscoveryDone, kinds: list[KindFound]) -> None:
    print("kind  score  in pictures  each  ")
    for kind in [kind for kind in kinds if kind.is_kept][:_SHOWN]:
        print(
            f"{kind.number:4d}  {kind.score:5.2f}  {kind.presence:11.0%}  {kind.per_picture:4.1f}"
        )
    print(
        f"{done.num_kept} of {done.num_kinds} kinds kept from {done.num_pictures} pictures at "
        f"{done.size[0]}×{done.size[1]} px in {duration(done.seconds)}; {done.num_keypoints} "
        f"keypoints per picture: {done.model_dir}"
    )
