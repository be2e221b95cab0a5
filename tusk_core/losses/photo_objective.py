"""The training objective of a model on a frozen network: kinds first, then their peaks.

Four parts: agree with the clusters of the frozen features, less and less; agree with oneself
about the kind of a place seen in two views (mutual information, at every place); make of each
kind's blobs one peak at their middle; redraw the picture from the keypoints.

Shapes: B pictures, M kinds, h x w cells.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
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
from tusk_core.nn.trunk import Taps

if TYPE_CHECKING:
    from tusk_core.config import LossConfig
    from tusk_core.losses.objective import KnownPictures, Views
    from tusk_core.losses.reconstruction import PerceptualLoss
    from tusk_core.nn.keypoint_set import KeypointSet

_MEMBERSHIP_FALL = 0.6
_PEAKS_BLEND = 0.5


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both views as the model sees them, and how they lie on each other.

    Attributes:
        surface: (2B, n, h, w) what kinds and peaks are read from, first views then second.
        coarse: (B, 112, h', w') the trunk's coarsest map of the first.
        clusters: (B, M, h, w) memberships of the seed's clusters in the first view.
        positions: (B, h, w, 2) where the second view's cells lie in the first, unit square.
        weights: (B, h, w) how much the first view's cells count, 1 on average.
        seen: (B, h, w) how much the second view's count: 0 where the first does not show them.
    """

    surface: Tensor
    coarse: Tensor
    clusters: Tensor
    positions: Tensor
    weights: Tensor
    seen: Tensor

    def moved(self, maps: Tensor) -> Tensor:
        """Return maps (B, M, h, w) of the first view where the second sees them."""
        return sample(maps, self.positions, padding="edge")


def photo_step_loss(
    model: PhotoModel,
    views: Views,
    done: float,
    perceptual: PerceptualLoss | None,
    *,
    step: int = 0,
) -> StepLoss:
    """Compute the objective of one batch of views.

    Args:
        model: in training mode, its seed kinds found.
        views: B pictures; the second view may be recoloured.
        done: share of the run that is over, in [0, 1].
        perceptual: needed if the configuration asks for it.
        step: tells which places are compared and whether the picture is redrawn.
    """
    config = model.config.losses
    pair = _encoded(model, views)
    weighted = _kind_terms(model, pair, done, step)
    if config.peaks_weight and done >= config.peaks_start:
        weighted += _peak_terms(model, pair, done)
        if views.empty is not None:
            weighted.append(_empty_term(model, views.empty))
    read: KeypointSet | None = None
    if step % config.redraw_every == 0:
        encoded = _to_redraw(model, pair, views.first)
        read = model.find_keypoints(encoded)
        if model.config.decoder.kind != "none":
            weighted += _redrawing_terms(model, encoded, read, views.first, perceptual)
    return _as_step_loss(weighted, read, views.first)


def _as_step_loss(weighted: list[Term], read: KeypointSet | None, like: Tensor) -> StepLoss:
    B = like.shape[0]
    if read is None:
        descriptors = like.new_zeros(1, B, 0, 1)
        labels = torch.zeros(1, B, 0, dtype=torch.int64, device=like.device)
    else:
        assert read.labels is not None
        descriptors, labels = read.descriptors.detach().unsqueeze(0), read.labels.unsqueeze(0)
    return StepLoss(
        total=weighted_sum(weighted),
        terms=detached(weighted),
        descriptors=descriptors,
        labels=labels,
    )


def _encoded(model: PhotoModel, views: Views) -> _Pair:
    both = torch.cat([views.first, views.second])
    B = views.first.shape[0]
    with torch.no_grad():
        taps = model.trunk(both) if views.taps is None else Taps.joined(views.taps)
        clusters = model.seed.memberships(taps.coarse[:B])
    surface = model.surface(taps, both)
    h, w = surface.shape[-2:]
    grid = pixel_grid((w, h), device=both.device).view(1, -1, 2).expand(B, -1, -1)
    positions = views.warp(grid).view(B, h, w, 2)
    seen = inside(positions).to(both.dtype)
    weights = torch.ones_like(seen)
    if views.motion is not None:
        weights = views.motion.weights_on((h, w))
        positions, seen = views.motion.followed(positions)
        seen = seen * sample(weights.unsqueeze(1), positions, padding="edge")[:, 0]
    return _Pair(
        surface=surface,
        coarse=taps.coarse[:B],
        clusters=clusters[..., :h, :w],
        positions=positions,
        weights=weights,
        seen=seen,
    )


