"""A picture laid out as the network takes it: what need not wait for the network is done before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from tusk_core.data.fitting import apply_placement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_core.data.fitting import Placement


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A picture at the network's size.

    Attributes:
        size: (width, height) of the original, pixels.
        placement: where the original lies in ``pixels``.
        pixels: (h, w, channels) uint8.
    """

    size: tuple[int, int]
    placement: Placement
    pixels: NDArray[np.uint8]


def lay(image: NDArray[np.uint8], placement: Placement, channels: int) -> Laid:
    """Return (H, W, 3) uint8 laid on its canvas; one channel is its grey."""
    pixels = apply_placement(image, placement)
    if channels == 1:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)[..., None]
    return Laid((image.shape[1], image.shape[0]), placement, pixels)


def as_batch(laid: Sequence[Laid], device: torch.device) -> torch.Tensor:
    """Return (B, channels, h, w) float32 in [0, 1] of pictures on canvases of one size."""
    batch = torch.from_numpy(np.stack([one.pixels for one in laid])).to(device)
    return batch.permute(0, 3, 1, 2).float().div_(255)
