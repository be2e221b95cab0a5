"""GUI-thread owner of the thread that follows a run written by another process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.threads.mailbox import LatestValue
from tusk_app.threads.worker_thread import WorkerThread
from tusk_app.training.monitor_worker import RunMonitorWorker
from tusk_app.training.run_record import Outcome, RunRecord

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.events import PreviewReady, RunFinished
    from tusk_core.results import RunSummary

_OUTCOMES: dict[str, Outcome] = {"completed": "done", "stopped": "stopped"}


class RunMonitorController(QObject):
    """Follows one run at a time; what is read lands in ``record``.

    Attributes:
        record: the run that is followed.

    Signals:
        following_changed: Path of the run that is followed now, or None.
        failed: str, a sentence.
    """

    following_changed = Signal(object)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.record = RunRecord(self)
        self._path: Path | None = None
        self._wanted: Path | None = None
        self._stop = threading.Event()
        self._thread = WorkerThread("run monitor", self)
        self._thread.ended.connect(self._on_thread_ended)
        self._previews: LatestValue[PreviewReady] = LatestValue()
        self._summary: RunSummary | None = None

    @property
    def path(self) -> Path | None:
        """Run folder that is shown; stays set when the run has ended."""
        return self._path

    @property
    def summary(self) -> RunSummary | None:
        """The followed run at a glance, as it was read last."""
        return self._summary

    @property
    def is_following(self) -> bool:
        """True while new lines are looked for."""
        return self._thread.is_alive

    def follow(self, path: Path) -> None:
        """Show the run in ``path`` from its beginning, and what is added to it."""
        if self._thread.is_alive:
            self._wanted = path
            self._stop.set()
            return
        self._path, self._summary = path, None
        self._stop = threading.Event()
        self._previews = LatestValue()
        self.record.reset(path.name)
        self._begin(path)
        self.following_changed.emit(path)

    def leave(self) -> None:
        """Look no longer; returns at once."""
        self._wanted = None
        self._stop.set()

    def shutdown(self) -> bool:
        """End the thread; False if it did not end in time."""
        self.leave()
        return self._thread.wait()

    def _begin(self, path: Path) -> None:
        worker = RunMonitorWorker(path, self._stop, self._previews)
        self._thread.take(worker)
        worker.summarised.connect(self._take_summary)
        worker.run_started.connect(self.record.take_started)
        worker.phase_changed.connect(self.record.take_phase)
        worker.steps_done.connect(self.record.take_steps)
        worker.preview_ready.connect(self._take_preview)
        worker.checkpoint_saved.connect(self.record.take_checkpoint)
        worker.notice.connect(self.record.take_notice)
        worker.ended.connect(self._take_end)
        worker.failed.connect(self.failed)
        self._thread.start(worker.run, worker.finished)

    @Slot(object)
    def _take_summary(self, summary: RunSummary) -> None:
        self._summary = summary
        self.record.take_summary(summary.name, summary.total_steps)

    @Slot()
    def _take_preview(self) -> None:
        preview = self._previews.take()
        if preview is not None:
            self.record.take_preview(preview)

    @Slot(object, object)
    def _take_end(self, summary: RunSummary, finished: RunFinished | None) -> None:
        self.record.take_end(_OUTCOMES.get(summary.status, "failed"), finished)

    @Slot()
    def _on_thread_ended(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self.follow(wanted)
        else:
            self.following_changed.emit(None)
