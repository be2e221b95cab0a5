"""How far the rebuilt picture is from the input: pixels or VGG16 features (paper section 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from tusk_core.resources import resource

if TYPE_CHECKING:
    from pathlib import Path

_VGG_FILE = "vgg16/vgg16_to_relu4_3_fp16.safetensors"
_BLOCKS = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21))
_MEAN = (123.68 / 255, 116.779 / 255, 103.939 / 255)
# Mean activations of the four taps on photographs; dividing by them is c_l of Johnson et al.
_TAP_SCALES = (155.0, 323.0, 349.0, 43.0)
_INPUT_SIDE = 224


def pixel_loss(rebuilt: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared difference of two pictures (B, C, H, W) in [0, 1]."""
    return F.mse_loss(rebuilt, target)


class PerceptualLoss(nn.Module):
    """Mean absolute difference of VGG16 features at relu1_2, relu2_2, relu3_3 and relu4_3.

    Each tap is divided by its usual activation on photographs, so that all four count.

    Args:
        weights: safetensors file; the bundled one by default.
        side: the longer side is brought to this many pixels; 0 keeps the size.
        fast: convolve in bf16.

    Raises:
        FileNotFoundError: if the weights are missing.
    """

    mean: Tensor

    def __init__(
        self, weights: Path | None = None, *, side: int = _INPUT_SIDE, fast: bool = False
    ) -> None:
        super().__init__()
        state = load_file(weights or resource(_VGG_FILE))
        self._side = side
        self._fast = fast
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.blocks = nn.ModuleList(_block(indices, state) for indices in _BLOCKS)
        self.requires_grad_(requires_grad=False).eval()

    def forward(self, rebuilt: Tensor, target: Tensor) -> Tensor:
        """Return the loss of pictures (B, 1 or 3, H, W) in [0, 1]."""
        with torch.autocast(target.device.type, torch.bfloat16, enabled=self._fast):
            with torch.no_grad():
                wanted = self._taps(target)
            taps = self._taps(rebuilt)
        terms = [
            (tap - goal).abs().mean(dtype=torch.promote_types(tap.dtype, torch.float32)) / scale
            for tap, goal, scale in zip(taps, wanted, _TAP_SCALES, strict=True)
        ]
        return torch.stack(terms).sum()

    def _taps(self, images: Tensor) -> list[Tensor]:
        if images.shape[1] == 1:
            images = images.expand(-1, 3, -1, -1)
        if self._side:
            factor = self._side / max(images.shape[-2:])
            images = F.interpolate(images, scale_factor=factor, mode="bilinear")
        x = (images - self.mean).contiguous(memory_format=torch.channels_last)
        taps = []
        for number, block in enumerate(self.blocks):
            x = block(F.max_pool2d(x, 2) if number else x)
            taps.append(x)
        return taps


def _block(indices: tuple[int, ...], state: dict[str, Tensor]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for index in indices:
        weight = state[f"features.{index}.weight"].float()
        conv = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
        conv.weight.data.copy_(weight)
        assert conv.bias is not None
        conv.bias.data.copy_(state[f"features.{index}.bias"].float())
        layers += [conv, nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
