"""``tusk sample-data``: made-up pictures with ground truth, as a COCO data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core import api
from tusk_core.commands.arguments import path, seed, whole_number
from tusk_core.commands.terminal import Terminal, finish

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk sample-data``."""
    parser.add_argument("name", metavar="NAME", help="tetrominoes, digits or solids")
    parser.add_argument(
        "--count", type=whole_number, required=True, metavar="N", help="how many pictures"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="S", help="default: 0")
    parser.add_argument("--out", type=path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument(
        "--digits", type=path, metavar="FILE", help="IDX or NPZ file of digits, such as MNIST"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the pictures; returns the exit status."""
    job = api.make_sample_data(
        arguments.name,
        count=arguments.count,
        seed=arguments.seed,
        out=arguments.out,
        digits=arguments.digits,
    )
    finish(job, Terminal())
    print(f"{arguments.count} pictures of {arguments.name}: {arguments.out}")
    return 0
