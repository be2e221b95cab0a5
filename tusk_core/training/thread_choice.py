"""How many CPU threads a run computes with: measured by its own steps, not assumed.

Threads of one step wait for each other many times. On idle cores more threads are faster; where
another program holds a core, all wait for the thread that shares it, and one thread can be many
times as fast as two. What is right changes with what else the machine does, so it is measured at
the start, when steps become slow, and now and then while cores are left free.
"""

from __future__ import annotations

import os
import statistics
from collections import deque
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk_core.config import TrainConfig

_MEASURED = 3  # steps that count, of each number of threads
_LONG_STEP_S = 1.0  # a longer step counts by itself
_WORTH = 0.95  # more threads must take less than this share of the time
# A trial ends when a step takes so many times as long as with fewer threads; its first step, more.
_BOUNDS = {False: 1.5, True: 4.0}
_SLOWER = 1.5  # steps that take this many times as long as they did call for a new measurement
_RECENT = 4  # steps that are compared
_FIRST_WAIT_S, _LONGEST_WAIT_S = 15.0, 300.0


def usable_cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def choose_by_steps(config: TrainConfig, device: torch.device) -> ThreadChoice | None:
    """Return who chooses for a run; None where the number is given or nothing is to be chosen."""
    is_given = bool(config.run.threads) or "OMP_NUM_THREADS" in os.environ
    if is_given or device.type != "cpu" or usable_cores() < 2:
        return None
    return ThreadChoice(usable_cores(), torch.set_num_threads)


class ThreadChoice:
    """Climbs from one thread to two, four, … while that makes steps faster.

    Args:
        most: threads.
        set_threads: called with each number that is tried or chosen.

    Attributes:
        threads: that the next step computes with.
    """

    def __init__(self, most: int, set_threads: Callable[[int], None]) -> None:
        self._most = most
        self._set_threads = set_threads
        self.threads = 1
        self._chosen = 0
        self._known: dict[int, float] = {}
        self._trial: list[float] = []
        self._is_trying = True
        self._is_fresh = True
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self._clock = 0.0
        self._pause = _FIRST_WAIT_S
        self._due = _FIRST_WAIT_S
        set_threads(1)

    def after_step(self, seconds: float) -> str:
        """Take note of how long a step took; returns what to tell the user, mostly nothing."""
        self._clock += seconds
        if self._is_trying:
            return self._go_on(seconds)
        self._recent.append(seconds)
        if len(self._recent) < _RECENT:
            return ""
        now, before = statistics.median(self._recent), self._known[self.threads]
        if min(self._recent) > _SLOWER * before and self.threads > 1:
            self._begin(1, {})
        elif self._clock >= self._due and self.threads < self._most:
            self._begin(self._next(self.threads), {self.threads: now})
        else:
            self._known[self.threads] = min(now, before)
        return ""

    def _next(self, threads: int) -> int:
        return min(2 * threads, self._most)

    def _begin(self, threads: int, known: dict[int, float]) -> None:
        self._known, self._is_trying = dict(known), True
        self._use(threads)

    def _use(self, threads: int) -> None:
        self._trial, self._is_fresh = [], True
        if threads != self.threads:
            self.threads = threads
            self._set_threads(threads)

    def _go_on(self, seconds: float) -> str:
        """Continue a trial with the step just done."""
        fewer = min(self._known.values(), default=None)
        # The first step after a change builds its kernels anew, which takes a moment.
        bound, was_fresh, self._is_fresh = _BOUNDS[self._is_fresh], self._is_fresh, False
        is_hopeless = fewer is not None and seconds > bound * fewer
        is_long = seconds >= _LONG_STEP_S and fewer is not None
        if was_fresh and not (is_long or is_hopeless):
            return ""
        self._trial.append(seconds)
        if len(self._trial) < _MEASURED and not (is_long or is_hopeless):
            return ""
        took = statistics.median(self._trial)
        self._known[self.threads] = took
        if (fewer is None or took < _WORTH * fewer) and self.threads < self._most:
            self._use(self._next(self.threads))
            return ""
        return self._settle()

    def _settle(self) -> str:
        """End a trial with the fastest number."""
        known = self._known
        best = min(known, key=lambda threads: (known[threads], threads))
        is_new = best != self._chosen
        # What did not pay is asked again later and later.
        self._pause = _FIRST_WAIT_S if is_new else min(2 * self._pause, _LONGEST_WAIT_S)
        self._due = self._clock + self._pause
        self._chosen, self._is_trying = best, False
        self._recent.clear()
        self._use(best)
        return self._told() if is_new else ""

    def _told(self) -> str:
        others = [
            f"with {threads} it takes {took:.3g} s"
            for threads, took in sorted(self._known.items())
            if threads != self._chosen
        ]
        return (
            f"Computing with {self._chosen} of {self._most} threads: a step takes "
            f"{self._known[self._chosen]:.3g} s, {', '.join(others)}."
        )
