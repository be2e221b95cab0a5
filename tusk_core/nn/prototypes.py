"""The prototypes: unit vectors that descriptors cluster around (paper section 3.3).

Shapes: N descriptors, M prototypes, C descriptor length.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Prototypes(nn.Module):
    """M directions; the length of a stored vector has no meaning, it is normalised on use."""

    def __init__(self, num_prototypes: int, num_features: int) -> None:
        super().__init__()
        vectors = torch.empty(num_prototypes, num_features)
        if (
            not vectors.is_meta
        ):  # shapes alone need no numbers, and drawing them loads much of torch
            vectors.normal_()
        self.vectors = nn.Parameter(vectors)

    def unit(self) -> Tensor:
        """Return the prototypes (M, C) at unit length."""
        return F.normalize(self.vectors, dim=-1)

    def similarities(self, descriptors: Tensor) -> Tensor:
        """Return the cosine of each descriptor to each prototype: (..., C) to (..., M)."""
        return descriptors @ self.unit().T

    def assign(self, descriptors: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
        """Return the nearest prototype of each descriptor.

        Args:
            descriptors: (..., C), unit length.
            temperature: of the soft assignment the confidence is read from.

        Returns:
            (...) int64 labels and (...) confidences in [1 / M, 1].
        """
        probabilities = torch.softmax(self.similarities(descriptors) / temperature, dim=-1)
        confidences, labels = probabilities.max(dim=-1)
        return labels, confidences
