"""An analysis of made-up detections, as many as are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def made_up_analysis(
    prototypes: NDArray[np.float32], names: tuple[str, str], num_pictures: int, count: int
) -> Any:
    """Return an ``Analysis`` of made-up detections around the prototypes.

    Args:
        prototypes: (N, D).
        names: the model's fingerprint and the pictures' source.
        num_pictures: over which the detections are spread.
        count: of the detections.
    """
    from tusk_core.results import Analysis

    rng = np.random.default_rng(0)
    labels = rng.integers(0, len(prototypes), count).astype(np.int32)
    descriptors = prototypes[labels] + rng.normal(0, 0.05, (count, prototypes.shape[1]))
    return Analysis(
        model_fingerprint=names[0],
        source=names[1],
        picture_names=tuple(f"picture {i}" for i in range(num_pictures)),
        picture_sizes=np.full((num_pictures, 2), 80, np.int32),
        picture_errors=np.zeros(num_pictures, np.float32),
        times=np.full(num_pictures, np.nan),
        picture=np.sort(rng.integers(0, num_pictures, count)).astype(np.int32),
        xy=rng.uniform(0, 80, (count, 2)).astype(np.float32),
        scores=rng.uniform(0, 1, count).astype(np.float32),
        labels=labels,
        descriptors=descriptors.astype(np.float16),
        classes=np.full(count, -1, np.int32),
        class_names=(),
        prototypes=prototypes,
    )
