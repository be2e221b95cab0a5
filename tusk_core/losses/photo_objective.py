"""The training objective of a model on a frozen network: kinds first, then their peaks.

Four parts: agree with the clusters of the frozen features, less and less; agree with oneself
about the kind of a place seen in two views (mutual information, at every place); make of each
kind's blobs one peak at their middle; redraw the picture from the keypoints.

Shapes: B pictures, M kinds, h x w cells.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tusk_core.geometry.grids import pixel_grid
from tusk_core.geometry.tps import inside, sample
from tusk_core.losses.equivariance import binarity_loss
from tusk_core.losses.kinds import (
    dense_information_loss,
    membership_loss,
    peak_loss,
    peak_targets,
)
from tusk_core.losses.objective import StepLoss, reconstruction_terms
from tusk_core.losses.terms import Term, detached, weighted_sum
from tusk_core.nn.photo_model import EncodedKinds, PhotoModel, kind_maps

if TYPE_CHECKING:
    from tusk_core.config import LossConfig
    from tusk_core.losses.objective import Views
    from tusk_core.losses.reconstruction import PerceptualLoss
    from tusk_core.nn.model import KeypointSet

_MEMBERSHIP_FALL = 0.6
_PEAKS_BLEND = 0.5


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both views as the model sees them, and how they lie on each other.

    Attributes:
        first: of B pictures.
        second: of the same.
        clusters: (B, M, h, w) memberships of the seed's clusters in the first view.
        positions: (B, h, w, 2) where the second view's cells lie in the first, unit square.
        seen: (B, h, w) 1 where the first view shows them.
    """

    first: EncodedKinds
    second: EncodedKinds
    clusters: Tensor
    positions: Tensor
    seen: Tensor

    def moved(self, maps: Tensor) -> Tensor:
        """Return maps (B, M, h, w) of the first view where the second sees them."""
        return sample(maps, self.positions, padding="edge")


def photo_step_loss(
    model: PhotoModel, views: Views, done: float, perceptual: PerceptualLoss | None
) -> StepLoss:
    """Compute the objective of one batch of views.

    Args:
        model: in training mode, its seed kinds found.
        views: B pictures; the second view may be recoloured.
        done: share of the run that is over, in [0, 1].
        perceptual: needed if the configuration asks for it.
    """
    config = model.config.losses
    pair = _encoded(model, views)
    weighted = _kind_terms(config, pair, done)
    if config.peaks_weight and done >= config.peaks_start:
        weighted += _peak_terms(model, pair, done)
    keypoints = model.find_keypoints(pair.first)
    if model.config.decoder.kind != "none":
        weighted += _redrawing_terms(model, pair.first, keypoints, views.first, perceptual)
    total = weighted_sum(weighted)
    assert keypoints.labels is not None
    return StepLoss(
        total=total,
        terms=detached(weighted),
        descriptors=keypoints.descriptors.detach().unsqueeze(0),
        labels=keypoints.labels.unsqueeze(0),
    )


def _encoded(model: PhotoModel, views: Views) -> _Pair:
    both = torch.cat([views.first, views.second])
    with torch.no_grad():
        taps = model.trunk(both)
    B = views.first.shape[0]
    encoded = model.encode_taps(taps, both)
    first, second = _part(encoded, slice(None, B)), _part(encoded, slice(B, None))
    h, w = encoded.features.shape[-2:]
    with torch.no_grad():
        coarse = torch.softmax(model.seed.logits(taps.coarse[:B]), dim=1)
        clusters = F.interpolate(coarse, scale_factor=4, mode="bilinear", align_corners=False)
    grid = pixel_grid((w, h), device=both.device).view(1, -1, 2).expand(B, -1, -1)
    positions = views.warp(grid).view(B, h, w, 2)
    seen = inside(positions).to(both.dtype)
    return _Pair(first, second, clusters[..., :h, :w], positions, seen)


