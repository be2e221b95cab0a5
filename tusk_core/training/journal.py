"""Keeps a run's log going through a full disk and a deleted folder: training outlives its log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tusk_core.events import Notice, StepDone, TrainEvent
from tusk_core.training.event_log import EventLog
from tusk_core.training.tensorboard_log import open_tensorboard

if TYPE_CHECKING:
    from tusk_core.config import TrainConfig
    from tusk_core.runs.folder import RunFolder

log = logging.getLogger(__name__)


class Journal:
    """Logs events; what goes wrong is told once and does not end the run.

    Args:
        folder: of the run, locked by this process.
        config: of the run, written again if the folder is deleted.

    Attributes:
        label: what the run is called.
    """

    def __init__(self, folder: RunFolder, config: TrainConfig) -> None:
        self.label = str(folder.description().get("name", "model"))
        self._folder, self._config = folder, config
        self._log = EventLog(folder, open_tensorboard(folder.tensorboard))
        self._has_failed = False

    def write(self, event: TrainEvent) -> Notice | None:
        """Log an event; returns what the user should know about the log."""
        notice = None
        try:
            if not isinstance(event, StepDone) and self._log.is_gone():
                notice = self._begin_again()
            self._log.write(event)
        except OSError as error:
            return self._failed(error)
        self._has_failed = False
        return notice

    def close(self) -> None:
        """Flush and close."""
        self._log.close()

    def _begin_again(self) -> Notice:
        self._folder.found(self._config, self.label)
        self._log.reopen()
        self._folder.unlock()
        self._folder.lock()
        return Notice(
            "warning",
            f"{self._folder.path} was deleted; it was made again. What it held is gone, what is "
            "learned from now on is kept.",
        )

    def _failed(self, error: OSError) -> Notice | None:
        if self._has_failed:
            return None
        self._has_failed = True
        log.error("event not logged", exc_info=error)
        return Notice(
            "warning",
            f"The log of the run cannot be written ({error.strerror or error}). Training "
            "continues; free some disk space, or connect the disk again.",
        )
