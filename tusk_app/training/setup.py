"""Answers what the training dialog and the list of runs ask, outside the GUI thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.threads.latest_task import LatestTask
from tusk_core import api
from tusk_core.control import RunControl

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.config import TrainConfig


class TrainingSetup(QObject):
    """Long-lived, so that a dialog can close while an answer is still being worked out.

    Signals:
        devices_listed: tuple[DeviceInfo, ...].
        estimated: TrainingEstimate.
        estimate_failed: str, a sentence.
        estimating: bool.
        source_counted: SourceSummary.
        source_failed: str, a sentence.
        runs_listed: tuple[RunSummary, ...], newest first.
        runs_failed: str, a sentence.
    """

    devices_listed = Signal(object)
    estimated = Signal(object)
    estimate_failed = Signal(str)
    estimating = Signal(bool)
    source_counted = Signal(object)
    source_failed = Signal(str)
    runs_listed = Signal(object)
    runs_failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._devices = LatestTask("devices", self)
        self._devices.done.connect(self.devices_listed)
        self._estimate = LatestTask("estimate", self)
        self._estimate.done.connect(self.estimated)
        self._estimate.failed.connect(self._take_estimate_error)
        self._estimate.busy_changed.connect(self.estimating)
        self._source = LatestTask("count pictures", self)
        self._source.done.connect(self.source_counted)
        self._source.failed.connect(self._take_source_error)
        self._source_control = RunControl()
        self._estimate_control = RunControl()
        self._runs = LatestTask("list runs", self)
        self._runs.done.connect(self.runs_listed)
        self._runs.failed.connect(self._take_runs_error)

    def list_devices(self) -> None:
        """Ask for ``devices_listed``; loads torch the first time."""
        self._devices.request(api.list_devices)

    def estimate(self, config: TrainConfig) -> None:
        """Ask for ``estimated``; an earlier wish is forgotten."""
        self._estimate_control.request_stop()
        control = self._estimate_control = RunControl()
        self._estimate.request(lambda: api.estimate(config, control=control))

    def cancel_estimate(self) -> None:
        """Forget the estimate that is awaited; its work ends after the step it is at."""
        self._estimate_control.request_stop()
        self._estimate.cancel()

    def count_pictures(self, source: str) -> None:
        """Ask for ``source_counted``; a count that still goes on is stopped."""
        self._source_control.request_stop()
        control = self._source_control = RunControl()
        self._source.request(lambda: api.summarise_source(source, control))

    def list_runs(self, run_root: Path) -> None:
        """Ask for ``runs_listed``."""
        if not self._runs.is_busy:
            self._runs.request(lambda: api.list_runs(run_root) if run_root.is_dir() else ())

    def shutdown(self) -> bool:
        """End the threads; False if one did not end in time."""
        self._source_control.request_stop()
        self._estimate_control.request_stop()
        tasks = (self._devices, self._estimate, self._source, self._runs)
        have_ended = [task.shutdown() for task in tasks]
        return all(have_ended)

    @Slot(object)
    def _take_estimate_error(self, error: Exception) -> None:
        self.estimate_failed.emit(_sentence(error))

    @Slot(object)
    def _take_source_error(self, error: Exception) -> None:
        self.source_failed.emit(_sentence(error))

    @Slot(object)
    def _take_runs_error(self, error: Exception) -> None:
        self.runs_failed.emit(_sentence(error))


def _sentence(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    return text or type(error).__name__