def _part(encoded: EncodedKinds, rows: slice) -> EncodedKinds:
    tensors: dict[str, Any] = {
        field.name: value[rows]
        for field in dataclasses.fields(encoded)
        if isinstance(value := getattr(encoded, field.name), Tensor)
    }
    return dataclasses.replace(encoded, **tensors)


def _kind_terms(config: LossConfig, pair: _Pair, done: float) -> list[Term]:
    first, second, seen = pair.first.kind_logits, pair.second.kind_logits, pair.seen
    terms: list[Term] = []
    if config.membership_weight:
        fallen = min(1.0, done / _MEMBERSHIP_FALL)
        weight = config.membership_weight * (1 - (1 - config.membership_end) * fallen)
        here = membership_loss(first, pair.clusters, torch.ones_like(seen))
        there = membership_loss(second, pair.moved(pair.clusters), seen)
        terms.append(Term("membership", weight, (here + there) / 2))
    if config.dense_information_weight:
        moved = pair.moved(torch.softmax(first, dim=1))
        value = dense_information_loss(moved, torch.softmax(second, dim=1), seen)
        terms.append(Term("dense_information", config.dense_information_weight, value))
    return terms


def _peak_terms(model: PhotoModel, pair: _Pair, done: float) -> list[Term]:
    """Aim at the blobs of the memberships at first, later at the model's own peaks."""
    config = model.config.losses
    first, second = pair.first.peak_logits, pair.second.peak_logits
    assert first is not None
    assert second is not None
    begun = (done - config.peaks_start) / max(1e-6, 1 - config.peaks_start)
    own = min(1.0, begun / _PEAKS_BLEND)
    with torch.no_grad():
        memberships = torch.softmax(pair.first.kind_logits, dim=1)
        targets = peak_targets(
            memberships,
            kind_maps(pair.first.kind_logits, first),
            own,
            smoothing=config.peak_smoothing,
            width=config.peak_width,
            window=model.config.keypoints.nms_window,
            threshold=config.peak_threshold,
        )
    value = peak_loss(first, targets, torch.ones_like(pair.seen)) + peak_loss(
        second, pair.moved(targets), pair.seen
    )
    return [Term("peaks", config.peaks_weight, value)]


def _redrawing_terms(
    model: PhotoModel,
    encoded: EncodedKinds,
    keypoints: KeypointSet,
    target: Tensor,
    perceptual: PerceptualLoss | None,
) -> list[Term]:
    config = model.config.losses
    drawn = _reached(keypoints, config)
    decoded = model.decode(drawn, encoded.size, encoded.code, with_layers=False)
    terms = reconstruction_terms(config, decoded, target, perceptual)
    if config.binarity_weight and decoded.alpha is not None:
        presence = drawn.scores if model.config.decoder.presence else None
        value = binarity_loss(decoded.alpha, presence)
        terms.append(Term("binarity", config.binarity_weight, value))
    return terms


def _reached(keypoints: KeypointSet, config: LossConfig) -> KeypointSet:
    """Return the keypoints with gradients only to what the reconstruction may teach."""
    if config.reconstruction_reaches == "all":
        return keypoints
    descriptors = keypoints.descriptors.detach()
    if config.reconstruction_reaches == "places":
        return dataclasses.replace(keypoints, descriptors=descriptors)
    return dataclasses.replace(
        keypoints,
        xy=keypoints.xy.detach(),
        scores=keypoints.scores.detach(),
        descriptors=descriptors,
    )


@torch.no_grad()
def photo_rebuilt_loss(
    model: PhotoModel, views: Views, perceptual: PerceptualLoss | None
) -> Tensor:
    """Return the loss of held-out pictures: of redrawing them, or else of disagreeing views."""
    if model.config.decoder.kind == "none":
        return _kind_terms(model.config.losses, _encoded(model, views), 1.0)[-1].value
    encoded = model.encode(views.first)
    keypoints = model.find_keypoints(encoded)
    decoded = model.decode(keypoints, encoded.size, encoded.code, with_layers=False)
    return reconstruction_terms(model.config.losses, decoded, views.first, perceptual)[0].value
