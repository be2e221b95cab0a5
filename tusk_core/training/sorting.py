"""How well a run sorts what it finds, measured without labels, to tell good seeds from bad.

Two views of a picture show the same things. A good model finds each thing in both and calls it
the same; so the share of keypoints that are found again as the same kind ranks runs as labels
would (measured: docs/results-made.md, "Which seed to trust"). What chance alone gives is taken off
(Cohen's kappa, 1960): a model whose kinds have all become one agrees with itself for nothing.

Shapes: B pictures, K keypoints, N keypoints of all of them, M prototypes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from tusk_core.geometry.grids import to_pixels, to_unit
from tusk_core.training.held_out import spread_rows
from tusk_core.training.views import SORTING, make_views, step_generator, to_batch

if TYPE_CHECKING:
    from torch import Tensor

    from tusk_core.losses.objective import Views
    from tusk_core.nn.model import TuskModel
    from tusk_core.training.held_out import Division
    from tusk_core.training.session import Session

_MOST_PICTURES = 192


@dataclass(frozen=True, slots=True)
class FoundAgain:
    """Keypoints of second views, and what the first views make of the same places.

    Attributes:
        first: (N,) kind of the keypoint there; M where there is none.
        second: (N,) their kind.
        weights: (N,) their score, 0 where the first view does not show the place.
    """

    first: Tensor
    second: Tensor
    weights: Tensor


@torch.no_grad()
def sorting_score(session: Session, division: Division) -> float | None:
    """Return how far keypoints are found again in another view as the same kind.

    Pictures and warps are the same for every step and seed, so that runs of the same settings can
    be compared; with other settings they cannot: more kinds agree less.

    Args:
        session: trained for some steps.
        division: its pictures; held-out ones are used where there are any.

    Returns:
        1 where all are, 0 where no more than by chance; None where prototypes are not learned by
        steps of their own.
    """
    if not session.has_prototype_steps:
        return None
    config = session.config
    rows = division.held_out if len(division.held_out) else division.training
    chosen = spread_rows(rows, _MOST_PICTURES)
    size = max(1, config.optim.batch_size // session.parts)
    parts = []
    for start in range(0, len(chosen), size):
        generator = step_generator(0, start, SORTING)
        images = to_batch(division.images[chosen[start : start + size]], session.device)
        parts.append(found_again(session.model, make_views(images, config.pair, generator)))
    return float(
        kappa(
            torch.cat([part.first for part in parts]),
            torch.cat([part.second for part in parts]),
            torch.cat([part.weights for part in parts]),
            config.prototypes.num_prototypes + 1,
        )
    )


def found_again(model: TuskModel, views: Views) -> FoundAgain:
    """Look in the first views for the keypoints of the second ones."""
    B = len(views.first)
    encoded = model.encode(torch.cat([views.first, views.second]))
    keypoints = model.find_keypoints(encoded)
    kinds = model.prototypes.similarities(keypoints.descriptors).argmax(dim=-1)
    size = torch.tensor(encoded.size, device=kinds.device)
    places = to_pixels(views.warp(to_unit(keypoints.xy[B:], encoded.size)), encoded.size)
    distances, nearest = torch.cdist(places, keypoints.xy[:B]).min(dim=-1)
    # As near as two keypoints of one map may lie, and a little less: no other thing is meant.
    reach = model.config.keypoints.nms_window * model.stride / 3
    nobody = len(model.prototypes.vectors)
    first = torch.where(distances < reach, kinds[:B].gather(1, nearest), nobody)
    is_shown = ((places >= 0) & (places <= size - 1)).all(dim=-1)
    weights = keypoints.scores[B:] * is_shown
    return FoundAgain(first.flatten(), kinds[B:].flatten(), weights.flatten())


def kappa(first: Tensor, second: Tensor, weights: Tensor, count: int) -> Tensor:
    """Return Cohen's kappa of two labellings.

    Args:
        first: (N,) int64 below ``count``.
        second: (N,) likewise.
        weights: (N,) >= 0, how much each counts.
        count: of labels.

    Returns:
        a scalar in [-1, 1]: 1 if they are alike, 0 if no more than by chance, or nothing counts.
    """
    table = torch.zeros(count * count, dtype=torch.float64, device=first.device)
    table = table.index_add_(0, first * count + second, weights.double()).view(count, count)
    table = table / table.sum().clamp_min(torch.finfo(torch.float64).tiny)
    by_chance = (table.sum(dim=0) * table.sum(dim=1)).sum()
    spare = (1 - by_chance).clamp_min(torch.finfo(torch.float64).eps)
    return (table.trace() - by_chance) / spare
