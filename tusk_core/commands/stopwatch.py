"""Times on a device whose work waits in a queue."""

from __future__ import annotations

import time

import torch


class Stopwatch:
    """Times in milliseconds that wait for the device to finish.

    Args:
        device: whose queue is waited for.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._last = 0.0

    def start(self) -> None:
        """Begin."""
        self._wait()
        self._last = time.perf_counter()

    def lap(self) -> float:
        """Return the time since the last call."""
        self._wait()
        now = time.perf_counter()
        elapsed, self._last = now - self._last, now
        return elapsed * 1000

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
