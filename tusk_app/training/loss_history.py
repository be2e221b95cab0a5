"""Losses of one run as growing arrays, and the thinning that makes them quick to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_core.events import StepDone

FIRST_CAPACITY = 1024
HELD_OUT = "held_out"  # the column of what is measured at checkpoints only

N = TypeVar("N", bound="np.generic")


class LossHistory:
    """Every step's losses, one float32 column per term; terms that begin late start with NaN."""

    def __init__(self) -> None:
        self._size = 0
        self._steps: NDArray[np.int64] = np.empty(FIRST_CAPACITY, np.int64)
        self._elapsed: NDArray[np.float64] = np.empty(FIRST_CAPACITY, np.float64)
        self._columns: dict[str, NDArray[np.float32]] = {}
        self._measured: dict[int, float] = {}

    def __len__(self) -> int:
        return self._size

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of the terms, in the order in which they appeared."""
        return tuple(self._columns)

    @property
    def steps(self) -> NDArray[np.int64]:
        """(N,) step numbers, rising; a view."""
        return self._steps[: self._size]

    @property
    def elapsed(self) -> NDArray[np.float64]:
        """(N,) training seconds; a view."""
        return self._elapsed[: self._size]

    def values(self, term: str) -> NDArray[np.float32]:
        """(N,) values of ``term``, NaN where it had none; a view."""
        return self._columns[term][: self._size]

    def extend(self, events: Sequence[StepDone]) -> None:
        """Append ``events``; steps that a resumed run does again replace the old ones."""
        if not events:
            return
        self._size = int(np.searchsorted(self.steps, events[0].step))
        self._reserve(self._size + len(events))
        end = self._size + len(events)
        self._steps[self._size : end] = [event.step for event in events]
        self._elapsed[self._size : end] = [event.elapsed for event in events]
        for term in {name: None for event in events for name in event.losses}:
            if term not in self._columns:
                self._columns[term] = np.full(len(self._steps), np.nan, np.float32)
        for term, column in self._columns.items():
            column[self._size : end] = [event.losses.get(term, np.nan) for event in events]
        self._size = end
        self._place_measured()

    def measure(self, step: int, value: float) -> None:
        """Take the loss of the held-out pictures at a step, which may still be to come."""
        self._measured[step] = value
        self._place_measured()

    def joined(self, newer: LossHistory) -> LossHistory:
        """A history with these steps up to the first of ``newer``, then all of those."""
        result = LossHistory()
        end = int(np.searchsorted(self.steps, newer.steps[0])) if len(newer) else len(self)
        size = end + len(newer)
        result._reserve(size)
        result._steps[:size] = np.concatenate([self.steps[:end], newer.steps])
        result._elapsed[:size] = np.concatenate([self.elapsed[:end], newer.elapsed])
        for term in {**self._columns, **newer._columns}:
            column = np.full(len(result._steps), np.nan, np.float32)
            if term in self._columns:
                column[:end] = self.values(term)[:end]
            if term in newer._columns:
                column[end:size] = newer.values(term)
            result._columns[term] = column
        result._size = size
        result._measured = {**self._measured, **newer._measured}
        result._place_measured()
        return result

    def last(self, term: str, *, window: int = 1) -> float:
        """Mean of the last ``window`` finite values of ``term``; NaN if there are none."""
        if term not in self._columns:
            return float("nan")
        tail = self.values(term)[-window:]
        finite = tail[np.isfinite(tail)]
        return float(finite.mean()) if finite.size else float("nan")

    def index_at(self, x: float, *, by_time: bool) -> int | None:
        """Row nearest to step (or second) ``x``; None while empty."""
        if not self._size:
            return None
        axis = self.elapsed if by_time else self.steps
        right = int(np.searchsorted(axis, x))
        left = max(right - 1, 0)
        right = min(right, self._size - 1)
        return left if abs(x - axis[left]) <= abs(axis[right] - x) else right

    def last_at(self, term: str, row: int) -> float:
        """The newest finite value of ``term`` up to a row; NaN if there is none."""
        finite = np.flatnonzero(np.isfinite(self.values(term)[: row + 1]))
        return float(self.values(term)[finite[-1]]) if finite.size else float("nan")

    def _place_measured(self) -> None:
        """Write what was measured into the rows of its steps."""
        for step in list(self._measured):
            row = int(np.searchsorted(self.steps, step))
            if row == self._size or self._steps[row] != step:
                continue
            if HELD_OUT not in self._columns:
                self._columns[HELD_OUT] = np.full(len(self._steps), np.nan, np.float32)
            self._columns[HELD_OUT][row] = self._measured.pop(step)

    def _reserve(self, size: int) -> None:
        capacity = len(self._steps)
        if size <= capacity:
            return
        capacity = max(size, 2 * capacity)
        self._steps = _grown(self._steps, capacity)
        self._elapsed = _grown(self._elapsed, capacity)
        for term, column in self._columns.items():
            self._columns[term] = _grown(column, capacity)


def _grown(array: NDArray[N], capacity: int) -> NDArray[N]:
    larger = np.empty(capacity, array.dtype)
    larger[: len(array)] = array
    if larger.dtype.kind == "f":
        larger[len(array) :] = np.nan
    return larger


def smoothed(values: NDArray[np.floating], window: int) -> NDArray[np.float64]:
    """Mean of the last ``window`` values at each place; NaN stays NaN and is not counted.

    Args:
        values: (N,).
        window: 1 changes nothing.

    Returns:
        (N,) float64.
    """
    numbers = np.asarray(values, np.float64)
    if window <= 1 or not numbers.size:
        return numbers
    is_finite = np.isfinite(numbers)
    first = int(is_finite.argmax())
    if is_finite[first:].all():
        # The usual case: a term that begins late and then never fails. One pass, no counting.
        result = numbers.copy()
        result[first:] = _means(numbers[first:], window)
        return result
    sums = _means(np.where(is_finite, numbers, 0.0), window)
    shares = _means(is_finite.astype(np.float64), window)
    return np.where(is_finite, sums / np.maximum(shares, 1e-12), np.nan)


def _means(numbers: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """Mean of the last ``window`` numbers at each place, of fewer at the beginning."""
    sums = np.cumsum(numbers)
    sums[window:] = sums[window:] - sums[:-window]
    sums[window:] /= window
    sums[:window] /= np.arange(1, len(sums[:window]) + 1)
    return sums


def thinned(
    x: NDArray[np.floating] | NDArray[np.integer], y: NDArray[np.floating], most: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """At most ``most`` points of a curve that keep each stretch's lowest and highest value.

    Args:
        x: (N,) rising.
        y: (N,), NaN allowed.
        most: even number, at least 4.

    Returns:
        x and y of the kept points, in order.
    """
    keep = np.isfinite(y)
    kept_x, kept_y = np.asarray(x, np.float64)[keep], np.asarray(y, np.float64)[keep]
    if len(kept_x) <= most:
        return kept_x, kept_y
    size = -(-len(kept_x) // (most // 2 - 1))
    num_full = len(kept_x) // size
    block = kept_y[: num_full * size].reshape(num_full, size)
    pairs = np.stack([block.argmin(axis=1), block.argmax(axis=1)], axis=1)
    pairs.sort(axis=1)
    pairs += np.arange(num_full)[:, None] * size
    rest = kept_y[num_full * size :]
    tail = sorted({int(rest.argmin()), int(rest.argmax())}) if rest.size else []
    indices = np.concatenate([pairs.ravel(), num_full * size + np.array(tail, np.int64)])
    return kept_x[indices], kept_y[indices]
