"""The batch of each step, from the step's number alone.

Most of the cost of a step on a frozen network is that network, which gives the same answer
whenever it is asked. So a pair of views, once made, serves several steps, some time apart: a step
takes a few new pairs and, with them, pairs of earlier steps. Nothing of that is saved: a resumed
run computes again what its next steps need.

Shapes: B pairs in a step, F of them new.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import torch

from tusk_core.geometry.tps import Warp
from tusk_core.losses.frame_motion import FrameMotion
from tusk_core.losses.objective import KnownPictures, Views
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.nn.trunk import Taps
from tusk_core.results import TrainingError
from tusk_core.training.frames import frame_pairs, on_device, uses_motion
from tusk_core.training.views import (
    EMPTY,
    WARPS,
    batch_indices,
    make_views,
    step_generator,
    to_batch,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.config import TrainConfig
    from tusk_core.nn.distributed import Team
    from tusk_core.nn.trunk import Trunk
    from tusk_core.training.held_out import Division
    from tusk_core.training.session import Session

APART = 32
"""Steps between two uses of a pair: long enough that a step is not about the same few pictures."""


class PlainBatches:
    """Pictures of each step, of which the session makes views.

    Args:
        config: of the run.
        division: the pictures.
        device: where they are needed.
    """

    def __init__(self, config: TrainConfig, division: Division, device: torch.device) -> None:
        self._config, self._division, self._device = config, division, device

    def of(self, step: int) -> torch.Tensor:
        """Return (B, channels, H, W) in [0, 1] for all processes."""
        config = self._config
        return to_batch(
            drawn(self._division, config.optim.batch_size, step, config.run.seed), self._device
        )


class KnownBatches:
    """Views of each step with their frozen features, this process's part of them.

    Args:
        config: of the run; its model has a frozen network.
        division: the pictures.
        empty: (E, H, W, channels) uint8 pictures without the subject; None for none.
        trunk: on the device where the views are needed.
        team: of processes.

    Raises:
        TrainingError: if the pairs of a step cannot be shared evenly.
    """

    def __init__(
        self,
        config: TrainConfig,
        division: Division,
        empty: NDArray[np.uint8] | None,
        trunk: Trunk,
        team: Team,
    ) -> None:
        batch, uses = config.optim.batch_size, config.pair.uses
        if team.size > 1 and batch % (uses * team.size):
            raise TrainingError(
                f"optim.batch_size ({batch}) must be divisible by pair.uses times the number of "
                f"processes ({uses} × {team.size})."
            )
        self._config, self._division, self._trunk = config, division, trunk
        self._empty = empty if empty is None or len(empty) else None
        self._device = next(trunk.buffers()).device
        self._team = team
        # Pairs of a step by age, the new ones first.
        self._counts = [batch // uses + (age < batch % uses) for age in range(uses)]
        self._known: dict[int, Views] = {}

    def of(self, step: int) -> Views:
        """Return the views of a step; steps are best asked for in their order."""
        self._known = {n: views for n, views in self._known.items() if n >= step}
        newest = step + (len(self._counts) - 1) * APART
        parts = []
        for age, count in enumerate(self._counts):
            number = newest - age * APART
            if count and number not in self._known:
                self._known[number] = self._made(number)
            if count:
                parts.append(self._known[number].part(0, count // self._team.size))
        return joined_views(parts)

    @torch.no_grad()
    def _made(self, number: int) -> Views:
        count = self._counts[0]
        views = self._made_views(number, count).part(*self._team.part(count))
        taps = self._trunk(torch.cat([views.first, views.second]))
        count = len(views.first)
        pair = (taps.rows(slice(None, count)), taps.rows(slice(count, None)))
        empty = None if self._empty is None else self._made_empty(self._empty, number)
        views = dataclasses.replace(views, taps=pair, empty=empty)
        return views if len(self._counts) == 1 else as_kept(views)

    def _made_views(self, number: int, count: int) -> Views:
        config, division = self._config, self._division
        generator = step_generator(config.run.seed, number, WARPS)
        if division.camera is None or not uses_motion(config):
            images = to_batch(drawn(division, count, number, config.run.seed), self._device)
            return make_views(images, config.pair, generator)
        chosen = batch_indices(len(division.training), count, number, config.run.seed)
        second, motion = frame_pairs(division, config, chosen, number)
        views = make_views(
            to_batch(division.images[division.training[chosen]], self._device),
            config.pair,
            generator,
            second_shows=to_batch(second, self._device),
        )
        return dataclasses.replace(views, motion=on_device(motion, self._device))

    def _made_empty(self, pictures: NDArray[np.uint8], number: int) -> KnownPictures:
        """Return some empty pictures, warped and recoloured as second views are."""
        config = self._config
        count = max(1, self._counts[0] // 2)
        rows = batch_indices(len(pictures), count, number, config.run.seed)
        generator = step_generator(config.run.seed, number, EMPTY)
        images = make_views(to_batch(pictures[rows], self._device), config.pair, generator).second
        return KnownPictures(images, self._trunk(images))


def batches_of(
    session: Session, division: Division, empty: NDArray[np.uint8] | None
) -> PlainBatches | KnownBatches:
    """Return the batches of a run, of the kind that its model learns from.

    Args:
        session: of the run.
        division: the pictures.
        empty: (E, H, W, channels) uint8 without the subject; None for none.
    """
    if isinstance(session.model, PhotoModel):
        return KnownBatches(session.config, division, empty, session.model.trunk, session.team)
    return PlainBatches(session.config, division, session.device)


def drawn(division: Division, count: int, step: int, seed: int) -> NDArray[np.uint8]:
    """Return the pictures (count, H, W, channels) of a step."""
    rows = division.training
    return division.images[rows[batch_indices(len(rows), count, step, seed)]]


def as_kept(views: Views) -> Views:
    """Return views in half precision, as they are kept between their uses."""
    return _cast(views, torch.float16)


def joined_views(parts: Sequence[Views]) -> Views:
    """Return the views of several parts as one batch, in float32."""
    if len(parts) == 1:
        return _cast(parts[0], torch.float32)
    taps = [part.taps for part in parts if part.taps is not None]
    empty = [part.empty for part in parts if part.empty is not None]
    motion = [part.motion for part in parts if part.motion is not None]

    def of_warps(read: Callable[[Warp], torch.Tensor]) -> torch.Tensor:
        return torch.cat([read(part.warp) for part in parts])

    views = Views(
        first=torch.cat([part.first for part in parts]),
        second=torch.cat([part.second for part in parts]),
        warp=Warp(
            of_warps(lambda warp: warp.control),
            of_warps(lambda warp: warp.weights),
            of_warps(lambda warp: warp.affine),
        ),
        taps=(Taps.joined([t[0] for t in taps]), Taps.joined([t[1] for t in taps])),
        empty=KnownPictures(
            torch.cat([part.images for part in empty]), Taps.joined([part.taps for part in empty])
        )
        if empty
        else None,
        motion=FrameMotion.joined(motion),
    )
    return _cast(views, torch.float32)


def _cast(views: Views, dtype: torch.dtype) -> Views:
    taps, empty = views.taps, views.empty
    return Views(
        views.first.to(dtype),
        views.second.to(dtype),
        views.warp,
        taps=None if taps is None else (taps[0].to(dtype), taps[1].to(dtype)),
        empty=None
        if empty is None
        else KnownPictures(empty.images.to(dtype), empty.taps.to(dtype)),
        motion=None if views.motion is None else views.motion.to(dtype),
    )
