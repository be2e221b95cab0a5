"""Detections grouped by prototype and by picture, so that panels look up instead of searching."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_app.parts.sampling import grouped_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.results import Analysis

DUPLICATE_COSINE = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class AnalysisIndex:
    """Lookup tables of one ``Analysis`` with N detections, P pictures and M prototypes.

    Attributes:
        labels: (N,) int32, prototype of each detection after merging.
        order: (N,) int64, rows sorted by prototype, then by row.
        starts: (M + 1,) int64, where each prototype begins in ``order``.
        picture_starts: (P + 1,) int64, first row of each picture.
        counts: (M,) int64, detections of each prototype.
        shares: (M,) float64, share of the pictures that show it, 0 to 1.
    """

    labels: NDArray[np.int32]
    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    picture_starts: NDArray[np.int64]
    counts: NDArray[np.int64]
    shares: NDArray[np.float64]

    @property
    def num_prototypes(self) -> int:
        """M."""
        return len(self.counts)

    def rows_of_prototype(self, index: int) -> NDArray[np.int64]:
        """Return the rows of one prototype, ascending; empty if there is no such prototype."""
        if not 0 <= index < self.num_prototypes:
            return np.empty(0, np.int64)
        return self.order[self.starts[index] : self.starts[index + 1]]

    def rows_of_picture(self, picture: int) -> NDArray[np.int64]:
        """Return the rows of one picture, ascending; empty if there is no such picture."""
        if not 0 <= picture < len(self.picture_starts) - 1:
            return np.empty(0, np.int64)
        return np.arange(self.picture_starts[picture], self.picture_starts[picture + 1])


def build_index(analysis: Analysis, targets: NDArray[np.integer] | None = None) -> AnalysisIndex:
    """Group the detections of ``analysis``.

    Args:
        analysis: rows sorted by picture.
        targets: (M,) the prototype that each is shown as after merging; None merges nothing.
    """
    num, num_pictures = len(analysis.prototypes), len(analysis.picture_names)
    labels = analysis.labels if targets is None else np.asarray(targets, np.int32)[analysis.labels]
    counts = np.bincount(labels, minlength=num).astype(np.int64)
    order = grouped_order(labels)
    # In that order a picture's rows of one prototype stand together: the first of them counts.
    prototype, picture = labels[order], analysis.picture[order]
    is_first = np.ones(len(order), np.bool_)
    is_first[1:] = (prototype[1:] != prototype[:-1]) | (picture[1:] != picture[:-1])
    shown_in = np.bincount(prototype[is_first], minlength=num)
    return AnalysisIndex(
        labels=labels,
        order=order,
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        picture_starts=np.searchsorted(analysis.picture, np.arange(num_pictures + 1)),
        counts=counts,
        shares=shown_in / max(1, num_pictures),
    )


@dataclass(frozen=True, slots=True)
class PrototypeHealth:
    """How well one prototype does.

    Attributes:
        state: ``used``, ``dead`` (no detection) or ``duplicate`` (looks like another one).
        twin: the most similar prototype that is used, -1 if there is none.
        cosine: similarity to ``twin``, -1 to 1.
    """

    state: str
    twin: int
    cosine: float


def prototype_health(
    prototypes: NDArray[np.floating], counts: NDArray[np.integer]
) -> tuple[PrototypeHealth, ...]:
    """Tell dead and duplicated prototypes from used ones.

    Args:
        prototypes: (M, C).
        counts: (M,) detections of each.
    """
    num = len(prototypes)
    if num == 0:
        return ()
    unit = prototypes / np.maximum(np.linalg.norm(prototypes, axis=1, keepdims=True), 1e-12)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2.0)
    cosines[:, np.asarray(counts) == 0] = -2.0
    twins = np.argmax(cosines, axis=1)
    best = cosines[np.arange(num), twins]
    health = []
    for count, twin, cosine in zip(counts, twins, best, strict=True):
        known = cosine > -2.0
        state = "dead" if count == 0 else "duplicate" if cosine > DUPLICATE_COSINE else "used"
        health.append(PrototypeHealth(state, int(twin) if known else -1, float(max(cosine, -1.0))))
    return tuple(health)
