"""A term of the objective: what it is called, what it weighs, what it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One term of a batch.

    Attributes:
        name: as curves and logs call it.
        weight: in the sum, at this step.
        value: scalar, unweighted.
    """

    name: str
    weight: float
    value: Tensor


def weighted_sum(terms: Iterable[Term]) -> Tensor:
    """Return the scalar to call ``backward`` on; terms of weight 0 are left out."""
    return torch.stack([term.weight * term.value for term in terms if term.weight]).sum()


def detached(terms: Iterable[Term]) -> dict[str, Tensor]:
    """Return the unweighted values by name, without gradients."""
    return {term.name: term.value.detach() for term in terms}
