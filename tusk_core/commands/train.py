"""``tusk train``: a new run, or resuming one."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tusk_core import api
from tusk_core.commands.arguments import (
    DEVICES_HELP,
    MODEL_HELP,
    UsageError,
    device,
    path,
    positive,
    seed,
    whole_number,
)
from tusk_core.commands.interrupts import stopping
from tusk_core.commands.terminal import Terminal, number
from tusk_core.config import ConfigError, TrainConfig, load_preset, parse_assignment, replaced
from tusk_core.control import RunControl
from tusk_core.events import (
    CheckpointSaved,
    Notice,
    PhaseChanged,
    PreviewReady,
    RunFinished,
    RunStarted,
    StepDone,
)
from tusk_core.places import default_run_root

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from tusk_core.events import TrainEvent


DEFAULT_PRESET = "quick-default"
UNLIMITED_STEPS = 10_000_000
_MAX_CONFIG_BYTES = 2**20
_SHORT = {
    "reconstruction": "rebuild",
    "kmeans": "cluster",
    "equivariance": "equiv",
    "heatmap_equivariance": "heat",
    "sliced_wasserstein": "sw",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tusk train``."""
    parser.add_argument(
        "--data", metavar="SOURCE", help="folder, flat:FOLDER, video or sample:NAME to learn from"
    )
    parser.add_argument(
        "--preset", metavar="NAME", help=f"see `tusk presets` (default: {DEFAULT_PRESET})"
    )
    parser.add_argument(
        "--config", type=path, metavar="FILE", help="settings as TOML or JSON, instead of a preset"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="key.sub=value",
        help="change one setting; may be repeated; `tusk settings` lists them",
    )
    parser.add_argument(
        "--run-root", type=path, metavar="DIR", help="where runs go (default: runs)"
    )
    parser.add_argument("--name", help="name of the run")
    parser.add_argument("--steps", type=whole_number, metavar="N", help="stop after N steps")
    parser.add_argument("--minutes", type=positive, metavar="T", help="stop after T minutes")
    parser.add_argument("--device", type=device, help=DEVICES_HELP)
    parser.add_argument("--seed", type=seed, metavar="N", help="seed of everything random")
    parser.add_argument("--resume", type=path, metavar="RUN", help="resume a stopped run")
    parser.add_argument(
        "--start-from", metavar="MODEL", help=f"begin with the weights of a {MODEL_HELP}"
    )


def run(arguments: argparse.Namespace) -> int:
    """Train; returns the exit status."""
    control = RunControl()
    if arguments.resume is not None:
        _check_resume(arguments)
        events = api.resume(
            arguments.resume,
            control,
            steps=arguments.steps,
            minutes=arguments.minutes,
            device=arguments.device,
        )
    else:
        config = chosen_config(arguments)
        # A mistyped name should not leave a run behind.
        api.open_source(config.data.source).close()
        root = arguments.run_root or default_run_root(Path.cwd())
        if arguments.start_from is not None:
            events = api.fine_tune(
                config, arguments.start_from, control, run_root=root, name=arguments.name
            )
        else:
            events = api.train(config, control, run_root=root, name=arguments.name)
    return _follow(events, control)


def _check_resume(arguments: argparse.Namespace) -> None:
    fixed = {
        "--data": arguments.data,
        "--preset": arguments.preset,
        "--config": arguments.config,
        "--set": arguments.set,
        "--seed": arguments.seed,
        "--run-root": arguments.run_root,
        "--name": arguments.name,
        "--start-from": arguments.start_from,
    }
    given = [name for name, value in fixed.items() if value not in (None, [])]
    if given:
        raise UsageError(
            f"A resumed run keeps its settings, so {', '.join(given)} cannot be given with "
            "--resume. Only --steps, --minutes and --device can; start a new run for the rest."
        )
    if not api.is_run(arguments.resume):
        raise UsageError(
            f"{arguments.resume} is not a run folder: it has no run.json and config.json. A model "
            "by itself cannot be resumed; begin a new run from its weights (--start-from)."
        )


