"""What is remembered of every track of the first pass: where it began and ended, and its look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(slots=True, eq=False)
class Fragments:
    """What is remembered of every track, as rows of growing arrays.

    Attributes:
        first: frame of the first sighting, and ``last`` of the last sure one.
        seen: sightings.
        start: (2,) place of the first sighting, and ``start_velocity`` a little later.
        end: (2,) place at the last, ``end_velocity``, and ``end_heading``, its mean of late.
        look: (C,) of the last sighting, mean over the past.
    """

    size: int = 0
    columns: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def add(self, count: int, **values: NDArray[np.floating | np.integer]) -> NDArray[np.int64]:
        """Add tracks; returns their numbers."""
        rows = np.arange(self.size, self.size + count)
        self.size += count
        for name, value in values.items():
            shape = (self.size, *value.shape[1:])
            old = self.columns.get(name)
            if old is None or len(old) < self.size:
                grown = np.zeros((max(256, 2 * self.size), *shape[1:]))
                if old is not None:
                    grown[: len(old)] = old
                self.columns[name] = grown
            self.columns[name][rows] = value
        return rows

    def column(self, name: str) -> NDArray[np.float64]:
        """Return one column of all tracks."""
        return self.columns[name][: self.size]
