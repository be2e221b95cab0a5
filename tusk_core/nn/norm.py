"""Group normalisation with a backward pass that keeps up with the convolutions on a CPU.

PyTorch 2.13's own backward pass takes longer than all convolutions of a U-Net together in bf16,
and a tenth of the whole step in fp32. The same sums as whole-map products take a fraction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from torch.autograd.function import FunctionCtx

_SMALL = 1_000_000  # numbers of a map; below it PyTorch's own way is faster, in float32


class _GroupNormFunction(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, groups: int, epsilon: float
    ) -> Tensor:
        B, C, H, W = x.shape
        with torch.autocast("cpu", enabled=False):
            out, mean, rstd = torch.native_group_norm(
                x, weight.to(x.dtype), bias.to(x.dtype), B, C, H * W, groups, epsilon
            )
        ctx.save_for_backward(x, mean, rstd, weight)
        ctx.groups = groups
        return out

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, mean, rstd, weight = ctx.saved_tensors  # type: ignore[attr-defined]
        (grad,) = grads
        groups: int = ctx.groups  # type: ignore[attr-defined]
        B, C, H, W = x.shape
        wide = torch.promote_types(x.dtype, torch.float32)
        per_group = C // groups

        def to_channels(values: Tensor) -> Tensor:
            return values.to(wide).view(B, groups, 1).expand(-1, -1, per_group).reshape(B, C)

        mean, rstd, gain = to_channels(mean), to_channels(rstd), weight.to(wide)
        # Sums over places: of the gradient, and of the gradient times the normalised input.
        plain = grad.sum((2, 3)).to(wide)
        along = ((grad * x).sum((2, 3)).to(wide) - mean * plain) * rstd

        def group_mean(values: Tensor) -> Tensor:
            sums = (gain * values).view(B, groups, -1).sum(2)
            return to_channels(sums / (H * W * per_group))

        # dx = rstd (gain g - mean(gain g) - x_hat mean(gain g x_hat)), x_hat = (x - mean) rstd,
        # as one line in g and x for each channel.
        of_x = -rstd.square() * group_mean(along)
        rest = -rstd * group_mean(plain) - of_x * mean

        def over_places(values: Tensor) -> Tensor:
            return values.to(x.dtype)[..., None, None]

        grad_x = torch.addcmul(over_places(rest), x, over_places(of_x))
        grad_x.addcmul_(grad, over_places(rstd * gain))
        return grad_x, along.sum(0).to(weight.dtype), plain.sum(0).to(weight.dtype), None, None


class GroupNorm(nn.GroupNorm):
    """``torch.nn.GroupNorm`` for (B, C, H, W), faster to train on a CPU; same parameters."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the normalised (B, C, H, W)."""
        # An export is for any number of pictures: it must not ask how large they are together.
        is_plain = not torch.is_grad_enabled() or torch.compiler.is_compiling()
        if x.device.type != "cpu" or is_plain or _is_small(x):
            return super().forward(x)
        out: Tensor = _GroupNormFunction.apply(  # type: ignore[no-untyped-call]
            x, self.weight, self.bias, self.num_groups, self.eps
        )
        return out


def _is_small(x: Tensor) -> bool:
    return x.dtype == torch.float32 and x.numel() < _SMALL
