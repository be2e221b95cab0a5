"""Pictures that the decoder makes of prototypes, cut to what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DARK = 24


def common_middle(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the middle of pictures, (M, h, w, 3), just large enough for what all of them show.

    A prototype is drawn in the middle of a whole picture, most of which stays black.
    """
    if len(pictures) == 0:
        return pictures
    height, width = pictures.shape[1:3]
    rows, columns = np.nonzero(pictures.max(axis=(0, 3)) > _DARK)
    middle = (height - 1) / 2, (width - 1) / 2
    reach = 4.0
    if len(rows):
        reach = max(
            reach, float(np.abs(rows - middle[0]).max()), float(np.abs(columns - middle[1]).max())
        )
    half = min(int(np.ceil(reach)) + 2, min(height, width) // 2)
    top, left = height // 2 - half, width // 2 - half
    return pictures[:, top : top + 2 * half, left : left + 2 * half]
