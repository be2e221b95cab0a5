"""How numbers lie in memory: what leaves a network is at least float32, what enters it laid out."""

from __future__ import annotations

import torch
from torch import Tensor


def at_least_float(x: Tensor) -> Tensor:
    """Return ``x`` in float32, or wider where it is: any shape, same device."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def laid_out(maps: Tensor, *, planes: bool) -> Tensor:
    """Return maps (B, C, H, W) channel by channel in memory, or with the channels last."""
    layout = torch.contiguous_format if planes else torch.channels_last
    return maps.contiguous(memory_format=layout)
