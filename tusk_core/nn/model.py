"""The TUSK model: encoder, keypoints, prototypes and decoder wired together (paper Fig. 2).

Shapes: B batch, K keypoints, C descriptor length, H x W picture, h x w maps. Pictures are
(B, channels, H, W) in [0, 1]; positions are pixels of those pictures, (x, y).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tusk_core.config import EncoderConfig, TrainConfig
from tusk_core.geometry.grids import map_to_picture, picture_to_map
from tusk_core.nn.decoder import Background, Decoded, Decoder
from tusk_core.nn.keypoint_set import KeypointSet
from tusk_core.nn.keypoints import (
    channel_positions,
    find_peaks,
    read_at,
    read_own,
    refine_peaks,
    standing_out,
)
from tusk_core.nn.norm import GroupNorm
from tusk_core.nn.precision import at_least_float, laid_out
from tusk_core.nn.prototypes import Prototypes
from tusk_core.nn.unet import UNet
from tusk_core.results import TuskError

_HEAT_MAP_HEAD = 3  # layers before the last convolution


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the encoder says about pictures.

    Attributes:
        score_map: (B, 1, h, w) in [0, 1], standardised for each picture; (B, K, h, w) of a
            channel-wise detector, whose maps are standardised one by one.
        features: (B, C, h, w), not normalised.
        code: (B, n) code of the background, or None.
        size: (width, height) of the pictures, before any padding.
    """

    score_map: Tensor
    features: Tensor
    code: Tensor | None
    size: tuple[int, int]


