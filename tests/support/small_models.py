"""Small model folders for the tests of inference, exports and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from tusk_core.config import TrainConfig, replaced
from tusk_core.nn.model import TuskModel
from tusk_core.nn.model_files import save_model

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SMALL: dict[str, Any] = {
    "data.width": 32,
    "data.height": 24,
    "data.fit": "stretch",
    "encoder.widths": [8, 12],
    "encoder.num_features": 8,
    "keypoints.num_keypoints": 4,
    "keypoints.nms_window": 3,
    "keypoints.refine_window": 3,
    "decoder.widths": [8, 12],
    "decoder.patch_size": 12,
    "decoder.patch_channels": 8,
    "prototypes.num_prototypes": 6,
}

KINDS: dict[str, dict[str, Any]] = {
    "patch": {"decoder.kind": "patch"},
    "patch-learned": {"decoder.kind": "patch", "decoder.background": "learned"},
    "patch-latent": {"decoder.kind": "patch", "decoder.background": "latent"},
    "sum": {"decoder.kind": "unet", "decoder.blend": "sum", "decoder.background": "none"},
    "softmax": {"decoder.kind": "unet", "decoder.blend": "alpha", "decoder.background": "none"},
    "softmax-black": {"decoder.kind": "unet", "decoder.background": "black"},
}


def small_config(**changes: Any) -> TrainConfig:
    """Return a tiny configuration; keys have ``__`` for the dot."""
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return replaced(TrainConfig(), {**SMALL, **dotted})


def write_model(folder: Path, changes: dict[str, Any] | None = None, seed: int = 0) -> Path:
    """Save an untrained model whose heat map and layers are far from flat; returns ``folder``."""
    config = replaced(TrainConfig(), {**SMALL, **(changes or {})})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = TuskModel(config)
    usage = [1 / config.prototypes.num_prototypes] * config.prototypes.num_prototypes
    save_model(folder, model, step=7, usage=usage, name="small")
    return folder


def picture(width: int = 45, height: int = 31, seed: int = 0) -> NDArray[np.uint8]:
    """Return a smooth random colour picture (H, W, 3) uint8."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 4 + 2, width // 4 + 2, 3), dtype=np.uint8)
    return np.repeat(np.repeat(coarse, 4, 0), 4, 1)[:height, :width].copy()
