"""Before and between the steps of a photo model: its first kinds, and which of them count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from tusk_core.discovery.ground import Places, away_from_ground, stand_out
from tusk_core.discovery.proposals import kept_things
from tusk_core.geometry.grids import pixel_grid
from tusk_core.nn.kind_rank import (
    Ground,
    KindEvidence,
    chosen_kinds,
    facts_of,
    gather_evidence,
    sure_places,
)
from tusk_core.nn.kind_scores import kind_scores
from tusk_core.nn.photo_model import kind_maps
from tusk_core.nn.trunk import Taps
from tusk_core.training.frames import place_weights
from tusk_core.training.views import KINDS, make_views, step_generator, to_batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from tusk_core.config import TrainConfig
    from tusk_core.nn.photo_model import PhotoModel
    from tusk_core.training.held_out import Division

MOST_SEEDED, MOST_RANKED = 400, 64
_BATCH = 8
_MOST_SAMPLES = 60_000


def begin_kinds(model: PhotoModel, division: Division, config: TrainConfig) -> None:
    """Find a new model's first kinds, and which of them count, in the pictures of a run."""
    pictures = division.spread(MOST_SEEDED)
    share = config.losses.motion_weight
    moves = division.camera is not None and share > 0
    weights = place_weights(division, pictures, share) if moves else None
    seed_kinds(model, pictures, config.run.seed, weights=weights)
    choose_kinds(model, division, config)


def choose_kinds(model: PhotoModel, division: Division, config: TrainConfig) -> None:
    """Set which kinds count, from pictures of a run; under a still camera those that move."""
    pictures = division.spread(MOST_RANKED)
    moving = None if division.camera is None else division.camera.moving(pictures)
    rank_kinds(model, pictures, config.run.seed, moving=moving, is_video=division.is_video)


@torch.no_grad()
def seed_kinds(
    model: PhotoModel,
    pictures: NDArray[np.uint8],
    seed: int,
    *,
    weights: NDArray[np.float32] | None = None,
) -> None:
    """Cluster the frozen features of some pictures: the kinds that training begins from.

    Args:
        model: new.
        pictures: (N, H, W, channels); ``MOST_SEEDED`` spread over the data are plenty.
        seed: of the run.
        weights: (N, h, w) how much each place counts, not negative; None counts all alike.
    """
    generator = step_generator(seed, 0, KINDS)
    device = model.kept.device
    taps = [model.trunk(batch) for batch in _batches(pictures, device)]
    samples = torch.cat([tap.coarse.permute(0, 2, 3, 1).flatten(0, 2) for tap in taps])
    if weights is None:
        order = torch.randperm(len(samples), generator=generator)[:_MOST_SAMPLES]
    else:
        places = torch.from_numpy(weights).unsqueeze(1)
        shares = F.adaptive_avg_pool2d(places, taps[0].coarse.shape[-2:]).flatten()
        count = min(len(samples), _MOST_SAMPLES)
        order = torch.multinomial(shares, count, replacement=True, generator=generator)
    some = Taps.joined(taps[:: max(1, len(taps) // 8)])
    model.take_seed(samples[order.to(device)], some, generator)


@torch.no_grad()
def rank_kinds(
    model: PhotoModel,
    pictures: NDArray[np.uint8],
    seed: int,
    *,
    moving: NDArray[np.float32] | None = None,
    is_video: bool = False,
) -> None:
    """Set which kinds count, from how they behave on some pictures and on warped views of them.

    Kinds that the settings name are kept whatever they do.

    Args:
        model: its kinds found, trained or not.
        pictures: (N, H, W, channels); ``MOST_RANKED`` spread over the data are plenty.
        seed: of the run.
        moving: (N, h, w) how surely each place moves, [0, 1]; None where that is not known.
        is_video: the pictures are frames of one video.
    """
    evidence: KindEvidence | None = None
    reading = model.config.keypoints
    found = []
    for number, images in enumerate(_batches(pictures, model.kept.device)):
        views = make_views(images, model.config.pair, step_generator(seed, number, KINDS))
        first, second = (_plain_maps(model, view) for view in (views.first, views.second))
        h, w = first.shape[-2:]
        grid = pixel_grid((w, h), device=images.device).view(1, -1, 2).expand(len(images), -1, -1)
        new = gather_evidence(
            first,
            second,
            views.warp(grid).view(-1, h, w, 2),
            window=reading.nms_window,
            refine=reading.refine_window,
            moving=None if moving is None else _part(moving, number, (h, w), images.device),
        )
        evidence = new if evidence is None else evidence.merged(new)
        found.append(sure_places(first, window=reading.nms_window, refine=reading.refine_window))
    if evidence is None:
        return
    # Kinds were measured in the first views, which are the pictures unless a setting warps them.
    as_they_are = model.config.pair.first.is_identity
    ground = _ground(pictures, found, first, is_video=is_video) if as_they_are else None
    facts = facts_of(evidence, ground)
    scores = kind_scores(facts)
    named = model.config.prototypes.kept
    if named:
        chosen = torch.zeros_like(scores, dtype=torch.bool)
        chosen[list(named)] = True
    elif facts.are_things and reading.joined_blur:
        chosen = torch.from_numpy(kept_things(scores.double().cpu().numpy()))
    else:
        chosen = chosen_kinds(evidence, facts, reading.num_keypoints)
    model.take_ranking(scores, chosen)


def _plain_maps(model: PhotoModel, images: Tensor) -> Tensor:
    """Return each kind's own map (B, M, h, w), of those that count and of the others."""
    encoded = model.encode(images)
    return kind_maps(encoded.kind_logits, encoded.peak_logits)


def _ground(
    pictures: NDArray[np.uint8],
    found: Sequence[tuple[Tensor, Tensor, Tensor]],
    like: Tensor,
    *,
    is_video: bool,
) -> Ground | None:
    """Return how the kinds' peaks lie on the pictures' plain ground; None where there is none.

    Args:
        pictures: (N, H, W, channels).
        found: of each batch, as ``sure_places`` gives them.
        like: (B, M, h, w), a batch of maps.
        is_video: the pictures are frames of one video.
    """
    h, w = like.shape[-2:]
    away = away_from_ground(pictures, (w, h), is_video=is_video)
    if away is None:
        return None
    picture = torch.cat([part + _BATCH * number for number, (part, _, _) in enumerate(found)])
    places = Places(
        picture.cpu().numpy(),
        torch.cat([kind for _, kind, _ in found]).cpu().numpy(),
        torch.cat([xy for _, _, xy in found]).double().cpu().numpy(),
    )
    votes = stand_out(away, places, like.shape[1])
    return Ground(torch.from_numpy(votes.contrast).to(like), torch.from_numpy(votes.drop).to(like))


def _part(
    maps: NDArray[np.float32], number: int, size: tuple[int, int], device: torch.device
) -> Tensor:
    """Return the maps (b, h, w) of a batch on its cells."""
    part = torch.from_numpy(maps[number * _BATCH : (number + 1) * _BATCH]).to(device)
    return F.interpolate(part.unsqueeze(1), size, mode="bilinear", align_corners=False)[:, 0]


def _batches(pictures: NDArray[np.uint8], device: torch.device) -> list[Tensor]:
    return [
        to_batch(pictures[start : start + _BATCH], device)
        for start in range(0, len(pictures), _BATCH)
    ]
