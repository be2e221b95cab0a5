"""Cutting frozen features into kinds: whitened principal components and spherical k-means.

Shapes: N features, D channels of the trunk, C components, M kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from torch import Tensor

MEMBERSHIP_TEMPERATURE = 0.05
_SEED_SAMPLE = 4096
_CHUNK = 2**16
_SMALLEST_SHARE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Whitening:
    """An affine map of features after which every component varies alike.

    Attributes:
        mean: (D,) of the features.
        matrix: (D, C), principal directions, each divided by its deviation.
    """

    mean: Tensor
    matrix: Tensor

    def apply(self, features: Tensor) -> Tensor:
        """Return unit vectors (..., C) of features (..., D)."""
        return F.normalize((features.float() - self.mean) @ self.matrix, dim=-1)


def fit_whitening(features: Tensor, num_components: int) -> Whitening:
    """Return the whitening of the strongest principal components.

    Components that hardly vary (a set of identical pictures has none that do) keep weight 0
    instead of blowing up rounding errors.

    Args:
        features: (N, D).
        num_components: C; at most D are kept.
    """
    features = features.double()
    mean = features.mean(0)
    centred = features - mean
    covariance = centred.T @ centred / max(1, len(features) - 1)
    variances, directions = torch.linalg.eigh(covariance)
    count = min(num_components, len(variances))
    variances, directions = variances.flip(0)[:count], directions.flip(1)[:, :count]
    floor = _SMALLEST_SHARE * variances[:1].clamp_min(1e-12)
    scales = torch.where(variances > floor, variances.clamp_min(1e-12).rsqrt(), 0.0)
    return Whitening(mean.float(), (directions * scales).float())


def spherical_k_means(
    vectors: Tensor,
    num_kinds: int,
    *,
    generator: torch.Generator,
    num_rounds: int = 12,
    start: Tensor | None = None,
) -> Tensor:
    """Return the centres (M, C) of unit vectors, unit length.

    Args:
        vectors: (N, C), unit length.
        num_kinds: M; where there are fewer different vectors, centres repeat.
        generator: draws the seeds.
        num_rounds: of assignment and mean.
        start: (M, C) centres to begin with; None draws them far apart (k-means++).
    """
    centres = _far_apart(vectors, num_kinds, generator) if start is None else start
    for _ in range(num_rounds):
        sums, counts = _sums(vectors, centres)
        moved = F.normalize(sums, dim=-1)
        # A centre that nothing is nearest to stays where it was.
        centres = torch.where((counts > 0).unsqueeze(1), moved, centres)
    return centres


def _sums(vectors: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sum of the vectors nearest to each centre, (M, C), and how many, (M,)."""
    sums, counts = torch.zeros_like(centres), centres.new_zeros(len(centres))
    for part in vectors.split(_CHUNK):
        nearest = (part @ centres.T).argmax(dim=1)
        sums.index_add_(0, nearest, part)
        counts += torch.bincount(nearest, minlength=len(centres))
    return sums, counts


def _far_apart(vectors: Tensor, num_kinds: int, generator: torch.Generator) -> Tensor:
    """Draw centres by k-means++ (Arthur and Vassilvitskii, 2007) from a sample."""
    drawn = torch.randint(len(vectors), (_SEED_SAMPLE,), generator=generator)
    sample = vectors[drawn.to(vectors.device)]
    first = torch.randint(len(sample), (1,), generator=generator)
    centres = [sample[first.to(sample.device)]]
    distance = 1 - (sample @ centres[0].T).squeeze(1)
    for _ in range(num_kinds - 1):
        # Rounding may leave nothing or less than nothing; then any vector is as good.
        weights = distance.clamp_min(0) + 1e-9
        chosen = torch.multinomial(weights.cpu(), 1, generator=generator)
        centres.append(sample[chosen.to(sample.device)])
        distance = torch.minimum(distance, 1 - (sample @ centres[-1].T).squeeze(1))
    return torch.cat(centres)


def memberships(cosines: Tensor, *, dim: int) -> Tensor:
    """Return the share of each kind, summing to 1 along ``dim``, of cosines in [-1, 1]."""
    return torch.softmax(cosines / MEMBERSHIP_TEMPERATURE, dim=dim)
