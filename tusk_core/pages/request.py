"""What a page is made from: plain values, nothing computed yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tusk_core.prototype_names import PrototypeNames

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.results import Analysis, EvaluationReport, ModelInfo


@dataclass(frozen=True, slots=True, eq=False)
class PageRequest:
    """A model, what it found, and what a person said about it.

    Attributes:
        info: of the model.
        analysis: its detections.
        names: names, merges and hidden kinds; merged kinds count as one, hidden ones not at all.
        evaluations: figures to show beside, made by ``tusk evaluate``.
        looks: (M, h, w, 3) uint8, each kind drawn by the decoder; None where there is none.
        title: of the page; empty takes the names of model and data.
        command: that writes the same page again; empty leaves it out.
    """

    info: ModelInfo
    analysis: Analysis
    names: PrototypeNames = field(default_factory=PrototypeNames)
    evaluations: tuple[EvaluationReport, ...] = ()
    looks: NDArray[np.uint8] | None = None
    title: str = ""
    command: str = ""
