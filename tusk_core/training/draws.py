"""The random numbers of the prototype steps, drawn beside a GPU's work where there is one.

Shapes: N descriptors in the bank, C descriptor length, L directions.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from tusk_core.losses.sliced_wasserstein import random_directions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tusk_core.config import PrototypeConfig


@dataclass(frozen=True, slots=True)
class Draws:
    """The random numbers of one prototype step, drawn on the CPU so that devices agree.

    Attributes:
        directions: (C, L), unit length.
        noise: (N, C), the mixture's.
        offset: in [0, 1), the start of systematic sampling.
    """

    directions: Tensor
    noise: Tensor
    offset: float

    def pinned(self) -> Draws:
        """Return the same in memory that a GPU reads without waiting."""
        return Draws(self.directions.pin_memory(), self.noise.pin_memory(), self.offset)


def draw_steps(
    config: PrototypeConfig, count: int, num_features: int, generator: torch.Generator
) -> Iterator[Draws]:
    """Yield the random numbers of ``config.num_steps`` steps on ``count`` descriptors.

    Args:
        config: method, directions and noise; other methods than sliced Wasserstein need none.
        count: N.
        num_features: C.
        generator: on the CPU.
    """
    for _ in range(config.num_steps):
        yield draw_step(config, count, num_features, generator)


def draw_step(
    config: PrototypeConfig, count: int, num_features: int, generator: torch.Generator
) -> Draws:
    """Return the random numbers of one step; see ``draw_steps``."""
    if config.method != "sliced-wasserstein":
        return Draws(torch.empty(0), torch.empty(0), 0.0)
    directions = random_directions(num_features, config.num_projections, generator)
    noise = torch.randn(count, num_features, generator=generator).mul_(config.noise)
    return Draws(directions, noise, float(torch.rand((), generator=generator)))


class DrawsAhead:
    """Draws for a GPU in a thread of its own, while the network's step runs.

    On other devices nothing is drawn ahead: there the processor has no time to spare.

    Args:
        config: of the prototypes.
        num_features: C.
        device: of the prototypes.
    """

    def __init__(self, config: PrototypeConfig, num_features: int, device: torch.device) -> None:
        self._config = config
        self._num_features = num_features
        self._pool = ThreadPoolExecutor(1, "tusk-draws") if device.type == "cuda" else None
        self._begun: tuple[int, Future[list[Draws]]] | None = None

    def begin(self, count: int, generator: torch.Generator) -> None:
        """Begin to draw for ``count`` descriptors; ``generator`` belongs to the thread then."""
        if self._pool is not None:
            self._begun = (count, self._pool.submit(self._pinned, count, generator))

    def take(self, count: int, generator: torch.Generator) -> Iterable[Draws]:
        """Return the draws of this step: those begun, if they are for ``count``, or new ones."""
        begun, self._begun = self._begun, None
        if begun is not None and begun[0] == count:
            return begun[1].result()
        return draw_steps(self._config, count, self._num_features, generator)

    def _pinned(self, count: int, generator: torch.Generator) -> list[Draws]:
        drawn = draw_steps(self._config, count, self._num_features, generator)
        return [draws.pinned() for draws in drawn]