def chosen_config(arguments: argparse.Namespace) -> TrainConfig:
    """Return the configuration that the arguments ask for.

    Raises:
        ConfigError: naming what cannot be used.
        UsageError: if arguments contradict each other or none names the pictures.
    """
    if arguments.config is not None:
        if arguments.preset is not None:
            raise UsageError("Give --preset or --config, not both; --set changes either.")
        config = read_config(arguments.config)
    else:
        config = load_preset(arguments.preset or DEFAULT_PRESET)
    changes: dict[str, Any] = dict(parse_assignment(text) for text in arguments.set)
    flags = {
        "data.source": arguments.data,
        "optim.steps": arguments.steps,
        "optim.minutes": arguments.minutes,
        "run.device": arguments.device,
        "run.seed": arguments.seed,
    }
    changes |= {name: value for name, value in flags.items() if value is not None}
    if arguments.minutes is not None and arguments.steps is None and "optim.steps" not in changes:
        # A time limit alone means: as many steps as fit into it.
        changes["optim.steps"] = max(config.optim.steps, UNLIMITED_STEPS)
    config = replaced(config, changes)
    if not config.data.source:
        raise UsageError(
            "No pictures were named. Add --data FOLDER, or --data sample:tetrominoes to try it out."
        )
    return config


def read_config(file: Path) -> TrainConfig:
    """Read settings from a TOML or JSON file.

    Raises:
        ConfigError: if it cannot be read or used.
    """
    try:
        if file.stat().st_size > _MAX_CONFIG_BYTES:
            raise ConfigError(f"{file} is too large to hold settings.")
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not text in UTF-8, so it holds no settings.") from error
    return parse_config_text(text, str(file), is_json=file.suffix.lower() == ".json")


def parse_config_text(text: str, name: str, *, is_json: bool) -> TrainConfig:
    """Read settings from text.

    Raises:
        ConfigError: in one or two sentences.
    """
    from tusk_core.config import parse_config

    try:
        values = json.loads(text) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        kind = "JSON" if is_json else "TOML"
        raise ConfigError(f"{name} is not valid {kind}: {' '.join(str(error).split())}.") from error
    if isinstance(values, dict) and isinstance(values.get("config"), dict):
        values = values["config"]  # the config.json of a model
    return parse_config(values)


def _follow(events: Iterator[TrainEvent], control: RunControl) -> int:
    terminal = Terminal()
    is_main = os.environ.get("RANK", "0") == "0"
    finished: RunFinished | None = None
    with stopping(control, "Stopping after this step; the work is kept.") as interrupts:
        try:
            view = _View(terminal)
            for event in events:
                if isinstance(event, RunFinished):
                    finished = event
                if is_main:
                    view.show(event)
        finally:
            terminal.clear()
    if finished is not None and is_main:
        _tell_end(finished)
    return 130 if interrupts.happened else 0


class _View:
    """Shows events in a terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._total = 0

    def show(self, event: TrainEvent) -> None:
        """Show one event."""
        match event:
            case StepDone():
                self._show_step(event)
            case PhaseChanged(phase="training"):
                pass
            case PhaseChanged():
                self._terminal.phase(f"{event.phase}: {event.detail}".rstrip(": "))
            case RunStarted():
                self._total = event.total_steps
                until = f"to {event.total_steps}"
                if event.total_steps >= UNLIMITED_STEPS:
                    until = "until the time is up"
                self._terminal.line(
                    f"{event.run_dir}: {event.num_pictures} pictures, step {event.first_step} "
                    f"{until}, on {event.device}. {event.device_reason}"
                )
            case Notice():
                self._terminal.line(event.message)
            case CheckpointSaved():
                if self._terminal.is_live:
                    self._terminal.line(_saved(event))
            case PreviewReady() | RunFinished():
                pass

    def _show_step(self, event: StepDone) -> None:
        losses = "  ".join(
            f"{_SHORT.get(name, name)} {number(value)}" for name, value in event.losses.items()
        )
        speed = number(event.pictures_per_second)
        text = f"{speed} pictures/s  step {event.step}  {losses}"
        done = event.step / self._total if self._total else 0.0
        if event.remaining is not None:
            # A time limit may come before the last step.
            done = event.elapsed / max(event.elapsed + event.remaining, 1e-9)
        self._terminal.progress(round(done * 10_000), 10_000, text, event.remaining)


def _saved(event: CheckpointSaved) -> str:
    told = [f"step {event.step}: checkpoint saved"]
    if event.held_out_loss is not None:
        told.append(f"held-out loss {number(event.held_out_loss)}")
    if event.sorting is not None:
        told.append(f"sorts {event.sorting:.0%}")
    if event.is_best:
        told.append("the best so far")
    return ", ".join(told)


def _tell_end(finished: RunFinished) -> None:
    why = {
        "completed": f"Done after {finished.step} steps.",
        "time limit": f"The time is up after {finished.step} steps.",
        "stopped": f"Stopped after {finished.step} steps; the work is kept.",
    }[finished.reason]
    print(f"{why} Run: {finished.run_dir}")
    if finished.model_dir is not None:
        print(f"Model: {finished.model_dir}")
    if finished.reason == "stopped":
        print(f"Go on with: tusk train --resume {finished.run_dir}")
