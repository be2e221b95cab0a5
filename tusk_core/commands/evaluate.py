"""``tusk evaluate``: a model scored on pictures with ground truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.commands.arguments import add_device, add_model, path, seed, whole_number
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.outputs import check_file
from tusk_core.commands.terminal import Terminal, follow
from tusk_core.control import RunControl

if TYPE_CHECKING:
    import argparse

    from tusk_core.evaluation.joining import Joining

SUMMARY = "Score a model on pictures with ground truth."
PROTOCOLS = ("mnist-hard", "multi-object", "landmarks")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk evaluate``."""
    add_model(parser)
    parser.add_argument(
        "--data", required=True, metavar="SOURCE", help="data set with ground truth, or sample:NAME"
    )
    parser.add_argument("--protocol", required=True, choices=PROTOCOLS, help="how to score")
    parser.add_argument(
        "--fit",
        default="",
        metavar="SOURCE",
        help="landmarks: fit the map on these pictures, of other people, and score all of --data",
    )
    joined = parser.add_mutually_exclusive_group()
    joined.add_argument(
        "--groups",
        type=whole_number,
        default=0,
        metavar="N",
        help="first join prototypes that are alike until N are left, as Suggest merges does in "
        "the window; looks at descriptors, never at the ground truth",
    )
    joined.add_argument(
        "--prototypes",
        type=path,
        metavar="FILE",
        help="score with the merges of this prototypes.json, which the window writes beside a "
        "model (default: no merges)",
    )
    parser.add_argument("--out", type=path, metavar="FILE", help="report as JSON")
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="of splits and intervals")
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Score; returns the exit status."""
    from tusk_core.evaluation.protocols import evaluate_model
    from tusk_core.evaluation.report import format_report, write_report
    from tusk_core.results import EvaluationReport, SourceError

    check_file(arguments.out)
    terminal, control = Terminal(), RunControl()
    job = evaluate_model(
        arguments.model,
        arguments.data,
        arguments.protocol,
        control,
        seed=arguments.seed,
        device=arguments.device,
        fit=arguments.fit,
        joining=_joining(arguments),
    )
    with stopping(control, "Stopping; nothing is written."):
        reports = [item for item in follow(job, terminal) if isinstance(item, EvaluationReport)]
    print(format_report(reports[-1]))
    if arguments.out is not None:
        try:
            write_report(reports[-1], arguments.out)
        except OSError as error:
            reason = error.strerror or error
            raise SourceError(f"{arguments.out} cannot be written: {reason}.") from error
        print(f"\nReport: {arguments.out}")
    return 0


def _joining(arguments: argparse.Namespace) -> Joining:
    from tusk_core.evaluation.joining import Joining
    from tusk_core.inference.prototype_names import read_prototype_names

    if arguments.prototypes is None:
        return Joining(arguments.groups)
    return Joining(merged=read_prototype_names(arguments.prototypes).merged)
