"""Maps of one run at several steps in the same two directions, so that they can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PlaneBasis:
    """Two directions of descriptor space: ``mean`` (C,), ``axes`` (2, C)."""

    mean: NDArray[np.float32]
    axes: NDArray[np.float32]

    def project(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return places, (n, 2) float32, of vectors, (n, C)."""
        return np.asarray((vectors - self.mean) @ self.axes.T, np.float32)


def plane_of(vectors: NDArray[np.floating]) -> PlaneBasis:
    """Return the plane along which ``vectors``, (n, C), differ most."""
    values = np.asarray(vectors, np.float32)
    mean = values.mean(axis=0)
    _, _, directions = np.linalg.svd(values - mean, full_matrices=False)
    axes = np.zeros((2, values.shape[1]), np.float32)
    axes[: min(2, len(directions))] = directions[:2]
    # A direction and its opposite are equally good; settle it, so that maps do not flip.
    signs = np.sign(axes[np.arange(2), np.argmax(np.abs(axes), axis=1)])
    return PlaneBasis(mean, axes * np.where(signs == 0, 1, signs)[:, None])
