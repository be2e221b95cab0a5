"""A frozen network that has seen photographs: EfficientNet-Lite0 up to stride 16.

M. Tan, Q. V. Le: EfficientNet, ICML 2019, in its Lite variant (Google, Apache-2.0); see
``resources/efficientnet-lite0``. It is computed and never trained: its weights are buffers, so
that no optimiser, gradient exchange or count of trained parameters meets them. They are part of
``state_dict`` all the same (2.8 MB), so that a model folder holds everything it was made with and
keeps its numbers whatever a later program ships. A gradient passes through to the picture.

Shapes: B batch, H x W picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from tusk_core.nn.precision import at_least_float
from tusk_core.resources import resource
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TRUNK_STRIDE = 16
TAP_STRIDES = (4, 8, 16)
TAP_CHANNELS = (24, 40, 112)

_FILE = "efficientnet-lite0/efficientnet_lite0_to_stride16_fp16.safetensors"
# Side and stride of each block's depthwise convolution; all other sizes are in the file.
_BLOCKS = ((3, 1), (3, 2), (3, 1), (5, 2), (5, 1), (3, 2), (3, 1), (3, 1), (5, 1), (5, 1), (5, 1))
_TAPS = (2, 4, 10)


@dataclass(frozen=True, slots=True)
class Taps:
    """What the trunk says about pictures, at three strides.

    Cell i of stride s lies over pixel s i + (s - 1) / 2, as in every map of a model. The padding
    would put it half a cell farther, but the filters have learned to make up for it: matching maps
    of mirrored faces gives 1.6, -1.2 and 2.4 pixels from there.

    Attributes:
        fine: (B, 24, ceil(H / 4), ceil(W / 4)), after block 2.
        middle: (B, 40, ceil(H / 8), ceil(W / 8)), after block 4.
        coarse: (B, 112, ceil(H / 16), ceil(W / 16)), after block 10.
    """

    fine: Tensor
    middle: Tensor
    coarse: Tensor

    def rows(self, which: slice) -> Taps:
        """Return those of some of the pictures."""
        return Taps(self.fine[which], self.middle[which], self.coarse[which])

    def to(self, dtype: torch.dtype) -> Taps:
        """Return the same numbers in another precision."""
        return Taps(self.fine.to(dtype), self.middle.to(dtype), self.coarse.to(dtype))

    @staticmethod
    def joined(parts: Sequence[Taps]) -> Taps:
        """Return the taps of all pictures of several parts, in their order."""
        return Taps(
            torch.cat([part.fine for part in parts]),
            torch.cat([part.middle for part in parts]),
            torch.cat([part.coarse for part in parts]),
        )


class Trunk(nn.Module):
    """Stem and blocks 0 to 10 of EfficientNet-Lite0, batch normalisation folded, frozen.

    Args:
        weights: safetensors file; the bundled one by default.

    Raises:
        FileNotFoundError: if the weights are missing.
    """

    def __init__(self, weights: Path | None = None) -> None:
        super().__init__()
        state = {
            key: tensor.float() for key, tensor in load_file(weights or resource(_FILE)).items()
        }
        self.stem = _FrozenConv(state, "stem", stride=2)
        self.blocks = nn.ModuleList(
            _Block(state, f"blocks.{number}", side, stride)
            for number, (side, stride) in enumerate(_BLOCKS)
        )

    def forward(self, images: Tensor) -> Taps:
        """Return the taps of pictures (B, 1 or 3, H, W) in [0, 1]; float32 whatever the device.

        Sides that are not a multiple of 16 are padded by repetition and the maps cropped; grey
        pictures are taken as colour. On CUDA the convolutions run in bf16.

        Raises:
            TuskError: if a side is shorter than 16 pixels.
        """
        height, width = images.shape[-2:]
        x = _laid_out(images)
        taps = []
        fast = images.is_cuda and torch.cuda.is_bf16_supported()
        with torch.autocast(images.device.type, torch.bfloat16, enabled=fast):
            x = F.relu6(self.stem(x))
            for number, block in enumerate(self.blocks):
                x = block(x)
                if number in _TAPS:
                    taps.append(x)
        fine, middle, coarse = (
            at_least_float(tap)[..., : -(-height // stride), : -(-width // stride)]
            for tap, stride in zip(taps, TAP_STRIDES, strict=True)
        )
        return Taps(fine, middle, coarse)


def _laid_out(images: Tensor) -> Tensor:
    """Return pictures as the network was trained on: colour, centred, sides multiples of 16."""
    height, width = images.shape[-2:]
    if min(height, width) < TRUNK_STRIDE:
        raise TuskError(
            f"A picture of {width}×{height} px is smaller than one cell of the frozen features "
            f"({TRUNK_STRIDE} px). Choose a larger input size, or encoder.backbone = none."
        )
    x = (images * 255 - 127) / 128
    if x.shape[1] == 1:
        x = x.expand(-1, 3, -1, -1)
    below, right = -height % TRUNK_STRIDE, -width % TRUNK_STRIDE
    if below or right:
        x = F.pad(x, (0, right, 0, below), mode="replicate")
    return x.contiguous(memory_format=torch.channels_last)


class _Block(nn.Module):
    """Expand, filter each channel, project; added to its input where the shapes agree."""

    def __init__(self, state: dict[str, Tensor], name: str, side: int, stride: int) -> None:
        super().__init__()
        self.expand: nn.Module | None = None
        if f"{name}.expand.weight" in state:
            self.expand = _FrozenConv(state, f"{name}.expand")
        self.depthwise = _FrozenConv(state, f"{name}.depthwise", stride=stride)
        self.project = _FrozenConv(state, f"{name}.project")
        assert self.depthwise.weight.shape[-1] == side
        first = self.expand if isinstance(self.expand, _FrozenConv) else self.depthwise
        self._adds = stride == 1 and first.num_inputs == self.project.weight.shape[0]

    def forward(self, x: Tensor) -> Tensor:
        wide = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        y: Tensor = self.project(F.relu6(self.depthwise(wide), inplace=True))
        return x + y if self._adds else y


class _FrozenConv(nn.Module):
    """A convolution with given weights, padded as TensorFlow's SAME pads even sides.

    With stride 2 that is one cell less on the left and above than on the right and below.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, state: dict[str, Tensor], name: str, stride: int = 1) -> None:
        super().__init__()
        self.register_buffer("weight", state[f"{name}.weight"])
        self.register_buffer("bias", state[f"{name}.bias"])
        outputs, inputs, side, _ = self.weight.shape
        # One input channel for each filter marks a depthwise convolution (the stem has three).
        self._groups = outputs if inputs == 1 else 1
        self.num_inputs = inputs * self._groups
        self._stride = stride
        reach = side // 2
        self._pad = (reach - 1, reach) * 2 if stride == 2 else None
        self._even_pad = 0 if stride == 2 else reach

    def forward(self, x: Tensor) -> Tensor:
        if self._pad is not None:
            x = F.pad(x, self._pad)
        return F.conv2d(x, self.weight, self.bias, self._stride, self._even_pad, 1, self._groups)
