"""The probe pictures as the model sees them: tensors in, owned read-only arrays out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tusk_core.events import PreviewReady

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from tusk_core.nn.model import TuskModel


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return an owned, contiguous, read-only copy."""
    copy = np.array(array, order="C", copy=True)
    copy.flags.writeable = False
    return copy


def to_pictures(images: Tensor) -> NDArray[np.uint8]:
    """Turn (B, 1 or 3, H, W) in [0, 1] into owned read-only (B, H, W, 3) uint8."""
    pictures = images.detach().clamp(0, 1).mul(255).round().to("cpu", torch.uint8)
    if pictures.shape[1] == 1:
        pictures = pictures.expand(-1, 3, -1, -1)
    out: NDArray[np.uint8] = frozen(pictures.permute(0, 2, 3, 1).numpy())
    return out


@torch.no_grad()
def make_preview(model: TuskModel, probes: Tensor, step: int, usage: Tensor) -> PreviewReady:
    """Run the model on the probe pictures.

    Args:
        model: as it is now.
        probes: (P, channels, H, W) in [0, 1].
        step: they are made at.
        usage: (M,) share of recent keypoints on each prototype.
    """
    encoded = model.encode(probes)
    keypoints = model.find_keypoints(encoded)
    decoded = model.decode(keypoints, encoded.size, encoded.code, with_layers=False)
    labels = model.prototypes.similarities(keypoints.descriptors).argmax(dim=-1)
    return PreviewReady(
        step=step,
        images=to_pictures(probes),
        reconstructions=to_pictures(decoded.composite),
        xy=frozen(keypoints.xy.cpu().numpy().astype(np.float32)),
        scores=frozen(keypoints.scores.cpu().numpy().astype(np.float32)),
        labels=frozen(labels.cpu().numpy().astype(np.int16)),
        usage=frozen(usage.cpu().numpy().astype(np.float32)),
    )
