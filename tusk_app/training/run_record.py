"""All that is known about one run, live or read from its folder, for every panel that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.training.loss_history import LossHistory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tusk_core.events import (
        CheckpointSaved,
        Notice,
        PhaseChanged,
        PreviewReady,
        RunFinished,
        RunStarted,
        StepDone,
    )

Outcome = Literal["", "done", "stopped", "failed", "discarded"]


class RunRecord(QObject):
    """Grows while a run goes on; GUI thread only.

    Attributes:
        title: of the run, for people.
        is_sample: True for "Watch a sample learn".
        started: RunStarted, once the run's folder exists.
        planned_steps: step at which it will end; None until known.
        phase: PhaseChanged, what it does now.
        history: losses of every step.
        last_step: newest StepDone.
        preview: newest PreviewReady.
        checkpoints: CheckpointSaved, oldest first.
        resumed_at: steps at which it was taken up again.
        notices: Notice, oldest first.
        outcome: empty while it goes on.
        finished: RunFinished of a run that ended by itself or was stopped.

    Signals:
        was_reset: another run is recorded from now on, nothing is known about it yet.
        run_started, phase_changed, steps_done, preview_changed, checkpoint_saved, noticed, ended:
            the attribute of that name has new content; no payload.
    """

    was_reset = Signal()
    run_started = Signal()
    phase_changed = Signal()
    steps_done = Signal()
    preview_changed = Signal()
    checkpoint_saved = Signal()
    noticed = Signal()
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clear("", is_sample=False, planned_steps=None)

    def _clear(self, title: str, *, is_sample: bool, planned_steps: int | None) -> None:
        self.title = title
        self.is_sample = is_sample
        self.planned_steps = planned_steps
        self.started: RunStarted | None = None
        self.phase: PhaseChanged | None = None
        self.history = LossHistory()
        self.last_step: StepDone | None = None
        self.preview: PreviewReady | None = None
        self.checkpoints: list[CheckpointSaved] = []
        self.resumed_at: list[int] = []
        self.notices: list[Notice] = []
        self.outcome: Outcome = ""
        self.finished: RunFinished | None = None

    @property
    def run_dir(self) -> Path | None:
        """Folder of the run, once it exists."""
        return self.started.run_dir if self.started is not None else None

    @property
    def is_empty(self) -> bool:
        """True before any run was recorded."""
        return not self.title

    @property
    def fraction(self) -> float | None:
        """Share of the run that is done, 0 to 1, whichever ends it first; None until known."""
        last = self.last_step
        if last is None or not self.planned_steps:
            return None
        by_steps = min(1.0, last.step / self.planned_steps)
        if last.remaining is None:
            return by_steps
        # A time limit can end a run long before its last step.
        return max(by_steps, last.elapsed / max(last.elapsed + last.remaining, 1e-9))

    @property
    def best_checkpoint(self) -> CheckpointSaved | None:
        """The newest checkpoint that was the best so far, else the newest of all."""
        for checkpoint in reversed(self.checkpoints):
            if checkpoint.is_best:
                return checkpoint
        return self.checkpoints[-1] if self.checkpoints else None

    @property
    def num_unsaved(self) -> int:
        """Steps of an ended run that no checkpoint holds: the disk did not take them."""
        if self.last_step is None or self.outcome not in {"done", "stopped"}:
            return 0
        return self.last_step.step - (self.checkpoints[-1].step if self.checkpoints else 0)

    @property
    def last_measured(self) -> CheckpointSaved | None:
        """The newest checkpoint at which held-out pictures were measured."""
        found = (each for each in reversed(self.checkpoints) if each.held_out_loss is not None)
        return next(found, None)

    def reset(self, title: str, *, is_sample: bool = False, steps: int | None = None) -> None:
        """Begin to record another run."""
        self._clear(title, is_sample=is_sample, planned_steps=steps)
        self.was_reset.emit()

    @Slot(object)
    def take_started(self, event: RunStarted) -> None:
        """Record that the run's folder exists, or that the run was taken up again."""
        self.started = event
        self.planned_steps = event.total_steps
        if event.first_step > 0:
            self.resumed_at.append(event.first_step)
        self.run_started.emit()

    def take_summary(self, title: str, steps: int) -> None:
        """Record what the run's folder says of itself."""
        self.title = title
        self.planned_steps = steps or self.planned_steps
        self.run_started.emit()

    @Slot(object)
    def take_phase(self, event: PhaseChanged) -> None:
        """Record what the run does now."""
        self.phase = event
        self.phase_changed.emit()

    @Slot(object)
    def take_steps(self, events: Sequence[StepDone]) -> None:
        """Record finished steps, oldest first."""
        self.history.extend(events)
        self.last_step = events[-1]
        self.steps_done.emit()

    def take_preview(self, event: PreviewReady) -> None:
        """Record how the probe pictures look now."""
        self.preview = event
        self.preview_changed.emit()

    @Slot(object)
    def take_checkpoint(self, event: CheckpointSaved) -> None:
        """Record a checkpoint."""
        self.checkpoints.append(event)
        if event.held_out_loss is not None:
            self.history.measure(event.step, event.held_out_loss)
        self.checkpoint_saved.emit()

    @Slot(object)
    def take_notice(self, event: Notice) -> None:
        """Record something the user should know."""
        self.notices.append(event)
        self.noticed.emit()

    def take_end(self, outcome: Outcome, finished: RunFinished | None = None) -> None:
        """Record that nothing more will come."""
        self.outcome = outcome
        self.finished = finished
        self.ended.emit()

    def take_past(
        self,
        history: LossHistory,
        checkpoints: Sequence[CheckpointSaved],
        resumed_at: Sequence[int],
    ) -> None:
        """Put the beginning of a resumed run, read from its folder, before what is known."""
        self.history = history.joined(self.history)
        merged = {checkpoint.step: checkpoint for checkpoint in [*checkpoints, *self.checkpoints]}
        self.checkpoints = [merged[step] for step in sorted(merged)]
        self.resumed_at = sorted({*resumed_at, *self.resumed_at})
        self.steps_done.emit()
        self.checkpoint_saved.emit()
