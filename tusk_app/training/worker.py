"""Runs one session of the engine inside a QThread and turns its events into signals."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.training.failure import explain_failure
from tusk_core.control import Cancelled, RunControl
from tusk_core.events import (
    CheckpointSaved,
    Notice,
    PhaseChanged,
    PreviewReady,
    RunFinished,
    RunStarted,
    StepDone,
    TrainEvent,
)

if TYPE_CHECKING:
    from tusk_app.threads.mailbox import AllValues, LatestValue
    from tusk_app.training.request import Session

log = logging.getLogger(__name__)

_NICER = 1
PHASE_SECONDS = 0.1  # at most ten reports a second on how far a phase is


def _give_way() -> None:
    """Let the window go first, without leaving a contended core to every other program.

    On Linux this belongs to a thread, and the threads it starts for its computing inherit it. A
    batch thread does not push the window's aside when it wakes; a much lower priority would starve
    one of the compute threads wherever another program is busy, and the others wait for it.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICER)


class TrainingWorker(QObject):
    """Owns no widget and touches none; lives in the training thread.

    Signals:
        run_started: RunStarted.
        phase_changed: PhaseChanged; progress inside one phase is thinned out, its end is not.
        steps_ready: the box went from empty to not empty; call ``steps.take()``.
        preview_ready: the mailbox went from empty to full; call ``previews.take()``.
        checkpoint_saved: CheckpointSaved.
        notice: Notice.
        ended: RunFinished, or None when the run was stopped before it had anything to keep.
        failed: RunFailed.
        finished: always last, exactly once.
    """

    run_started = Signal(object)
    phase_changed = Signal(object)
    steps_ready = Signal()
    preview_ready = Signal()
    checkpoint_saved = Signal(object)
    notice = Signal(object)
    ended = Signal(object)
    failed = Signal(object)
    finished = Signal()

    def __init__(
        self,
        session: Session,
        control: RunControl,
        steps: AllValues[StepDone],
        previews: LatestValue[PreviewReady],
    ) -> None:
        super().__init__()  # no parent: a QObject with one cannot change thread
        self._session = session
        self._control = control
        self._steps = steps
        self._previews = previews
        self._phase: PhaseChanged | None = None
        self._sent_phase = ""
        self._phase_sent_at = 0.0

    @Slot()
    def run(self) -> None:
        """Run the session to its end; connected to ``QThread.started``."""
        result: RunFinished | None = None
        _give_way()
        try:
            for event in self._session(self._control):
                if isinstance(event, RunFinished):
                    result = event
                self._forward(event)
            self._flush()
            self.ended.emit(result)
        except Cancelled:
            self._flush()
            self.ended.emit(result)
        except Exception as error:
            log.exception("training failed")
            self._flush()
            self.failed.emit(explain_failure(error))
        finally:
            self.finished.emit()

    def _forward(self, event: TrainEvent) -> None:
        match event:
            case StepDone():
                if self._steps.put(event):
                    self.steps_ready.emit()
            case PhaseChanged():
                self._take_phase(event)
            case PreviewReady():
                if self._previews.put(event):
                    self.preview_ready.emit()
            case RunStarted():
                self._flush()
                self.run_started.emit(event)
            case CheckpointSaved():
                self._flush()
                self.checkpoint_saved.emit(event)
            case Notice():
                self._flush()
                self.notice.emit(event)
            case RunFinished():
                pass  # sent when the generator has closed its files

    def _take_phase(self, event: PhaseChanged) -> None:
        self._phase = event
        is_new = event.phase != self._sent_phase
        if is_new or time.monotonic() - self._phase_sent_at >= PHASE_SECONDS:
            self._flush()

    def _flush(self) -> None:
        """Send the phase that was held back."""
        if self._phase is not None:
            self._sent_phase = self._phase.phase
            self._phase_sent_at = time.monotonic()
            self.phase_changed.emit(self._phase)
            self._phase = None
