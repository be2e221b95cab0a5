"""Refusals: what happened, why, and what to do."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_TOLD = 20


class TuskError(Exception):
    """A refusal: one or two sentences saying what happened, why, and what to do."""


class ConfigError(ValueError):
    """A setting that cannot be used; the message is one or two sentences for the user."""


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


class Failures:
    """Sources of a job over several that could not be processed; the others are not held up.

    Args:
        total: sources in all; the failure of a single one ends the job at once.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._failed: list[tuple[str, SourceError]] = []

    @contextlib.contextmanager
    def noted(self, source: str) -> Iterator[None]:
        """Note what goes wrong with one source, and let the job continue."""
        try:
            yield
        except SourceError as error:
            if self._total == 1:
                raise
            self._failed.append((source, error))

    def tell(self) -> None:
        """Tell what went wrong, after the rest was done.

        Raises:
            SourceError: if anything went wrong.
        """
        if self._failed:
            listed = "\n".join(f"{source}: {error}" for source, error in self._failed[:_MOST_TOLD])
            raise SourceError(
                f"{len(self._failed)} of {self._total} could not be processed; the others are "
                f"done. The same job does only what is missing.\n{listed}"
            )
