"""A run from beginning to end: a generator of events that a control steers."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from tusk_core.config import TrainConfig, replaced
from tusk_core.control import Cancelled
from tusk_core.events import RunFinished, RunStarted, TrainEvent
from tusk_core.nn.device import choose_device, limit_threads
from tusk_core.nn.distributed import Team, join_team
from tusk_core.results import DeviceInfo, SourceError
from tusk_core.runs.folder import RunFolder, is_run
from tusk_core.training.failures import as_training_error
from tusk_core.training.loop import Loop
from tusk_core.training.opening import open_run
from tusk_core.training.record import RunRecord
from tusk_core.training.task import RunTask

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tusk_core.control import RunControl


def run_training(
    config: TrainConfig,
    control: RunControl,
    *,
    run_root: Path,
    name: str | None = None,
    start_from: str | Path | None = None,
) -> Iterator[TrainEvent]:
    """Train a new model; see ``tusk_core.api.train``."""
    team = join_team()
    device = _device(config, team)
    folder = _new_folder(run_root, config, name, team)
    yield from _recorded(RunTask(config, control, folder, team, device, start_from=start_from))


def resume_training(
    run: Path,
    control: RunControl,
    *,
    steps: int | None = None,
    minutes: float | None = None,
    device: str | None = None,
) -> Iterator[TrainEvent]:
    """Continue a run; see ``tusk_core.api.resume``."""
    if not is_run(run):
        raise SourceError(
            f"{run} is not a run folder: it has no run.json and config.json. A model by itself "
            "cannot be resumed; begin a new run that starts from its weights."
        )
    folder = RunFolder(run)
    changes = {"optim.steps": steps, "optim.minutes": minutes, "run.device": device}
    config = replaced(folder.config(), {k: v for k, v in changes.items() if v is not None})
    team = join_team()
    chosen = _device(config, team)
    yield from _recorded(RunTask(config, control, folder, team, chosen, is_resumed=True))


def _device(config: TrainConfig, team: Team) -> DeviceInfo:
    if team.size > 1 and config.run.device == "auto" and torch.cuda.is_available():
        return choose_device(f"cuda:{team.local_rank}")
    return choose_device(config.run.device)


def _new_folder(run_root: Path, config: TrainConfig, name: str | None, team: Team) -> RunFolder:
    folder = RunFolder.create(run_root, config, name) if team.is_main else None
    path = team.share_text(str(folder.path) if folder else "")
    return folder or RunFolder(Path(path))


def _recorded(task: RunTask) -> Iterator[TrainEvent]:
    """Log every event and, whatever happens, leave a folder that tells what it was."""
    record = RunRecord(task)
    with contextlib.closing(_events(task, record)) as events:
        try:
            for event in events:
                notice = record.write(event)
                if notice is not None:
                    yield notice
                yield event
        except GeneratorExit:
            record.close()
            raise
        except BaseException as error:
            told = as_training_error(error)
            record.close(problem=str(told) or type(told).__name__)
            if told is error:
                raise
            raise told from error
        record.close()


def _events(task: RunTask, record: RunRecord) -> Generator[TrainEvent, None, None]:
    """Open the run, train, finish."""
    limit_threads(task.config.run.threads)
    try:
        opened = yield from open_run(task)
    except Cancelled:
        yield RunFinished(0, "stopped", task.folder.path)
        return
    yield RunStarted(
        run_dir=task.folder.path,
        first_step=opened.session.step,
        total_steps=task.config.optim.steps,
        device=task.device.name,
        device_reason=task.device.reason,
        num_pictures=len(opened.division.training),
    )
    reason = yield from Loop(opened.task, opened, record).events()
    best = task.folder.best_model() if task.folder.checkpoint_steps() else None
    yield RunFinished(opened.session.step, reason, task.folder.path, best)
