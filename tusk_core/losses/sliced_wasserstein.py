"""Sliced Wasserstein between descriptors and a mixture on the prototypes (paper section 3.3).

Shapes: N descriptors, M prototypes, C descriptor length, L directions.
"""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_LEVEL_BITS = 23  # a float32 tells no more levels
_MOST_PLACE_BITS = 14  # what is left of 31 must still tell 1 part in 100 000


def random_directions(num_features: int, count: int, generator: torch.Generator) -> Tensor:
    """Return unit directions (C, L), drawn on the CPU so that every device sees the same."""
    return F.normalize(torch.randn(num_features, count, generator=generator), dim=0)


def sliced_wasserstein(first: Tensor, second: Tensor, directions: Tensor) -> Tensor:
    """Return the sliced squared 2-Wasserstein distance of two point sets of equal size.

    Along one line the best matching is that of the sorted projections; the mean over lines and
    points is the distance.

    Args:
        first: (N, C).
        second: (N, C).
        directions: (C, L), unit length.
    """
    a, b = directions.T @ first.T, directions.T @ second.T  # (L, N)
    if a.requires_grad and not b.requires_grad:
        a, b = b, a
    if a.requires_grad or a.device.type != "cpu" or a.dtype not in {torch.float32, torch.float64}:
        return F.mse_loss(torch.sort(a, dim=-1).values, torch.sort(b, dim=-1).values)
    # NumPy's vectorised sort is many times as fast as torch's; only one set must know its order.
    ascending = _begin_to_sort(a.numpy())
    order = torch.from_numpy(_order(b.detach().numpy()))
    return F.mse_loss(b, torch.empty_like(a).scatter_(-1, order, torch.from_numpy(ascending())))


def _begin_to_sort(values: NDArray[np.floating]) -> Callable[[], NDArray[np.floating]]:
    """Return what gives each row sorted; it is done meanwhile where there are several threads."""
    if torch.get_num_threads() == 1:
        return functools.partial(np.sort, values, axis=-1)
    return _sorting_thread().submit(np.sort, values, axis=-1).result


@functools.cache
def _sorting_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "tusk-sort")


def _order(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the order (L, N) that sorts each row.

    Sorting whole numbers of 32 bits, a value in the upper and its place in the lower ones, takes a
    third of the time of an argsort. Values nearer to each other than the upper bits tell, 2 parts
    in a million of the largest for N = 4096, keep the order of their places.
    """
    place_bits = (values.shape[-1] - 1).bit_length()
    largest = float(np.abs(values).max(initial=0.0))
    is_narrow = values.dtype == np.float32 and place_bits <= _MOST_PLACE_BITS
    if not is_narrow or not 0 < largest < np.inf:
        return np.argsort(values, axis=-1, kind="stable")
    levels = 2 ** min(_LEVEL_BITS, 31 - place_bits) - 1
    keys = (values * np.float32(levels / largest)).astype(np.int32)
    keys <<= place_bits
    keys |= np.arange(values.shape[-1], dtype=np.int32)
    keys.sort(axis=-1)
    keys &= 2**place_bits - 1
    return keys.astype(np.int64)


def mixture_weights(descriptors: Tensor, prototypes: Tensor, smoothing: float) -> Tensor:
    """Return the weight of each mixture component from hard-assigned descriptors.

    A component's weight grows with its count, plus a share for all: ``smoothing`` and the
    variance between clusters' variances. Where some prototypes are empty that variance is large
    and the weights become even, which keeps prototypes alive.

    Args:
        descriptors: (N, C), unit length.
        prototypes: (M, C), unit length.
        smoothing: constant share.

    Returns:
        (M,), adding up to 1.
    """
    N, M = descriptors.shape[0], prototypes.shape[0]
    labels = (descriptors @ prototypes.T).argmax(dim=-1)
    counts = torch.zeros(M, device=labels.device).index_add_(
        0, labels, torch.ones(N, device=labels.device)
    )
    squared = (descriptors - prototypes[labels]).square().mean(dim=-1)
    residual = torch.zeros_like(counts).index_add_(0, labels, squared) / counts.clamp_min(1)
    variance = torch.where(counts > 0, residual, torch.ones_like(residual))
    weights = counts + N * (smoothing + variance.var(unbiased=False))
    return weights / weights.sum()


def draw_components(
    weights: Tensor, count: int, sampling: Literal["floor", "systematic"], offset: float
) -> Tensor:
    """Return which component each of ``count`` samples comes from, in order.

    Args:
        weights: (M,), adding up to 1.
        count: samples N.
        sampling: ``systematic`` gives each component its expected number within one;
            ``floor`` rounds down and gives the rest to the last, as the released code does.
        offset: in [0, 1), the random start of systematic sampling.

    Returns:
        (N,) int64.
    """
    M = weights.shape[0]
    if sampling == "floor":
        ends = torch.floor(weights * count).cumsum(0)
        position = torch.arange(count, device=weights.device, dtype=weights.dtype) + 0.5
    else:
        ends = weights.cumsum(0) * count
        position = torch.arange(count, device=weights.device, dtype=weights.dtype) + offset
    return torch.searchsorted(ends, position, right=True).clamp_max(M - 1)


def sample_mixture(prototypes: Tensor, components: Tensor, noise: Tensor) -> Tensor:
    """Return samples (N, C) at unit length: each its prototype plus noise, differentiable.

    Args:
        prototypes: (M, C), unit length.
        components: (N,) int64.
        noise: (N, C).
    """
    return F.normalize(prototypes[components] + noise, dim=-1)
