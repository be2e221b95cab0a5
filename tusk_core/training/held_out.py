"""Which pictures a run learns from, which it only measures on, and what it measures there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.events import Notice
from tusk_core.training.views import HELD_OUT, make_views, step_generator, to_batch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.data.cache import PictureCache
    from tusk_core.data.movement import StillCamera
    from tusk_core.training.session import Session

_MOST_BATCHES = 4
_MEAN_PICTURE_SAMPLE = 256


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """The pictures of a run, by their numbers in its cache; both parts ascend.

    Attributes:
        images: (N, H, W, C) uint8, all of them.
        training: (T,) int64, learned from.
        held_out: (N - T,) int64, only measured on.
        is_video: neighbours are frames after each other.
        camera: what a still camera usually sees; None where it moves, or nobody asks.
    """

    images: NDArray[np.uint8]
    training: NDArray[np.int64]
    held_out: NDArray[np.int64]
    is_video: bool = False
    camera: StillCamera | None = None

    def notice(self) -> Notice | None:
        """Return how many pictures are held out, if any were asked for."""
        if not len(self.held_out):
            return None
        many = len(self.held_out) > 1
        return Notice(
            "info",
            f"{len(self.training)} pictures are learned from; {len(self.held_out)} "
            f"{'are' if many else 'is'} held out, to measure on.",
        )

    def spread(self, most: int) -> NDArray[np.uint8]:
        """Return up to ``most`` of the pictures that are learned from, evenly spread."""
        return np.stack([self.images[i] for i in spread_rows(self.training, most)])

    def mean_picture(self) -> torch.Tensor:
        """Return the mean of a sample of them, (C, H, W) float32 in [0, 1]."""
        mean = self.spread(_MEAN_PICTURE_SAMPLE).astype(np.float32).mean(axis=0) / 255
        return torch.from_numpy(mean).permute(2, 0, 1)


def divide(cache: PictureCache, share: float, seed: int) -> Division:
    """Hold out a share of the pictures: of a video its end, else some at random.

    At least one is held out if any are asked for, and at least one is always left to learn from.
    Frames beside each other are nearly the same picture, so that frames drawn at random would
    measure nothing.

    Args:
        cache: all pictures.
        share: 0 holds out none.
        seed: of the run.
    """
    # Crops of one picture stay together: they may show the same things.
    pictures, first = np.unique(cache.indices, return_index=True)
    num = len(pictures)
    count = min(max(round(share * num), 1), num - 1) if share else 0
    order = np.arange(num) if cache.is_video or cache.in_order else _shuffled(num, seed)
    is_held = np.zeros(num, dtype=bool)
    is_held[order[num - count :]] = True
    held = np.repeat(is_held, np.diff(np.append(first, len(cache))))
    return Division(
        cache.images, np.flatnonzero(~held), np.flatnonzero(held), is_video=cache.is_video
    )


def held_out_loss(session: Session, division: Division) -> float | None:
    """Return the reconstruction loss on pictures the model has not learned from; None without any.

    The same pictures and the same warps each time, a few batches at most, without hints to the
    decoder: the numbers of a run can be compared with each other.
    """
    config = session.config
    size = max(1, config.optim.batch_size // session.parts)
    chosen = spread_rows(division.held_out, _MOST_BATCHES * config.optim.batch_size)
    total = 0.0
    for start in range(0, len(chosen), size):
        part = chosen[start : start + size]
        generator = step_generator(config.run.seed, start, HELD_OUT)
        views = make_views(to_batch(division.images[part], session.device), config.pair, generator)
        total += len(part) * float(session.held_out_loss(views))
    return total / len(chosen) if len(chosen) else None


def _shuffled(num: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, HELD_OUT]).permutation(num)


def spread_rows(numbers: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return up to ``most`` of the numbers (N,), evenly spread over them."""
    places = np.linspace(0, len(numbers) - 1, min(most, len(numbers))).round().astype(int)
    return numbers.take(places)
