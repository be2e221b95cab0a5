"""One training step: the network's, then the prototypes' (paper section 3.5).

Equations, and what the released code does otherwise: docs/method.md, section 5.

Shapes: N descriptors in the bank, M prototypes, C descriptor length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from tusk_core.losses.clustering import kmeans_update_loss
from tusk_core.losses.sliced_wasserstein import (
    draw_components,
    mixture_weights,
    sample_mixture,
    sliced_wasserstein,
)
from tusk_core.nn.device import to_device

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tusk_core.config import PrototypeConfig
    from tusk_core.nn.prototypes import Prototypes
    from tusk_core.training.draws import Draws


class DescriptorBank(nn.Module):
    """The last descriptors, first in first out, so that every prototype has enough samples."""

    rows: Tensor
    fill: Tensor

    def __init__(self, size: int, num_features: int) -> None:
        super().__init__()
        self._size = size
        self.register_buffer("rows", torch.zeros(size, num_features))
        self.register_buffer("fill", torch.zeros((), dtype=torch.int64))
        self._filled = 0

    def push(self, descriptors: Tensor) -> Tensor:
        """Add a batch (n, C) and return all that are kept, newest first; (N, C)."""
        if not self._size:
            return descriptors
        count = min(self._size, self._filled + descriptors.shape[0])
        kept = torch.cat([descriptors, self.rows[: self._filled]])[:count]
        self.rows[:count] = kept
        self._filled = count
        self.fill.fill_(count)
        return kept

    def size_after(self, count: int) -> int:
        """Return how many descriptors ``push`` of ``count`` will return."""
        return min(self._size, self._filled + count) if self._size else count

    def after_load(self) -> None:
        """Read the fill level back after ``load_state_dict``."""
        self._filled = int(self.fill)


def prototype_steps(
    prototypes: Prototypes,
    descriptors: Tensor,
    optimiser: torch.optim.Optimizer,
    config: PrototypeConfig,
    draws: Iterable[Draws],
) -> Tensor:
    """Move the prototypes towards fixed descriptors; the encoder is not run again.

    Args:
        prototypes: moved in place.
        descriptors: (N, C), unit length, no gradient.
        optimiser: of the prototypes.
        config: method.
        draws: one for each step, as ``draw_steps`` gives them.

    Returns:
        the loss of the last step, a detached scalar.
    """
    loss = descriptors.new_zeros(())
    for drawn in draws:
        optimiser.zero_grad(set_to_none=True)
        loss = prototype_loss(prototypes, descriptors, config, drawn)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return loss.detach()


def prototype_loss(
    prototypes: Prototypes, descriptors: Tensor, config: PrototypeConfig, drawn: Draws
) -> Tensor:
    """Return the prototypes' loss: sliced Wasserstein to their mixture, or k-means."""
    unit = prototypes.unit()
    if config.method != "sliced-wasserstein":
        return kmeans_update_loss(descriptors, unit)
    directions, noise = (to_device(t, unit.device) for t in (drawn.directions, drawn.noise))
    weights = mixture_weights(descriptors.detach(), unit.detach(), config.smoothing)
    components = draw_components(weights, len(descriptors), config.sampling, drawn.offset)
    return sliced_wasserstein(descriptors, sample_mixture(unit, components, noise), directions)


def reseed_dead(
    prototypes: Prototypes, unused_for: Tensor, descriptors: Tensor, patience: int
) -> Tensor:
    """Move prototypes unused for ``patience`` steps onto the worst-served descriptors.

    Args:
        prototypes: changed in place.
        unused_for: (M,) steps since each was last nearest to any descriptor.
        descriptors: (N, C), N at least M.
        patience: in steps.

    Returns:
        (M,) the counter, set to 0 where a prototype moved.
    """
    dead = unused_for >= patience
    # On a GPU the question itself would cost a wait at every step.
    if dead.device.type == "cpu" and not bool(dead.any()):
        return unused_for
    with torch.no_grad():
        served = prototypes.similarities(descriptors).max(dim=-1).values
        worst = served.topk(min(len(dead), len(served)), largest=False).indices
        # The first dead prototype gets the worst served descriptor, and so on.
        rank = dead.cumsum(0) - 1
        moved = dead & (rank < len(worst))
        target = descriptors[worst[rank.clamp(0, len(worst) - 1)]]
        length = prototypes.vectors.norm(dim=-1, keepdim=True)
        prototypes.vectors.copy_(
            torch.where(moved.unsqueeze(1), target * length, prototypes.vectors)
        )
    return torch.where(dead, torch.zeros_like(unused_for), unused_for)
