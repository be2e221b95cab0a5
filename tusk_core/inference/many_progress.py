"""How far a job over several sources has come, and how long the rest will take."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from tusk_core.data.source_names import user_path
from tusk_core.events import JobProgress
from tusk_core.results import SourceError
from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_STEPS = 1000


class ManyProgress:
    """The progress of each source as a share of all; a single source is told as it is.

    Sources count by the size of their files, of which the time they take is roughly a share. What
    an earlier job did counts as done, but not as work of this one when the rest is estimated.

    Args:
        sizes: of the sources, any unit.
        clock: seconds.
    """

    def __init__(self, sizes: Sequence[float], clock: Callable[[], float] = time.monotonic) -> None:
        total = sum(sizes) or 1.0
        self._shares = [size / total for size in sizes]
        self._clock, self._begin = clock, clock()
        self._worked, self._reached = 0.0, [0.0] * len(sizes)
        self._is_begun = [False] * len(sizes)

    def told(
        self, number: int, progress: JobProgress, low: float = 0.0, high: float = 1.0
    ) -> JobProgress:
        """Return what to tell when one source has come so far.

        Args:
            number: of the source, from 0.
            progress: of the present stage of its work.
            low: share of the source's work that lies before the stage, [0, 1].
            high: share at the stage's end.
        """
        if len(self._shares) == 1:
            return progress
        step = progress.done / progress.total if progress.total else 1.0
        here = low + (high - low) * min(step, 1.0)
        if self._is_begun[number]:
            self._worked += self._shares[number] * max(0.0, here - self._reached[number])
        self._is_begun[number], self._reached[number] = True, here
        pairs = zip(self._shares, self._reached, strict=True)
        done = min(1.0, sum(share * reached for share, reached in pairs))
        return JobProgress(
            round(_STEPS * done),
            _STEPS,
            f"{number + 1} of {len(self._shares)}: {progress.message}",
            self._left(1.0 - done),
        )

    def _left(self, rest: float) -> float | None:
        if self._worked <= 0:
            return None
        return (self._clock() - self._begin) / self._worked * rest


def sizes_of(sources: Sequence[str]) -> list[float]:
    """Return the bytes of each source, of a folder those of its files; 1 where unknown."""
    return [_size(source) for source in sources]


def _size(source: str) -> float:
    try:
        path = user_path(path_text(source))
        files = list(path.iterdir()) if path.is_dir() else [path]
        return float(sum(_bytes(file) for file in files)) or 1.0
    except (OSError, SourceError):
        return 1.0


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
