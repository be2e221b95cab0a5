"""From what the decoder drew to what the door hands out.

Shapes: K keypoints, h x w network input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.arrays import frozen, to_pictures
from tusk_core.results import Reconstruction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.nn.decoder import Decoded

# A mask is uint8, with 0 for the background.
MAX_MASKED = 255


def as_reconstruction(
    decoded: Decoded, batch: torch.Tensor, error: float, contributions: torch.Tensor
) -> Reconstruction:
    """Return one rebuilt picture as owned, read-only arrays.

    Args:
        decoded: of one picture.
        batch: (1, channels, h, w) in [0, 1], the input.
        error: mean squared.
        contributions: (K,) rise of the error without each keypoint.
    """
    _, _, h, w = batch.shape
    background = decoded.background
    if background is None:
        background = torch.zeros_like(batch)
    if decoded.rgb is None or decoded.shares is None:
        rgb = np.zeros((0, h, w, 3), np.uint8)
        alpha = np.zeros((0, h, w), np.float32)
        mask = np.zeros((h, w), np.uint8)
    else:
        rgb = to_pictures(decoded.rgb[0])
        alpha = decoded.shares[0].float().cpu().numpy()
        behind = decoded.background_share
        mask = mask_of(alpha, None if behind is None else behind[0].float().cpu().numpy())
    return Reconstruction(
        composite=to_pictures(decoded.composite)[0],
        target=to_pictures(batch)[0],
        rgb=rgb,
        alpha=frozen(np.clip(alpha, 0, 1)),
        background=to_pictures(background)[0],
        mask=frozen(mask),
        error=error,
        contributions=frozen(contributions.float().cpu().numpy()),
    )


def mask_of(
    alpha: NDArray[np.float32], background: NDArray[np.float32] | None
) -> NDArray[np.uint8]:
    """Return (h, w) uint8: 1 + index of the layer with the largest share, 0 = background.

    Args:
        alpha: (K, h, w) shares.
        background: (h, w) share of the background, or None where the model has none.
    """
    if not len(alpha):
        return np.zeros(alpha.shape[1:], np.uint8)
    numbered = alpha[:MAX_MASKED]
    winner = numbered.argmax(axis=0)
    mask: NDArray[np.uint8] = (winner + 1).astype(np.uint8)
    if background is not None:
        mask[background > numbered.max(axis=0)] = 0
    return mask
