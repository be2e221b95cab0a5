"""GUI-thread owner of the training thread: one run at a time, from its start to its outcome."""

from __future__ import annotations

import enum
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from tusk_app.state.training_wish import TrainingWish
from tusk_app.threads.latest_task import LatestTask
from tusk_app.threads.mailbox import AllValues, LatestValue
from tusk_app.threads.worker_thread import WorkerThread
from tusk_app.training import trash
from tusk_app.training.monitor import RunMonitorController
from tusk_app.training.remedies import Remedy, remedied, remedies_for
from tusk_app.training.request import Session, TrainingRequest
from tusk_app.training.run_past import PastRun, read_past
from tusk_app.training.run_record import Outcome, RunRecord
from tusk_app.training.setup import TrainingSetup
from tusk_app.training.worker import TrainingWorker
from tusk_core.config import load_preset, replaced
from tusk_core.control import RunControl

if TYPE_CHECKING:
    from tusk_app.training.failure import RunFailed
    from tusk_core.events import (
        CheckpointSaved,
        Notice,
        PhaseChanged,
        PreviewReady,
        RunFinished,
        RunStarted,
        StepDone,
    )

log = logging.getLogger(__name__)

STOP_TIMEOUT_MS = 30_000  # a step and a checkpoint of a large model on a slow machine
STEPS_INTERVAL_MS = 250  # at most four batches of steps a second: faster nobody reads
SAMPLE_PRESET = "quick-tetrominoes"
SAMPLE_SOURCE = "sample:tetrominoes"
# The first minutes decide: everything the preset does, in a fraction of its time.
SAMPLE_PACE = {
    "data.max_pictures": 6000,
    "optim.minutes": 2.5,
    "losses.kmeans_start": 400,
    "losses.kmeans_ramp": 300,
    "losses.binarity_start": 300,
}


