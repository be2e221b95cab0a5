"""The first kinds: clusters of frozen features, found before anything is trained.

The coarse map of the trunk, less its mean, turned and scaled so that the directions in which the
pictures differ most count alike (PCA whitening), is cut into M directions by spherical k-means.

Shapes: B batch, M kinds, P whitened components, h x w cells of the coarse map.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tusk_core.nn.trunk import TAP_CHANNELS

SEED_TEMPERATURE = 0.05
_COARSE_TO_FINE = 4
_ROUNDS = 25
_EPSILON = 1e-6


class SeedKinds(nn.Module):
    """M clusters of the coarse features, as buffers: what the training of a photo model aims at.

    Args:
        num_kinds: M.
        num_components: P.
    """

    mean: Tensor
    whitening: Tensor
    centres: Tensor

    def __init__(self, num_kinds: int, num_components: int) -> None:
        super().__init__()
        channels = TAP_CHANNELS[-1]
        self.register_buffer("mean", torch.zeros(channels))
        # By numpy: torch.eye on the meta device loads half a minute of Python.
        identity = torch.from_numpy(np.eye(channels, num_components, dtype=np.float32))
        self.register_buffer("whitening", identity)
        start = torch.full((num_kinds, num_components), num_components**-0.5)
        self.register_buffer("centres", start)

    def directions(self, coarse: Tensor) -> Tensor:
        """Return whitened features (B, P, h, w), unit length, of coarse maps (B, 112, h, w)."""
        centred = coarse - self.mean.view(1, -1, 1, 1)
        return F.normalize(torch.einsum("bchw,cp->bphw", centred, self.whitening), dim=1)

    def memberships(self, coarse: Tensor) -> Tensor:
        """Return the share (B, M, 4 h, 4 w) of each centre in each place of coarse features."""
        return shares_of(self.directions(coarse), self.centres)

    @torch.no_grad()
    def fit(self, coarse: Tensor, generator: torch.Generator) -> None:
        """Find whitening and centres from samples (N, 112) of the coarse features.

        Args:
            coarse: at least M of them, in any order.
            generator: on the CPU; the same one gives the same kinds on every device.
        """
        mean, whitening = whitening_of(coarse, self.whitening.shape[1])
        self.mean.copy_(mean)
        self.whitening.copy_(whitening)
        directions = F.normalize((coarse - mean) @ whitening, dim=1)
        self.centres.copy_(spherical_kmeans(directions, self.centres.shape[0], generator))


def shares_of(directions: Tensor, centres: Tensor) -> Tensor:
    """Return the share (B, M, 4 h, 4 w) that each centre has of each place; they add up to 1.

    Features are interpolated, not shares: between two cells a third kind may be nearest.

    Args:
        directions: (B, P, h, w), unit length.
        centres: (M, P), unit length.
    """
    fine = F.interpolate(
        directions, scale_factor=_COARSE_TO_FINE, mode="bilinear", align_corners=False
    )
    cosines = torch.einsum("bphw,mp->bmhw", F.normalize(fine, dim=1), centres)
    return torch.softmax(cosines / SEED_TEMPERATURE, dim=1)


def whitening_of(samples: Tensor, num_components: int) -> tuple[Tensor, Tensor]:
    """Return mean (C,) and matrix (C, P) that make the P largest principal components alike.

    Args:
        samples: (N, C).
        num_components: P, at most C.
    """
    double = samples.to(torch.float64)
    mean = double.mean(dim=0)
    centred = double - mean
    covariance = centred.T @ centred / max(1, len(centred) - 1)
    values, vectors = torch.linalg.eigh(covariance.cpu())
    order = torch.arange(len(values) - 1, len(values) - 1 - num_components, -1)
    deviations = values[order].clamp_min(0).sqrt()
    # What does not vary at all must not be blown up into a direction of its own.
    scale = 1 / deviations.clamp_min(_EPSILON + 1e-3 * float(deviations[0]))
    matrix = vectors[:, order] * scale
    return mean.to(samples), matrix.to(samples)


def spherical_kmeans(directions: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Return ``count`` unit vectors (count, P) that the directions (N, P) gather around.

    Begins as k-means++ does. A centre that loses all its members stays where it is.
    """
    first = int(torch.randint(len(directions), (1,), generator=generator))
    centres = directions[first : first + 1]
    far = 1 - directions @ centres[0]
    for _ in range(count - 1):
        weights = far.clamp_min(_EPSILON).cpu().to(torch.float64)
        ends = weights.cumsum(0)
        number = torch.rand(1, generator=generator, dtype=torch.float64) * ends[-1]
        index = int(torch.searchsorted(ends, number).clamp_max(len(directions) - 1))
        centres = torch.cat([centres, directions[index : index + 1]])
        far = torch.minimum(far, 1 - directions @ centres[-1])
    return moved_centres(directions, centres)


def moved_centres(directions: Tensor, centres: Tensor, rounds: int = _ROUNDS) -> Tensor:
    """Return centres (M, P) after some rounds of assignment and mean; unit length.

    Args:
        directions: (N, P), unit length.
        centres: (M, P) to begin with.
        rounds: how many.
    """
    for _ in range(rounds):
        nearest = (directions @ centres.T).argmax(dim=1)
        sums = torch.zeros_like(centres).index_add_(0, nearest, directions)
        used = torch.bincount(nearest, minlength=len(centres)).unsqueeze(1) > 0
        centres = torch.where(used, F.normalize(sums, dim=1), centres)
    return centres
