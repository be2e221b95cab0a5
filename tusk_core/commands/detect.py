"""``tusk detect``: keypoints of pictures, videos or a camera, to a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tusk_core import api
from tusk_core.commands.arguments import (
    add_detection,
    add_device,
    add_model,
    add_prototypes,
    add_region,
    add_sources,
    add_tiles,
    path,
)
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.opening import chosen_names, least_score, open_model
from tusk_core.commands.outputs import check_folder
from tusk_core.commands.pictures import opened
from tusk_core.commands.regions import chosen_regions
from tusk_core.commands.terminal import Terminal, finish, follow
from tusk_core.control import RunControl
from tusk_core.errors import Failures
from tusk_core.results import Analysis
from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from tusk_core.interfaces import OpenedSource, Predictor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk detect``."""
    add_model(parser)
    add_sources(parser)
    parser.add_argument(
        "--out",
        type=path,
        required=True,
        metavar="FILE",
        help="FILE.json (COCO), .csv, .parquet, .h5 (opens in TUSK) or .npz; of several sources "
        "with {name} in it, such as tables/{name}.csv",
    )
    add_detection(parser)
    add_tiles(parser)
    parser.add_argument(
        "--overlay", type=path, metavar="DIR", help="also write pictures with the keypoints drawn"
    )
    parser.add_argument(
        "--with-errors",
        action="store_true",
        help="also note how well each picture is rebuilt (kept in .h5)",
    )
    add_region(parser)
    add_prototypes(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Detect and write; returns the exit status."""
    file_format = api.format_for(arguments.out)
    sources = api.sources_in(arguments.sources)
    outputs = api.outputs_for(sources, arguments.out)
    for out in outputs:
        api.check_export(out, file_format)
    check_folder(arguments.overlay)
    terminal, control = Terminal(), RunControl()
    arguments.regions = chosen_regions(arguments.region, sources)
    with stopping(control, "Stopping; the same command takes up the rest."):
        predictor = open_model(arguments.model, arguments.device, terminal)
        failures = Failures(len(sources))
        for source, out in zip(sources, outputs, strict=True):
            what = _job(arguments, predictor, source)
            if len(sources) > 1 and not arguments.again and api.is_done(out, *what):
                print(f"{out} is there already.")
                continue
            one = argparse.Namespace(
                **{**vars(arguments), "source": source, "out": out, "kept": out}
            )
            if arguments.overlay is not None and len(sources) > 1:
                one.overlay = arguments.overlay / out.stem
            with failures.noted(source):
                is_written = _detect(one, predictor, file_format, terminal, control)
                if is_written and len(sources) > 1:
                    api.note_done(out, *what)
    failures.tell()
    return 0


def _job(arguments: argparse.Namespace, predictor: Predictor, source: str) -> tuple[object, ...]:
    """Return all that decides what a source's file holds."""
    how = ("num_keypoints", "min_score", "tiles", "with_errors", "prototypes", "overlay", "regions")
    return (
        predictor.info.fingerprint,
        api.file_state(Path(path_text(source))),
        *(getattr(arguments, name) for name in how),
    )


def _detect(
    arguments: argparse.Namespace,
    predictor: Predictor,
    file_format: str,
    terminal: Terminal,
    control: RunControl,
) -> bool:
    """Detect and write; False in all but the main of several processes."""
    given = chosen_names(arguments.prototypes, predictor.info.path)
    with opened(arguments.source, arguments.frames, terminal, control) as source:
        found = _found(arguments, predictor, source, terminal, control)
        if not found:
            return False
        (analysis,) = found
        lost = api.export_analysis(
            analysis,
            arguments.out,
            file_format=file_format,
            names=given.names,
            merged=given.merged,
            hidden=given.hidden,
        )
        api.detection_written(arguments.out)
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
            finish(api.write_overlays(analysis, source, arguments.overlay, control), terminal)
            print(f"Pictures with keypoints: {arguments.overlay}")
    return True


def collected(
    arguments: argparse.Namespace,
    predictor: Predictor,
    source: OpenedSource,
    terminal: Terminal,
    control: RunControl,
) -> Analysis:
    """Detect over a source with a progress bar."""
    (analysis,) = _found(arguments, predictor, source, terminal, control)
    return analysis


def _found(
    arguments: argparse.Namespace,
    predictor: Predictor,
    source: OpenedSource,
    terminal: Terminal,
    control: RunControl,
) -> list[Analysis]:
    """Return what was found; nothing in all but the main of several processes that share it."""
    job = api.detect(
        predictor,
        source,
        control,
        num_keypoints=arguments.num_keypoints,
        min_score=least_score(arguments, predictor),
        with_errors=getattr(arguments, "with_errors", False),
        tiles=getattr(arguments, "tiles", None),
        out=getattr(arguments, "kept", None),
    )
    found = [item for item in follow(job, terminal) if isinstance(item, Analysis)]
    return [api.within_regions(item, getattr(arguments, "regions", {})) for item in found]
