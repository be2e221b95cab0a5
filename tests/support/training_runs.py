"""Runs that move as a test wants: the events of the engine without the engine."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.events import (
    CheckpointSaved,
    PhaseChanged,
    PreviewReady,
    RunFinished,
    RunStarted,
    StepDone,
    TrainEvent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tusk_core.control import RunControl

TOTAL = 40
NUM_PROTOTYPES = 10


def step_done(step: int) -> StepDone:
    losses = {"total": 1.0 / step, "reconstruction": 0.5 / step, "kmeans": 2.0 / step}
    left = 0.1 * (TOTAL - step)
    return StepDone(step, losses, 0.1, 160.0, 0.1 * step, left, 5e-4, 512_000_000)


def preview(step: int, num_used: int) -> PreviewReady:
    generator = np.random.default_rng(step)
    pictures = generator.integers(0, 255, (8, 16, 16, 3), dtype=np.uint8)
    usage = np.zeros(NUM_PROTOTYPES, np.float32)
    usage[:num_used] = 1 / num_used
    return PreviewReady(
        step,
        pictures,
        pictures,
        generator.uniform(0, 15, (8, 3, 2)).astype(np.float32),
        np.ones((8, 3), np.float32),
        generator.integers(0, NUM_PROTOTYPES, (8, 3)).astype(np.int16),
        usage,
    )


class Gate:
    """Lets a fake run go on step by step, as the test wants."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self._may_go = threading.Semaphore(0)
        self.fail_with: Exception | None = None

    def release(self, count: int = 1) -> None:
        self._may_go.release(count)

    def session(self, control: RunControl) -> Iterator[TrainEvent]:
        yield PhaseChanged("loading data", "Reading picture 12 of 100.", 0.12)
        self._wait(control)
        yield RunStarted(self.run_dir, 0, TOTAL, "cpu", "No GPU can be used.", 100)
        yield PhaseChanged("training")
        for step in range(1, TOTAL + 1):
            if control.stop_requested:
                yield RunFinished(step - 1, "stopped", self.run_dir)
                return
            yield step_done(step)
            if step == 5:
                yield preview(step, 1)
            if step == 30:
                yield CheckpointSaved(step, self.run_dir / "checkpoints", is_best=True)
                yield preview(step, 4)
            self._wait(control)
            if self.fail_with is not None:
                raise self.fail_with
        yield CheckpointSaved(TOTAL, self.run_dir / "checkpoints", is_best=False)
        yield RunFinished(TOTAL, "completed", self.run_dir)

    def _wait(self, control: RunControl) -> None:
        while not control.stop_requested and not self._may_go.acquire(timeout=0.02):
            pass
