"""Arrays that leave the engine: numpy, owned by the receiver, read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

Scalar = TypeVar("Scalar", bound=np.generic)


def frozen(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Return an owned, contiguous, read-only copy of the same shape."""
    return sealed(np.array(array, order="C", copy=True))


def sealed(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Return the array itself, made read-only: for arrays that nobody else holds."""
    array.flags.writeable = False
    return array


def to_pictures(images: Tensor) -> NDArray[np.uint8]:
    """Turn (B, 1 or 3, H, W) in [0, 1] into owned read-only (B, H, W, 3) uint8."""
    pictures = images.detach().clamp(0, 1).mul(255).round().byte().cpu()
    if pictures.shape[1] == 1:
        pictures = pictures.expand(-1, 3, -1, -1)
    return frozen(pictures.permute(0, 2, 3, 1).numpy())
