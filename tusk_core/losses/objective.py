"""The whole training objective of one step: every term, its weight and its schedule.

Equations, and what the released code does otherwise: docs/method.md, section 6.

Shapes: B pictures (2B views), K keypoints, C descriptor length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from tusk_core.geometry.grids import pixel_grid, to_pixels, to_unit
from tusk_core.losses.clustering import information_loss, kmeans_loss, quantise
from tusk_core.losses.equivariance import binarity_loss, equivariance_loss, idle_loss
from tusk_core.losses.reconstruction import pixel_loss
from tusk_core.losses.terms import Term, detached, weighted_sum
from tusk_core.nn.decoder import Decoded
from tusk_core.nn.keypoint_set import KeypointSet
from tusk_core.nn.model import Encoded, TuskModel

if TYPE_CHECKING:
    from tusk_core.config import LossConfig
    from tusk_core.geometry.tps import Warp
    from tusk_core.losses.frame_motion import FrameMotion
    from tusk_core.losses.reconstruction import PerceptualLoss
    from tusk_core.nn.trunk import Taps


_EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class KnownPictures:
    """Pictures (E, channels, H, W) in [0, 1], and what the frozen network says of them."""

    images: Tensor
    taps: Taps


@dataclass(frozen=True, slots=True)
class Views:
    """Two views of each picture.

    Attributes:
        first: (B, channels, H, W) in [0, 1].
        second: (B, channels, H, W); what it shows at p lies at ``warp(p)`` in the first.
        warp: of B pictures.
        places: (B, 2, K) random numbers in [0, 1) that put keypoints of both views where the
            picture is unlike the background; negative leaves one at its peak. None leaves all.
        shown: (B, 2, n, n) 1 for blocks of each view that the decoder may see. None for none.
        taps: frozen features of both views, where they are known already.
        empty: pictures without the subject; None for none.
        motion: of frames under a still camera, where a run learns from it. Its first views are
            not warped, and what the second show at p lies at ``warp(p)`` in their frame.
    """

    first: Tensor
    second: Tensor
    warp: Warp
    places: Tensor | None = None
    shown: Tensor | None = None
    taps: tuple[Taps, Taps] | None = None
    empty: KnownPictures | None = None
    motion: FrameMotion | None = None

    def part(self, start: int, stop: int) -> Views:
        """Return the views of pictures ``start`` to ``stop``; each part has all the empty ones."""
        rows = slice(start, stop)
        warp = type(self.warp)(
            self.warp.control[rows], self.warp.weights[rows], self.warp.affine[rows]
        )
        return Views(
            self.first[rows],
            self.second[rows],
            warp,
            places=None if self.places is None else self.places[rows],
            shown=None if self.shown is None else self.shown[rows],
            taps=None if self.taps is None else (self.taps[0].rows(rows), self.taps[1].rows(rows)),
            empty=self.empty,
            motion=None if self.motion is None else self.motion.rows(rows),
        )


@dataclass(frozen=True, slots=True)
class StepLoss:
    """The objective of one batch.

    Attributes:
        total: weighted sum; call ``backward`` on it.
        terms: unweighted value of each term in use, detached scalars.
        descriptors: (2, B, K, C) detached, first views then second; K is 0 where no keypoints
            were read in this step.
        labels: (2, B, K) nearest prototype.
    """

    total: Tensor
    terms: dict[str, Tensor]
    descriptors: Tensor
    labels: Tensor


def ramp(step: int, start: int, length: int) -> float:
    """Return a weight's share at ``step``: 0 before ``start``, then linear to 1."""
    if step < start:
        return 0.0
    return min(1.0, (step - start + 1) / length) if length else 1.0


