"""``tusk cut``: pieces of pictures with known objects, on an object or where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core import api
from tusk_core.commands.arguments import path, positive, seed, whole_number
from tusk_core.commands.terminal import Terminal, finish

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk cut``."""
    parser.add_argument("data", metavar="SOURCE", help="pictures with ground truth")
    parser.add_argument("--out", type=path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument(
        "--size", type=whole_number, required=True, metavar="PX", help="side of a piece"
    )
    parser.add_argument(
        "--count", type=whole_number, default=200, metavar="N", help="at most (default: 200)"
    )
    parser.add_argument(
        "--on",
        choices=("empty", "objects"),
        default="empty",
        help="where no object is, for data.empty and `evaluate --empty`; or on objects, to "
        "compare with (default: empty)",
    )
    parser.add_argument(
        "--margin",
        type=positive,
        default=0.0,
        metavar="PX",
        help="keep so much free around an object; points without a box need it (default: 0)",
    )
    parser.add_argument("--truth", type=path, metavar="FILE", help="ground truth, as for evaluate")
    parser.add_argument("--seed", type=seed, default=0, metavar="S", help="default: 0")


def run(arguments: argparse.Namespace) -> int:
    """Write the pieces; returns the exit status."""
    job = api.cut_out(
        arguments.data,
        arguments.out,
        side=arguments.size,
        count=arguments.count,
        on=arguments.on,
        margin=arguments.margin,
        truth=str(arguments.truth or ""),
        seed=arguments.seed,
    )
    finish(job, Terminal())
    made = sum(1 for _ in arguments.out.glob("*.png"))
    print(f"{made} pieces of {arguments.size} px: {arguments.out}")
    return 0
