"""Random thin-plate-spline warps and the pairs of views made with them (docs/method.md, section 1).

A ``Warp`` maps a position in the output view to the position in its input that is shown there,
both in the unit square. Sampling the input at ``warp(grid)`` gives the output view, and a point
seen at p in the output lies at ``warp(p)`` in the input: no inverse is needed for either.

Shapes: B batch, P control points, N points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

if TYPE_CHECKING:
    from tusk_core.config import WarpConfig

CANVAS = 1.4
"""Side of the padded canvas over the picture's: one fifth is added at each edge."""

_INNER = ((-0.7, -0.7), (0.7, -0.7), (-0.7, 0.7), (0.7, 0.7),
          (-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5))  # fmt: skip
_BORDER = ((-0.99, -0.99), (0.0, -0.99), (0.99, -0.99), (-0.99, 0.0),
           (0.99, 0.0), (-0.99, 0.99), (0.0, 0.99), (0.99, 0.99))  # fmt: skip


_LEAST = 1e-6


def _kernel(squared_distance: Tensor) -> Tensor:
    if torch.is_grad_enabled() and squared_distance.requires_grad:
        return squared_distance * torch.log(squared_distance + _LEAST)
    # The same in place: these are the largest arrays of a warp.
    return (squared_distance + _LEAST).log_().mul_(squared_distance)


@dataclass(frozen=True, slots=True)
class Warp:
    """A batch of thin-plate splines, in canvas coordinates (unit square over ``CANVAS``).

    Attributes:
        control: (B, P, 2) control points.
        weights: (B, P, 2) kernel weights.
        affine: (B, 3, 2) constant, x and y coefficients.
    """

    control: Tensor
    weights: Tensor
    affine: Tensor

    def __call__(self, xy: Tensor) -> Tensor:
        """Map output positions to input positions.

        Args:
            xy: (B, N, 2), (x, y) in the unit square; may lie outside it.

        Returns:
            (B, N, 2), not clamped.
        """
        point = (xy / CANVAS).transpose(1, 2)  # (B, 2, N): long rows make quick products
        ones = torch.ones_like(point[:, :1])
        # Squared distances to the control points in one product, |c|² - 2 c·p + |p|².
        known = torch.cat([point, ones, point.square().sum(1, keepdim=True)], dim=1)
        lengths = self.control.square().sum(-1, keepdim=True)
        factors = torch.cat([-2 * self.control, lengths, torch.ones_like(lengths)], dim=-1)
        squared = (factors @ known).clamp_min(0)  # (B, P, N)
        straight = self.affine[:, 1:].transpose(1, 2) @ point + self.affine[:, :1].transpose(1, 2)
        bent = self.weights.transpose(1, 2) @ _kernel(squared)
        return ((bent + straight) * CANVAS).transpose(1, 2)


def fit_warp(control: Tensor, target: Tensor) -> Warp:
    """Return the spline that takes each control point to its target.

    Args:
        control: (B, P, 2) canvas coordinates, no two alike.
        target: (B, P, 2) canvas coordinates.
    """
    B, P, _ = control.shape
    squared = torch.cdist(control, control).square()
    ones = torch.cat([control.new_ones(B, P, 1), control], dim=-1)  # (B, P, 3)
    top = torch.cat([_kernel(squared), ones], dim=-1)
    bottom = torch.cat([ones.transpose(1, 2), control.new_zeros(B, 3, 3)], dim=-1)
    system = torch.cat([top, bottom], dim=1)  # (B, P + 3, P + 3)
    right = torch.cat([target, target.new_zeros(B, 3, 2)], dim=1)
    solution = torch.linalg.solve(system, right)
    return Warp(control=control, weights=solution[:, :P], affine=solution[:, P:])


def random_warp(
    config: WarpConfig,
    batch: int,
    generator: torch.Generator,
    *,
    device: torch.device | str = "cpu",
) -> Warp:
    """Draw ``batch`` warps; the same generator state gives the same warps on every device.

    Inner control points bend by ± ``config.bend``; then everything is zoomed for each axis,
    turned and shifted about one centre a picture.
    """

    def uniform(*shape: int, reach: float) -> Tensor:
        return (torch.rand(*shape, generator=generator, dtype=torch.float64) * 2 - 1) * reach

    inner = torch.tensor(_INNER, dtype=torch.float64) + uniform(batch, len(_INNER), 2, reach=0.1)
    border = torch.tensor(_BORDER, dtype=torch.float64).expand(batch, -1, -1)
    control = torch.cat([inner, border], dim=1)
    bend = torch.cat(
        [uniform(batch, len(_INNER), 2, reach=config.bend), torch.zeros(batch, len(_BORDER), 2)],
        dim=1,
    )
    offset_in = uniform(batch, 1, 2, reach=config.shift)
    offset_out = uniform(batch, 1, 2, reach=config.shift)
    scale = config.scale + uniform(batch, 1, 2, reach=config.scale_jitter)
    angle = uniform(batch, reach=config.rotation)
    cos, sin = torch.cos(angle), torch.sin(angle)
    rotation = torch.stack([torch.stack([cos, sin], -1), torch.stack([-sin, cos], -1)], dim=1)
    target = (scale * (control + bend - offset_in) + offset_in - offset_out) @ rotation + offset_out
    warp = fit_warp(control, target)
    parts = [t.float() for t in (warp.control, warp.weights, warp.affine)]
    if torch.device(device).type == "cuda":
        # From pinned memory, so that nothing waits for what the GPU still has to do.
        parts = [t.pin_memory() for t in parts]
    return Warp(*(t.to(device, non_blocking=True) for t in parts))


def sample(images: Tensor, xy: Tensor, *, padding: str) -> Tensor:
    """Read pictures bilinearly at unit-square positions.

    Args:
        images: (B, C, H, W); those in half precision are read in float32.
        xy: (B, h, w, 2) in the unit square.
        padding: beyond the edge: ``black`` 0, ``white`` 1, ``reflect`` mirrors, ``edge`` repeats.

    Returns:
        (B, C, h, w).
    """
    mode = {"black": "zeros", "white": "zeros", "reflect": "reflection", "edge": "border"}[padding]
    images = images.to(xy.dtype)
    if padding == "white":
        images = images - 1
    out = F.grid_sample(images, xy, mode="bilinear", padding_mode=mode, align_corners=False)
    return out + 1 if padding == "white" else out


def inside(xy: Tensor) -> Tensor:
    """Tell which unit-square positions lie in the picture: (..., 2) to bool (...)."""
    return (xy.abs() <= 1).all(dim=-1)
