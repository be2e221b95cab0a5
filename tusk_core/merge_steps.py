"""Prototypes that mean the same, joined step by step: a frozen value, no torch."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class MergeSteps:
    """The prototypes in use, joined two groups at a time until one is left.

    Attributes:
        kept: (S,) int64, the group that stays, named by its most frequent prototype.
        joined: (S,) int64, the group that goes into it.
        costs: (S,) float64, how little the two belong together; higher is worse.
        counts: (M,) int64, detections of each prototype. S is one less than those that have any.
    """

    kept: NDArray[np.int64]
    joined: NDArray[np.int64]
    costs: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def num_used(self) -> int:
        """Prototypes with at least one detection."""
        return int((self.counts > 0).sum())

    def groups(self, number: int) -> NDArray[np.int64]:
        """Return the group of each prototype, (M,), once ``number`` groups are left.

        A group carries the number of its most frequent prototype; a prototype without detections
        stays alone and does not count.
        """
        # Numbers from 0; numpy is not imported here, the command line's help must not wait.
        targets = self.counts.argsort()
        targets.sort()
        steps = max(0, self.num_used - number)
        for kept, joined in zip(self.kept[:steps], self.joined[:steps], strict=True):
            targets[targets == joined] = kept
        return targets

    def likely_number(self) -> int:
        """Return the number of groups after which joining costs most more than before."""
        if len(self.costs) < 2:
            return max(1, self.num_used)
        costs = list(itertools.accumulate(map(float, self.costs), max))
        low = max(costs[-1] * 1e-6, 1e-12)
        rise = [(after + low) / (before + low) for before, after in itertools.pairwise(costs)]
        # Joining the very first two or all into one says little about kinds.
        return self.num_used - 1 - rise.index(max(rise))
