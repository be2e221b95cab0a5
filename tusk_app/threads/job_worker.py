"""Runs one job, a generator of progress and results, in a thread of its own."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_core.control import Cancelled, RunControl
from tusk_core.events import JobProgress
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from tusk_app.threads.mailbox import LatestValue

log = logging.getLogger(__name__)

JobFactory = Callable[[RunControl], Iterator[object]]

PROGRESS_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class JobFailure:
    """Why a job ended early: a sentence, and the traceback of a bug (else empty)."""

    sentence: str
    details: str = ""


class JobWorker(QObject):
    """Lives in the job's thread.

    Signals:
        progress_ready: a JobProgress lies in ``progress`` that was empty before.
        produced: anything else the generator yielded.
        failed: JobFailure.
        cancelled: it was stopped on request.
        done: it came to its end.
        finished: always last, exactly once.
    """

    progress_ready = Signal()
    produced = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    done = Signal()
    finished = Signal()

    def __init__(
        self, factory: JobFactory, control: RunControl, progress: LatestValue[JobProgress]
    ) -> None:
        super().__init__()
        self._factory = factory
        self._control = control
        self._progress = progress
        self._last_told = 0.0

    @Slot()
    def run(self) -> None:
        """Run the job to its end. Connected to ``QThread.started``."""
        try:
            if self._consume():
                self.done.emit()
            else:
                self.cancelled.emit()
        except Cancelled:
            self.cancelled.emit()
        except (TuskError, OSError) as refusal:
            log.info("job refused", exc_info=refusal)
            self.failed.emit(JobFailure(str(refusal)))
        except Exception as problem:
            log.exception("job failed")
            sentence = f"{type(problem).__name__}: {problem}"
            self.failed.emit(JobFailure(sentence, traceback.format_exc()))
        finally:
            self.finished.emit()

    def _consume(self) -> bool:
        """Return True if the generator came to its end by itself."""
        items = self._factory(self._control)
        try:
            for item in items:
                if isinstance(item, JobProgress):
                    self._tell(item)
                else:
                    self.produced.emit(item)
                if self._control.stop_requested:
                    break
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
        return not self._control.stop_requested

    def _tell(self, progress: JobProgress) -> None:
        now, is_last = time.monotonic(), progress.done >= progress.total > 0
        if is_last or now - self._last_told >= PROGRESS_EVERY_S:
            self._last_told = now
            if self._progress.put(progress):
                self.progress_ready.emit()
