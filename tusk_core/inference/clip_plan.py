"""Which pictures of a source a clip shows, and how long each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.inference.clip_sinks import ANIMATED, SHEET
from tusk_core.inference.export.video import pace_of
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from tusk_core.interfaces import PictureSource

_FILM_S, _ANIMATION_S = 10.0, 4.0
_PICTURES, _ROWS = 12, 4
# Animated pictures grow large, and viewers keep up with about so many.
_ANIMATED_RATE = 12.5
_EACH_S, _STEP_S, _LAST_S = 1.2, 0.5, 2.0


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """What is shown.

    Attributes:
        indices: n pictures of the source, ascending.
        seconds: n, how long each is shown.
        rate: frames per second of the video they come from; 0 for pictures.
        builds_up: whether the one picture is shown with one keypoint, two, and so on.
    """

    indices: tuple[int, ...]
    seconds: tuple[float, ...]
    rate: float = 0.0
    builds_up: bool = False


def plan_clip(
    source: PictureSource, suffix: str, first: int | None, count: int | None, *, builds_up: bool
) -> ClipPlan:
    """Choose what fits the file's kind: a stretch of a video, pictures spread over others.

    Args:
        source: what is shown.
        suffix: of the file, with the dot.
        first: picture to begin with; None takes the first.
        count: pictures or frames; None takes what is usual.
        builds_up: show picture ``first`` only, its keypoints one after the other.

    Raises:
        SourceError: if there is no picture ``first``.
    """
    start, total = first or 0, len(source)
    if not 0 <= start < total:
        raise SourceError(f"There is no picture {start}; {source.source} has 0 to {total - 1}.")
    if builds_up:
        return ClipPlan((start,), (_STEP_S,), builds_up=True)
    is_sheet, is_animated = suffix == SHEET, suffix in ANIMATED
    if source.fps <= 0:
        wanted = count or (_ROWS if is_sheet else _PICTURES)
        chosen = _spread(start, total, wanted)
        return ClipPlan(chosen, (_EACH_S,) * len(chosen))
    length = count or math.ceil(source.fps * (_ANIMATION_S if is_animated else _FILM_S))
    end = min(total, start + length)
    if is_sheet:
        chosen = _spread(start, end, _ROWS)
        return ClipPlan(chosen, (_EACH_S,) * len(chosen))
    step = max(1, round(source.fps / _ANIMATED_RATE)) if is_animated else 1
    return _of_video(source, tuple(range(start, end, step)))


def _of_video(source: PictureSource, indices: tuple[int, ...]) -> ClipPlan:
    times = np.array([source.time(i) for i in indices])
    pace = pace_of(times)
    seconds = tuple((pace.repeats / pace.rate).tolist())
    return ClipPlan(indices, seconds, pace.rate)


def _spread(start: int, end: int, wanted: int) -> tuple[int, ...]:
    """Return up to ``wanted`` numbers from ``start`` to before ``end``, evenly spread."""
    count = min(wanted, end - start)
    return tuple(np.linspace(start, end - 1, count).round().astype(int).tolist())


def time_of_step(step: int, steps: int) -> float:
    """Return how long a step of a picture that is built up is shown, the last one longer."""
    return _LAST_S if step == steps else _STEP_S
