"""Runs short functions one after another outside the GUI thread."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

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


class WaitingTasks:
    """Tasks on their way to the thread; a deque, for its ends are safe across threads.

    Args:
        keep_all: False lets a new task replace those that still wait.
    """

    def __init__(self, *, keep_all: bool) -> None:
        self._keep_all = keep_all
        self._tasks: deque[Task] = deque()

    def put(self, task: Task) -> None:
        """Add ``task``."""
        if not self._keep_all:
            self._tasks.clear()
        self._tasks.append(task)

    def take(self) -> Task | None:
        """Return the oldest waiting task, or None."""
        try:
            return self._tasks.popleft()
        except IndexError:
            return None

    def clear(self) -> None:
        """Forget everything that waits."""
        self._tasks.clear()


class TaskWorker(QObject):
    """Lives in a thread of its own.

    Signals:
        answered: TaskAnswer.
    """

    answered = Signal(object)

    def __init__(self, tasks: WaitingTasks) -> None:
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
