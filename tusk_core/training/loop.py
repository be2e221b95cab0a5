"""The steps of a run: pauses, previews, checkpoints and what to do when memory runs out."""

from __future__ import annotations

import gc
import logging
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch

from tusk_core.events import CheckpointSaved, Notice, PhaseChanged, PreviewReady, StepDone
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.results import TrainingError, TuskError
from tusk_core.training.checkpoint import prune_checkpoints, save_checkpoint
from tusk_core.training.estimate import peak_memory
from tusk_core.training.event_log import write_preview
from tusk_core.training.held_out import held_out_loss
from tusk_core.training.kinds_first import choose_kinds
from tusk_core.training.preview import make_preview
from tusk_core.training.sorting import sorting_score
from tusk_core.training.thread_choice import choose_by_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from torch import Tensor

    from tusk_core.events import TrainEvent
    from tusk_core.losses.objective import Views
    from tusk_core.training.opening import Opened
    from tusk_core.training.record import RunRecord
    from tusk_core.training.session import StepResult
    from tusk_core.training.task import RunTask

log = logging.getLogger(__name__)

Reason = Literal["completed", "time limit", "stopped"]

# A killed run loses at most this much: seconds until the first rescue, and between two of them.
FIRST_RESCUE_S, RESCUE_S = 15.0, 120.0
# Rescues never take more than about this share of the time.
_RESCUE_SHARE = 0.02
_SPEED_MEMORY = 0.9
_PAUSE_POLL_S = 0.2


@dataclass(slots=True)
class _Pace:
    """Smoothed speed and the time left."""

    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        memory = _SPEED_MEMORY if self.seconds else 0.0
        self.seconds = memory * self.seconds + (1 - memory) * seconds