def _kind_terms(model: PhotoModel, pair: _Pair, done: float, step: int) -> list[Term]:
    """Compare kinds at every ``kind_stride``-th place, in each step at others.

    Neighbouring places say nearly the same: so many fewer cost less and teach as much.
    """
    config = model.config.losses
    stride = config.kind_stride
    rows, columns = slice(step // stride % stride, None, stride), slice(step % stride, None, stride)
    positions, seen = pair.positions[:, rows, columns], pair.seen[:, rows, columns]
    moved_surface = sample(pair.surface.chunk(2)[0], positions, padding="edge")
    surfaces = torch.cat([moved_surface, pair.surface[..., rows, columns]])
    moved, here, there = model.kind_logits(model.descriptors(surfaces)).chunk(3)
    weight = _membership_weight(config, done)
    terms: list[Term] = []
    if weight:
        clusters = pair.clusters[..., rows, columns]
        value = membership_loss(here, clusters, pair.weights[:, rows, columns])
        clusters = sample(pair.clusters, positions, padding="edge")
        value = (value + membership_loss(there, clusters, seen)) / 2
        terms.append(Term("membership", weight, value))
    if config.dense_information_weight:
        kinds = torch.softmax(torch.cat([moved, there]), dim=1).chunk(2)
        value = dense_information_loss(kinds[0], kinds[1], seen)
        terms.append(Term("dense_information", config.dense_information_weight, value))
    return terms


def _membership_weight(config: LossConfig, done: float) -> float:
    fallen = min(1.0, done / _MEMBERSHIP_FALL)
    return config.membership_weight * (1 - (1 - config.membership_end) * fallen)


def _peak_terms(model: PhotoModel, pair: _Pair, done: float) -> list[Term]:
    """Aim at the blobs of the memberships at first, later at the model's own peaks."""
    config = model.config.losses
    B = len(pair.seen)
    peaks = model.peak_logits(pair.surface)
    assert peaks is not None
    first, second = peaks.chunk(2)
    begun = (done - config.peaks_start) / max(1e-6, 1 - config.peaks_start)
    own = min(1.0, begun / _PEAKS_BLEND)
    with torch.no_grad():
        maps = kind_maps(first, first)
        memberships = maps if own == 1 else _memberships(model, pair.surface[:B])
        targets = peak_targets(
            memberships,
            maps,
            own,
            smoothing=config.peak_smoothing,
            width=config.peak_width,
            window=model.config.keypoints.nms_window,
            threshold=config.peak_threshold,
        )
    value = peak_loss(first, targets, pair.weights) + peak_loss(
        second, pair.moved(targets), pair.seen
    )
    return [Term("peaks", config.peaks_weight, value)]


def _memberships(model: PhotoModel, surface: Tensor) -> Tensor:
    return torch.softmax(model.kind_logits(model.descriptors(surface)), dim=1)


def _empty_term(model: PhotoModel, empty: KnownPictures) -> Term:
    """Teach that pictures without the subject have no peak anywhere."""
    peaks = model.peak_logits(model.surface(empty.taps, empty.images))
    assert peaks is not None
    value = peak_loss(peaks, torch.zeros_like(peaks), torch.ones_like(peaks[:, 0]))
    return Term("empty", model.config.losses.empty_weight, value)


def _to_redraw(model: PhotoModel, pair: _Pair, images: Tensor) -> EncodedKinds:
    """Return the first views as keypoints are read from them, with the gradients that count."""
    size = (images.shape[-1], images.shape[-2])
    first = pair.surface[: len(images)]
    if model.config.losses.reconstruction_reaches != "decoder":
        return model.encode_surface(first, pair.coarse, size)
    with torch.no_grad():
        encoded = model.encode_surface(first, pair.coarse, size)
    # The code belongs to the decoder, which learns.
    return dataclasses.replace(encoded, code=model.background.code(pair.coarse))


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
        return _kind_terms(model, _encoded(model, views), 1.0, 0)[-1].value
    encoded = model.encode(views.first)
    keypoints = model.find_keypoints(encoded)
    decoded = model.decode(keypoints, encoded.size, encoded.code, with_layers=False)
    return reconstruction_terms(model.config.losses, decoded, views.first, perceptual)[0].value
