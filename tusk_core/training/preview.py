"""The probe pictures as the model sees them: tensors in, owned read-only arrays out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.arrays import frozen, to_pictures
from tusk_core.events import PreviewReady

if TYPE_CHECKING:
    from torch import Tensor

    from tusk_core.nn.model import TuskModel


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
    redrawn = probes
    if model.config.decoder.kind != "none":
        redrawn = model.decode(keypoints, encoded.size, encoded.code, with_layers=False).composite
    labels = keypoints.labels
    if labels is None:
        labels = model.prototypes.similarities(keypoints.descriptors).argmax(dim=-1)
    return PreviewReady(
        step=step,
        images=to_pictures(probes),
        reconstructions=to_pictures(redrawn),
        xy=frozen(keypoints.xy.cpu().numpy().astype(np.float32)),
        scores=frozen(keypoints.scores.cpu().numpy().astype(np.float32)),
        labels=frozen(labels.cpu().numpy().astype(np.int16)),
        usage=frozen(usage.cpu().numpy().astype(np.float32)),
    )
