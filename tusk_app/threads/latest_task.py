"""GUI-thread handle of short background tasks, of which as a rule only the newest counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.threads.mailbox import Queue
from tusk_app.threads.task_worker import Task, TaskAnswer, TaskWorker
from tusk_app.threads.worker_thread import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable


class LatestTask(QObject):
    """Runs functions in a thread that starts with the first of them.

    A new request replaces one that still waits; the answer of one already running is dropped.
    With ``keep_all`` every function is called in turn and every answer told.
    What a function needs must be frozen, and what it returns too.

    Signals:
        done: what the newest function returned.
        failed: the Exception it raised.
        busy_changed: bool.
    """

    done = Signal(object)
    failed = Signal(object)
    busy_changed = Signal(bool)
    _wake = Signal()

    def __init__(self, name: str, parent: QObject | None = None, *, keep_all: bool = False) -> None:
        super().__init__(parent)
        self._keep_all = keep_all
        self._thread = WorkerThread(name, self)
        self._tasks: Queue[Task] = Queue()
        self._number = 0
        self._is_busy = False

    @property
    def is_busy(self) -> bool:
        """True while an answer is awaited."""
        return self._is_busy

    def request(self, function: Callable[[], object]) -> None:
        """Call ``function`` in the background; answers of earlier requests are dropped."""
        self._number += 1
        self._ensure_thread()
        if not self._keep_all:
            self._tasks.clear()
        self._tasks.put(Task(self._number, function))
        self._wake.emit()
        self._set_busy(busy=True)

    def cancel(self) -> None:
        """Forget the answer that is awaited; the function itself runs to its end."""
        self._number += 1
        self._tasks.clear()
        self._set_busy(busy=False)

    def shutdown(self) -> bool:
        """End the thread; False if its function did not return in time."""
        self.cancel()
        return self._thread.end()

    def _ensure_thread(self) -> None:
        if self._thread.is_alive:
            return
        worker = TaskWorker(self._tasks)
        self._thread.take(worker)
        self._wake.connect(worker.work)
        worker.answered.connect(self._take)
        self._thread.start()

    @Slot(object)
    def _take(self, answer: TaskAnswer) -> None:
        is_newest = answer.number == self._number
        if not is_newest and not self._keep_all:
            return
        if is_newest:
            self._set_busy(busy=False)
        if answer.error is None:
            self.done.emit(answer.value)
        else:
            self.failed.emit(answer.error)

    def _set_busy(self, *, busy: bool) -> None:
        if busy != self._is_busy:
            self._is_busy = busy
            self.busy_changed.emit(busy)