class RunState(enum.Enum):
    """What the buttons may offer."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"


class TrainingController(QObject):
    """Starts, holds and ends runs; what they report lands in ``record``.

    Attributes:
        record: the run that goes on, or the last one.
        monitor: follows a run that another process writes.
        setup: answers the training dialog's questions in the background.
        wish: what the user chose for the pictures that are open.

    Signals:
        state_changed: RunState.
        acknowledged: str, said at once when a button was pressed.
        failed: RunFailed; ``remedies()`` tells what can be tried.
        run_ended: str outcome ("done", "stopped", "failed", "discarded").
        run_trashed: Path of a run folder that is now in the trash.
        trash_failed: str, a sentence.
        setup_requested: str kind ("new", "resume", "fine-tune") and Path or None: somebody wants
            the training dialog; the window shows it.
        compare_toggled: Path of a run whose curves are to be shown in grey, or no longer.
        inspect_requested: Path of a run whose model is to be seen with its pictures.
        live_requested: the run of this window is to be shown, not one that is followed.
    """

    state_changed = Signal(object)
    acknowledged = Signal(str)
    failed = Signal(object)
    run_ended = Signal(str)
    run_trashed = Signal(object)
    trash_failed = Signal(str)
    setup_requested = Signal(str, object)
    compare_toggled = Signal(object)
    inspect_requested = Signal(object)
    live_requested = Signal()

    def __init__(self, parent: QObject | None = None, *, run_root: Path | None = None) -> None:
        super().__init__(parent)
        self.record = RunRecord(self)
        self.monitor = RunMonitorController(self)
        self.setup = TrainingSetup(self)
        self.wish = TrainingWish()
        self._run_root = run_root
        self._state = RunState.IDLE
        self._thread = WorkerThread("training", self, timeout_ms=STOP_TIMEOUT_MS)
        self._thread.ended.connect(self._on_thread_ended)
        self._control = RunControl()
        self._previews: LatestValue[PreviewReady] = LatestValue()
        self._steps: AllValues[StepDone] = AllValues()
        self._steps_timer = QTimer(self)
        self._steps_timer.setSingleShot(True)
        self._steps_timer.setInterval(STEPS_INTERVAL_MS)
        self._steps_timer.timeout.connect(self._take_steps)
        self._request: TrainingRequest | None = None
        self._failure: RunFailed | None = None
        self._finished: RunFinished | None = None
        self._is_discarding = False
        self._next: TrainingRequest | None = None
        self._past = LatestTask("past of a run", self)
        self._past.done.connect(self._take_past)
        self._trash = LatestTask("trash", self, keep_all=True)
        self._trash.done.connect(self._take_trashed)
        self._trash.failed.connect(self._take_trash_error)

    @property
    def state(self) -> RunState:
        """Current state; changes are announced by ``state_changed``."""
        return self._state

    @property
    def is_busy(self) -> bool:
        """True from the start of a run until its thread is gone."""
        return self._state is not RunState.IDLE

    @property
    def request(self) -> TrainingRequest | None:
        """What the current or last run was asked to do."""
        return self._request

    @property
    def failure(self) -> RunFailed | None:
        """Why the last run failed; None if it did not."""
        return self._failure

    @property
    def run_root(self) -> Path:
        """Folder that gets the folders of new runs."""
        return self._run_root if self._run_root is not None else Path.home() / "TUSK" / "runs"

    def set_run_root(self, path: Path) -> None:
        """Put new runs under ``path``."""
        self._run_root = path

    def start_request(self, request: TrainingRequest) -> None:
        """Start what the user asked for.

        Raises:
            RuntimeError: if a run is still going on.
        """
        self._start(request.session, request, request.title, request.total_steps)

    def start(self, session: Session, *, title: str = "Training", steps: int | None = None) -> None:
        """Start any session, such as one of a test.

        Raises:
            RuntimeError: if a run is still going on.
        """
        self._start(session, None, title, steps)

    def start_sample(self) -> None:
        """Train the small preset on pictures made for it: the program's first minute.

        Raises:
            RuntimeError: if a run is still going on.
            ConfigError: if the preset is missing.
        """
        config = replaced(load_preset(SAMPLE_PRESET), {"data.source": SAMPLE_SOURCE, **SAMPLE_PACE})
        self.start_request(TrainingRequest("new", self.run_root, config, is_sample=True))

    def continue_run(
        self, run_dir: Path, *, steps: int | None = None, minutes: float | None = None
    ) -> None:
        """Go on with a finished or stopped run until it has this many steps or minutes in all."""
        request = TrainingRequest(
            "resume", self.run_root, start_from=run_dir, steps=steps, minutes=minutes
        )
        self.start_request(request)

    def pause(self) -> None:
        """Hold the run after its current step; returns at once."""
        if self._state is RunState.RUNNING:
            self._control.set_paused(paused=True)
            self._set_state(RunState.PAUSING)
            self.acknowledged.emit("Pausing after this step…")

    def resume(self) -> None:
        """Let a paused run go on; returns at once."""
        if self._state in {RunState.PAUSED, RunState.PAUSING}:
            self._control.set_paused(paused=False)
            self._set_state(RunState.RUNNING)
            self.acknowledged.emit("Resuming…")

    def save_now(self) -> None:
        """Ask for a checkpoint after the current step; returns at once."""
        if self._state in {RunState.RUNNING, RunState.PAUSING, RunState.PAUSED}:
            self._control.request_checkpoint()
            self.acknowledged.emit("Saving a checkpoint after this step…")

    def stop_and_keep(self) -> None:
        """End the run after its current step and keep what it has learnt; returns at once."""
        if self._state not in {RunState.IDLE, RunState.STOPPING}:
            self._control.request_stop()
            self._set_state(RunState.STOPPING)
            self.acknowledged.emit("Stopping after this step; what it has learned is kept…")

    def discard(self) -> None:
        """End the run, then move its folder to the trash; returns at once."""
        if self._state is RunState.IDLE:
            return
        self._is_discarding = True
        self._control.request_stop()
        self._set_state(RunState.STOPPING)
        self.acknowledged.emit("Stopping after this step; then the run goes to the trash…")

    def trash_run(self, path: Path) -> None:
        """Move the folder of a run that is not going on to the trash, in the background."""
        self._trash.request(lambda: trash.move_to_trash(path))

    def shutdown(self) -> bool:
        """Stop and wait; called when the main window closes. False if the run did not end."""
        self._next = None
        self.stop_and_keep()
        if not self._thread.wait():
            return False
        self._steps_timer.stop()
        tasks_ended = [task.shutdown() for task in (self._past, self._trash)]
        parts_ended = [self.setup.shutdown(), self.monitor.shutdown()]
        return all(tasks_ended + parts_ended)

    def remedies(self) -> tuple[Remedy, ...]:
        """What can be tried after the last failure, best first."""
        if self._failure is None or self._request is None:
            return ()
        return remedies_for(self._failure, self._request, self.record)

    def apply(self, remedy: Remedy) -> None:
        """Start the failed run again in another way; waits for the failed one's thread."""
        if self._request is None:
            return
        request = remedied(remedy, self._request, self.record)
        if request is None:
            return
        if self.is_busy:
            self._next = request
        else:
            self.start_request(request)

    def _start(
        self, session: Session, request: TrainingRequest | None, title: str, steps: int | None
    ) -> None:
        if self._thread.is_alive:
            raise RuntimeError("a run is already in progress")
        self._request, self._failure, self._finished = request, None, None
        self._is_discarding = False
        self._control = RunControl()
        self._previews = LatestValue()
        self._steps = AllValues()
        worker = TrainingWorker(session, self._control, self._steps, self._previews)
        self._thread.take(worker)
        self._connect(worker)
        self._set_state(RunState.PREPARING)
        is_sample = request is not None and request.is_sample
        self.record.reset(title, is_sample=is_sample, steps=steps)
        self._thread.start(worker.run, worker.finished)

    def _connect(self, worker: TrainingWorker) -> None:
        worker.run_started.connect(self._take_started)
        worker.phase_changed.connect(self._take_phase)
        worker.steps_ready.connect(self._wait_for_steps)
        worker.preview_ready.connect(self._take_preview)
        worker.checkpoint_saved.connect(self._take_checkpoint)
        worker.notice.connect(self._take_notice)
        worker.ended.connect(self._take_end)
        worker.failed.connect(self._take_failure)

    @Slot(object)
    def _take_started(self, event: RunStarted) -> None:
        self.record.take_started(event)
        if event.first_step > 0:
            self._past.request(lambda: read_past(event.run_dir, before=event.first_step))

    @Slot(object)
    def _take_past(self, past: PastRun) -> None:
        if past.path == self.record.run_dir:
            self.record.take_past(past.history, past.checkpoints, past.resumed_at)

    @Slot(object)
    def _take_phase(self, event: PhaseChanged) -> None:
        self._take_steps()
        self.record.take_phase(event)
        if event.phase == "paused" and self._state is RunState.PAUSING:
            self._set_state(RunState.PAUSED)
        elif event.phase == "training" and self._state is RunState.PREPARING:
            self._set_state(RunState.RUNNING)

    @Slot()
    def _wait_for_steps(self) -> None:
        if not self._steps_timer.isActive():
            self._steps_timer.start()

    @Slot()
    def _take_steps(self) -> None:
        """Take all steps done so far; also before other events, so that the order stays."""
        self._steps_timer.stop()
        events = self._steps.take()
        if not events:
            return
        if self._state is RunState.PREPARING:
            self._set_state(RunState.RUNNING)
        self.record.take_steps(events)

    @Slot(object)
    def _take_notice(self, event: Notice) -> None:
        self._take_steps()
        self.record.take_notice(event)

    @Slot()
    def _take_preview(self) -> None:
        self._take_steps()
        preview = self._previews.take()
        if preview is not None:
            self.record.take_preview(preview)

    @Slot(object)
    def _take_checkpoint(self, event: CheckpointSaved) -> None:
        self._take_steps()
        self.record.take_checkpoint(event)
        self.acknowledged.emit(f"Checkpoint saved at step {event.step:,}.")

    @Slot(object)
    def _take_end(self, event: RunFinished | None) -> None:
        self._take_steps()
        self._finished = event

    @Slot(object)
    def _take_failure(self, failure: RunFailed) -> None:
        self._take_steps()
        self._failure = failure

    @Slot()
    def _on_thread_ended(self) -> None:
        outcome = self._outcome()
        run_dir = self.record.run_dir
        if outcome == "discarded" and run_dir is not None:
            self.trash_run(run_dir)
        self._set_state(RunState.IDLE)
        self.record.take_end(outcome, self._finished)
        if self._failure is not None and outcome == "failed":
            self.failed.emit(self._failure)
        self.run_ended.emit(outcome)
        request, self._next = self._next, None
        if request is not None:
            self.start_request(request)

    def _outcome(self) -> Outcome:
        if self._is_discarding:
            return "discarded"
        if self._failure is not None:
            return "failed"
        if self._finished is None or self._finished.reason == "stopped":
            return "stopped"
        return "done"

    @Slot(object)
    def _take_trashed(self, path: Path) -> None:
        self.run_trashed.emit(path)

    @Slot(object)
    def _take_trash_error(self, error: Exception) -> None:
        self.trash_failed.emit(str(error))

    def _set_state(self, state: RunState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)
