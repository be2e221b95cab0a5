"""Places new descriptors on an existing map, from the detections most like them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.results import Analysis, EmbeddingMap

MAX_REFERENCES = 20_000
NEIGHBOURS = 8
_TEMPERATURE = 0.03
TRAIL_FRAMES = 12


class MapPlacement:
    """k-NN placement against at most 20 000 mapped detections; about a millisecond a picture."""

    def __init__(self, analysis: Analysis, embedding: EmbeddingMap) -> None:
        step = max(1, -(-len(embedding.indices) // MAX_REFERENCES))
        chosen = embedding.indices[::step]
        references = analysis.descriptors[chosen].astype(np.float32)
        norms = np.linalg.norm(references, axis=1, keepdims=True)
        self._references = np.ascontiguousarray((references / np.maximum(norms, 1e-6)).T)
        self._places = embedding.points[::step]

    def place(self, descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return places, (K, 2) float32, of descriptors, (K, C), by their nearest neighbours."""
        count = self._references.shape[1]
        if count == 0 or len(descriptors) == 0:
            return np.zeros((0, 2), np.float32)
        cosines = descriptors.astype(np.float32) @ self._references
        k = min(NEIGHBOURS, count)
        nearest = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
        values = np.take_along_axis(cosines, nearest, axis=1)
        weights = np.exp((values - values.max(axis=1, keepdims=True)) / _TEMPERATURE)
        weights /= weights.sum(axis=1, keepdims=True)
        return np.asarray((weights[..., None] * self._places[nearest]).sum(axis=1), np.float32)


class Trail:
    """The last places of the keypoints of a running picture, oldest forgotten."""

    def __init__(self, frames: int = TRAIL_FRAMES) -> None:
        self._frames = frames
        self._past: list[tuple[NDArray[np.float32], NDArray[np.uint8]]] = []

    def push(self, xy: NDArray[np.float32], colours: NDArray[np.uint8]) -> None:
        """Take the places, (K, 2), and colours, (K, 3), of a new picture."""
        self._past.append((xy, colours))
        del self._past[: -self._frames - 1]

    def clear(self) -> None:
        """Forget everything."""
        self._past.clear()

    def older(self) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
        """Return all but the newest: (t, 3) float32 as (x, y, age 0..1), and (t, 3) colours."""
        older = self._past[-2::-1]
        if not older:
            return np.zeros((0, 3), np.float32), np.zeros((0, 3), np.uint8)
        parts = [
            np.column_stack([xy, np.full(len(xy), (age + 1) / (self._frames + 1), np.float32)])
            for age, (xy, _) in enumerate(older)
        ]
        return (
            np.concatenate(parts).astype(np.float32),
            np.concatenate([colours for _, colours in older]),
        )
