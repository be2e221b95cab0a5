"""Before and between the steps of a photo model: its first kinds, and which of them count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tusk_core.geometry.grids import pixel_grid
from tusk_core.nn.kind_rank import KindEvidence, chosen_kinds, gather_evidence, kind_scores
from tusk_core.nn.trunk import Taps
from tusk_core.training.views import KINDS, make_views, step_generator, to_batch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from tusk_core.nn.photo_model import PhotoModel

MOST_SEEDED, MOST_RANKED = 400, 64
_BATCH = 8
_MOST_SAMPLES = 60_000


@torch.no_grad()
def seed_kinds(model: PhotoModel, pictures: NDArray[np.uint8], seed: int) -> None:
    """Cluster the frozen features of some pictures: the kinds that training begins from.

    Args:
        model: new.
        pictures: (N, H, W, channels); ``MOST_SEEDED`` spread over the data are plenty.
        seed: of the run.
    """
    generator = step_generator(seed, 0, KINDS)
    device = model.kept.device
    taps = [model.trunk(batch) for batch in _batches(pictures, device)]
    samples = torch.cat([tap.coarse.permute(0, 2, 3, 1).flatten(0, 2) for tap in taps])
    order = torch.randperm(len(samples), generator=generator)[:_MOST_SAMPLES]
    some = Taps.joined(taps[:: max(1, len(taps) // 8)])
    model.take_seed(samples[order.to(device)], some, generator)


@torch.no_grad()
def rank_kinds(model: PhotoModel, pictures: NDArray[np.uint8], seed: int) -> None:
    """Set which kinds count, from how they behave on some pictures and on warped views of them.

    Kinds that the settings name are kept whatever they do.

    Args:
        model: its kinds found, trained or not.
        pictures: (N, H, W, channels); ``MOST_RANKED`` spread over the data are plenty.
        seed: of the run.
    """
    evidence: KindEvidence | None = None
    pair, reading = model.config.pair, model.config.keypoints
    kept = model.kept.clone()
    model.kept.fill_(1)
    for number, images in enumerate(_batches(pictures, model.kept.device)):
        views = make_views(images, pair, step_generator(seed, number, KINDS))
        first, second = model.encode(views.first), model.encode(views.second)
        h, w = first.features.shape[-2:]
        grid = pixel_grid((w, h), device=images.device).view(1, -1, 2).expand(len(images), -1, -1)
        new = gather_evidence(
            first.kind_maps,
            second.kind_maps,
            views.warp(grid).view(-1, h, w, 2),
            window=reading.nms_window,
            refine=reading.refine_window,
        )
        evidence = new if evidence is None else evidence.merged(new)
    if evidence is None:
        model.kept.copy_(kept)
        return
    chosen = chosen_kinds(evidence, reading.num_keypoints)
    named = model.config.prototypes.kept
    if named:
        chosen = torch.zeros_like(chosen)
        chosen[list(named)] = True
    model.take_ranking(kind_scores(evidence), chosen)


def _batches(pictures: NDArray[np.uint8], device: torch.device) -> list[Tensor]:
    return [
        to_batch(pictures[start : start + _BATCH], device)
        for start in range(0, len(pictures), _BATCH)
    ]