def step_loss(
    model: TuskModel, views: Views, step: int, perceptual: PerceptualLoss | None
) -> StepLoss:
    """Compute the objective of the network for one batch of views (paper eq. 1 to 6).

    Args:
        model: in training mode.
        views: B pictures.
        step: decides the ramps.
        perceptual: needed if the configuration asks for it.
    """
    config = model.config.losses
    prototypes = model.prototypes.unit()
    fixed = prototypes if config.joint else prototypes.detach()
    target = torch.cat([views.first, views.second])
    encoded = model.encode(target)
    places = None if views.places is None else _explored(model, encoded, views, step)
    keypoints = model.find_keypoints(encoded, places=places)
    drawn, commitment = _quantised(model, keypoints, fixed)
    hint = None if views.shown is None else _hint(target, views.shown)
    decoded = model.decode(drawn, encoded.size, encoded.code, hint=hint, with_layers=False)

    weighted: list[Term] = []
    weighted += reconstruction_terms(config, decoded, target, perceptual)
    # A channel-wise keypoint's descriptor is its prototype already: nothing to cluster.
    if not model.config.is_channel_wise:
        weighted += _cluster_terms(model, keypoints, encoded, views, fixed, step, commitment)
    weighted += _equivariance_terms(model, encoded, views)
    # The heat map has found things by then, and what the decoder says of a place can be trusted.
    share = ramp(step, config.binarity_start, 200)
    if config.binarity_weight and decoded.alpha is not None:
        presence = keypoints.scores if model.config.decoder.presence else None
        weighted.append(
            Term("binarity", config.binarity_weight * share, binarity_loss(decoded.alpha, presence))
        )
    if config.idle_weight and decoded.alpha is not None:
        idle = idle_loss(keypoints.scores, decoded.alpha)
        weighted.append(Term("idle", config.idle_weight * share, idle))
    total = weighted_sum(weighted)
    flat = keypoints.descriptors.detach()
    descriptors = flat.view(2, -1, *flat.shape[1:])
    return StepLoss(
        total=total,
        terms=detached(weighted),
        descriptors=descriptors,
        labels=(descriptors @ prototypes.detach().T).argmax(dim=-1),
    )


@torch.no_grad()
def rebuilt_loss(model: TuskModel, views: Views, perceptual: PerceptualLoss | None) -> Tensor:
    """Return the reconstruction loss of a batch of views as the model is, without hints."""
    target = torch.cat([views.first, views.second])
    encoded = model.encode(target)
    drawn, _ = _quantised(model, model.find_keypoints(encoded), model.prototypes.unit())
    decoded = model.decode(drawn, encoded.size, encoded.code, with_layers=False)
    return reconstruction_terms(model.config.losses, decoded, target, perceptual)[0].value


@torch.no_grad()
def _explored(model: TuskModel, encoded: Encoded, views: Views, step: int) -> Tensor:
    """Return cells (2B, K) drawn where the picture is unlike the plain background; -1 stays -1.

    At first half of the draws are even over the picture, so that nothing is left out for good.
    Later they fall on what has no keypoint near, in pictures where that is worth it.
    """
    assert views.places is not None
    numbers = views.places.transpose(0, 1).flatten(0, 1)
    images = torch.cat([views.first, views.second])
    unlike = (images - model.background.plain(images)).square().mean(dim=1, keepdim=True)
    h, w = encoded.score_map.shape[-2:]
    cells = F.adaptive_avg_pool2d(unlike, (h, w)).flatten(1)
    share = cells / (cells.sum(dim=1, keepdim=True) + _EPSILON)
    settings = model.config.keypoints
    if step < settings.explore_steps:
        share = 0.5 * share + 0.5 / cells.shape[1]
    else:
        share = share * _without_keypoint(model, encoded)
        worth = share.sum(dim=1, keepdim=True) > settings.explore_missed
        numbers = torch.where(worth, numbers, -1.0)
        share = share + _EPSILON
    ends = (share / share.sum(dim=1, keepdim=True)).cumsum(dim=1)
    drawn = torch.searchsorted(ends, numbers.clamp_min(0)).clamp_max(cells.shape[1] - 1)
    return torch.where(numbers >= 0, drawn, -1)


def _without_keypoint(model: TuskModel, encoded: Encoded) -> Tensor:
    """Return (2B, h * w): 1 for cells that no keypoint could draw, else 0."""
    config = model.config
    h, w = encoded.score_map.shape[-2:]
    if config.decoder.kind == "patch":
        reach = config.decoder.patch_size / 2
    else:
        reach = float(config.keypoints.nms_window * model.stride)
    found = model.find_keypoints(encoded).xy
    cells = to_pixels(pixel_grid((w, h), device=found.device).view(1, -1, 2), encoded.size)
    distances = torch.cdist(cells.expand(found.shape[0], -1, -1), found)
    return (distances.amin(dim=-1) > reach).to(found.dtype)


