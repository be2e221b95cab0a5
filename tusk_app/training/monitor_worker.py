"""Follows the event log of a run that another process writes."""

from __future__ import annotations

import logging
from itertools import groupby
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_core import api
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
from tusk_core.results import RunSummary, TuskError

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from tusk_app.threads.mailbox import LatestValue

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
LIVE = frozenset({"running", "paused"})


class RunMonitorWorker(QObject):
    """Reads new lines twice a second; lives in a thread of its own, touches no widget.

    Signals:
        summarised: RunSummary, at first and whenever it changed.
        run_started, phase_changed, checkpoint_saved, notice: the event.
        steps_done: tuple[StepDone, ...].
        preview_ready: the mailbox went from empty to full; call ``previews.take()``.
        ended: RunSummary, when the run is over; RunFinished or None with it.
        failed: str, when the log cannot be read.
        finished: always last, exactly once.
    """

    summarised = Signal(object)
    run_started = Signal(object)
    phase_changed = Signal(object)
    steps_done = Signal(object)
    preview_ready = Signal()
    checkpoint_saved = Signal(object)
    notice = Signal(object)
    ended = Signal(object, object)
    failed = Signal(str)
    finished = Signal()

    def __init__(
        self, path: Path, stop: threading.Event, previews: LatestValue[PreviewReady]
    ) -> None:
        super().__init__()
        self._path = path
        self._stop = stop
        self._previews = previews
        self._offset = 0
        self._summary: RunSummary | None = None
        self._finished_event: RunFinished | None = None

    @Slot()
    def run(self) -> None:
        """Follow the run until it ends or the window looks elsewhere."""
        try:
            while not self._stop.is_set():
                if self._look():
                    break
                self._stop.wait(POLL_SECONDS)
        except (TuskError, OSError) as error:
            self.failed.emit(str(error))
        except Exception as error:
            log.exception("cannot follow %s", self._path)
            self.failed.emit(f"The run's log could not be read ({error}).")
        finally:
            self.finished.emit()

    def _look(self) -> bool:
        """Forward what is new; True when nothing more will come."""
        # The status first: a run that ends between both reads is then read once more.
        summary = api.read_run(self._path)
        if summary != self._summary:
            self._summary = summary
            self.summarised.emit(summary)
        events, self._offset = api.follow_events(self._path, offset=self._offset)
        self._forward(events)
        if summary.status in LIVE:
            return False
        self.ended.emit(summary, self._finished_event)
        return True

    def _forward(self, events: list[TrainEvent]) -> None:
        for is_step, group in groupby(events, lambda event: isinstance(event, StepDone)):
            if is_step:
                self.steps_done.emit(tuple(group))
            else:
                self._forward_others(list(group))

    def _forward_others(self, events: list[TrainEvent]) -> None:
        for event in events:
            match event:
                case PreviewReady():
                    if self._previews.put(event):
                        self.preview_ready.emit()
                case RunStarted():
                    self._finished_event = None
                    self.run_started.emit(event)
                case PhaseChanged():
                    self.phase_changed.emit(event)
                case CheckpointSaved():
                    self.checkpoint_saved.emit(event)
                case Notice():
                    self.notice.emit(event)
                case RunFinished():
                    self._finished_event = event
                case StepDone():
                    pass  # taken in groups above
