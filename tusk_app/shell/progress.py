"""Tells the status bar about the run and the jobs that go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, Slot

from tusk_app.training.controller import RunState

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tusk_app.shell.status_bar import StatusBar
    from tusk_app.shell.workshop import Workshop

_WORDS = {
    RunState.PREPARING: "Preparing the run",
    RunState.PAUSING: "Pausing",
    RunState.PAUSED: "Paused",
    RunState.STOPPING: "Stopping",
}
BAR_STEPS = 1000
_MOVES = frozenset({QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.Resize, QEvent.Type.Move})


class ProgressFeed(QObject):
    """Follows training and jobs; says nothing twice.

    While the panel of the run, or the rows of the jobs, can be seen, the status bar is silent.
    """

    def __init__(
        self,
        status: StatusBar,
        workbench: Workshop,
        run_panel: QWidget,
        job_rows: QWidget,
        parent: QObject,
    ) -> None:
        """Follow from now on.

        Args:
            status: where to tell.
            workbench: whose training and jobs.
            run_panel: shows the run too.
            job_rows: shows the jobs too.
            parent: who owns this.
        """
        super().__init__(parent)
        self._status = status
        self._run_panel, self._job_rows = run_panel, job_rows
        self._training = workbench.training
        self._jobs = workbench.jobs
        self._training.state_changed.connect(self._show_run)
        self._training.record.steps_done.connect(self._show_run)
        self._training.record.phase_changed.connect(self._show_run)
        self._jobs.jobs_changed.connect(self._show_jobs)
        self._jobs.job_progress.connect(self._show_jobs)
        status.cancel_clicked.connect(self._cancel)
        # Panels that come and go: looked at again once Qt has laid them out.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._show_all)
        for panel in (run_panel, job_rows):
            panel.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Look again when a panel comes, goes, or is covered by another tab."""
        if event.type() in _MOVES:
            self._later.start()
        return False

    @Slot()
    def look_again(self, _value: object = None) -> None:
        """Look again soon which panels can be seen."""
        self._later.start()

    @Slot()
    def _show_all(self) -> None:
        self._show_run()
        self._show_jobs()

    @Slot()
    def _show_run(self, _state: object = None) -> None:
        training, chip = self._training, self._status.run_chip
        if not training.is_busy or _is_seen(self._run_panel):
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
        if not running or _is_seen(self._job_rows):
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


def _is_seen(panel: QWidget) -> bool:
    """Return whether any of a panel is on the screen: not hidden, folded or behind a tab."""
    return panel.isVisible() and not panel.visibleRegion().isEmpty()


def readable_time(seconds: float) -> str:
    """Return a time in one rounded unit, such as ``"3 min"``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
