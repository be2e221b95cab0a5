"""Batches from (seed, step) alone: which pictures, which warps. Nothing to save, all resumable."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.geometry.grids import pixel_grid
from tusk_core.geometry.tps import random_warp, sample
from tusk_core.losses.objective import Views
from tusk_core.nn.device import to_device

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.config import DecoderConfig, KeypointConfig, PairConfig

WARPS, PROTOTYPES, PLACES, HINTS, HELD_OUT, KINDS, EMPTY, SORTING = 1, 2, 3, 4, 5, 6, 7, 8
FRAMES = 9
_EXPLORED_SHARE = 0.5
_HINT_BLOCKS = 8
_UNHINTED = 0.25


def step_generator(seed: int, step: int, stream: int) -> torch.Generator:
    """Return a generator that depends on these three numbers only.

    Args:
        seed: of the run.
        step: training step.
        stream: one of ``WARPS`` to ``FRAMES`` above; their draws do not shift each other.
    """
    # NumPy's SeedSequence mixes the numbers well, unlike a sum would.
    state = np.random.SeedSequence([seed, step, stream]).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state >> np.uint64(1)))


@functools.lru_cache(maxsize=4)
def _permutation(num_pictures: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, epoch]).permutation(num_pictures)


def batch_indices(num_pictures: int, batch: int, step: int, seed: int) -> NDArray[np.int64]:
    """Return the pictures (batch,) of a step: every picture once before any comes again."""
    position = np.arange(step * batch, (step + 1) * batch)
    out = np.empty(batch, np.int64)
    for epoch in np.unique(position // num_pictures):
        chosen = position // num_pictures == epoch
        order = _permutation(num_pictures, seed, int(epoch))
        out[chosen] = order[position[chosen] % num_pictures]
    return out


def to_batch(pictures: NDArray[np.uint8], device: torch.device) -> torch.Tensor:
    """Turn (B, H, W, C) uint8 pictures into (B, C, H, W) float32 in [0, 1] on the device."""
    batch = to_device(torch.from_numpy(np.ascontiguousarray(pictures)), device)
    return batch.permute(0, 3, 1, 2).float().div_(255)


def make_views(
    images: torch.Tensor,
    config: PairConfig,
    generator: torch.Generator,
    *,
    second_shows: torch.Tensor | None = None,
) -> Views:
    """Warp each picture into two views, the second through the first (docs/method.md, section 1).

    Args:
        images: (B, channels, H, W) in [0, 1].
        config: both warps and what lies beyond the edge.
        generator: on the CPU.
        second_shows: (B, channels, H, W), what the second views show instead, such as other frames.
    """
    B, _, H, W = images.shape
    first_warp = random_warp(config.first, B, generator, device=images.device)
    second_warp = random_warp(config.second, B, generator, device=images.device)
    grid = pixel_grid((W, H), device=images.device).view(1, -1, 2).expand(B, -1, -1)
    # The second view reads the picture itself, not the first view: no blur on blur, and what
    # lies just beyond the first view's edge is still there.
    second_xy = second_warp(grid)
    first = images
    if not config.first.is_identity:
        first = sample(images, first_warp(grid).view(B, H, W, 2), padding=config.padding)
        second_xy = first_warp(second_xy)
    shown = images if second_shows is None else second_shows
    second = sample(shown, second_xy.view(B, H, W, 2), padding=config.padding)
    if config.recolour:
        second = recoloured(second, config.recolour, generator)
    return Views(
        first=first,
        second=second,
        warp=second_warp,
    )


def recoloured(images: torch.Tensor, strength: float, generator: torch.Generator) -> torch.Tensor:
    """Change contrast, colour balance, brightness and gamma of each picture at random.

    Args:
        images: (B, channels, H, W) in [0, 1].
        strength: 1 changes contrast and gamma by up to a half, brightness by a fifth.
        generator: on the CPU.
    """
    numbers = torch.rand(images.shape[0], 3 + images.shape[1], 1, 1, generator=generator)
    numbers = to_device((2 * numbers - 1) * strength, images.device)
    contrast, brightness, gamma = (numbers[:, i : i + 1] for i in range(3))
    gain = 1 + 0.5 * contrast + 0.16 * numbers[:, 3:]
    return (images * gain + 0.2 * brightness).clamp(0, 1) ** torch.exp(0.5 * gamma)


def explored_places(
    config: KeypointConfig, batch: int, step: int, generator: torch.Generator
) -> torch.Tensor | None:
    """Return places (batch, 2, K) for the weakest keypoints of both views; None when over.

    Half of the keypoints at first, falling to none at ``config.explore_steps``; from then on the
    weakest one, where ``config.explore_missed`` asks for it. A channel-wise detector does not
    explore: its maps look everywhere from the beginning.
    """
    K = config.num_keypoints
    if config.detector == "channel-wise":
        return None
    if step < config.explore_steps:
        count = round(_EXPLORED_SHARE * K * (1 - step / config.explore_steps))
    elif config.explore_missed:
        count = 1
    else:
        return None
    places = torch.rand(batch, 2, K, generator=generator)
    places[:, :, : K - count] = -1
    return places


def hint_blocks(
    config: DecoderConfig, batch: int, generator: torch.Generator
) -> torch.Tensor | None:
    """Return which blocks (batch, 2, n, n) of both views the decoder may see, 1 or 0.

    One view in four shows nothing, so that the decoder can do without as well. None where
    ``config.hint_hidden`` hides everything. The idea is AutoLink's (He et al., NeurIPS 2022).
    """
    if config.hint_hidden >= 1:
        return None
    numbers = torch.rand(batch, 2, _HINT_BLOCKS, _HINT_BLOCKS, generator=generator)
    allowed = torch.rand(batch, 2, 1, 1, generator=generator) >= _UNHINTED
    return ((numbers >= config.hint_hidden) & allowed).float()
