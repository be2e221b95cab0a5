"""Runs short functions one after another outside the GUI thread."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.threads.mailbox import Queue

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A function to call, and the number by which its answer is known."""

    number: int
    function: Callable[[], object]


@dataclass(frozen=True, slots=True, eq=False)
class TaskAnswer:
    """What a task returned, or the exception it raised."""

    number: int
    value: object = None
    error: Exception | None = None


class TaskWorker(QObject):
    """Lives in a thread of its own.

    Signals:
        answered: TaskAnswer.
    """

    answered = Signal(object)

    def __init__(self, tasks: Queue[Task]) -> None:
        super().__init__()
        self._tasks = tasks

    @Slot()
    def work(self) -> None:
        """Call the oldest waiting function, if there is one."""
        task = self._tasks.take()
        if task is None:
            return
        try:
            value = task.function()
        except Exception as error:
            log.info("task failed: %s", error, exc_info=True)
            self.answered.emit(TaskAnswer(task.number, error=error))
        else:
            self.answered.emit(TaskAnswer(task.number, value))
