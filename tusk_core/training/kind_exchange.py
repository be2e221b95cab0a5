"""Kinds that overlap become one, and the freed one divides a kind that is two.

With as many prototypes as kinds, two kinds can end on one prototype while two prototypes share a
third: neither sliced Wasserstein nor k-means leaves that by small steps. One exchange does: the
pair whose joining costs least is joined, and the kind whose division gains most is divided, where
it gains more than the joining costs. Costs and gains are sums of squared distances, Ward's
criterion (1963).

Shapes: N descriptors, M prototypes, C descriptor length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from torch import Tensor

    from tusk_core.nn.prototypes import Prototypes

# Descriptors that are compared; more tell no more.
_MOST = 8192
# An exchange must gain this many times what it costs, or noise would exchange kinds for ever.
_MARGIN = 1.5


@dataclass(frozen=True, slots=True)
class Halves:
    """Each kind divided in two across its longest direction.

    Attributes:
        means: (M, 2, C) of the halves.
        gains: (M,) by how much the sum of squared distances falls, >= 0.
    """

    means: Tensor
    gains: Tensor


@torch.no_grad()
def exchange_kinds(prototypes: Prototypes, descriptors: Tensor) -> Tensor:
    """Do the best exchange, if it is worth it.

    Args:
        prototypes: changed in place; M at least 3.
        descriptors: (N, C), unit length, newest first.

    Returns:
        a bool scalar: whether kinds were exchanged.
    """
    descriptors = descriptors[:_MOST]
    labels = prototypes.similarities(descriptors).argmax(dim=-1)
    sums = torch.zeros_like(prototypes.vectors).index_add_(0, labels, descriptors)
    counts = _count(labels, len(sums))
    means = sums / counts.clamp_min(1).unsqueeze(1)
    costs = _joining_costs(means, counts)
    pair = costs.argmin()
    kept, freed = pair // len(sums), pair % len(sums)
    halves = divided(descriptors, labels, means, counts)
    own = torch.arange(len(sums), device=labels.device)
    gains = halves.gains.masked_fill((own == kept) | (own == freed), -1.0)
    source = gains.argmax()
    is_worth = gains[source] > _MARGIN * costs.flatten()[pair]
    moved = prototypes.unit().clone()
    moved[kept] = F.normalize(sums[kept] + sums[freed], dim=0)
    moved[source], moved[freed] = F.normalize(halves.means[source], dim=-1)
    length = prototypes.vectors.norm(dim=-1, keepdim=True)
    prototypes.vectors.copy_(torch.where(is_worth, moved * length, prototypes.vectors))
    return is_worth


def divided(descriptors: Tensor, labels: Tensor, means: Tensor, counts: Tensor) -> Halves:
    """Divide each kind where, along its longest direction, two means describe it best.

    Args:
        descriptors: (N, C).
        labels: (N,) kind of each.
        means: (M, C) of the kinds.
        counts: (M,) float, descriptors of each.
    """
    M = len(counts)
    offsets = descriptors - means[labels]
    along = (offsets * _longest_direction(offsets, labels, M)[labels]).sum(dim=-1)
    upper = along > _thresholds(along, labels, counts)[labels]
    half = 2 * labels + upper
    sizes = _count(half, 2 * M).view(M, 2)
    sums = descriptors.new_zeros(2 * M, descriptors.shape[1]).index_add_(0, half, descriptors)
    centres = sums.view(M, 2, -1) / sizes.clamp_min(1).unsqueeze(-1)
    apart = (centres[:, 0] - centres[:, 1]).square().sum(dim=-1)
    gains = sizes[:, 0] * sizes[:, 1] / counts.clamp_min(1) * apart
    return Halves(centres, gains)


def _thresholds(along: Tensor, labels: Tensor, counts: Tensor) -> Tensor:
    """Return where each kind's positions (N,), of mean 0, are best divided in two; (M,)."""
    M, N = len(counts), len(along)
    order = along.argsort()
    order = order[labels[order].argsort(stable=True)]
    position, kind = along[order], labels[order]
    begins = counts.cumsum(0) - counts
    rank = torch.arange(1, N + 1, device=along.device) - begins[kind]
    # Sums of one kind up to here: those of the kinds before it add up to 0.
    sums = position.double().cumsum(0).to(along.dtype)
    left = counts[kind] - rank
    between = torch.where(left > 0, sums.square() * counts[kind] / (rank * left.clamp_min(1)), -1.0)
    best = between.new_full((M,), -1.0).scatter_reduce_(0, kind, between, "amax")
    chosen = torch.where(between == best[kind], position, -torch.inf)
    return chosen.new_full((M,), -torch.inf).scatter_reduce_(0, kind, chosen, "amax")


def _longest_direction(offsets: Tensor, labels: Tensor, num: int) -> Tensor:
    """Return the first principal direction (M, C) of each kind's offsets (N, C)."""
    products = (offsets.unsqueeze(2) * offsets.unsqueeze(1)).flatten(1)
    spread = offsets.new_zeros(num, products.shape[1]).index_add_(0, labels, products)
    size = offsets.shape[1]
    directions: Tensor = torch.linalg.eigh(spread.view(num, size, size)).eigenvectors[..., -1]
    return directions


def _joining_costs(means: Tensor, counts: Tensor) -> Tensor:
    """Return by how much squared distances grow when two kinds are joined, (M, M); inf below."""
    weights = counts.unsqueeze(0) * counts.unsqueeze(1)
    weights = weights / (counts.unsqueeze(0) + counts.unsqueeze(1)).clamp_min(1)
    costs = weights * torch.cdist(means, means).square()
    below = torch.ones_like(costs, dtype=torch.bool).tril()
    return costs.masked_fill(below, torch.inf)


def _count(labels: Tensor, num: int) -> Tensor:
    return torch.zeros(num, device=labels.device).index_add_(
        0, labels, torch.ones(len(labels), device=labels.device)
    )
