"""Terms that pull descriptors towards prototypes (paper section 3.4, Table 6, and our own).

Shapes: N descriptors, M prototypes, C descriptor length.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_EPSILON = 1e-8


def kmeans_loss(descriptors: Tensor, prototypes: Tensor, temperature: float) -> Tensor:
    """Return minus the mean log-probability of the nearest prototype.

    Args:
        descriptors: (N, C), unit length.
        prototypes: (M, C), unit length; usually detached, only the network learns from it.
        temperature: of the cosine; 0.8 equals the released code's scaling.
    """
    log_probabilities = F.log_softmax(descriptors @ prototypes.T / temperature, dim=-1)
    return -log_probabilities.max(dim=-1).values.mean()


def kmeans_update_loss(descriptors: Tensor, prototypes: Tensor) -> Tensor:
    """Return the mean squared distance to the nearest prototype: ordinary k-means on a batch."""
    nearest = (descriptors @ prototypes.T).argmax(dim=-1)
    return (descriptors - prototypes[nearest]).square().sum(dim=-1).mean()


def quantise(descriptors: Tensor, prototypes: Tensor) -> tuple[Tensor, Tensor]:
    """Replace descriptors by their nearest prototype (vector quantisation).

    Args:
        descriptors: (..., C), unit length.
        prototypes: (M, C), unit length.

    Returns:
        (..., C) prototypes with the gradient passed straight to the descriptors, and the
        commitment loss.
    """
    nearest = prototypes[(descriptors @ prototypes.T).argmax(dim=-1)]
    commitment = (descriptors - nearest.detach()).square().sum(dim=-1).mean()
    return descriptors + (nearest - descriptors).detach(), commitment


def information_loss(
    first: Tensor, second: Tensor, prototypes: Tensor, temperature: float
) -> Tensor:
    """Return minus the mutual information of a keypoint's assignment in its two views.

    Row n of both is the same point of the same picture. The loss is lowest when both views agree
    with certainty and all prototypes are used alike; it is in units of log M, so in [-1, 0].

    Args:
        first: (N, C), unit length.
        second: (N, C), unit length.
        prototypes: (M, C), unit length.
        temperature: of the cosine.
    """
    p = torch.softmax(first @ prototypes.T / temperature, dim=-1)
    q = torch.softmax(second @ prototypes.T / temperature, dim=-1)
    joint = p.T @ q / p.shape[0]  # (M, M)
    joint = ((joint + joint.T) / 2).clamp_min(_EPSILON)
    marginal = joint.sum(dim=0)
    independent = marginal.unsqueeze(0) * marginal.unsqueeze(1)
    information = (joint * (joint.log() - independent.log())).sum()
    # On the CPU, so that a GPU is not waited for.
    log_count = torch.tensor(float(prototypes.shape[0]), dtype=information.dtype).log()
    return -information / log_count
