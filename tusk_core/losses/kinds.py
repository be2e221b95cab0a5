"""Terms that turn clusters of frozen features into kinds with one peak each (ours).

Shapes: B pictures, M kinds, h x w cells.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from tusk_core.nn.kind_peaks import blob_centres
from tusk_core.nn.window_maps import gaussian_blur

_EPSILON = 1e-9
_PEAK_FACTOR = 3.0


def membership_loss(logits: Tensor, targets: Tensor, seen: Tensor) -> Tensor:
    """Return the mean cross-entropy of the kinds' softmax to given memberships.

    Args:
        logits: (B, M, h, w).
        targets: (B, M, h, w), adding up to 1 over the kinds.
        seen: (B, h, w) how much each place counts.
    """
    losses = -(targets * F.log_softmax(logits, dim=1)).sum(dim=1)
    return _mean(losses, seen)


def dense_information_loss(first: Tensor, second: Tensor, seen: Tensor) -> Tensor:
    """Return minus the mutual information of the kinds of two views, over all places [nats].

    As ``information_loss``, at every place instead of at keypoints.

    Args:
        first: (B, M, h, w) memberships of one view, moved to where the second sees them.
        second: (B, M, h, w) memberships of the other.
        seen: (B, h, w) how much each place counts; 0 where not both views show it.
    """
    joint = torch.einsum("bmhw,bnhw->mn", first * seen.unsqueeze(1), second)
    joint = joint / seen.sum().clamp_min(1)
    joint = ((joint + joint.T) / 2).clamp_min(_EPSILON)
    marginal = joint.sum(dim=0)
    independent = marginal.unsqueeze(0) * marginal.unsqueeze(1)
    return -(joint * (joint.log() - independent.log())).sum()


@torch.no_grad()
def peak_targets(
    memberships: Tensor,
    peaks: Tensor,
    own: float,
    *,
    smoothing: float,
    width: float,
    window: int,
    threshold: float,
) -> Tensor:
    """Return a Gaussian at the middle of every blob: (B, M, h, w) in [0, 1].

    Blobs are those of the memberships at first, later those around the model's own peaks.

    Args:
        memberships: (B, M, h, w) in [0, 1].
        peaks: (B, M, h, w) in [0, 1], the model's own maps.
        own: share of the model's own peaks, in [0, 1].
        smoothing: blur that finds a middle [cells].
        width: deviation of the Gaussians [cells].
        window: odd side in which a blob has one middle [cells].
        threshold: least height of a blurred blob.
    """
    # A peak of the wanted width keeps its height, so that blurring does not make it vanish.
    gain = 1 + (smoothing / width) ** 2
    blobs = gaussian_blur((1 - own) * memberships + own * gain * peaks, smoothing)
    middles = blob_centres(blobs, window=window, threshold=threshold)
    height = 2 * math.pi * width * width
    return (gaussian_blur(middles.to(blobs.dtype), width) * height).clamp(0, 1)


def peak_loss(logits: Tensor, targets: Tensor, seen: Tensor) -> Tensor:
    """Return the cross-entropy of "a kind's peak or none" to wanted peaks; peaks count thrice.

    Args:
        logits: (B, M, h, w) log-odds of each kind against none, whose log-odds are 0.
        targets: (B, M, h, w) in [0, 1].
        seen: (B, h, w) how much each place counts.
    """
    log_shares = F.log_softmax(torch.cat([logits, torch.zeros_like(logits[:, :1])], dim=1), dim=1)
    wanted = targets / targets.sum(dim=1, keepdim=True).clamp_min(1)
    nothing = 1 - wanted.sum(dim=1)
    losses = -_PEAK_FACTOR * (wanted * log_shares[:, :-1]).sum(dim=1) - nothing * log_shares[:, -1]
    return _mean(losses, seen)


def _mean(losses: Tensor, seen: Tensor) -> Tensor:
    return (losses * seen).sum() / seen.sum().clamp_min(1)
