"""The small network on the frozen trunk: features and one map for each kind, at stride 4.

Shapes: B batch, C descriptor length, M kinds, H x W picture, h x w cells at stride 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tusk_core.nn.norm import GroupNorm
from tusk_core.nn.trunk import TAP_CHANNELS, Taps

if TYPE_CHECKING:
    from tusk_core.config import EncoderConfig

_RARE = -2.0  # log-odds of a kind's peak on a cell, before anything is learned
_STEM_WIDTH = 16
_LEAST_DEVIATION = 1e-3


class DenseHead(nn.Module):
    """Three taps, standardised, added from coarse to fine; then features and peaks of each kind.

    Args:
        config: head_width, num_features and colour_stem are used.
        num_kinds: M.
    """

    def __init__(self, config: EncoderConfig, num_kinds: int) -> None:
        super().__init__()
        width = config.head_width
        for name, channels in zip(("fine", "middle", "coarse"), TAP_CHANNELS, strict=True):
            self.register_buffer(f"{name}_mean", torch.zeros(channels))
            self.register_buffer(f"{name}_deviation", torch.ones(channels))
        self.laterals = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels in TAP_CHANNELS)
        self.middle = _smoothing(width, config.norm_groups)
        self.fine = _smoothing(width, config.norm_groups)
        self.stem: nn.Module | None = None
        if config.colour_stem:
            self.stem = nn.Sequential(
                nn.Conv2d(3, _STEM_WIDTH, 5, stride=2, padding=2),
                GroupNorm(config.norm_groups, _STEM_WIDTH),
                nn.ReLU(inplace=True),
                nn.Conv2d(_STEM_WIDTH, width, 3, stride=2, padding=1),
            )
        self.features = nn.Conv2d(width, config.num_features, 1)
        self.peaks = nn.Conv2d(width, num_kinds, 1)
        assert self.peaks.bias is not None
        nn.init.constant_(self.peaks.bias, _RARE)

    @torch.no_grad()
    def standardise(self, taps: Taps) -> None:
        """Take mean and deviation of each tap's channels from the taps of a sample of pictures."""
        for name in ("fine", "middle", "coarse"):
            tap: Tensor = getattr(taps, name)
            getattr(self, f"{name}_mean").copy_(tap.mean(dim=(0, 2, 3)))
            deviation = tap.std(dim=(0, 2, 3)).clamp_min(_LEAST_DEVIATION)
            getattr(self, f"{name}_deviation").copy_(deviation)

    def forward(self, taps: Taps, images: Tensor) -> Tensor:
        """Return the map (B, width, h, w) that ``features`` and ``peaks`` read place by place.

        Args:
            taps: of the pictures.
            images: (B, channels, H, W) in [0, 1]; only a colour stem reads them.
        """
        fine, middle, coarse = (
            lateral(self._standard(taps, name))
            for lateral, name in zip(self.laterals, ("fine", "middle", "coarse"), strict=True)
        )
        x = self.middle(middle + _enlarged(coarse, middle))
        x = fine + _enlarged(x, fine)
        if self.stem is not None:
            colours = images.expand(-1, 3, -1, -1) * 2 - 1
            x = x + self.stem(colours)[..., : x.shape[-2], : x.shape[-1]]
        smooth: Tensor = self.fine(x)
        return smooth

    def _standard(self, taps: Taps, name: str) -> Tensor:
        tap: Tensor = getattr(taps, name)
        mean: Tensor = getattr(self, f"{name}_mean")
        deviation: Tensor = getattr(self, f"{name}_deviation")
        return (tap - mean.view(1, -1, 1, 1)) / deviation.view(1, -1, 1, 1)


def _smoothing(width: int, groups: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width, 3, padding=1), GroupNorm(groups, width), nn.ReLU(inplace=True)
    )


def _enlarged(coarse: Tensor, like: Tensor) -> Tensor:
    """Enlarge twofold on the grid that cells of both share, and crop to ``like``."""
    large = F.interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)
    return large[..., : like.shape[-2], : like.shape[-1]]
