"""What the user wants a training on certain pictures to do; set before there is a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tusk_core.config import DataConfig


@dataclass(frozen=True)
class TrainingShape:
    """How the user wants pictures to reach the network.

    Attributes:
        width: of the network's input [px].
        height: of the network's input [px].
        fit: how a picture of another shape is brought to that size.
    """

    width: int
    height: int
    fit: Literal["crop", "stretch", "pad"]


@dataclass(frozen=True)
class TrainingWish:
    """What was chosen on the summary page of some pictures.

    Attributes:
        source: the pictures it was chosen for; it means nothing for others.
        shape: how they shall reach the network; None leaves it to the preset.
        held_out: share of the pictures to measure on only, [0, 0.5].
        shown_as: channels of the pictures, and what is black and white in those of more than eight
            bits; None leaves it to them.
        proposed: settings measured on the pictures that the user took over, by their names.
    """

    source: str = ""
    shape: TrainingShape | None = None
    held_out: float = 0.0
    shown_as: DataConfig | None = None
    proposed: dict[str, int] = field(default_factory=dict)

    def of(self, source: str) -> TrainingWish:
        """Return this wish if it is about ``source``, else one that leaves all to the preset."""
        return self if source == self.source else TrainingWish(source)
