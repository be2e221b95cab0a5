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
# A kind's peak begins where a place is like its cluster: a log-odds of 3 for the very same, 0 at a
# cosine of 0.6. What else the head reads begins faint.
_PEAK_GAIN, _PEAK_BIAS, _FAINT = 8.0, -5.0, 0.3


class DenseHead(nn.Module):
    """Three taps, standardised, added from coarse to fine; then features and peaks of each kind.

    Args:
        config: head_width, num_features, colour_stem, from_clusters and seed_components are used.
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
        self.seed_components = config.seed_components if config.from_clusters else 0
        self.features = nn.Conv2d(width + self.seed_components, config.num_features, 1)
        self.peaks = nn.Conv2d(width + self.seed_components, num_kinds, 1)
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

    @torch.no_grad()
    def begin_from(self, centres: Tensor) -> None:
        """Begin with given clusters as kinds and peaks: descriptors are the directions themselves.

        Args:
            centres: (M, P) unit length.
        """
        M, P = centres.shape
        for reader in (self.features, self.peaks):
            reader.weight[:, :-P] *= _FAINT
        like = self.features.weight
        self.features.weight[:, -P:] = torch.eye(like.shape[0], P).to(like)[..., None, None]
        self.peaks.weight[:M, -P:, 0, 0] = _PEAK_GAIN * centres
        assert self.features.bias is not None
        assert self.peaks.bias is not None
        self.features.bias.zero_()
        self.peaks.bias.fill_(_PEAK_BIAS)

    def forward(self, taps: Taps, images: Tensor, directions: Tensor | None) -> Tensor:
        """Return the map (B, n, h, w) that ``features`` and ``peaks`` read place by place.

        Args:
            taps: of the pictures.
            images: (B, channels, H, W) in [0, 1]; only a colour stem reads them.
            directions: (B, P, h', w') whitened coarse features; only a head that begins from
                clusters reads them, after its own ``head_width`` channels.
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
        if not self.seed_components:
            return smooth
        assert directions is not None
        large = F.interpolate(directions, scale_factor=4, mode="bilinear", align_corners=False)
        return torch.cat([smooth, large[..., : x.shape[-2], : x.shape[-1]]], dim=1)

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
