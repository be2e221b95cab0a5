"""Sliced Wasserstein between descriptors and a mixture on the prototypes (paper section 3.3).

Shapes: N descriptors, M prototypes, C descriptor length, L directions.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
    a = _ascending((first @ directions).T.contiguous())  # (L, N)
    b = _ascending((second @ directions).T.contiguous())
    return (a - b).square().mean()


def _ascending(values: Tensor) -> Tensor:
    """Return each row sorted, differentiable in ``values`` (L, N).

    On the CPU NumPy sorts: its vectorised sort is many times as fast as torch's.
    """
    if values.device.type != "cpu" or values.dtype not in {torch.float32, torch.float64}:
        return torch.sort(values, dim=-1).values
    if not values.requires_grad:
        return torch.from_numpy(np.sort(values.numpy(), axis=-1))
    ordered: Tensor = _Reordered.apply(values, torch.from_numpy(_order(values.detach().numpy())))  # type: ignore[no-untyped-call]
    return ordered


class _Reordered(torch.autograd.Function):
    """``values.gather(-1, order)`` of a permutation: its backward pass need not add up."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, order: Tensor) -> Tensor:
        ctx.save_for_backward(order)
        return values.gather(-1, order)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (order,) = ctx.saved_tensors
        (grad,) = grads
        return torch.empty_like(grad).scatter_(-1, order, grad), None


def _order(values: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the order (L, N) that sorts each row; equal values keep theirs.

    Sorting whole numbers that hold a value in their upper and its place in their lower half takes
    half the time of an argsort.
    """
    if values.dtype != np.float32 or sys.byteorder != "little":
        return np.argsort(values, axis=-1, kind="stable")
    halves = np.empty((*values.shape, 2), np.int32)
    place, key = halves[..., 0], halves[..., 1]
    bits = values.view(np.int32)
    # As whole numbers, the bits of positive floats ascend as they do and those of negative fall.
    np.right_shift(bits, 31, out=key)
    np.bitwise_and(key, 0x7FFFFFFF, out=key)
    np.bitwise_xor(key, bits, out=key)
    place[:] = np.arange(values.shape[-1], dtype=np.int32)
    halves.view(np.int64)[..., 0].sort(axis=-1)
    return place.astype(np.int64)


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
