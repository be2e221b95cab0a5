"""How fast this machine runs a model's convolutions when it does nothing else."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from tusk_core.nn.model import TuskModel

_LEAST_S = 0.05
_MOST_REPEATS = 50


@dataclass(frozen=True, slots=True)
class ConvolutionCount:
    """The convolutions of one training step.

    Attributes:
        multiply_adds: forward and backward.
        milliseconds: all of them, one after the other, alone.
    """

    multiply_adds: float
    milliseconds: float


@dataclass(frozen=True, slots=True)
class _Shape:
    """One convolution and what it is given."""

    channels: tuple[int, int]
    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    given: tuple[int, ...]
    has_planes: bool = False

    def multiply_adds(self) -> float:
        """Return those of the forward pass."""
        batch, _, height, width = self.given
        rows, columns = height // self.stride[0], width // self.stride[1]
        per_cell = self.channels[0] * self.channels[1] * self.kernel[0] * self.kernel[1]
        return float(batch * rows * columns * per_cell)


def count_convolutions(model: TuskModel, images: Tensor) -> ConvolutionCount:
    """Count the convolutions of both networks on ``images`` and time each shape alone.

    Args:
        model: its encoder and decoder are run once.
        images: (B, channels, H, W), both views.
    """
    shapes: Counter[_Shape] = Counter()

    def note(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        assert isinstance(module, nn.Conv2d)
        assert not isinstance(module.padding, str)
        channels = (module.in_channels, module.out_channels)
        sizes, planes = tuple(given[0].shape), given[0].is_contiguous()
        kernel = (module.kernel_size, module.stride, module.padding)
        shapes[_Shape(channels, *kernel, sizes, planes)] += 1

    hooks = [
        part.register_forward_pre_hook(note)
        for part in (*model.encoder.modules(), *model.decoder.modules())
        if isinstance(part, nn.Conv2d)
    ]
    with torch.no_grad():
        encoded = model.encode(images)
        model.decode(model.find_keypoints(encoded), encoded.size, encoded.code)
    for hook in hooks:
        hook.remove()
    total = sum(3 * shape.multiply_adds() * count for shape, count in shapes.items())
    with torch.autocast(images.device.type, torch.bfloat16, enabled=model.fast_arithmetic):
        spent = sum(_time(shape, images.device) * count for shape, count in shapes.items())
    return ConvolutionCount(total, spent)


def _time(shape: _Shape, device: torch.device) -> float:
    """Return milliseconds of one forward and backward pass, the best of several."""
    layer = nn.Conv2d(*shape.channels, shape.kernel, shape.stride, shape.padding)  # type: ignore[arg-type]
    layout = torch.contiguous_format if shape.has_planes else torch.channels_last
    layer = layer.to(device, memory_format=layout)  # type: ignore[call-overload]
    given = torch.rand(shape.given, device=device)
    given = given.to(memory_format=layout).requires_grad_()
    gradient = torch.ones_like(layer(given))
    best, spent, repeats = float("inf"), 0.0, 0
    while (spent < _LEAST_S or repeats < 3) and repeats < _MOST_REPEATS:
        begin = _now(device)
        layer(given).backward(gradient)
        elapsed = _now(device) - begin
        best, spent, repeats = min(best, elapsed), spent + elapsed, repeats + 1
    return best * 1000


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()
