"""Tells the status bar about the run and the jobs that go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from tusk_app.controllers.training_controller import RunState

if TYPE_CHECKING:
    from tusk_app.window.status_bar import StatusBar
    from tusk_app.workbench import Workbench

_WORDS = {
    RunState.PREPARING: "Preparing the run",
    RunState.PAUSING: "Pausing",
    RunState.PAUSED: "Paused",
    RunState.STOPPING: "Stopping",
}
BAR_STEPS = 1000


class ProgressFeed(QObject):
    """Follows training and jobs."""

    def __init__(self, status: StatusBar, workbench: Workbench, parent: QObject) -> None:
        super().__init__(parent)
        self._status = status
        self._training = workbench.training
        self._jobs = workbench.jobs
        self._training.state_changed.connect(self._show_run)
        self._training.record.steps_done.connect(self._show_run)
        self._training.record.phase_changed.connect(self._show_run)
        self._jobs.jobs_changed.connect(self._show_jobs)
        self._jobs.job_progress.connect(self._show_jobs)
        status.cancel_clicked.connect(self._cancel)

    @Slot()
    def _show_run(self, _state: object = None) -> None:
        training, chip = self._training, self._status.run_chip
        if not training.is_busy:
            chip.hide()
            return
        record = training.record
        fraction = record.fraction
        words = _WORDS.get(training.state, "Training")
        if training.state is RunState.RUNNING and fraction is not None:
            words = f"Training {fraction:.0%}"
        if fraction is None:
            chip.show_progress(words)
        else:
            chip.show_progress(words, round(fraction * BAR_STEPS), BAR_STEPS)

    @Slot()
    def _show_jobs(self, _job: object = None, _progress: object = None) -> None:
        running, chip = self._jobs.running, self._status.job_chip
        if not running:
            chip.hide()
            return
        job = running[-1]
        words = job.title if len(running) == 1 else f"{job.title} (+{len(running) - 1})"
        progress = job.progress
        if progress.remaining is not None:
            words += f" · {readable_time(progress.remaining)} left"
        chip.show_progress(words, progress.done, progress.total, can_cancel=True)

    @Slot()
    def _cancel(self) -> None:
        running = self._jobs.running
        if running:
            self._jobs.cancel(running[-1].number)


def readable_time(seconds: float) -> str:
    """Return a time in one rounded unit, such as ``"3 min"``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
