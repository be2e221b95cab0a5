"""How a map is made: what the bar asks for, the map process carries out and the cache keys by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MapMethod = Literal["pca", "umap", "tsne"]


@dataclass(frozen=True, slots=True)
class MapSettings:
    """How a map is made.

    Attributes:
        method: ``pca``, ``umap`` or ``tsne``.
        max_points: detections laid out at most; a sample by prototype is taken of more.
        neighbours: UMAP's neighbours, t-SNE's perplexity.
        seed: of everything random.
    """

    method: MapMethod = "pca"
    max_points: int = 5000
    neighbours: int = 15
    seed: int = 0
