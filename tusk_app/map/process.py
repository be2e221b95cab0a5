"""The window's handle on the map process: started once, kept warm, killed to cancel."""

from __future__ import annotations

import logging
import multiprocessing
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from tusk_app.map.child import PHASE_FIT, MapRequest, child_main

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess
    from pathlib import Path

log = logging.getLogger(__name__)

POLL_MS = 40
PHASE_START = "start"
_SIGNALS = {-9: "it was killed", -11: "it crashed", -6: "it aborted", -15: "it was ended"}


class EmbeddingProcess(QObject):
    """One spawn process that lays out one map at a time. GUI thread only; never blocks it.

    The pipe and the exit code are polled while the process has something to do, so that a
    process that dies at any moment is noticed.

    Signals:
        phase_changed: str: ``start``, ``import`` or ``fit``.
        progress: (int done, int total, str message).
        partial: EmbeddingMap, not yet the final one.
        done: EmbeddingMap.
        failed: (str sentence, str details).
        cancelled: the map that was asked for will not come.
        busy_changed: bool.
    """

    phase_changed = Signal(str)
    progress = Signal(int, int, str)
    partial = Signal(object)
    done = Signal(object)
    failed = Signal(str, str)
    cancelled = Signal()
    busy_changed = Signal(bool)

    def __init__(
        self,
        numba_cache: Path,
        parent: QObject | None = None,
        *,
        main: Callable[[Connection, Path], None] = child_main,
    ) -> None:
        """Prepare; nothing starts before ``warm_up`` or ``request``.

        Args:
            numba_cache: folder for compiled kernels.
            parent: owner.
            main: what the process runs; must be importable there.
        """
        super().__init__(parent)
        self._numba_cache = numba_cache
        self._main = main
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._is_idle = False
        self._waiting: MapRequest | None = None
        self._warm: str | None = None
        self._is_busy = False
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def is_busy(self) -> bool:
        """True while a map is awaited."""
        return self._is_busy

    @property
    def pid(self) -> int | None:
        """Number of the process; None if none runs."""
        return None if self._process is None else self._process.pid

    def warm_up(self, method: str) -> None:
        """Start the process and let it import what ``method`` needs, in the background."""
        if self._process is None:
            self._start()
            self._warm = method

    def request(self, request: MapRequest) -> None:
        """Lay out a map; one that is being laid out is cancelled."""
        is_dead = self._process is not None and self._process.exitcode is not None
        if self._is_busy or is_dead:
            self._kill()
        if self._process is None:
            self._start()
        self._waiting = request
        self._set_busy(busy=True)
        self.phase_changed.emit(PHASE_START)
        self._timer.start()
        self._hand_over()

    def cancel(self) -> None:
        """Kill the process; the next map starts a new one."""
        if not self._is_busy:
            return
        self._kill()
        self._set_busy(busy=False)
        self.cancelled.emit()

    def shutdown(self) -> bool:
        """End the process; always works."""
        self._kill()
        self._set_busy(busy=False)
        return True

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        self._process = context.Process(
            target=self._main, args=(there, self._numba_cache), name="tusk-map", daemon=True
        )
        self._process.start()
        # Only the process holds the other end now: if it dies, reading here says so.
        there.close()
        self._pipe, self._is_idle = here, False
        self._timer.start()

    def _kill(self) -> None:
        process, pipe = self._process, self._pipe
        self._process = self._pipe = self._waiting = self._warm = None
        self._is_idle = False
        self._timer.stop()
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.kill()
            process.join(1.0)

    def _hand_over(self) -> None:
        # Sending waits until the process is listening: a pipe holds little, and the window
        # would stand still while the process is busy importing.
        if not self._is_idle or self._pipe is None:
            return
        message: tuple[object, ...] | None = None
        if self._waiting is not None:
            message = ("map", self._waiting)
        elif self._warm is not None:
            message = ("warm", self._warm)
        self._waiting = self._warm = None
        if message is None:
            if not self._is_busy:
                self._timer.stop()
            return
        try:
            self._pipe.send(message)
            self._is_idle = False
        except (BrokenPipeError, OSError):
            log.info("the map process is gone", exc_info=True)

    def _poll(self) -> None:
        pipe, process = self._pipe, self._process
        if pipe is None or process is None:
            return
        try:
            while self._pipe is pipe and pipe.poll():
                self._take(pipe.recv())
        except (EOFError, OSError):
            log.info("the map process closed its pipe")
        if self._process is process and process.exitcode is not None:
            self._report_death(process.exitcode)

    def _take(self, message: tuple[Any, ...]) -> None:
        word, *values = message
        if word == "idle":
            self._is_idle = True
            self._hand_over()
        elif not self._is_busy:
            return
        elif word == "phase":
            self.phase_changed.emit(str(values[0]))
        elif word == "progress":
            self.progress.emit(*values)
        elif word == "partial":
            self.partial.emit(values[0])
        elif word == "map":
            self._set_busy(busy=False)
            self.done.emit(values[0])
        elif word == "failed":
            self._set_busy(busy=False)
            self.failed.emit(f"The map could not be made: {values[0]}", str(values[1]))

    def _report_death(self, code: int) -> None:
        was_busy = self._is_busy
        self._kill()
        self._set_busy(busy=False)
        if was_busy:
            reason = _SIGNALS.get(code, f"it ended with code {code}")
            self.failed.emit(
                f"The map could not be made, because the process that makes it is gone: {reason}. "
                "Press Compute to try again with fewer points, or use PCA, which needs no process.",
                f"exit code {code}; phase {PHASE_FIT} or earlier",
            )

    def _set_busy(self, *, busy: bool) -> None:
        if busy != self._is_busy:
            self._is_busy = busy
            self.busy_changed.emit(busy)