def _hint(target: Tensor, shown: Tensor) -> Tensor:
    """Return what the decoder may see (2B, channels + 1, H, W): the picture, and where it is."""
    blocks = shown.transpose(0, 1).flatten(0, 1).unsqueeze(1)
    visible = F.interpolate(blocks, target.shape[-2:], mode="nearest")
    return torch.cat([target * visible, visible], dim=1)


def _quantised(
    model: TuskModel, keypoints: KeypointSet, prototypes: Tensor
) -> tuple[KeypointSet, Tensor | None]:
    if model.config.prototypes.method != "vector-quantisation" or model.config.is_channel_wise:
        return keypoints, None
    descriptors, commitment = quantise(keypoints.descriptors, prototypes)
    return KeypointSet(keypoints.xy, keypoints.scores, descriptors), commitment


def reconstruction_terms(
    config: LossConfig, decoded: Decoded, target: Tensor, perceptual: PerceptualLoss | None
) -> list[Term]:
    """Return the terms that compare a redrawn picture (B, c, H, W)."""
    if config.reconstruction == "mse":
        return [
            Term(
                "reconstruction",
                config.reconstruction_weight,
                pixel_loss(decoded.composite, target),
            )
        ]
    assert perceptual is not None
    terms = [
        Term("reconstruction", config.reconstruction_weight, perceptual(decoded.composite, target))
    ]
    if config.pixel_weight:
        terms.append(Term("pixels", config.pixel_weight, pixel_loss(decoded.composite, target)))
    return terms


def _cluster_terms(
    model: TuskModel,
    keypoints: KeypointSet,
    encoded: Encoded,
    views: Views,
    prototypes: Tensor,
    step: int,
    commitment: Tensor | None,
) -> list[Term]:
    config = model.config.losses
    descriptors = keypoints.descriptors.flatten(0, 1)
    share = ramp(step, config.kmeans_start, config.kmeans_ramp)
    if commitment is not None:
        terms = [Term("kmeans", config.kmeans_weight, commitment)]
    else:
        value = kmeans_loss(descriptors, prototypes, config.kmeans_temperature)
        terms = [Term("kmeans", config.kmeans_weight * share, value)]
    share = ramp(step, config.information_start, config.information_ramp)
    if config.information_weight and share:
        first, second = _same_points(model, keypoints, encoded, views)
        value = information_loss(first, second, prototypes, config.kmeans_temperature)
        terms.append(Term("information", config.information_weight * share, value))
    return terms


def _same_points(
    model: TuskModel, keypoints: KeypointSet, encoded: Encoded, views: Views
) -> tuple[Tensor, Tensor]:
    """Return descriptors (N, C) of the second view's keypoints, read in both views."""
    B = views.first.shape[0]
    second_xy = keypoints.xy[B:].detach()
    first_xy = to_pixels(views.warp(to_unit(second_xy, encoded.size)), encoded.size)
    first = Encoded(encoded.score_map[:B], encoded.features[:B], None, encoded.size)
    return (
        model.descriptors_at(first, first_xy).flatten(0, 1),
        keypoints.descriptors[B:].flatten(0, 1),
    )


def _equivariance_terms(model: TuskModel, encoded: Encoded, views: Views) -> list[Term]:
    config = model.config.losses
    B = views.first.shape[0]
    h, w = encoded.score_map.shape[-2:]
    grid = pixel_grid((w, h), device=encoded.features.device).view(1, -1, 2).expand(B, -1, -1)
    positions = views.warp(grid).view(B, h, w, 2)
    features, scores = encoded.features, encoded.score_map
    normalise = config.equivariance_normalised
    terms: list[Term] = []
    if config.equivariance_weight:
        value = equivariance_loss(
            features[:B], features[B:], positions, config, normalise=normalise
        )
        terms.append(Term("equivariance", config.equivariance_weight, value))
    if config.heatmap_equivariance_weight:
        value = equivariance_loss(scores[:B], scores[B:], positions, config, normalise=False)
        terms.append(Term("heatmap_equivariance", config.heatmap_equivariance_weight, value))
    return terms
