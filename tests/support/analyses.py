"""Made-up analyses."""

from __future__ import annotations

import numpy as np

from tusk_core.results import Analysis


def clustered_analysis(
    count: int = 300, *, num_pictures: int = 10, num_prototypes: int = 5, video: bool = False
) -> Analysis:
    """Return detections whose descriptors lie in clusters around their prototypes."""
    rng = np.random.default_rng(0)
    prototypes = np.linalg.qr(rng.normal(size=(16, 16)))[0][:num_prototypes]
    labels = rng.integers(0, num_prototypes, count).astype(np.int32)
    descriptors = prototypes[labels] + rng.normal(scale=0.08, size=(count, 16))
    descriptors /= np.linalg.norm(descriptors, axis=1, keepdims=True)
    picture = np.sort(rng.integers(0, num_pictures, count)).astype(np.int32)
    pattern = "frame {:06d}" if video else "set/picture {}.png"
    times = np.arange(num_pictures) / 25 if video else np.full(num_pictures, np.nan)
    return Analysis(
        model_fingerprint="0123456789abcdef",
        source="made up",
        picture_names=tuple(pattern.format(i) for i in range(num_pictures)),
        picture_sizes=np.tile(np.array([[64, 48]], np.int32), (num_pictures, 1)),
        picture_errors=np.full(num_pictures, np.nan, np.float32),
        times=times.astype(np.float64),
        picture=picture,
        xy=(rng.random((count, 2)) * [63, 47]).astype(np.float32),
        scores=rng.random(count).astype(np.float32),
        labels=labels,
        descriptors=descriptors.astype(np.float16),
        classes=rng.integers(-1, 2, count).astype(np.int32),
        class_names=("cube", "ball"),
        prototypes=prototypes.astype(np.float32),
    )
