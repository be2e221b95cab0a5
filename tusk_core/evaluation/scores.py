"""Metrics as they are collected: value and interval together, in per cent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.evaluation.bootstrap import counted_interval, ratio_interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


@dataclass(slots=True)
class Scores:
    """What a protocol found out, before it becomes a report.

    Attributes:
        seed: of the resampling and of every random division.
        metrics: name -> value, per cent.
        intervals: name -> 95 % interval, per cent.
        tables: name -> rows of numbers.
        columns: names of a table's columns.
        counts: pictures, objects and so on.
        losses: (P,) how badly each picture went; the largest are shown as the worst.
    """

    seed: int
    metrics: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    tables: dict[str, list[list[float]]] = field(default_factory=dict)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    losses: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def add_ratio(self, name: str, hits: NDArray[np.number], totals: NDArray[np.number]) -> None:
        """Add Σ hits / Σ totals over pictures, (P,) each; NaN where there is nothing to count."""
        total = float(np.sum(totals))
        self.metrics[name] = 100 * float(np.sum(hits)) / total if total else float("nan")
        self._put_interval(
            name, ratio_interval(np.asarray(hits, float), np.asarray(totals, float), seed=self.seed)
        )

    def add_mean(self, name: str, values: NDArray[np.floating]) -> None:
        """Add the mean of one share a picture, (P,); NaN values are left out."""
        known = np.isfinite(values)
        self.add_ratio(name, np.where(known, values, 0.0), known.astype(np.float64))

    def add_counted(
        self,
        name: str,
        score: Callable[[NDArray[np.float64]], float],
        picture: NDArray[np.integer],
        num_pictures: int,
    ) -> None:
        """Add any score of weighted items; see ``counted_interval``."""
        self.metrics[name] = 100 * score(np.ones(len(picture)))
        ends = counted_interval(score, picture, num_pictures, seed=self.seed)
        self._put_interval(name, ends)

    def _put_interval(self, name: str, ends: tuple[float, float]) -> None:
        self.intervals[name] = (100 * ends[0], 100 * ends[1])
