"""What leaves a network is at least float32, whatever it computed in."""

from __future__ import annotations

import torch
from torch import Tensor


def at_least_float(x: Tensor) -> Tensor:
    """Return ``x`` in float32, or wider where it is: any shape, same device."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
