"""Training: beginning, resuming, estimating, and reading runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tusk_core.config import TrainConfig
    from tusk_core.control import RunControl
    from tusk_core.events import TrainEvent
    from tusk_core.results import DeviceInfo, RunSummary, TrainingEstimate


def train(
    config: TrainConfig, control: RunControl, *, run_root: Path, name: str | None = None
) -> Iterator[TrainEvent]:
    """Train a new model in a new folder under ``run_root``; see ``tusk_core.events``."""
    from tusk_core.training.trainer import run_training

    return run_training(config, control, run_root=run_root, name=name)


def resume(
    run: Path,
    control: RunControl,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    device: str | None = None,
) -> Iterator[TrainEvent]:
    """Resume a stopped or crashed run from its latest checkpoint.

    On the CPU bit for bit, where ``run.threads`` is given and so the order of sums.

    Args:
        run: run folder.
        control: stop, pause and save.
        steps: new total of steps; None keeps the run's.
        minutes: new time limit; None keeps the run's.
        device: another device; None keeps the run's choice.
    """
    from tusk_core.training.trainer import resume_training

    return resume_training(run, control, steps=steps, minutes=minutes, device=device)


def fine_tune(
    config: TrainConfig,
    model: str | Path,
    control: RunControl,
    *,
    run_root: Path,
    name: str | None = None,
) -> Iterator[TrainEvent]:
    """Train a new run that starts from the weights of ``model`` where shapes agree.

    A run with a frozen network takes over the kinds of a discovered model, those from clicks
    included: it has as many.

    Args:
        config: of the new run.
        model: a model folder, a run folder (its best checkpoint) or the name of a bundled model.
        control: stop, pause, save.
        run_root: folder of run folders.
        name: of the run.

    Raises:
        ModelFileError: at once, before anything is written, if there is no such model.
    """
    from tusk_core.inference.model_paths import find_model
    from tusk_core.nn.steering import with_kinds_of
    from tusk_core.training.trainer import run_training

    folder = find_model(model)
    config = with_kinds_of(config, folder)
    return run_training(config, control, run_root=run_root, name=name, start_from=folder)


def estimate(
    config: TrainConfig, *, num_steps: int = 3, control: RunControl | None = None
) -> TrainingEstimate:
    """Run a few real steps on made-up pictures and tell time and memory of the whole run.

    Raises:
        Cancelled: if ``control`` asked to stop between two steps.
    """
    from tusk_core.training.estimate import estimate_training

    return estimate_training(config, num_steps=num_steps, control=control)


def list_devices() -> tuple[DeviceInfo, ...]:
    """Return every device, usable or not, with the reason; the first is what ``auto`` takes."""
    from tusk_core.nn.device import list_devices as listed

    return listed()


def is_run(path: Path) -> bool:
    """Return whether a folder looks like a run."""
    from tusk_core.runs.folder import is_run as looks_like_one

    return looks_like_one(path)


def list_runs(run_root: Path) -> tuple[RunSummary, ...]:
    """Return the runs under ``run_root``, newest first; unreadable ones are left out."""
    from tusk_core.runs.folder import list_runs as listed

    return listed(run_root)


def read_run(path: Path) -> RunSummary:
    """Return one run at a glance.

    Raises:
        SourceError: if it is not a run folder.
    """
    from tusk_core.runs.folder import read_run as read

    return read(path)


def follow_events(path: Path, *, offset: int = 0) -> tuple[list[TrainEvent], int]:
    """Return the logged events of a run after byte ``offset``, and the next offset.

    Preview arrays come from the run's preview files. A half-written last line is left for the
    next call.
    """
    from tusk_core.training.event_log import read_events

    return read_events(path, offset=offset)
