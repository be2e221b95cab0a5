"""Cooperative stop, pause and save for a running job; no Qt, no polling."""

from __future__ import annotations

import threading


class Cancelled(Exception):  # noqa: N818 - a request, not an error
    """Raised inside a job that was asked to stop and has nothing worth keeping."""


class RunControl:
    """Thread-safe switch shared by the caller (any thread) and the engine (its own thread)."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._save = threading.Event()
        self._resumed = threading.Event()
        self._resumed.set()

    def request_stop(self) -> None:
        """Ask the engine to finish after the current step; a stop wins over a pause."""
        self._stop.set()
        self._resumed.set()

    def request_checkpoint(self) -> None:
        """Ask the engine to save a checkpoint after the current step, also while paused."""
        self._save.set()

    def set_paused(self, *, paused: bool) -> None:
        """Hold or release the engine at the next step boundary."""
        if paused and not self._stop.is_set():
            self._resumed.clear()
        else:
            self._resumed.set()

    @property
    def is_paused(self) -> bool:
        """True between ``set_paused(paused=True)`` and its release."""
        return not self._resumed.is_set()

    @property
    def stop_requested(self) -> bool:
        """True once a stop was asked for; never blocks."""
        return self._stop.is_set()

    def wait_while_paused(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds; True when the run may continue."""
        return self._resumed.wait(timeout)

    def take_checkpoint_request(self) -> bool:
        """Tell whether a checkpoint was asked for, and forget it."""
        wanted = self._save.is_set()
        self._save.clear()
        return wanted
