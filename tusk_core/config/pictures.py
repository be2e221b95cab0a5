"""Settings of the pictures: which, how they become network input, how views are made of them."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import model_validator

from tusk_core.config.settings import SettingsGroup, setting


class DataConfig(SettingsGroup):
    """Which pictures, and how they become network input."""

    source: str = setting("", "Folder, video or data set to learn from.", level="basic")
    width: int = setting(
        80, "Width of the network's input.", unit="px", symbol="W", level="basic", ge=8, le=2048
    )
    height: int = setting(
        80, "Height of the network's input.", unit="px", symbol="H", level="basic", ge=8, le=2048
    )
    channels: Literal[1, 3] = setting(3, "1 for grey pictures, 3 for colour.")
    fit: Literal["stretch", "crop", "pad"] = setting(
        "crop", "How a picture of another shape is brought to the input size."
    )
    max_pictures: int = setting(
        0, "Use at most this many pictures; 0 uses all of them.", unit="pictures", ge=0
    )
    frame_step: int = setting(
        1, "Of a video, use every n-th frame.", unit="frames", ge=1, le=10_000
    )
    brightness: Literal["auto", "range", "picture"] = setting(
        "auto",
        "What is black and white in pictures of more than eight bits: measured on the whole data "
        "set when training begins (auto), given below (range), or on each picture by itself.",
    )
    brightness_low: float = setting(0.0, "Value shown as black, where brightness is a range.")
    brightness_high: float = setting(65535.0, "Value shown as white, where brightness is a range.")
    picture_channels: tuple[int, ...] = setting(
        (),
        "Which channels of files with several are shown: one for grey, or those for red, green "
        "and blue, from 0; empty takes the first three.",
    )
    held_out: float = setting(
        0.0,
        "Share of the pictures that is not learned from but measured on at every checkpoint; the "
        "best checkpoint is then the best on them. Of a video, its last frames.",
        ge=0,
        le=0.5,
    )
    empty: str = setting(
        "",
        "Folder, list (a .txt file with a path on each line) or video of pictures that do not show "
        "the subject; they teach what must score low.",
    )
    crops: int = setting(
        0,
        "Learn from random crops with this longer side, at full resolution, instead of from whole "
        "pictures, and search larger pictures in tiles of that size; 0 takes whole pictures.",
        unit="px",
        ge=0,
        le=65_536,
    )
    crops_each: int = setting(
        0,
        "Crops from each picture; 0 takes enough to cover it twice.",
        unit="crops",
        ge=0,
        le=100_000,
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if 0 < self.crops < 8:
            raise ValueError(f"crops must be 0 or at least 8 px, got {self.crops}")
        return self


class WarpConfig(SettingsGroup):
    """One random thin-plate-spline warp: affine part and control-point noise.

    See docs/method.md, section 1.
    """

    scale: float = setting(0.98, "Mean of the zoom; below 1 zooms in.", gt=0.1, le=3)
    scale_jitter: float = setting(0.02, "Zoom is drawn within ± this, for each axis.", ge=0, le=0.9)
    bend: float = setting(0.03, "Control points move within ± this.", unit="half sides", ge=0, le=1)
    shift: float = setting(0.02, "Centre moves within ± this.", unit="half sides", ge=0, le=1)
    rotation: float = setting(0.05, "Turn within ± this.", unit="rad", ge=0, le=math.pi)

    @property
    def is_identity(self) -> bool:
        """Whether every warp that can be drawn leaves the picture as it is."""
        jitter = (self.scale_jitter, self.bend, self.shift, self.rotation)
        return self.scale == 1 and not any(jitter)


class PairConfig(SettingsGroup):
    """How the two views of one picture are made (paper section 3.4, equivariance)."""

    uses: int = setting(
        1,
        "Steps that use each pair of views, in models with a frozen network: its features are "
        "computed once, so that a step needs it for new pairs only. More saves time on a CPU.",
        unit="steps",
        ge=1,
        le=64,
    )

    frames_apart: int = setting(
        0,
        "In a video under a still camera, the second view shows a frame up to so many before or "
        "after the first, in which every place is followed by optical flow: what moved is the same "
        "kind in another pose. 0 warps one frame. Needs encoder.backbone and a first view that is "
        "not warped.",
        unit="frames",
        ge=0,
        le=100,
    )
    first: WarpConfig = setting(WarpConfig(), "Warp that makes the first view.")
    second: WarpConfig = setting(
        WarpConfig(scale=0.95, scale_jitter=0.05, bend=0.05, shift=0.02, rotation=0.2),
        "Warp that makes the second view from the first.",
    )
    padding: Literal["black", "white", "reflect"] = setting(
        "reflect", "What lies beyond the picture's edge."
    )
    recolour: float = setting(
        0.0,
        "How much brightness, contrast and colours of the second view are changed.",
        ge=0,
        le=1,
    )
