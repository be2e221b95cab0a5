"""A picture laid out as the network takes it: what need not wait for the network is done before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from tusk_core.nn.keypoint_set import KeypointSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_core.data.fitting import Placement, ReducedPicture
    from tusk_core.results import Keypoints


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


def lay(picture: ReducedPicture, placement: Placement, channels: int) -> Laid:
    """Return a picture laid on its canvas; one channel is its grey."""
    pixels = picture.laid(placement)
    if channels == 1:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)[..., None]
    return Laid(picture.size, placement, pixels)


def as_batch(laid: Sequence[Laid], device: torch.device) -> torch.Tensor:
    """Return (B, channels, h, w) float32 in [0, 1] of pictures on canvases of one size."""
    batch = torch.from_numpy(np.stack([one.pixels for one in laid])).to(device)
    return batch.permute(0, 3, 1, 2).float().div_(255)


def lies_in(
    places: NDArray[np.float32], placement: Placement, size: tuple[int, int], stride: int
) -> NDArray[np.bool_]:
    """Tell which places (K, 2) lie in a picture or within one map cell of its edge.

    What is farther out lies in the black that ``fit = "pad"`` adds, and is not a keypoint.

    Args:
        places: in pixels of the picture.
        placement: of the picture.
        size: (width, height) of the picture.
        stride: of the model's maps, pixels of its input.
    """
    reach = stride / np.array(placement.scale)
    far = (places < -0.5 - reach) | (places > np.array(size) - 0.5 + reach)
    return np.asarray(~far.any(axis=1))


def on_canvas(
    keypoints: Keypoints, placement: Placement, length: int, device: torch.device
) -> KeypointSet:
    """Return keypoints of a picture as the decoder takes them, in a batch of one.

    Args:
        keypoints: K of them, in pixels of the picture.
        placement: of the picture.
        length: of a descriptor.
        device: of the decoder.
    """

    def tensor(values: NDArray[np.float32]) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.float32, device=device).unsqueeze(0)

    count = len(keypoints.scores)
    return KeypointSet(
        tensor(placement.to_canvas(keypoints.xy.reshape(count, 2))),
        tensor(np.clip(keypoints.scores, 0, 1)),
        # A blend of two descriptors is shorter than one.
        F.normalize(tensor(keypoints.descriptors.reshape(count, length)), dim=-1),
    )
