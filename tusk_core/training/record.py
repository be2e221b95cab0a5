"""What a run leaves in its folder: the lock, the log, and how far it came and how it ended."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING

from tusk_core.events import (
    CheckpointSaved,
    Notice,
    RunFinished,
    RunStarted,
    StepDone,
    TrainEvent,
)
from tusk_core.training.journal import Journal

if TYPE_CHECKING:
    from tusk_core.training.task import RunTask


class RunRecord:
    """Keeps ``run.json`` and ``events.jsonl`` true; in a team only the main process writes.

    Args:
        task: the run; its folder is locked until ``close``.

    Raises:
        TrainingError: if another process is training there; its folder is left as it is.
    """

    def __init__(self, task: RunTask) -> None:
        self._folder = task.folder
        self._journal: Journal | None = None
        self._status = "running"
        self._progress: dict[str, object] = {}
        if not task.team.is_main:
            return
        self._folder.lock()
        try:
            self._folder.describe(
                status="running",
                problem="",
                device=task.device.name,
                total_steps=task.config.optim.steps,
            )
            self._journal = Journal(self._folder, task.config)
        except BaseException:
            self._folder.unlock()
            raise

    @property
    def is_kept(self) -> bool:
        """Whether this process is the one that writes."""
        return self._journal is not None

    @property
    def name(self) -> str:
        """What the run is called."""
        return self._journal.label if self._journal is not None else "model"

    def write(self, event: TrainEvent) -> Notice | None:
        """Log an event; returns what the user should know about the log."""
        self._remember(event)
        return self._journal.write(event) if self._journal is not None else None

    def describe(self, status: str) -> None:
        """Tell who reads the folder what the run is doing; a full disk does not end the run."""
        if self.is_kept:
            with contextlib.suppress(OSError):  # an outside reader then sees the older word
                self._folder.describe(status=status)

    def close(self, *, problem: str = "") -> None:
        """Write the last word about the run and let go of its files.

        Args:
            problem: why it failed; without one it was stopped, unless it had finished.
        """
        if self._journal is None:
            return
        if problem:
            self._status = "failed"
        elif self._status == "running":
            self._status = "stopped"
        ended = dt.datetime.now().astimezone().isoformat(timespec="seconds")
        with contextlib.suppress(OSError):
            self._folder.describe(
                status=self._status, problem=problem, ended=ended, **self._progress
            )
        self._journal.close()
        self._folder.unlock()

    def _remember(self, event: TrainEvent) -> None:
        if isinstance(event, RunStarted):
            self._progress["step"] = event.first_step
        elif isinstance(event, StepDone):
            self._progress |= {"step": event.step, "elapsed": round(event.elapsed, 3)}
        elif isinstance(event, CheckpointSaved) and event.sorting is not None:
            self._progress["sorting"] = round(event.sorting, 4)
        elif isinstance(event, RunFinished):
            self._status = "stopped" if event.reason == "stopped" else "completed"
