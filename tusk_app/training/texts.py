"""What the training panel says; pure functions of what is known about a run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk_app.parts import readable
from tusk_app.parts.words import say
from tusk_app.training.controller import RunState
from tusk_app.training.remedies import Remedy
from tusk_app.training.widgets.run_header import HeaderButton
from tusk_app.training.widgets.usage_bars import describe_usage

if TYPE_CHECKING:
    from tusk_app.training.run_record import RunRecord
    from tusk_core.results import RunSummary

PHASES = {
    "loading data": "Loading pictures",
    "building model": "Building the model",
    "first batch": "Taking the first step",
    "training": "Training",
    "paused": "Paused",
    "saving": "Saving a checkpoint",
}
OUTCOMES = {
    "done": ("Finished", "success"),
    "stopped": ("Stopped", "warning"),
    "failed": ("Failed", "danger"),
    "discarded": ("Discarded", "muted"),
}
FINAL_WINDOW = 100
SAMPLE_SOURCE = "sample:tetrominoes"
STATUSES = {
    "running": ("Training in another process", "text"),
    "paused": ("Paused in another process", "warning"),
    "completed": ("Finished", "success"),
    "stopped": ("Stopped", "warning"),
    "failed": ("Failed", "danger"),
    "crashed": ("Ended without notice", "danger"),
}


@dataclass(frozen=True, slots=True)
class StateLine:
    """What the header of a run says.

    Attributes:
        text: the state in a few words.
        detail: a second line.
        tone: the theme's name of its colour.
    """

    text: str
    detail: str
    tone: str = "text"


def state_line(state: RunState, record: RunRecord) -> StateLine:
    """Return what is said of the run of this window."""
    title = record.title
    if state is RunState.IDLE:
        text, tone = OUTCOMES.get(record.outcome, ("Ready", "text"))
        return StateLine(text, title, tone)
    if state is RunState.PREPARING:
        phase = record.phase
        text = PHASES[phase.phase] if phase is not None else "Preparing"
        detail = phase.detail if phase is not None and phase.detail else "Loading the engine…"
        return StateLine(f"{text}…", f"{title} · {detail}" if title else detail)
    if state is RunState.PAUSED:
        text = "The model stays in memory. Resume continues with the very next step."
        return StateLine(f"Paused at {_step(record)}", text, "warning")
    words = {RunState.PAUSING: "Pausing…", RunState.STOPPING: "Stopping…"}
    return StateLine(words.get(state, "Training"), title)


def shown_fraction(state: RunState, record: RunRecord) -> float | None:
    """Return how far the bar is: of the phase while preparing, else of the run."""
    if state is RunState.PREPARING:
        return record.phase.fraction if record.phase is not None else None
    if state is RunState.IDLE:
        return 1.0 if record.outcome == "done" else record.fraction
    return record.fraction


def followed_line(summary: RunSummary | None, record: RunRecord) -> StateLine:
    """Return what is said of a run that is read from its folder."""
    if summary is None:
        return StateLine("Reading the run…", record.title)
    text, tone = STATUSES.get(summary.status, (summary.status.capitalize(), "text"))
    detail = summary.problem or f"{summary.name}, learning from {summary.source or 'pictures'}"
    return StateLine(text, detail, tone)


def result_buttons(record: RunRecord) -> list[tuple[str, str, str]]:
    """Return id, text and tip of the buttons of the results card."""
    buttons = [
        ("inspect", "Inspect", "Open the model and see what it finds"),
        ("map", "Map", "Open the model and lay out what it found in a map"),
        ("export", "Export…", "Open the model and save it, or what it finds"),
        ("continue", "Continue", "Train half as long again, from where it ended"),
    ]
    if record.num_unsaved and not record.checkpoints:
        return [("train", "Train again…", "Choose where, and begin again")]
    if record.is_sample:
        buttons.insert(1, ("open", "Open my own pictures…", "Explore, and train on, your pictures"))
    return buttons


def _step(record: RunRecord) -> str:
    if record.last_step is None:
        return "the first step"
    done = readable.count(record.last_step.step)
    if not record.planned_steps:
        return f"step {done}"
    return f"step {done} of {readable.count(record.planned_steps)}"


def buttons(state: RunState, *, has_result: bool = False) -> tuple[HeaderButton, ...]:
    """Return what can be pressed in ``state``; with a result, its own first button leads on."""
    if state is RunState.IDLE:
        sample = HeaderButton(
            "sample", "Watch a sample learn", "sample", "It learns on pictures made for it"
        )
        train = HeaderButton(
            "train", "Train…", "train", "Choose pictures and settings for a run",
            "" if has_result else "primary",
        )  # fmt: skip
        return sample, train
    is_held = state in {RunState.PAUSED, RunState.PAUSING}
    can_hold = state in {RunState.RUNNING, RunState.PAUSED, RunState.PAUSING}
    is_ending = state is RunState.STOPPING
    hold = (
        HeaderButton("resume", "Resume", "play", "Continue with the next step", "primary", can_hold)
        if is_held
        else HeaderButton("pause", "Pause", "pause", "Hold after this step", "", can_hold)
    )
    return (
        hold,
        HeaderButton("save", "Save now", "checkpoint", "Save a checkpoint now", "", can_hold),
        HeaderButton(
            "stop", "Stop && keep", "stop", "End after this step and keep the model", "",
            not is_ending,
        ),
        HeaderButton(
            "discard", "Discard…", "trash", "End and move the run to the trash", "danger",
            not is_ending,
        ),
    )  # fmt: skip


def numbers(record: RunRecord) -> tuple[dict[str, str], dict[str, str]]:
    """Return the figures of the numbers row and their tool tips."""
    values, tips = {}, {}
    started, last = record.started, record.last_step
    if started is not None:
        values["device"] = "CPU" if started.device == "cpu" else started.device
        tips["device"] = started.device_reason
    if last is None:
        return values, tips
    total = record.planned_steps
    values["step"] = readable.count(last.step)
    if total:
        values["step"] += f" / {readable.count(total)}"
    values["speed"] = readable.rate(last.pictures_per_second)
    values["elapsed"] = readable.duration(last.elapsed)
    if record.outcome:
        values["left"] = "–"
    elif last.remaining is not None:
        values["left"] = readable.rough_duration(last.remaining)
    else:
        values["left"] = "measuring…"
    values["loss"] = readable.loss(record.history.last("reconstruction", window=20))
    tips["loss"] = "Reconstruction loss, mean of the last 20 steps: lower is better"
    measured = record.last_measured
    if measured is not None and measured.held_out_loss is not None:
        values["loss"] += f" / {readable.loss(measured.held_out_loss)}"
        tips["loss"] += (
            f".\nBehind the stroke: of the held-out pictures at step "
            f"{readable.count(measured.step)}"
        )
    if last.learning_rate is not None:
        values["rate"] = f"{last.learning_rate:.2g}"
        tips["rate"] = "Adam step size of encoder and decoder at this step"
    if last.memory_bytes is not None:
        is_gpu = started is not None and started.device.startswith("cuda")
        values["memory"] = readable.memory(last.memory_bytes)
        owner = "the GPU's by this run" if is_gpu else "the whole program's, pictures included"
        tips["memory"] = f"Most memory used so far: {owner}"
    return values, tips


_CAPTIONS = (
    (
        0.12,
        (
            "It first learns where things are: watch the rings move onto the pieces, and the "
            "curves fall."
        ),
    ),
    (
        0.4,
        (
            "Now it learns what things look like: the rebuilt pictures sharpen. They are drawn "
            "from the rings alone, the picture itself is not passed on."
        ),
    ),
    (
        0.8,
        (
            "Now it sorts them into kinds: one colour of ring means one kind of piece, and "
            "more and more of the bars are in use."
        ),
    ),
    (1.1, "Nearly there: the last steps make places and colours steadier."),
)


def sample_caption(record: RunRecord) -> str:
    """Say what is to be seen now in the run of the sample."""
    fraction = record.fraction
    if record.outcome == "done":
        return (
            "That was all: nobody told it what a piece is, how many there are or what kinds. "
            "Inspect what it found, or open pictures of your own."
        )
    if record.outcome:
        return "Start the sample again at any time, or open pictures of your own."
    if fraction is None:
        return (
            "TUSK now makes small pictures of coloured tetromino pieces and learns from them "
            "without a single label. In a moment the rings below begin to move."
        )
    return next(text for limit, text in _CAPTIONS if fraction < limit)


def result_text(record: RunRecord) -> tuple[str, str]:
    """Return title and sentence of the results card."""
    run_dir = record.run_dir
    where = f"It is kept in {run_dir}." if run_dir is not None else ""
    if record.is_sample:
        where = sample_caption(record)
    if record.num_unsaved:
        where = _unsaved(record)
    if record.outcome == "done":
        reason = record.finished.reason if record.finished is not None else "completed"
        is_short = reason == "time limit" and not record.is_sample
        title = "Finished: time is up" if is_short else "Finished"
        return title, where
    return "What was learned is kept" if record.checkpoints else "Stopped", where


def _unsaved(record: RunRecord) -> str:
    """Say what could not be saved, why, and what to do."""
    warnings = [notice.message for notice in record.notices if notice.level == "warning"]
    why = warnings[-1].partition(" Training continues")[0] if warnings else ""
    if not record.checkpoints:
        todo = "Free some disk space, or choose another folder for runs (Preferences); then train."
        return " ".join(("Nothing could be saved.", why, todo)).replace("  ", " ")
    newest = readable.count(record.checkpoints[-1].step)
    todo = "Free some disk space, then resume from there."
    return " ".join((f"Kept up to step {newest} in {record.run_dir}.", why, todo))


# As many as the card has in one row.
RESULT_FIGURES = 6


def result_numbers(record: RunRecord) -> list[tuple[str, str]]:
    """Return the figures of the results card."""
    last, history = record.last_step, record.history
    figures: list[tuple[str, str]] = []
    if last is None:
        return figures
    figures.append(("Steps", readable.count(last.step)))
    figures.append(("Training time", readable.duration(last.elapsed)))
    final = history.last("reconstruction", window=FINAL_WINDOW)
    if math.isfinite(final):
        figures.append(("Reconstruction loss", readable.loss(final)))
    best = record.best_checkpoint
    if best is not None:
        loss = best.held_out_loss
        measured = "" if loss is None else f", held-out loss {readable.loss(loss)}"
        figures.append(("Best checkpoint", f"step {readable.count(best.step)}{measured}"))
    if best is not None and best.sorting is not None:
        figures.append(("Sorts", f"{best.sorting:.0%}"))
    if record.preview is not None:
        report = describe_usage(record.preview.usage, 1.0)
        figures.append((say("[Kinds] in use"), f"{report.num_used} of {len(record.preview.usage)}"))
    if record.started is not None and len(figures) < RESULT_FIGURES:
        figures.append(("Pictures", readable.count(record.started.num_pictures)))
    return figures


REMEDY_BUTTONS: dict[Remedy, tuple[str, str]] = {
    Remedy.HALF_BATCH: (
        "Retry with half the batch",
        "Start again with half as many pictures per step",
    ),
    Remedy.CPU: ("Retry on the CPU", "Slower, but with the computer's whole memory"),
    Remedy.LOWER_RATE: ("Retry with a lower rate", "Start again with a third of the learning rate"),
    Remedy.RESUME: ("Resume from the last checkpoint", "Resume from what was saved last"),
    Remedy.AGAIN: ("Try again", "Start the same run once more"),
}
