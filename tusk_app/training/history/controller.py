"""Travels through the checkpoints of a run: probe pictures at once, the model shortly after."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from tusk_app.threads.latest_task import LatestTask
from tusk_app.training.history.time_map import PlaneBasis, plane_of
from tusk_app.training.run_moments import (
    CheckpointMoment,
    RunMoments,
    read_checkpoint,
    read_moments,
    run_stamp,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_core.events import PreviewReady

WATCH_MS = 4000
_KEPT = 40


class TimeMachineController(QObject):
    """Reads a run only while a panel wants it; the last checkpoints read are kept.

    A run that is still being trained is read again when its log has grown.

    Signals:
        moments_changed: another run was read, or it grew.
        step_changed: ``step`` moved; ``preview`` fits it already.
        moment_changed: ``moment`` is known for the step, or no longer.
        busy_changed: bool.
    """

    moments_changed = Signal()
    step_changed = Signal()
    moment_changed = Signal()
    busy_changed = Signal(bool)

    def __init__(self, document: Document, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._notices = document, notices
        self._moments: RunMoments | None = None
        self._step = 0
        self._known: dict[int, CheckpointMoment] = {}
        self._basis: PlaneBasis | None = None
        self._is_wanted = False
        self._log_reader = LatestTask("run-moments", self)
        self._log_reader.done.connect(self._take_moments)
        self._log_reader.failed.connect(self._failed)
        self._model_reader = LatestTask("run-checkpoints", self)
        self._model_reader.done.connect(self._take_checkpoint)
        self._model_reader.failed.connect(self._failed)
        self._log_reader.busy_changed.connect(self._tell_busy)
        self._model_reader.busy_changed.connect(self._tell_busy)
        # While a run goes on, its log grows; a look at the file's size tells.
        self._stamp: tuple[int, int] | None = None
        self._watcher = LatestTask("run-watch", self)
        self._watcher.done.connect(self._take_stamp)
        self._timer = QTimer(self)
        self._timer.setInterval(WATCH_MS)
        self._timer.timeout.connect(self._watch)
        document.run_changed.connect(self._run_changed)

    @property
    def moments(self) -> RunMoments | None:
        """The steps there are; None without a run."""
        return self._moments

    @property
    def step(self) -> int:
        """Where we are."""
        return self._step

    @property
    def is_busy(self) -> bool:
        """True while something is read."""
        return self._log_reader.is_busy or self._model_reader.is_busy

    @property
    def preview(self) -> PreviewReady | None:
        """Probe pictures nearest to the step."""
        return None if self._moments is None else self._moments.preview_at(self._step)

    @property
    def moment(self) -> CheckpointMoment | None:
        """The checkpoint nearest to the step; None until it is read."""
        if self._moments is None:
            return None
        step = self._moments.checkpoint_at(self._step)
        return None if step is None else self._known.get(step)

    @property
    def basis(self) -> PlaneBasis | None:
        """The plane of all maps of this run; None until the last checkpoint is read."""
        return self._basis

    def want(self, *, wanted: bool) -> None:
        """Read runs only while something shows them."""
        self._is_wanted = wanted
        if wanted:
            self.refresh()
            self._timer.start()
        else:
            self._timer.stop()

    @Slot()
    def refresh(self) -> None:
        """Read the log of the run again, because it may have grown."""
        run = self._document.run_dir
        if run is not None and self._is_wanted:
            if self._stamp is None:
                self._watcher.request(functools.partial(run_stamp, run))
            self._log_reader.request(functools.partial(read_moments, run))

    @Slot()
    def _watch(self) -> None:
        run = self._document.run_dir
        if run is not None and not self.is_busy and not self._watcher.is_busy:
            self._watcher.request(functools.partial(run_stamp, run))

    @Slot(object)
    def _take_stamp(self, stamp: tuple[int, int]) -> None:
        """Read the run again if its log has grown since the last look."""
        before, self._stamp = self._stamp, stamp
        if before is not None and before != stamp:
            self.refresh()

    def open(self, run: Path) -> None:
        """Travel through another run."""
        self._document.set_run(run)
        self.refresh()

    @Slot(int)
    def go_to(self, step: int) -> None:
        """Travel to the step nearest to ``step``."""
        if self._moments is None or not self._moments.steps:
            return
        nearest = min(self._moments.steps, key=lambda s: abs(s - step))
        if nearest != self._step:
            self._step = nearest
            self.step_changed.emit()
            self.moment_changed.emit()
        self._read_needed()

    def shutdown(self) -> bool:
        """End the threads; False if one did not end."""
        self._timer.stop()
        readers = (self._watcher, self._log_reader, self._model_reader)
        # Every one is ended, also after one that did not.
        ended = [reader.shutdown() for reader in readers]
        return all(ended)

    @Slot()
    def _run_changed(self) -> None:
        self._log_reader.cancel()
        self._model_reader.cancel()
        self._watcher.cancel()
        self._stamp = None
        self._moments, self._basis, self._step = None, None, 0
        self._known.clear()
        self.moments_changed.emit()
        self.moment_changed.emit()
        self.refresh()

    @Slot(object)
    def _take_moments(self, moments: RunMoments) -> None:
        was_at_end = self._moments is None or self._step >= max(self._moments.steps, default=0)
        self._moments = moments
        self.moments_changed.emit()
        if moments.steps and was_at_end:
            self.go_to(moments.steps[-1])
        else:
            self._read_needed()

    def _read_needed(self) -> None:
        """Read the last checkpoint first, because its plane is that of all maps."""
        moments = self._moments
        if moments is None or not moments.checkpoints:
            return
        last = max(moments.checkpoints)
        here = moments.checkpoint_at(self._step)
        wanted = last if self._basis is None else here
        if wanted is None or wanted in self._known:
            return
        preview = moments.preview_at(wanted)
        probes = None if preview is None else preview.images
        path = moments.checkpoints[wanted]
        self._model_reader.request(functools.partial(read_checkpoint, wanted, path, probes))

    @Slot(object)
    def _take_checkpoint(self, moment: CheckpointMoment) -> None:
        if len(self._known) >= _KEPT:
            self._known.pop(next(iter(self._known)))
        self._known[moment.step] = moment
        if self._basis is None:
            both = np.concatenate([moment.descriptors, moment.prototypes])
            self._basis = plane_of(both)
        self.moment_changed.emit()
        self._read_needed()

    @Slot(object)
    def _failed(self, error: Exception) -> None:
        self._notices.toast(f"This moment of the run cannot be shown: {error}", "warning")

    @Slot()
    def _tell_busy(self) -> None:
        self.busy_changed.emit(self.is_busy)