class Encoder(nn.Module):
    """Picture to heat map and feature map (docs/method.md, section 2), at 1 / stride of its size.

    Args:
        config: widths and lengths.
        channels: of the picture.
        num_maps: heat maps; K for a channel-wise detector.
    """

    def __init__(self, config: EncoderConfig, channels: int, num_maps: int = 1) -> None:
        super().__init__()
        groups, features = config.norm_groups, config.num_features
        first = channels if config.stem_stride == 1 else config.widths[0]
        self.stem: nn.Module = nn.Identity()
        if config.stem_stride > 1:
            self.stem = nn.Sequential(
                nn.Conv2d(channels, first, 5, stride=config.stem_stride, padding=2),
                GroupNorm(groups, first),
                nn.ReLU(inplace=True),
            )
        self.unet = UNet(first, config.widths, features, groups)
        self.heat_map = nn.Sequential(
            nn.Conv2d(features, features, 3, padding=1),
            GroupNorm(groups, features),
            nn.ReLU(inplace=True),
            nn.Conv2d(features, num_maps, 3, padding=1),
            # One group over one channel: each picture's map gets mean 0 and deviation 1.
            nn.GroupNorm(num_maps, num_maps),
        )

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return score maps (B, num_maps, h, w), features (B, C, h, w) and the coarsest map.

        Whatever the arithmetic of the convolutions, what leaves is float32: peaks of a bf16 heat
        map would tie.
        """
        features, coarsest = self.unet.with_coarsest(self.stem(images))
        hidden = self.heat_map[:_HEAT_MAP_HEAD](features)
        with torch.autocast(images.device.type, enabled=False):
            score_map = torch.sigmoid(self.heat_map[_HEAT_MAP_HEAD:](at_least_float(hidden)))
        return score_map, at_least_float(features), at_least_float(coarsest)


class TuskModel(nn.Module):
    """The whole method as one module; settings decide every variant.

    Args:
        config: its data, encoder, keypoints, decoder and prototypes groups are used.
    """

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.config = config
        # The trainer decides: bf16 convolutions; maps channel by channel rather than channels last.
        self.fast_arithmetic = False
        self.has_planes = False
        self._build(config)

    def _build(self, config: TrainConfig) -> None:
        channels, features = config.data.channels, config.encoder.num_features
        size = (config.data.width, config.data.height)
        num_maps = config.keypoints.num_keypoints if config.is_channel_wise else 1
        self.encoder = Encoder(config.encoder, channels, num_maps)
        self.decoder = Decoder(config.decoder, features, channels)
        self.prototypes = Prototypes(config.prototypes.num_prototypes, features)
        self.background = Background(config.decoder, config.encoder.widths[-1], channels, size)
        self.stride: int = config.encoder.stem_stride

    def network(self) -> nn.Module | None:
        """Return what is trained of the encoder; None where nothing is."""
        return self.encoder

    def encode(self, images: Tensor) -> Encoded:
        """Run the encoder; sides it cannot divide are padded by repetition and cropped back."""
        height, width = images.shape[-2:]
        padded = _padded(images, self.config.size_multiple)
        padded = laid_out(padded, planes=self.has_planes)
        with torch.autocast(images.device.type, torch.bfloat16, enabled=self.fast_arithmetic):
            score_map, features, coarsest = self.encoder(padded)
        rows, columns = -(-height // self.stride), -(-width // self.stride)
        return Encoded(
            score_map[..., :rows, :columns],
            features[..., :rows, :columns],
            self.background.code(coarsest),
            (width, height),
        )

    def find_keypoints(
        self,
        encoded: Encoded,
        num_keypoints: int | None = None,
        *,
        places: Tensor | None = None,
    ) -> KeypointSet:
        """Read K keypoints from the maps.

        Args:
            encoded: of B pictures.
            num_keypoints: K; the configuration's unless given.
            places: (B, K) int64 cells, counted by rows, to put keypoints at; negative leaves a
                keypoint at its peak. None leaves all.

        Raises:
            TuskError: if a channel-wise model is asked for more keypoints than it has maps.
        """
        if self.config.is_channel_wise:
            return self._keypoint_of_each_map(encoded, num_keypoints)
        config = self.config.keypoints
        cells = encoded.score_map.shape[-1] * encoded.score_map.shape[-2]
        count = min(num_keypoints or config.num_keypoints, cells)
        score_map = encoded.score_map.contiguous()
        sought = score_map.detach()
        if config.blob_width:
            sought = standing_out(sought, config.blob_width)
        indices, is_peak = find_peaks(sought, count, config.nms_window)
        if places is not None:
            chosen = places >= 0
            indices = torch.where(chosen, places, indices)
            is_peak = is_peak | chosen
        cells_xy = refine_peaks(score_map, indices, config.refine_window, config.refine_temperature)
        scores = read_at(score_map, cells_xy).squeeze(-1) * is_peak
        return KeypointSet(
            map_to_picture(cells_xy, self.stride),
            scores,
            self._descriptors_in_cells(encoded.features, cells_xy),
        )

    def _keypoint_of_each_map(self, encoded: Encoded, num_keypoints: int | None) -> KeypointSet:
        """Read keypoint k from map k; its descriptor is prototype k, which is learned with the net.

        Nothing of the picture is left out or found twice: a map always has one place, and a
        keypoint always has the label k. With fewer keypoints the best scored maps are kept.
        """
        score_maps = encoded.score_map.contiguous()
        B, K = score_maps.shape[:2]
        count = num_keypoints or K
        if count > K:
            raise TuskError(
                f"This model has one heat map for each of its {K} keypoints, so it cannot give "
                f"{count}. Ask for at most {K}, or use a model with a single heat map."
            )
        cells_xy = channel_positions(score_maps, self.config.keypoints.channel_temperature)
        scores = read_own(score_maps, cells_xy)
        descriptors = self.prototypes.unit().expand(B, -1, -1)
        xy = map_to_picture(cells_xy, self.stride)
        if count == K:
            return KeypointSet(xy, scores, descriptors)
        kept = scores.topk(count, dim=1).indices
        rows = torch.arange(B, device=kept.device).unsqueeze(1)
        return KeypointSet(xy[rows, kept], scores[rows, kept], descriptors[rows, kept])

    def descriptors_at(self, encoded: Encoded, xy: Tensor) -> Tensor:
        """Return the unit descriptors (B, N, C) at any positions (B, N, 2) of the picture."""
        return self._descriptors_in_cells(encoded.features, picture_to_map(xy, self.stride))

    def _descriptors_in_cells(self, features: Tensor, cells_xy: Tensor) -> Tensor:
        nearest = self.config.keypoints.descriptor_sampling == "nearest"
        return F.normalize(read_at(features, cells_xy, nearest=nearest), dim=-1)

    def decode(
        self,
        keypoints: KeypointSet,
        size: tuple[int, int],
        code: Tensor | None = None,
        *,
        hint: Tensor | None = None,
        with_layers: bool = True,
    ) -> Decoded:
        """Rebuild pictures from keypoints and the background's code.

        Args:
            keypoints: of B pictures.
            size: (width, height) to draw.
            code: (B, n), as ``encode`` gives it.
            hint: (B, channels + 1, H, W) part of the picture and where it is, while a decoder
                with hints is trained; None shows it nothing.
            with_layers: also return every layer; training does without.
        """
        if self.config.decoder.kind == "none":
            raise TuskError(
                "This model finds keypoints but was never taught to redraw pictures. Train from it "
                "to get layers and reconstructions."
            )
        width, height = size
        multiple = self.config.size_multiple if self.config.decoder.kind == "unet" else 1
        full = (-(-width // multiple) * multiple, -(-height // multiple) * multiple)
        background = None
        if self.config.decoder.background != "none":
            background = self.background(code, keypoints.xy, full)
        decoded = self.decoder(
            keypoints,
            full,
            background,
            hint=None if hint is None else _padded(hint, multiple),
            fast=self.fast_arithmetic,
            planes=self.has_planes,
            with_layers=with_layers,
        )
        return decoded if full == size else _cropped(decoded, size)


def _padded(images: Tensor, multiple: int) -> Tensor:
    height, width = images.shape[-2:]
    below, right = -height % multiple, -width % multiple
    if not (below or right):
        return images
    return F.pad(images, (0, right, 0, below), mode="replicate")


def _cropped(decoded: Decoded, size: tuple[int, int]) -> Decoded:
    width, height = size

    def crop(t: Tensor | None) -> Tensor | None:
        return None if t is None else t[..., :height, :width]

    return Decoded(
        decoded.composite[..., :height, :width],
        decoded.alpha,
        crop(decoded.rgb),
        crop(decoded.shares),
        crop(decoded.background),
        crop(decoded.background_share),
        crop(decoded.opacity),
        crop(decoded.depth),
    )
