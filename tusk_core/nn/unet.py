"""The U-Net that both encoder and decoder are made of (docs/method.md, section 2).

Shapes: B batch, C channels, H x W [px], both divisible by 2 ** (levels - 1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tusk_core.nn.norm import GroupNorm

if TYPE_CHECKING:
    from collections.abc import Sequence


class ConvBlock(nn.Sequential):
    """Twice: 3×3 convolution, group normalisation, ReLU; (B, in, H, W) to (B, out, H, W)."""

    def __init__(self, in_channels: int, out_channels: int, norm_groups: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3, padding=1),
            GroupNorm(norm_groups, out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding=1),
            GroupNorm(norm_groups, out_channels),
            nn.ReLU(inplace=True),
        )


class UNet(nn.Module):
    """Down by max-pooling, up by bilinear doubling, skips concatenated, linear 1×1 head.

    Args:
        in_channels: of the input.
        widths: channels at each level, finest first.
        out_channels: of the output.
        norm_groups: groups of every normalisation; divides every width.
    """

    def __init__(
        self, in_channels: int, widths: Sequence[int], out_channels: int, norm_groups: int
    ) -> None:
        super().__init__()
        inputs = [in_channels, *widths[:-1]]
        self.down = nn.ModuleList(
            ConvBlock(i, o, norm_groups) for i, o in zip(inputs, widths, strict=True)
        )
        self.up = nn.ModuleList(
            ConvBlock(widths[level + 1] + widths[level], widths[level], norm_groups)
            for level in reversed(range(len(widths) - 1))
        )
        self.head = nn.Conv2d(widths[0], out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the output (B, out, H, W)."""
        return self.with_coarsest(x)[0]

    def with_coarsest(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the output (B, out, H, W) and the coarsest map (B, widths[-1], h, w)."""
        skips = []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level else x)
            skips.append(x)
        coarsest = skips.pop()
        for block in self.up:
            skip = skips.pop()
            x = F.interpolate(x, size=skip.shape[-2:], mode="bilinear", align_corners=True)
            x = block(torch.cat([x, skip], dim=1))
        return self.head(x), coarsest