class Loop:
    """Trains an opened run until it is done, its time is over, or the control says stop.

    Args:
        task: what was asked for.
        opened: session, pictures and probes.
        record: of the run; its name goes into the checkpoints.
    """

    def __init__(self, task: RunTask, opened: Opened, record: RunRecord) -> None:
        self._config, self._control = task.config, task.control
        self._folder, self._team, self._device = task.folder, task.team, task.device
        self._session, self._division = opened.session, opened.division
        self._probes, self._batches = opened.probes, opened.batches
        self._record = record
        self._pace = _Pace()
        alone = self._team.size == 1
        self._threads = choose_by_steps(task.config, opened.session.device) if alone else None
        self._last_preview = 0.0
        self._saved_step = self._rescued_step = -1
        self._rescue_at = time.monotonic() + FIRST_RESCUE_S

    def events(self) -> Generator[TrainEvent, None, Reason]:
        """Yield every step with its previews and checkpoints; the value is why it ended."""
        yield PhaseChanged("first batch", "The first step is the slowest.")
        yield self._preview()
        reason = yield from self._steps()
        if self._session.step > self._saved_step:
            if reason != "stopped":
                self._rank_kinds()
            yield from self._save()
        yield self._preview()
        return reason

    def _steps(self) -> Generator[TrainEvent, None, Reason]:
        training = False
        while self._session.step < self._config.optim.steps:
            yield from self._hold_while_paused()
            if self._team.agree(flag=self._control.stop_requested):
                return "stopped"
            limit = self._config.optim.minutes * 60
            if self._team.agree(flag=bool(limit) and self._session.elapsed >= limit):
                return "time limit"
            seconds = yield from self._one_step()
            told = "" if self._threads is None else self._threads.after_step(seconds)
            if told:
                yield Notice("info", told)
            if not training:
                yield PhaseChanged("training")
                training = True
            yield from self._after_step()
        return "completed"

    def _one_step(self) -> Generator[TrainEvent, None, float]:
        """Do one step and tell it; the value is how many seconds it took."""
        session, begin = self._session, time.perf_counter()
        batch = self._batches.of(session.step)
        result = self._attempt(batch)
        # Recover outside the handler: its traceback would keep the tensors alive.
        while result is None:
            yield self._smaller_parts()
            result = self._attempt(batch)
        seconds = time.perf_counter() - begin
        session.elapsed += seconds
        self._pace.add(seconds)
        yield StepDone(
            step=session.step,
            losses=result.losses,
            seconds=seconds,
            pictures_per_second=self._config.optim.batch_size / self._pace.seconds,
            elapsed=session.elapsed,
            remaining=self._remaining(),
            learning_rate=float(session.optimiser.param_groups[0]["lr"]),
            memory_bytes=peak_memory(session.device.type) or None,
        )
        return seconds

    def _attempt(self, batch: Tensor | Views) -> StepResult | None:
        """Do one step; None if memory ran out, with the weights as they were."""
        try:
            return self._session.train_step(batch)
        except torch.OutOfMemoryError:
            return None

    def _smaller_parts(self) -> Notice:
        session, batch = self._session, self._config.optim.batch_size
        session.optimiser.zero_grad(set_to_none=True)
        gc.collect()
        torch.cuda.empty_cache()
        share = batch // self._team.size
        if session.parts >= share:
            raise TrainingError(
                f"{self._device.label} ran out of memory with a single picture at "
                f"{self._config.data.width}×{self._config.data.height} px. Use smaller pictures, "
                "narrower networks or the CPU.",
                cause="memory",
            )
        session.parts = min(share, session.parts * 2)
        return Notice(
            "warning",
            f"{self._device.label} ran out of memory. Each batch of {batch} is now worked on in "
            f"{session.parts} parts; the result is the same, only slower.",
        )

    def _remaining(self) -> float | None:
        if self._session.step < 3:
            return None
        left = (self._config.optim.steps - self._session.step) * self._pace.seconds
        if self._config.optim.minutes:
            left = min(left, max(0.0, self._config.optim.minutes * 60 - self._session.elapsed))
        return left

    def _hold_while_paused(self) -> Generator[TrainEvent, None, None]:
        if not self._control.is_paused:
            return
        yield PhaseChanged("paused", "Memory is kept while paused.")
        self._record.describe("paused")
        yield from self._rescue()
        while not self._control.wait_while_paused(_PAUSE_POLL_S):
            if self._control.take_checkpoint_request():
                yield from self._save()
        self._record.describe("running")
        if not self._control.stop_requested:
            yield PhaseChanged("training")

    def _after_step(self) -> Generator[TrainEvent, None, None]:
        wanted = self._control.take_checkpoint_request()
        is_due = self._session.step % self._config.run.checkpoint_every == 0
        if is_due:
            # At set steps only: a checkpoint on request must not change what comes after it.
            self._rank_kinds()
        if wanted or is_due:
            yield from self._save()
        now = time.monotonic()
        if now >= self._rescue_at:
            yield from self._rescue()
        if now - self._last_preview >= self._config.run.preview_every:
            yield self._preview()
            # Counted from the end, so that slow previews never eat the training.
            self._last_preview = time.monotonic()

    def _rank_kinds(self) -> None:
        model = self._session.model
        if isinstance(model, PhotoModel):
            choose_kinds(model, self._division, self._config)

    def _save(self) -> Generator[TrainEvent, None, None]:
        if not self._record.is_kept:
            return
        session = self._session
        held_out = held_out_loss(session, self._division)
        score = session.smoothed if held_out is None else held_out
        is_best = score <= session.best
        session.best = min(session.best, score)
        notice = self._try_to(lambda: self._write_checkpoint(is_best=is_best))
        if notice is not None:
            yield notice
            return
        self._saved_step = session.step
        yield CheckpointSaved(
            session.step,
            self._folder.checkpoint(session.step),
            is_best,
            held_out,
            sorting_score(session, self._division),
        )

    def _rescue(self) -> Generator[TrainEvent, None, None]:
        """Save where the run is, should it be killed; the next checkpoint takes its place.

        Nothing is measured and no checkpoint becomes the best, so that what a run keeps and finds
        does not depend on the clock.
        """
        session, begin = self._session, time.monotonic()
        newest = max(self._saved_step, self._rescued_step)
        if self._record.is_kept and session.step > max(newest, 0):
            notice = self._try_to(self._write_rescue)
            if notice is not None:
                yield notice
        took = time.monotonic() - begin
        self._rescue_at = time.monotonic() + max(RESCUE_S, took / _RESCUE_SHARE)

    def _forget_rescue(self) -> None:
        """Delete the last rescue: a newer checkpoint is there."""
        if self._rescued_step not in {-1, self._session.step}:
            path = self._folder.checkpoint(self._rescued_step)
            shutil.rmtree(path, ignore_errors=True)
        self._rescued_step = -1

    def _try_to(self, save: Callable[[], None]) -> Notice | None:
        """Save; returns what the user should know if that failed: training outlives a full disk."""
        try:
            save()
        except (OSError, RuntimeError, TuskError) as error:
            log.exception("checkpoint not saved")
            reason = getattr(error, "strerror", None) or error
            return Notice(
                "warning",
                f"The checkpoint at step {self._session.step} was not saved: {reason}. Training "
                "continues; free some disk space and save again.",
            )
        return None

    def _write_rescue(self) -> None:
        save_checkpoint(self._folder, self._session, is_best=False, name=self._record.name)
        self._forget_rescue()
        self._rescued_step = self._session.step

    def _write_checkpoint(self, *, is_best: bool) -> None:
        session, folder = self._session, self._folder
        save_checkpoint(folder, session, is_best=is_best, name=self._record.name)
        self._forget_rescue()
        self._rescue_at = time.monotonic() + RESCUE_S
        prune_checkpoints(folder, self._config.run.keep_checkpoints)
        write_preview(folder.previews / f"step_{session.step:08d}.npz", self._preview())
        folder.describe(step=session.step, elapsed=round(session.elapsed, 3))

    def _preview(self) -> PreviewReady:
        session = self._session
        return make_preview(session.model, self._probes, session.step, session.usage)
