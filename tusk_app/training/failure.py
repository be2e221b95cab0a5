"""Turns what a run raised into what happened, why, and what can be done about it."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Literal

from tusk_core.config import ConfigError
from tusk_core.results import ModelFileError, SourceError, TrainingError, TuskError

Cause = Literal["memory", "not finite", "disk", "pictures", "model", "settings", "engine", "bug"]


@dataclass(frozen=True, slots=True)
class RunFailed:
    """A run that raised, ready to be shown.

    Attributes:
        cause: decides which remedies make sense.
        what: what happened, one sentence.
        why: the reason as far as it is known; may be empty.
        advice: what the user can do.
        details: traceback, for the log and the Details button.
    """

    cause: Cause
    what: str
    why: str
    advice: str
    details: str


def explain_failure(error: BaseException) -> RunFailed:
    """Return the texts for ``error``; unknown ones are called what they are, a bug."""
    details = "".join(traceback.format_exception(error))
    cause = _cause_of(error)
    what, advice = _TEXTS[cause]
    message = str(error).strip()
    if isinstance(error, TuskError | ConfigError) and message:
        return _from_own_words(cause, message, advice, details)
    why = _first_line(error)
    return RunFailed(cause, what, why, advice, details)


_TEXTS: dict[Cause, tuple[str, str]] = {
    "memory": (
        "The computer ran out of memory.",
        "Train with fewer pictures per step or smaller pictures, or on the CPU.",
    ),
    "not finite": (
        "The loss became infinite or not a number.",
        "Resume from the last checkpoint, or begin again with a lower learning rate.",
    ),
    "disk": (
        "The run could not be written to the disk.",
        "Make room on the disk or choose another run folder, then resume from the last checkpoint.",
    ),
    "pictures": ("The pictures could not be read.", "Check the folder and choose the data again."),
    "model": ("The model could not be used.", "Choose another model or start a new one."),
    "settings": ("The settings cannot be used together.", "Change the named setting and start."),
    "engine": ("Training could not continue.", "Change the settings, or resume from a checkpoint."),
    "bug": (
        "Training stopped because of an error in the program.",
        "The last checkpoint is kept. Copy the details into a report so that it can be fixed.",
    ),
}

_OWN: tuple[tuple[type[Exception], Cause], ...] = (
    (MemoryError, "memory"),
    (SourceError, "pictures"),
    (ModelFileError, "model"),
    (ConfigError, "settings"),
    (TuskError, "engine"),
)


def _cause_of(error: BaseException) -> Cause:
    if isinstance(error, TrainingError) and error.cause != "other":
        return error.cause
    return next((cause for kind, cause in _OWN if isinstance(error, kind)), "bug")


def _from_own_words(cause: Cause, message: str, advice: str, details: str) -> RunFailed:
    """The engine's refusals already say what, why and what to do: keep their words."""
    first, _, rest = message.partition(". ")
    what = first if first.endswith((".", "!", "?")) else f"{first}."
    return RunFailed(cause, what, "", rest or advice, details)


def _first_line(error: BaseException) -> str:
    line = str(error).strip().partition("\n")[0]
    text = f"{type(error).__name__}: {line}"[:300] if line else type(error).__name__
    return text if text.endswith((".", "!", "?")) else f"{text}."
