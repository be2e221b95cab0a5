"""Numbers of a page: how many of each kind, and where; numpy only.

Shapes: N detections, P pictures, M kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.prototype_names import PrototypeNames
    from tusk_core.results import Analysis

MOST_BARS = 24


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Detections by kind and picture.

    Attributes:
        rows: (n,) int64, detections that count: not of a hidden kind.
        kinds: (n,) int64, the kind of each, merges applied.
        order: kinds with a detection, the most frequent first.
        table: (P, M) int64, detections of each kind in each picture.
    """

    rows: NDArray[np.int64]
    kinds: NDArray[np.int64]
    order: tuple[int, ...]
    table: NDArray[np.int64]

    @property
    def per_picture(self) -> NDArray[np.int64]:
        """Detections of each picture, (P,)."""
        return np.asarray(self.table.sum(axis=1), np.int64)


def counted(analysis: Analysis, names: PrototypeNames) -> Counted:
    """Count detections as a person sees them: merged kinds as one, hidden ones left out."""
    num = max(len(analysis.prototypes), int(analysis.labels.max(initial=-1)) + 1)
    target = _targets(num, names.merged)
    kinds = target[analysis.labels]
    gone = [target[kind] for kind in names.hidden if 0 <= kind < num]
    rows = np.flatnonzero(~np.isin(kinds, gone))
    kinds = kinds[rows]
    pictures = len(analysis.picture_names)
    flat = np.bincount(analysis.picture[rows] * num + kinds, minlength=pictures * num)
    table = flat.reshape(pictures, num)
    total = table.sum(axis=0)
    order = np.argsort(-total, kind="stable")
    return Counted(rows, kinds, tuple(order[total[order] > 0].tolist()), table)


def _targets(num: int, merged: dict[int, int]) -> NDArray[np.int64]:
    """Return the kind that each kind counts as, (M,); chains are followed, loops are not."""
    target = np.arange(num)
    for kind in range(num):
        seen, at = {kind}, merged.get(kind, kind)
        while at in merged and at not in seen:
            seen.add(at)
            at = merged[at]
        if 0 <= at < num:
            target[kind] = at
    return target


def best_rows(analysis: Analysis, found: Counted, kind: int, most: int) -> list[int]:
    """Return the surest detections of a kind, at most one in a picture while pictures last."""
    mine = found.rows[found.kinds == kind]
    mine = mine[np.argsort(-analysis.scores[mine], kind="stable")]
    _, first = np.unique(analysis.picture[mine], return_index=True)
    one_each = mine[np.sort(first)][:most]
    others = mine[~np.isin(mine, one_each)][: most - len(one_each)]
    return [int(row) for row in (*one_each, *others)]


def spread(count: int, most: int) -> list[int]:
    """Return at most so many numbers below ``count``, evenly spread, ascending."""
    places = np.linspace(0, count - 1, min(count, most)).round().astype(int)
    return [int(place) for place in np.unique(places)]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram: from ``low`` to ``high`` things, ``count`` pictures."""

    low: int
    high: int
    count: int

    @property
    def label(self) -> str:
        """The range in words."""
        return str(self.low) if self.low == self.high else f"{self.low}–{self.high}"


def histogram(values: NDArray[np.int64]) -> tuple[Bar, ...]:
    """Return how often each number, or range of numbers, occurs; at most ``MOST_BARS`` bars."""
    if not len(values):
        return ()
    low, high = int(values.min()), int(values.max())
    width = -(-(high - low + 1) // MOST_BARS)
    counts = np.bincount((values - low) // width)
    return tuple(
        Bar(low + width * i, min(high, low + width * (i + 1) - 1), int(count))
        for i, count in enumerate(counts)
    )
