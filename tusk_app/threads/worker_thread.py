"""A thread with one worker: begun, ended and let go of in the one order that is safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QThread, Signal, SignalInstance, Slot

if TYPE_CHECKING:
    from collections.abc import Callable

STOP_TIMEOUT_MS = 10_000

# Destroying a thread that runs aborts the process. One that did not end in time is kept here and
# left to end with the process.
_LATE: set[QThread] = set()


def any_late() -> bool:
    """Tell whether threads still run that were waited for in vain."""
    return any(thread.isRunning() for thread in _LATE)


class WorkerThread(QObject):
    """Owned by a controller, in whose thread it lives.

    A worker either serves until ``end``, or runs once and says when it has finished. Take a
    worker, connect its signals, then start.

    Signals:
        ended: a worker that runs once has finished; its thread is gone and another can be taken.
    """

    ended = Signal()

    def __init__(self, name: str, parent: QObject | None, *, timeout_ms: int | None = None) -> None:
        """Prepare; nothing runs yet.

        Args:
            name: of the thread, for debuggers and tests.
            parent: its controller.
            timeout_ms: longest wait for the thread's end; None for ``STOP_TIMEOUT_MS``.
        """
        super().__init__(parent)
        self._name, self._timeout_ms = name, timeout_ms
        self._thread: QThread | None = None
        self._worker: QObject | None = None

    @property
    def is_alive(self) -> bool:
        """True from ``take`` until the thread has ended and was let go of."""
        return self._thread is not None

    def take(self, worker: QObject) -> None:
        """Put ``worker`` into a new thread, which does not run yet."""
        if self._thread is not None:
            raise RuntimeError(f"the thread {self._name!r} has a worker already")
        thread = QThread(self)
        thread.setObjectName(self._name)
        worker.moveToThread(thread)
        self._thread, self._worker = thread, worker

    def start(
        self,
        run: Callable[[], None] | None = None,
        finished: SignalInstance | None = None,
        *,
        last: Callable[[], None] | None = None,
        priority: QThread.Priority = QThread.Priority.InheritPriority,
    ) -> None:
        """Begin.

        Args:
            run: the worker's slot that is called first.
            finished: its signal that it has nothing more to do; ``ended`` follows.
            last: its slot that is called when the thread ends.
            priority: of the thread.
        """
        thread, worker = self._thread, self._worker
        assert thread is not None
        assert worker is not None
        if run is not None:
            thread.started.connect(run)
        if last is not None:
            thread.finished.connect(last)
        thread.finished.connect(worker.deleteLater)
        if finished is not None:
            # Direct: quit() is thread-safe, and a queued call would wait for the GUI thread,
            # which may itself be waiting for this thread.
            finished.connect(thread.quit, Qt.ConnectionType.DirectConnection)
            thread.finished.connect(self._release)
        thread.start(priority)

    def wait(self) -> bool:
        """Wait for a worker that was told to finish; False if it did not in time."""
        # One that was waited for in vain is not waited for again.
        patience = 1 if self._thread in _LATE else self._patience()
        if self._thread is None or self._thread.wait(patience):
            return True
        self._keep(self._thread)
        return False

    def end(self) -> bool:
        """End the thread of a worker that serves; False if its last call did not return in time."""
        thread = self._thread
        if thread is None:
            return True
        thread.quit()
        if not self.wait():
            return False
        _LATE.discard(thread)
        thread.deleteLater()
        self._thread = self._worker = None
        return True

    @Slot()
    def _release(self) -> None:
        thread = self._thread
        if thread is None:
            return
        # "finished" comes before the thread has deleted its worker; letting go of the worker
        # meanwhile would delete it twice.
        thread.wait(self._patience())
        _LATE.discard(thread)
        thread.deleteLater()
        self._thread = self._worker = None
        self.ended.emit()

    def _patience(self) -> int:
        return STOP_TIMEOUT_MS if self._timeout_ms is None else self._timeout_ms

    def _keep(self, thread: QThread) -> None:
        thread.setParent(None)
        _LATE.add(thread)
