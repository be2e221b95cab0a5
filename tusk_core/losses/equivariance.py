"""The maps of a warped picture should be the warped maps (paper section 3.4)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from tusk_core.config import LossConfig
from tusk_core.geometry.tps import inside, sample


def equivariance_loss(
    first: Tensor, second: Tensor, positions: Tensor, config: LossConfig, *, normalise: bool
) -> Tensor:
    """Return the mean squared difference of the second view's map and the warped first's.

    Args:
        first: (B, C, h, w) map of the first view.
        second: (B, C, h, w) map of the second view.
        positions: (B, h, w, 2) unit-square place in the first view that each cell of the second
            shows.
        config: mask and stop-gradient switches.
        normalise: compare unit-length vectors.
    """
    if config.equivariance_stop_gradient:
        first = first.detach()
    if normalise:
        first, second = F.normalize(first, dim=1), F.normalize(second, dim=1)
    warped = sample(first, positions, padding="reflect")
    squared = (warped - second).square().mean(dim=1)  # (B, h, w)
    if not config.equivariance_masked:
        return squared.mean()
    seen = inside(positions).to(squared.dtype)
    # A mean for each picture first: the loss of a batch is then the mean over its parts.
    each = (squared * seen).sum(dim=(1, 2)) / seen.sum(dim=(1, 2)).clamp_min(1)
    return each.mean()


def idle_loss(scores: Tensor, alpha: Tensor) -> Tensor:
    """Return the mean score of keypoints whose layer draws nothing, counting the others as 0.

    The reconstruction teaches such a keypoint nothing, so its score drifts, and on the edge of the
    picture it may come to outrank things.

    Args:
        scores: (B, K) in [0, 1].
        alpha: (B, K, h, w) of their layers, in [0, 1]; no gradient reaches it.
    """
    draws = alpha.detach().flatten(2).amax(dim=-1)
    return (scores * (1 - draws)).mean()


def binarity_loss(alpha: Tensor, presence: Tensor | None) -> Tensor:
    """Return the mean of alpha (1 - alpha) over what each layer draws; 0 when alpha is 0 or 1.

    Args:
        alpha: (B, K, H, W) in [0, 1].
        presence: (B, K) in [0, 1] weighs the layers, or None.
    """
    grey = (alpha * (1 - alpha)).sum(dim=(-1, -2))
    each = grey / (alpha.detach().sum(dim=(-1, -2)) + 1)
    return (each if presence is None else each * presence.detach()).mean()
