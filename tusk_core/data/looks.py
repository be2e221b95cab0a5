"""How the pictures of a source are shown where their files leave it open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk_core.data.decoded import Brightness

if TYPE_CHECKING:
    from tusk_core.config import DataConfig


LOOK_SETTINGS = {"brightness", "brightness_low", "brightness_high", "picture_channels"}
"""The settings of ``DataConfig`` that decide how pictures are shown."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is decided about pictures of more than eight bits or more than three channels.

    Attributes:
        brightness: what is black and white; None measures it on the source.
        is_each: every picture by itself, as the first models were trained.
        channels: one for grey, three for red, green, blue; none takes the first three.
    """

    brightness: Brightness | None = None
    is_each: bool = False
    channels: tuple[int, ...] = ()


def look_of(data: DataConfig) -> Look:
    """Return what the settings say."""
    chosen = Brightness(data.brightness_low, data.brightness_high)
    return Look(
        chosen if data.brightness == "range" else None,
        data.brightness == "picture",
        tuple(data.picture_channels),
    )


def settled_look(data: DataConfig, used: Brightness | None) -> DataConfig:
    """Return the settings with the brightness that was measured on the pictures of a source.

    One of its files alone is shown alike then.

    Args:
        data: the settings.
        used: what the pictures were shown at; None if none needed it.
    """
    if used is None or data.brightness != "auto":
        return data
    changes = {"brightness": "range", "brightness_low": used.low, "brightness_high": used.high}
    return data.model_copy(update=changes)
