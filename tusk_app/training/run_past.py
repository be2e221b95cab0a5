"""Reads what a run has logged so far; for curves of resumed and of earlier runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk_app.training.loss_history import LossHistory
from tusk_core import api
from tusk_core.events import CheckpointSaved, RunStarted, StepDone

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, eq=False)
class PastRun:
    """What was logged; nobody changes the history after it was handed over.

    Attributes:
        path: run folder.
        history: losses of every logged step.
        checkpoints: oldest first.
        resumed_at: steps at which it was taken up again.
    """

    path: Path
    history: LossHistory
    checkpoints: tuple[CheckpointSaved, ...]
    resumed_at: tuple[int, ...]


def read_past(path: Path, *, before: int | None = None) -> PastRun:
    """Return the log of the run in ``path``; call it outside the GUI thread.

    Args:
        path: run folder.
        before: leave out what came after this step; None takes all.
    """
    events, _ = api.follow_events(path)
    history = LossHistory()
    checkpoints: list[CheckpointSaved] = []
    resumed_at: list[int] = []
    steps: list[StepDone] = []
    for event in events:
        match event:
            case StepDone():
                if before is None or event.step <= before:
                    steps.append(event)
            case CheckpointSaved():
                checkpoints.append(event)
            case RunStarted(first_step=first) if first > 0:
                history.extend(steps)
                steps = []
                resumed_at.append(first)
            case _:
                pass
    history.extend(steps)
    for checkpoint in checkpoints:
        if checkpoint.held_out_loss is not None:
            history.measure(checkpoint.step, checkpoint.held_out_loss)
    return PastRun(path, history, tuple(checkpoints), tuple(resumed_at))
