"""The one place that knows which class a configuration asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.nn.model import TuskModel
from tusk_core.nn.photo_model import PhotoModel

if TYPE_CHECKING:
    from tusk_core.config import TrainConfig


def build_model(config: TrainConfig) -> TuskModel:
    """Return a new model with these settings, its weights drawn from torch's generator."""
    return PhotoModel(config) if config.encoder.has_backbone else TuskModel(config)
