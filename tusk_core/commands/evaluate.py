"""``tusk evaluate``: a model scored on pictures with ground truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core import api
from tusk_core.commands.arguments import (
    MODEL_HELP,
    add_device,
    path,
    positive,
    seed,
    share,
    whole_number,
)
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.outputs import check_file
from tusk_core.commands.terminal import Terminal, follow
from tusk_core.control import RunControl
from tusk_core.prototype_names import read_prototype_names
from tusk_core.results import EvaluationOptions, EvaluationReport

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk evaluate``."""
    parser.add_argument(
        "model", metavar="MODEL", help=f"{MODEL_HELP}; tracking: or a results file (.h5)"
    )
    parser.add_argument(
        "--data", required=True, metavar="SOURCE", help="data set with ground truth, or sample:NAME"
    )
    parser.add_argument(
        "--protocol", required=True, choices=api.evaluation_protocols(), help="how to score"
    )
    parser.add_argument(
        "--fit",
        default="",
        metavar="SOURCE",
        help="landmarks: fit the map on these pictures, of other people, and score all of --data; "
        "baseline:slots and baseline:supervised: the pictures to learn from",
    )
    parser.add_argument(
        "--fit-share",
        type=share,
        default=0.7,
        metavar="S",
        help="landmarks without --fit: share of the people to fit on (default: 0.7)",
    )
    parser.add_argument(
        "--truth",
        type=path,
        metavar="FILE",
        help="ground truth of --data in a file of its own: COCO (.json), or points (.csv with the "
        "columns frame or image, x, y); tracking: frame, track, x, y, or SLEAP (.slp)",
    )
    parser.add_argument(
        "--radius",
        type=positive,
        default=0.0,
        metavar="PX",
        help="detection: a keypoint this near to a centre is on the object (default: in the "
        "middle half of its box); tracking: an individual this near is right (default: half the "
        "usual distance of neighbours)",
    )
    parser.add_argument(
        "--empty",
        default="",
        metavar="SOURCE",
        help="presence: pictures without the subject, to compare those of --data with",
    )
    parser.add_argument(
        "--min-score",
        type=share,
        metavar="S",
        help="detection, presence: threshold of the score, 0 to 1 (default: the model's)",
    )
    parser.add_argument(
        "--num-keypoints",
        type=whole_number,
        metavar="K",
        help="keypoints in a picture (default: as trained)",
    )
    parser.add_argument(
        "--factored",
        action="store_true",
        help="multi-object: also sort the layers by colour and by form, each by itself and "
        "without the ground truth",
    )
    joined = parser.add_mutually_exclusive_group()
    joined.add_argument(
        "--groups",
        type=whole_number,
        default=0,
        metavar="N",
        help="first join prototypes that are alike until N are left, as Suggest merges does in "
        "the window; uses descriptors, never the ground truth",
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
    check_file(arguments.out)
    terminal, control = Terminal(), RunControl()
    merged = None
    if arguments.prototypes is not None:
        merged = read_prototype_names(arguments.prototypes).merged
    job = api.evaluate(
        arguments.model,
        arguments.data,
        arguments.protocol,
        control,
        seed=arguments.seed,
        fit=arguments.fit,
        groups=arguments.groups,
        merged=merged,
        options=_options(arguments),
        device=arguments.device,
    )
    with stopping(control, "Stopping; nothing is written."):
        reports = [item for item in follow(job, terminal) if isinstance(item, EvaluationReport)]
    print(api.report_text(reports[-1]))
    if arguments.out is not None:
        api.save_report(reports[-1], arguments.out)
        print(f"\nReport: {arguments.out}")
    return 0


def _options(arguments: argparse.Namespace) -> EvaluationOptions:
    return EvaluationOptions(
        truth=str(arguments.truth or ""),
        radius=arguments.radius,
        empty=arguments.empty,
        min_score=arguments.min_score,
        num_keypoints=arguments.num_keypoints,
        fit_share=arguments.fit_share,
        factored=arguments.factored,
    )
