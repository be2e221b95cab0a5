"""Rebuilding the picture from its keypoints alone (paper section 3.2).

Equations, and what the released code does otherwise: docs/method.md, section 4.

Shapes: B batch, K keypoints, C descriptor length, H x W picture [px], P x P patch [px].
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tusk_core.config import DecoderConfig
from tusk_core.nn.keypoint_set import KeypointSet
from tusk_core.nn.precision import at_least_float, laid_out
from tusk_core.nn.splat import place_patches, splat_each, splat_sum, sum_patches
from tusk_core.nn.unet import UNet

# A picture's background code is read from a coarse map of this many cells a side, and drawn from
# one of that many, first so wide and then so wide.
_CODE_CELLS = 4
_LATENT_CELLS = 5
_LATENT_WIDTH = 32
_LATENT_HALF = 16
# A patch is drawn from cells that are doubled twice.
_PATCH_CELL = 4
_LEAST_PATCH_WIDTH = 4
_EPSILON = 1e-6
_MOST_OPAQUE = 1 - 1e-4
_TRANSPARENT_LOGIT = -2.0


@dataclass(frozen=True, slots=True)
class Decoded:
    """A rebuilt picture.

    Attributes:
        composite: (B, channels, H, W), in [0, 1].
        alpha: (B, K, h, w) opacity of each layer before presence and blending, on its own patch
            or on the picture; None for a score-weighted sum.
        rgb: (B, K, channels, H, W) colour of each layer; None unless layers were asked for.
        shares: (B, K, H, W) share of each layer in the composite; None likewise.
        background: (B, channels, H, W) what is behind; None if the model has none.
        background_share: (B, H, W); the shares and it add up to 1. None likewise.
        opacity: (B, K, H, W) alpha times presence on the picture, of patches; None likewise.
        depth: (B, K, H, W) optical depth of each layer, of patches; the background shows
            through by exp(-sum). None likewise.
    """

    composite: Tensor
    alpha: Tensor | None = None
    rgb: Tensor | None = None
    shares: Tensor | None = None
    background: Tensor | None = None
    background_share: Tensor | None = None
    opacity: Tensor | None = None
    depth: Tensor | None = None


def blend_patches(
    xy: Tensor,
    patches: Tensor,
    presence: Tensor | None,
    background: Tensor,
    *,
    with_layers: bool,
) -> Decoded:
    """Blend patches without an order: where several overlap, they share by their opacity.

    With a_k = alpha_k * presence_k the layers together cover 1 - Π(1 - a_k); each gets a part
    of that in proportion to a_k, and the background shows through the rest. Colours are placed
    multiplied by their alpha, as resampling needs, and coverage as optical depth -log(1 - a_k),
    so that every sum over keypoints is one matrix product and no layer need be built.

    Args:
        xy: (B, K, 2) pixels.
        patches: (B, K, channels + 1, P, P) colour and alpha in [0, 1].
        presence: (B, K) in [0, 1], or None for 1.
        background: (B, channels, H, W).
        with_layers: also return every layer on the whole picture.
    """
    size = (background.shape[-1], background.shape[-2])
    alpha = patches[:, :, -1:]
    opacity = alpha if presence is None else alpha * presence[..., None, None, None]
    depth = -torch.log1p(-opacity.clamp_max(_MOST_OPAQUE))
    colour = patches[:, :, :-1] * opacity
    sums = sum_patches(xy, torch.cat([colour, opacity, depth], dim=2), size)
    uncovered = torch.exp(-sums[:, -1])  # (B, H, W)
    gain = (1 - uncovered) / (sums[:, -2] + _EPSILON)
    composite = sums[:, :-2] * gain.unsqueeze(1) + background * uncovered.unsqueeze(1)
    composite = composite.clamp(0, 1)
    if not with_layers:
        return Decoded(composite, alpha.squeeze(2), background=background)
    layers = place_patches(xy, torch.cat([colour, opacity, depth], dim=2), size)
    placed = layers[:, :, -2]
    return Decoded(
        composite,
        alpha.squeeze(2),
        rgb=(layers[:, :, :-2] / (placed.unsqueeze(2) + _EPSILON)).clamp(0, 1),
        shares=placed * gain.unsqueeze(1),
        background=background,
        background_share=uncovered,
        opacity=placed,
        depth=layers[:, :, -1],
    )


class PatchDecoder(nn.Module):
    """A small picture for each keypoint, from its descriptor alone: RGB and alpha.

    Args:
        num_features: C.
        channels: width of the first layer; halved once.
        patch_size: side of the patch [px], a multiple of 4.
        colours: picture channels.
        transparent: begin with little alpha, where a background explains most of the picture.
    """

    def __init__(
        self,
        num_features: int,
        channels: int,
        patch_size: int,
        colours: int,
        *,
        transparent: bool,
    ) -> None:
        super().__init__()
        self._cells = patch_size // _PATCH_CELL
        self._channels = channels
        half = max(_LEAST_PATCH_WIDTH, channels // 2)
        last = nn.Conv2d(half, colours + 1, 3, padding=1)
        if transparent:
            # Else the first steps push every alpha into the flat end of its sigmoid, for good.
            assert last.bias is not None
            nn.init.constant_(last.bias[-1:], _TRANSPARENT_LOGIT)
        self.spread = nn.Linear(num_features, channels * self._cells**2)
        self.draw = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="nearest"),
            nn.Conv2d(channels, half, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Upsample(scale_factor=2, mode="nearest"),
            nn.Conv2d(half, half, 3, padding=1),
            nn.ReLU(inplace=True),
            last,
        )

    def forward(self, descriptors: Tensor) -> Tensor:
        """Return (B, K, colours + 1, P, P) in [0, 1] for descriptors (B, K, C)."""
        B, K, _ = descriptors.shape
        seed = self.spread(descriptors.flatten(0, 1))
        seed = seed.view(B * K, self._channels, self._cells, self._cells)
        seed = laid_out(seed, planes=False)
        drawn = torch.sigmoid(self.draw(seed))
        return drawn.view(B, K, *drawn.shape[1:])


class Background(nn.Module):
    """What is behind the layers: black, one learned picture, or that and what a code adds to it.

    Args:
        config: kind and length of the code.
        coarse_channels: of the encoder's coarsest map, which the code is read from.
        colours: picture channels.
        size: (width, height) of the training pictures.
    """

    def __init__(
        self, config: DecoderConfig, coarse_channels: int, colours: int, size: tuple[int, int]
    ) -> None:
        super().__init__()
        self.kind = config.background
        self._colours = colours
        if self.kind in {"learned", "latent"}:
            self.picture = nn.Parameter(torch.full((1, colours, size[1], size[0]), 0.5))
        if self.kind == "latent":
            self.to_code = nn.Linear(coarse_channels * _CODE_CELLS**2, config.background_code)
            self.from_code = nn.Linear(config.background_code, _LATENT_WIDTH * _LATENT_CELLS**2)
            last = nn.Conv2d(_LATENT_HALF, colours, 3, padding=1)
            # The code adds nothing at first: every picture begins with the learned one.
            nn.init.zeros_(last.weight)
            assert last.bias is not None
            nn.init.zeros_(last.bias)
            self.draw = nn.Sequential(
                nn.ReLU(inplace=True),
                nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
                nn.Conv2d(_LATENT_WIDTH, _LATENT_HALF, 3, padding=1),
                nn.ReLU(inplace=True),
                last,
            )

    def plain(self, like: Tensor) -> Tensor:
        """Return what is known of the background without looking: (B, colours, H, W)."""
        picture: Tensor = self(None, like, (like.shape[-1], like.shape[-2]))
        return picture

    def code(self, coarsest: Tensor) -> Tensor | None:
        """Return the code (B, n) of each picture, or None where this background needs none."""
        if self.kind != "latent":
            return None
        code: Tensor = self.to_code(F.adaptive_avg_pool2d(coarsest, _CODE_CELLS).flatten(1))
        return code

    def forward(self, code: Tensor | None, like: Tensor, size: tuple[int, int]) -> Tensor:
        """Return the background (B, colours, H, W) in [0, 1].

        Args:
            code: (B, n) from ``code``; None for kinds that need none, and for the learned
                picture alone.
            like: (B, ...) tells batch, device and dtype.
            size: (width, height) of the picture to draw.
        """
        width, height = size
        batch = like.shape[0]
        if self.kind in {"none", "black"}:
            return like.new_zeros(batch, self._colours, height, width)
        picture = _resized(self.picture, size).expand(batch, -1, -1, -1)
        if self.kind == "latent" and code is not None:
            seed = self.from_code(code).view(batch, _LATENT_WIDTH, _LATENT_CELLS, _LATENT_CELLS)
            picture = picture + _resized(self.draw(seed), size)
        return picture.clamp(0, 1)


def _resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    if picture.shape[-2:] == (size[1], size[0]):
        return picture
    return F.interpolate(picture, (size[1], size[0]), mode="bilinear", align_corners=False)


class Decoder(nn.Module):
    """Keypoints in, picture out, by either network and either blend.

    Args:
        config: which network, blend and background.
        num_features: C.
        colours: picture channels.
    """

    def __init__(self, config: DecoderConfig, num_features: int, colours: int) -> None:
        super().__init__()
        self.config = config
        self._colours = colours
        self.network: nn.Module
        if config.kind == "none":
            self.network = nn.Identity()
        elif config.kind == "patch":
            self.network = PatchDecoder(
                num_features,
                config.patch_channels,
                config.patch_size,
                colours,
                transparent=config.background in {"learned", "latent"},
            )
        else:
            outputs = colours + (config.blend == "alpha")
            self._hint_channels = colours + 1 if config.hint_hidden < 1 else 0
            inputs = num_features + self._hint_channels
            self.network = UNet(inputs, config.widths, outputs, config.norm_groups)

    def forward(
        self,
        keypoints: KeypointSet,
        size: tuple[int, int],
        background: Tensor | None,
        *,
        hint: Tensor | None = None,
        fast: bool = False,
        planes: bool = False,
        with_layers: bool = False,
    ) -> Decoded:
        """Draw keypoints.

        Args:
            keypoints: what to draw; their places are pixels of the picture to draw.
            size: (width, height); a unet decoder needs multiples of its poolings.
            background: (B, colours, H, W), or None where the model has none.
            hint: (B, colours + 1, H, W) what a decoder with hints may see; None for nothing.
            fast: run the network's convolutions in bf16.
            planes: lay maps of a unet out channel by channel.
            with_layers: also return every layer on the whole picture.
        """
        if self.config.blend == "sum":
            return self._weighted_sum(keypoints, size, hint, fast=fast, planes=planes)
        if self.config.kind == "patch":
            assert background is not None
            presence = keypoints.scores if self.config.presence else None
            patches = self._run(keypoints.descriptors, fast=fast)
            return blend_patches(
                keypoints.xy, patches, presence, background, with_layers=with_layers
            )
        return self._alpha_unet(keypoints, size, background, fast=fast, planes=planes)

    def _run(self, x: Tensor, *, fast: bool) -> Tensor:
        """Run the network; what it returns is at least float32."""
        with torch.autocast(x.device.type, torch.bfloat16, enabled=fast):
            out: Tensor = self.network(x)
        return at_least_float(out)

    def _weighted_sum(
        self,
        keypoints: KeypointSet,
        size: tuple[int, int],
        hint: Tensor | None,
        *,
        fast: bool,
        planes: bool,
    ) -> Decoded:
        values = keypoints.descriptors * keypoints.scores.unsqueeze(-1)
        canvas = splat_sum(keypoints.xy, values, size, self.config.splat_variance)
        if self._hint_channels:
            if hint is None:
                hint = canvas.new_zeros(canvas.shape[0], self._hint_channels, *canvas.shape[-2:])
            canvas = torch.cat([canvas, hint.to(canvas.dtype)], dim=1)
        canvas = laid_out(canvas, planes=planes)
        return Decoded(torch.sigmoid(self._run(canvas, fast=fast)))

    def _alpha_unet(
        self,
        keypoints: KeypointSet,
        size: tuple[int, int],
        background: Tensor | None,
        *,
        fast: bool,
        planes: bool,
    ) -> Decoded:
        xy, scores = keypoints.xy, keypoints.scores
        values = keypoints.descriptors * scores.unsqueeze(-1)
        canvas = splat_each(xy, values, size, self.config.splat_variance)
        out = self._run(laid_out(canvas.flatten(0, 1), planes=planes), fast=fast)
        out = out.view(*xy.shape[:2], *out.shape[1:])  # (B, K, colours + 1, H, W)
        rgb, logits = torch.sigmoid(out[:, :, : self._colours]), out[:, :, self._colours]
        if background is None:
            shares = torch.softmax(logits, dim=1)
            return Decoded((rgb * shares.unsqueeze(2)).sum(1), shares, rgb, shares)
        if self.config.presence:
            logits = logits + scores.clamp_min(_EPSILON).log()[..., None, None]
        # The background is one more slot of the softmax, with logit 0.
        shares = torch.softmax(F.pad(logits, (0, 0, 0, 0, 0, 1)), dim=1)
        shares, behind = shares[:, :-1], shares[:, -1]
        composite = (rgb * shares.unsqueeze(2)).sum(1) + background * behind.unsqueeze(1)
        return Decoded(composite, shares, rgb, shares, background, behind)
