"""Keypoints of a batch of pictures, as tensors."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class KeypointSet:
    """Keypoints of a batch, by falling score; those of a channel-wise detector by channel.

    Attributes:
        xy: (B, K, 2) pixels of the picture.
        scores: (B, K) in [0, 1]; 0 where the map had fewer peaks than K.
        descriptors: (B, K, C), unit length.
        labels: (B, K) int64 kind of each, where the model reads it from the kind's own map; None
            where it is that of the nearest prototype.
    """

    xy: Tensor
    scores: Tensor
    descriptors: Tensor
    labels: Tensor | None = None
