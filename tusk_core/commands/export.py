"""``tusk export``: a model, or its detections, in another program's format."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from tusk_core import api
from tusk_core.commands.arguments import (
    SOURCE_HELP,
    UsageError,
    add_again,
    add_detection,
    add_device,
    add_prototypes,
    add_region,
    path,
    whole_number,
)
from tusk_core.commands.detect import collected
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.opening import chosen_names, open_model
from tusk_core.commands.pictures import opened
from tusk_core.commands.regions import chosen_regions
from tusk_core.commands.terminal import Terminal
from tusk_core.control import RunControl

if TYPE_CHECKING:
    from tusk_core.prototype_names import PrototypeNames
    from tusk_core.results import Analysis


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk export``."""
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help="model, run, bundled name, or one or more results files (.h5)",
    )
    parser.add_argument(
        "--format", metavar="FORMAT", help="what to write; `tusk export --list` explains"
    )
    parser.add_argument("--out", type=path, metavar="PATH", help="file or folder to write")
    parser.add_argument(
        "--data",
        "--source",
        dest="source",
        metavar="SOURCE",
        help=f"of a model, the pictures to process: {SOURCE_HELP}; of a results file, where its "
        "pictures lie now",
    )
    parser.add_argument(
        "--frames", type=whole_number, default=100, metavar="N", help="frames of a camera"
    )
    parser.add_argument("--list", action="store_true", help="list the formats and what each drops")
    parser.add_argument(
        "--smooth",
        type=whole_number,
        default=0,
        metavar="N",
        help="of tracked results, take the jitter out over N frames, an odd number (default: raw)",
    )
    add_detection(parser)
    add_region(parser)
    add_again(parser)
    add_prototypes(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Export; returns the exit status."""
    if arguments.list:
        _list_formats()
        return 0
    if not arguments.models or None in (arguments.format, arguments.out):
        raise UsageError(
            "An export needs MODEL, --format FORMAT and --out PATH; --list shows the formats."
        )
    of_models = api.model_formats()
    if arguments.format in of_models:
        return _export_model(_one(arguments, arguments.models[0], arguments.out))
    names = [chosen.name for chosen in api.export_formats()]
    if arguments.format not in names:
        raise UsageError(
            f"There is no format {arguments.format!r}; there are {', '.join([*of_models, *names])}."
        )
    outputs = api.outputs_for(arguments.models, arguments.out)
    for out in outputs:
        api.check_export(out, arguments.format)
    for model, out in zip(arguments.models, outputs, strict=True):
        what = _job(arguments, model)
        if len(outputs) > 1 and not arguments.again and api.is_done(out, *what):
            print(f"{out} is there already.")
            continue
        _export_detections(_one(arguments, model, out))
        if len(outputs) > 1:
            api.note_done(out, *what)
    return 0


def _job(arguments: argparse.Namespace, model: str) -> tuple[object, ...]:
    """Return all that decides what a file holds."""
    how = ("format", "source", "smooth", "num_keypoints", "min_score", "region", "prototypes")
    return (api.file_state(Path(model)), *(getattr(arguments, name) for name in how))


def _one(arguments: argparse.Namespace, model: str, out: Path) -> argparse.Namespace:
    return argparse.Namespace(**{**vars(arguments), "model": model, "out": out})


def _list_formats() -> None:
    print("Of a model:")
    for name, text in api.model_formats().items():
        print(f"  {name:<14} {text}")
    print("Of detections (a results file, or a model with --data SOURCE):")
    for chosen in api.export_formats():
        print(f"  {chosen.name:<14} {chosen.label}. {chosen.note or 'Loses nothing.'}")


def _export_model(arguments: argparse.Namespace) -> int:
    written = api.export_model(
        arguments.model,
        arguments.out,
        file_format=arguments.format,
        num_keypoints=arguments.num_keypoints,
    )
    for file in written:
        print(file)
    return 0


def _export_detections(arguments: argparse.Namespace) -> None:
    terminal, control = Terminal(), RunControl()
    with stopping(control, "Stopping; nothing is written."):
        analysis, given = _analysis(arguments, terminal, control)
        terminal.clear()
        lost = api.export_analysis(
            analysis,
            arguments.out,
            file_format=arguments.format,
            names=given.names,
            merged=given.merged,
            hidden=given.hidden,
            smooth=arguments.smooth,
        )
    print(
        f"{len(analysis.scores)} keypoints in {len(analysis.picture_names)} pictures: "
        f"{arguments.out}"
    )
    for sentence in lost:
        print(sentence)


def _refuse_with_results(arguments: argparse.Namespace, results: Path) -> None:
    if arguments.num_keypoints is not None or arguments.min_score is not None:
        raise UsageError(
            "A results file holds what was found; --num-keypoints and --min-score change nothing "
            "now. Give them to `tusk detect`."
        )
    if arguments.out.exists() and results.exists() and arguments.out.samefile(results):
        raise UsageError(f"{arguments.out} is the results file itself; choose another name.")


def _analysis(
    arguments: argparse.Namespace, terminal: Terminal, control: RunControl
) -> tuple[Analysis, PrototypeNames]:
    """Return the detections and what is said about their prototypes."""
    path = Path(arguments.model)
    if path.suffix.lower() in {".h5", ".hdf5", ".npz"}:
        _refuse_with_results(arguments, path)
        analysis = api.open_corrected(path)
        if arguments.source is not None:
            analysis = dataclasses.replace(analysis, source=arguments.source)
        analysis = api.within_regions(analysis, chosen_regions(arguments.region, [analysis.source]))
        if arguments.prototypes is None:
            return analysis, api.read_names(path)
        return analysis, chosen_names(arguments.prototypes, None)
    if arguments.source is None:
        raise UsageError(
            "Detections need pictures. Add --data SOURCE, or give a results file made by "
            "`tusk detect` instead of a model."
        )
    predictor = open_model(arguments.model, arguments.device, terminal)
    given = chosen_names(arguments.prototypes, predictor.info.path)
    arguments.regions = chosen_regions(arguments.region, [arguments.source])
    with opened(arguments.source, arguments.frames, terminal, control) as source:
        return collected(arguments, predictor, source, terminal, control), given
