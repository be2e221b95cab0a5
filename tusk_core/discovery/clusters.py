"""Cutting the frozen features of a data set into kinds, and saying where each kind is.

Shapes: N features, D channels of the trunk, C components, M kinds, P pictures, h x w map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from tusk_core.nn.seed_kinds import moved_centres, shares_of, spherical_kmeans, whitening_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from torch import Tensor

NUM_COMPONENTS = 32
_MOST_SAMPLES = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Kinds as directions of whitened features.

    Attributes:
        mean: (D,).
        whitening: (D, C).
        centres: (M, C), unit length.
    """

    mean: Tensor
    whitening: Tensor
    centres: Tensor

    def directions(self, features: Tensor) -> Tensor:
        """Return whitened unit vectors (..., C) of features (..., D)."""
        return F.normalize((features - self.mean) @ self.whitening, dim=-1)


@dataclass(frozen=True, slots=True, eq=False)
class KindMaps:
    """Which kind is at each place of some pictures, at stride 4.

    Attributes:
        kinds: (P, h, w) int16.
        strength: (P, h, w) float32, its membership, [0, 1].
    """

    kinds: NDArray[np.int16]
    strength: NDArray[np.float32]


def find_clusters(
    batches: Iterable[Tensor],
    num_kinds: int,
    generator: torch.Generator,
    earlier: Clusters | None = None,
) -> Clusters:
    """Return the kinds of a data set.

    Args:
        batches: coarse features (b, D, h, w) of all pictures.
        num_kinds: M.
        generator: on the CPU; draws sample and seeds.
        earlier: kinds of a part of the pictures; the new ones keep their numbers.
    """
    features = torch.cat([batch.permute(0, 2, 3, 1).flatten(0, 2) for batch in batches])
    drawn = torch.randperm(len(features), generator=generator)[:_MOST_SAMPLES]
    sample = features[drawn.to(features.device)]
    mean, whitening = whitening_of(sample, NUM_COMPONENTS)
    directions = F.normalize((sample - mean) @ whitening, dim=1)
    if earlier is None:
        centres = spherical_kmeans(directions, num_kinds, generator)
    else:
        # The same kinds under the new whitening: the means of what was theirs under the old one.
        nearest = (earlier.directions(sample) @ earlier.centres.T).argmax(dim=1)
        sums = directions.new_zeros(num_kinds, directions.shape[1])
        begun = F.normalize(sums.index_add_(0, nearest, directions), dim=1)
        centres = moved_centres(directions, begun)
    return Clusters(mean, whitening, centres)


@torch.inference_mode()
def kind_maps(batches: Iterable[Tensor], clusters: Clusters) -> KindMaps:
    """Return the strongest kind at every place of coarse features (b, D, h, w), at stride 4."""
    kinds, strength = [], []
    for batch in batches:
        shares = memberships(batch, clusters)
        best, number = shares.max(dim=1)
        kinds.append(number.to("cpu", torch.int16).numpy())
        strength.append(best.float().cpu().numpy())
    return KindMaps(np.concatenate(kinds), np.concatenate(strength))


def memberships(coarse: Tensor, clusters: Clusters) -> Tensor:
    """Return the membership (b, M, 4 h, 4 w) of every place in every kind; they add up to 1."""
    directions = clusters.directions(coarse.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    return shares_of(directions, clusters.centres)


@torch.inference_mode()
def motion_maps(batches: Iterable[Tensor]) -> NDArray[np.float32]:
    """Return how unlike the usual each place of a video is, (P, h, w) at stride 16, mean 1.

    The usual is the median over the frames at that place: under a still camera what moves stands
    out, under a moving one everything does and nothing is told apart.
    """
    features = torch.cat(list(batches))
    usual = features.median(dim=0).values
    away = (features - usual).norm(dim=1)
    return np.asarray((away / away.mean().clamp_min(1e-6)).cpu().numpy(), np.float32)
