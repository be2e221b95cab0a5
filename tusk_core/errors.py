"""Refusals: what happened, why, and what to do."""

from __future__ import annotations

from typing import Literal


class TuskError(Exception):
    """A refusal: one or two sentences saying what happened, why, and what to do."""


class ModelFileError(TuskError):
    """A model folder that is missing, broken, foreign or from a newer version."""


class SourceError(TuskError):
    """Pictures, a video, a camera or a data set that cannot be read."""


TrainingCause = Literal["memory", "not finite", "disk", "other"]


class TrainingError(TuskError):
    """A run that cannot continue.

    Args:
        message: what happened, why, and what to do.
        cause: what ended it; remedies depend on it.
    """

    def __init__(self, message: str, *, cause: TrainingCause = "other") -> None:
        super().__init__(message)
        self.cause: TrainingCause = cause
