"""All groups together: what reproduces one run."""

from __future__ import annotations

import math
from typing import Self

from pydantic import model_validator

from tusk_core.config.learning import LossConfig, OptimConfig, RunConfig
from tusk_core.config.networks import (
    DecoderConfig,
    EncoderConfig,
    KeypointConfig,
    PrototypeConfig,
)
from tusk_core.config.pictures import DataConfig, PairConfig
from tusk_core.config.settings import SettingsGroup, setting

CONFIG_SCHEMA = 1


class TrainConfig(SettingsGroup):
    """Everything needed to reproduce one run."""

    config_schema: int = setting(
        CONFIG_SCHEMA, "Version of this file's layout.", ge=1, le=CONFIG_SCHEMA
    )
    preset: str = setting("custom", "Name of the preset these settings began from.")
    description: str = setting("", "One sentence on what these settings are for.")
    data: DataConfig = setting(DataConfig(), "Pictures")
    encoder: EncoderConfig = setting(EncoderConfig(), "Encoder")
    keypoints: KeypointConfig = setting(KeypointConfig(), "Keypoints")
    decoder: DecoderConfig = setting(DecoderConfig(), "Decoder")
    prototypes: PrototypeConfig = setting(PrototypeConfig(), "Prototypes")
    losses: LossConfig = setting(LossConfig(), "Losses")
    pair: PairConfig = setting(PairConfig(), "Views")
    optim: OptimConfig = setting(OptimConfig(), "Optimisers")
    run: RunConfig = setting(RunConfig(), "Run")

    @model_validator(mode="after")
    def _check(self) -> Self:
        K, M = self.keypoints.num_keypoints, self.prototypes.num_prototypes
        if self.is_channel_wise and K != M:
            raise ValueError(
                f'keypoints.detector = "channel-wise" has one prototype for each keypoint, so '
                f"prototypes.num_prototypes ({M}) must equal keypoints.num_keypoints ({K})"
            )
        if self.encoder.has_backbone and self.is_channel_wise:
            raise ValueError(
                "encoder.backbone has a map for each kind already; keypoints.detector must be "
                '"single-map"'
            )
        self._check_places()
        if any(not 0 <= kind < M for kind in self.prototypes.kept):
            raise ValueError(
                f"prototypes.kept names kinds from 0 to {M - 1}, got {list(self.prototypes.kept)}"
            )
        if self.decoder.kind == "none" and not self.encoder.has_backbone:
            raise ValueError(
                'decoder.kind = "none" needs encoder.backbone: without it, keypoints are learned '
                "from redrawing alone"
            )
        self._check_frozen()
        return self

    def _check_frozen(self) -> None:
        """Refuse what only a model with a frozen network can do."""
        has_backbone, uses = self.encoder.has_backbone, self.pair.uses
        if uses > 1 and not has_backbone:
            raise ValueError("pair.uses above 1 needs encoder.backbone: it spares a frozen network")
        if not has_backbone and (self.losses.motion_weight or self.pair.frames_apart):
            raise ValueError(
                "losses.motion_weight and pair.frames_apart need encoder.backbone: only kinds on a "
                "frozen network learn from motion. Begin from the preset quick-photos, or leave "
                "them out"
            )
        if self.pair.frames_apart and not self.pair.first.is_identity:
            raise ValueError(
                "pair.frames_apart needs a first view that shows the frame as it is: set scale to "
                "1 and the other numbers of pair.first to 0, as quick-photos has them"
            )
        learns_peaks = has_backbone and self.encoder.head == "dense" and self.losses.peaks_weight
        if self.data.empty and not learns_peaks:
            raise ValueError(
                "data.empty teaches which scores are low, which only peaks on a frozen network "
                'learn: it needs encoder.backbone, encoder.head = "dense" and losses.peaks_weight. '
                "Begin from the preset quick-photos, or leave data.empty out"
            )

    def _check_places(self) -> None:
        """Refuse more keypoints than one heat map has places."""
        K, most = self.keypoints.num_keypoints, self.most_keypoints
        if most is None or most >= K:
            return
        raise ValueError(
            f"keypoints.num_keypoints can be at most {most} here, got {K}: the heat map of a "
            f"picture of {self.data.width} × {self.data.height} px with encoder.stem_stride "
            f"{self.encoder.stem_stride} has no more places"
        )

    @property
    def most_keypoints(self) -> int | None:
        """Places of the one heat map, each of which can hold a keypoint; None for several maps."""
        if self.is_channel_wise or self.encoder.has_backbone:
            return None
        stride = self.encoder.stem_stride
        return -(-self.data.width // stride) * -(-self.data.height // stride)

    @property
    def is_channel_wise(self) -> bool:
        """Whether every keypoint has a heat map of its own."""
        return self.keypoints.detector == "channel-wise"

    @property
    def size_multiple(self) -> int:
        """Picture sides are padded to a multiple of this: stem stride times the poolings."""
        encoder = self.encoder.stem_stride * 2 ** (len(self.encoder.widths) - 1)
        decoder = 2 ** (len(self.decoder.widths) - 1) if self.decoder.kind == "unet" else 1
        return math.lcm(encoder, decoder)
