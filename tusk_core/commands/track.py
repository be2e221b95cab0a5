"""``tusk track``: who is who over time, in one video or many."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from tusk_core import api
from tusk_core.commands.arguments import (
    MODEL_HELP,
    UsageError,
    add_device,
    add_region,
    add_tiles,
    path,
    share,
    whole_number,
)
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.opening import all_cores
from tusk_core.commands.regions import chosen_regions
from tusk_core.commands.terminal import Terminal, finish
from tusk_core.config import ConfigError, TrackConfig, describe_error, parse_assignment
from tusk_core.control import RunControl
from tusk_core.tracks import TrackOptions

if TYPE_CHECKING:
    import argparse

    from tusk_core.results import Analysis

RESULTS = frozenset({".h5", ".hdf5", ".npz"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk track``."""
    parser.add_argument(
        "model", metavar="MODEL", help=f"{MODEL_HELP}; or a results file (.h5) to track anew"
    )
    parser.add_argument(
        "videos", nargs="*", metavar="VIDEO", help="videos, folders of videos, or of pictures"
    )
    parser.add_argument(
        "--out",
        type=path,
        required=True,
        metavar="PATH",
        help="FILE.h5 for one video, a folder for several",
    )
    parser.add_argument(
        "--individuals",
        type=whole_number,
        metavar="N",
        help="there are at most N of them (default: free)",
    )
    parser.add_argument(
        "--min-score", type=share, metavar="S", help="leave out keypoints below this score, 0 to 1"
    )
    parser.add_argument(
        "--num-keypoints", type=whole_number, metavar="K", help="keypoints per picture"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another setting of the tracker: " + ", ".join(TrackConfig.model_fields),
    )
    parser.add_argument(
        "--propose",
        action="store_true",
        help="of a results file, use what its data propose for the settings that are not given, "
        "and say what that is",
    )
    parser.add_argument(
        "--again", action="store_true", help="track videos again that are done already"
    )
    add_tiles(parser)
    add_region(parser)
    add_device(parser)


def run(arguments: argparse.Namespace) -> int:
    """Track and write; returns the exit status."""
    config = _config(arguments)
    terminal, control = Terminal(), RunControl()
    model = Path(arguments.model)
    is_results = model.suffix.lower() in RESULTS
    if is_results and arguments.videos:
        raise UsageError(
            f"{model} is a results file, which names its own video; leave the videos out."
        )
    if not is_results and not arguments.videos:
        raise UsageError("Name a video after the model, or give a results file instead of it.")
    if arguments.propose and not is_results:
        raise UsageError("--propose needs a results file: detect first, then track that.")
    if is_results:
        analysis = api.open_analysis(model)
        named = [analysis.source]
        config = _proposed(analysis, config) if arguments.propose else config
    else:
        named = api.sources_in(arguments.videos)
    options = TrackOptions(
        config,
        arguments.num_keypoints,
        chosen_regions(arguments.region, named),
        arguments.again,
        tiles=arguments.tiles,
    )
    with stopping(control, "Stopping; the same command takes up the rest."):
        if is_results:
            job = api.track_results(model, arguments.out, control, options=options)
        else:
            job = api.track(
                arguments.model,
                arguments.videos,
                arguments.out,
                control,
                options=options,
                device=arguments.device,
                threads=all_cores(),
            )
        finish(job, terminal)
    terminal.line(f"Tracks: {arguments.out}")
    return 0


def _proposed(analysis: Analysis, config: TrackConfig) -> TrackConfig:
    """Return the settings with what the data propose in place of those not given."""
    found = api.propose_tracking(analysis, config=config)
    offers: dict[str, float | tuple[int, ...]] = {
        "num_individuals": found.num_individuals,
        "min_score": found.min_score,
        "reach": found.reach,
        "kinds": found.kinds,
        "still": found.still,
    }
    taken = {name: value for name, value in offers.items() if not getattr(config, name)}
    told = ", ".join(f"{name}={_typed(value)}" for name, value in taken.items() if value)
    share = f"{found.steadiness:.0%} of the frames agree on the number"
    print(f"The data propose {told or 'nothing'}; {share}.")
    return config.model_copy(update=taken)


def _typed(value: float | tuple[int, ...]) -> str:
    """Return a setting as ``--set`` takes it."""
    return str(list(value)) if isinstance(value, tuple) else f"{value:g}"


def _config(arguments: argparse.Namespace) -> TrackConfig:
    """Return the settings of the tracker as typed.

    Raises:
        ConfigError: if one of them cannot be used.
    """
    values: dict[str, Any] = {}
    values.update(parse_assignment(text) for text in arguments.set)
    if arguments.individuals is not None:
        values["num_individuals"] = arguments.individuals
    if arguments.min_score is not None:
        values["min_score"] = arguments.min_score
    try:
        return TrackConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(describe_error(error)) from error
