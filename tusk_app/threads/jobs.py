"""GUI-thread owner of jobs: long work with progress, time left and a way to cancel."""

from __future__ import annotations

import enum
import itertools
import logging

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.threads.job_worker import JobFactory, JobFailure, JobWorker
from tusk_app.threads.mailbox import LatestValue
from tusk_app.threads.worker_thread import WorkerThread
from tusk_core.control import RunControl
from tusk_core.events import JobProgress

log = logging.getLogger(__name__)

STOP_TIMEOUT_MS = 10_000


class JobState(enum.Enum):
    """What has become of a job."""

    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(QObject):
    """One job and its thread.

    Signals:
        progressed: JobProgress, at most ten a second.
        produced: what the generator yielded besides progress.
        ended: JobState, after the last of its other signals; its thread is gone by then.
        state_changed: JobState.
    """

    progressed = Signal(object)
    produced = Signal(object)
    ended = Signal(object)
    state_changed = Signal(object)

    def __init__(self, number: int, title: str, factory: JobFactory, parent: QObject) -> None:
        super().__init__(parent)
        self.number = number
        self.title = title
        self.failure: JobFailure | None = None
        self._state = JobState.RUNNING
        self._outcome = JobState.FAILED
        self._progress = JobProgress(0, 0)
        self._control = RunControl()
        self._box: LatestValue[JobProgress] = LatestValue()
        self._worker: JobWorker | None = JobWorker(factory, self._control, self._box)
        self._thread = WorkerThread(f"job {title}", self, timeout_ms=STOP_TIMEOUT_MS)
        self._thread.ended.connect(self._take_end)
        self._thread.take(self._worker)
        self._connect(self._worker)

    @property
    def state(self) -> JobState:
        """What has become of it."""
        return self._state

    @property
    def is_running(self) -> bool:
        """True until it ended, also while it is being cancelled."""
        return self._state in (JobState.RUNNING, JobState.CANCELLING)

    @property
    def progress(self) -> JobProgress:
        """The newest progress."""
        return self._progress

    def start(self) -> None:
        """Begin; called once, by the controller."""
        assert self._worker is not None
        self._thread.start(self._worker.run, self._worker.finished)

    def cancel(self) -> None:
        """Ask it to stop after its current item; returns at once."""
        if self._state is JobState.RUNNING:
            self._set_state(JobState.CANCELLING)
            self._control.request_stop()

    def wait(self) -> bool:
        """Wait for its thread; True if that ended."""
        return self._thread.wait()

    def _connect(self, worker: JobWorker) -> None:
        worker.progress_ready.connect(self._take_progress)
        worker.produced.connect(self.produced)
        worker.failed.connect(self._take_failure)
        worker.cancelled.connect(self._take_cancelled)
        worker.done.connect(self._take_done)

    @Slot()
    def _take_progress(self) -> None:
        progress = self._box.take()
        if progress is not None:
            self._progress = progress
            self.progressed.emit(progress)

    @Slot(object)
    def _take_failure(self, failure: JobFailure) -> None:
        self.failure = failure
        self._outcome = JobState.FAILED

    @Slot()
    def _take_cancelled(self) -> None:
        self._outcome = JobState.CANCELLED

    @Slot()
    def _take_done(self) -> None:
        self._outcome = JobState.DONE

    @Slot()
    def _take_end(self) -> None:
        self._worker = None
        self._set_state(self._outcome)
        self.ended.emit(self._outcome)

    def _set_state(self, state: JobState) -> None:
        self._state = state
        self.state_changed.emit(state)


class JobController(QObject):
    """Starts jobs, one thread each, and tells what becomes of them.

    Signals:
        job_started: Job.
        job_progress: (Job, JobProgress).
        job_finished, job_cancelled: Job.
        job_failed: (Job, JobFailure).
        jobs_changed: a job began or ended.
    """

    job_started = Signal(object)
    job_progress = Signal(object, object)
    job_finished = Signal(object)
    job_failed = Signal(object, object)
    job_cancelled = Signal(object)
    jobs_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = itertools.count(1)
        self._jobs: list[Job] = []

    @property
    def running(self) -> tuple[Job, ...]:
        """Jobs that have not ended, oldest first."""
        return tuple(self._jobs)

    def start(self, title: str, factory: JobFactory) -> Job:
        """Start a job; its first signal comes after this returned.

        Args:
            title: what the user reads, such as "Run on 1,000 pictures".
            factory: called in the job's thread with a RunControl; its generator yields
                JobProgress and results, and looks at ``control.stop_requested``.
        """
        job = Job(next(self._numbers), title, factory, self)
        self._jobs.append(job)
        job.progressed.connect(lambda progress: self.job_progress.emit(job, progress))
        job.ended.connect(lambda state: self._take_end(job, state))
        job.start()
        self.job_started.emit(job)
        self.jobs_changed.emit()
        return job

    def cancel(self, number: int) -> None:
        """Cancel the job with this number."""
        for job in self._jobs:
            if job.number == number:
                job.cancel()

    def shutdown(self) -> bool:
        """Cancel all jobs and wait; False if one did not end in time."""
        for job in self._jobs:
            job.cancel()
        ended = [job.wait() for job in list(self._jobs)]
        return all(ended)

    def _take_end(self, job: Job, state: JobState) -> None:
        self._jobs.remove(job)
        match state:
            case JobState.DONE:
                self.job_finished.emit(job)
            case JobState.CANCELLED:
                self.job_cancelled.emit(job)
            case _:
                self.job_failed.emit(job, job.failure or JobFailure("It ended without a result."))
        self.jobs_changed.emit()
        job.deleteLater()
