"""Curves of training for a page: few points, a line for each term."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.events import CheckpointSaved, StepDone
from tusk_core.runs.folder import is_run
from tusk_core.training.event_log import read_events

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.events import TrainEvent

WIDTH, HEIGHT = 240, 84
_MOST_POINTS = 160
_PAD = 4


@dataclass(frozen=True, slots=True)
class Curve:
    """One term of the objective over the steps.

    Attributes:
        name: in words.
        points: of a line in an SVG picture of ``WIDTH`` × ``HEIGHT``.
        first: value near the beginning.
        last: value near the end.
        low: the lowest drawn.
        high: the highest drawn.
        steps: (first, last) step.
    """

    name: str
    points: str
    first: float
    last: float
    low: float
    high: float
    steps: tuple[int, int]


def run_of(model: Path) -> Path | None:
    """Return the run that a model folder belongs to; None if it stands alone."""
    places = (model, *model.parents[:3])
    return next((place for place in places if is_run(place)), None)


def curves_of(run: Path) -> tuple[Curve, ...]:
    """Return the curves of a run, the whole objective first; none where nothing was logged."""
    events, _ = read_events(run)
    steps = [event for event in events if isinstance(event, StepDone)]
    names = sorted({name for step in steps for name in step.losses}, key=_rank)
    drawn = [_curve(name, _of_term(steps, name)) for name in names]
    held_out = _curve("held-out pictures", _held_out(events))
    return tuple(curve for curve in (*drawn, held_out) if curve is not None)


def _rank(name: str) -> tuple[int, str]:
    return (("total", "reconstruction").index(name) if name in ("total", "reconstruction") else 2,
            name)  # fmt: skip


def _of_term(steps: Sequence[StepDone], name: str) -> NDArray[np.float64]:
    pairs = [(step.step, step.losses[name]) for step in steps if name in step.losses]
    return np.array(pairs, np.float64).reshape(-1, 2)


def _held_out(events: Sequence[TrainEvent]) -> NDArray[np.float64]:
    saved = [event for event in events if isinstance(event, CheckpointSaved)]
    pairs = [(e.step, e.held_out_loss) for e in saved if e.held_out_loss is not None]
    return np.array(pairs, np.float64).reshape(-1, 2)


def _curve(name: str, points: NDArray[np.float64]) -> Curve | None:
    """Draw (n, 2) of step and value; None where there are too few, or all of it is zero."""
    points = points[np.isfinite(points[:, 1])]
    if len(points) < 2 or not points[:, 1].any():
        return None
    few = np.array(
        [part.mean(axis=0) for part in np.array_split(points, min(len(points), _MOST_POINTS))]
    )
    x, y = few[:, 0], few[:, 1]
    low, high = float(y.min()), float(y.max())
    across = (x - x[0]) / max(x[-1] - x[0], 1e-12) * (WIDTH - 2 * _PAD) + _PAD
    down = HEIGHT - _PAD - (y - low) / max(high - low, 1e-12) * (HEIGHT - 2 * _PAD)
    steps = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True))
    ends = int(points[0, 0]), int(points[-1, 0])
    return Curve(name.replace("_", " "), steps, float(y[0]), float(y[-1]), low, high, ends)


def short(value: float) -> str:
    """Return a number with three significant digits; a dash where it is not known."""
    return f"{value:.3g}" if math.isfinite(value) else "–"
