"""Pictures of keypoints by a model's decoder: of any number of them, and of each prototype alone.

Shapes: K keypoints, C descriptor length, M prototypes, h x w network input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.arrays import sealed, to_pictures
from tusk_core.nn.decoder import Decoded
from tusk_core.nn.keypoint_set import KeypointSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_core.nn.model import TuskModel

_CHUNK = 32


def draw_prototypes(model: TuskModel, indices: Sequence[int] | None = None) -> NDArray[np.uint8]:
    """Draw each prototype alone in the middle of the picture (Figs. 3 and 8).

    Args:
        model: on its device.
        indices: n of the prototypes; None draws all.

    Returns:
        (n, h, w, 3) uint8, on black.
    """
    data = model.config.data
    size = (data.width, data.height)
    pictures = [np.zeros((0, data.height, data.width, 3), np.uint8)]
    with torch.inference_mode():
        vectors = model.prototypes.unit()
        chosen = list(range(len(vectors)) if indices is None else indices)
        for start in range(0, len(chosen), _CHUNK):
            descriptors = vectors[chosen[start : start + _CHUNK]].unsqueeze(1)
            middle = descriptors.new_tensor([(size[0] - 1) / 2, (size[1] - 1) / 2])
            alone = KeypointSet(
                middle.expand(len(descriptors), 1, 2),
                descriptors.new_ones(len(descriptors), 1),
                descriptors,
            )
            pictures.append(to_pictures(_drawn_alone(model, alone, size)))
    return sealed(np.concatenate(pictures))


def _drawn_alone(model: TuskModel, keypoints: KeypointSet, size: tuple[int, int]) -> torch.Tensor:
    code = None
    if model.background.kind == "latent":
        width = model.config.decoder.background_code
        code = keypoints.xy.new_zeros(keypoints.xy.shape[0], width)
    decoded = model.decode(keypoints, size, code)
    if decoded.rgb is None or decoded.shares is None:
        return decoded.composite
    return (decoded.rgb * decoded.shares.unsqueeze(2)).sum(dim=1)


def decode_any(
    model: TuskModel, keypoints: KeypointSet, size: tuple[int, int], code: torch.Tensor | None
) -> Decoded:
    """Rebuild a picture from its keypoints, which may be none.

    Args:
        model: on its device.
        keypoints: of one picture.
        size: (width, height) to draw.
        code: (1, n) of the background; None where the model has none.
    """
    if keypoints.xy.shape[1]:
        return model.decode(keypoints, size, code)
    return _decode_nothing(model, keypoints, size, code)


def _decode_nothing(
    model: TuskModel, keypoints: KeypointSet, size: tuple[int, int], code: torch.Tensor | None
) -> Decoded:
    """Draw a picture without keypoints: the background, or what the network adds to nothing."""
    config = model.config
    like = keypoints.xy
    empty = like.new_zeros(1, 0, size[1], size[0])
    if config.decoder.blend == "sum":
        silent = KeypointSet(
            like.new_zeros(1, 1, 2),
            like.new_zeros(1, 1),
            like.new_zeros(1, 1, config.encoder.num_features),
        )
        return model.decode(silent, size, code)
    background = model.background(code, like, size)
    return Decoded(
        composite=background,
        rgb=empty.unsqueeze(2).expand(-1, -1, config.data.channels, -1, -1),
        alpha=empty,
        shares=empty,
        background=background,
        background_share=like.new_ones(1, size[1], size[0]),
    )
