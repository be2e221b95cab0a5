"""What motion says of the views of a step: which places count more, and where they were before.

Shapes: B pictures, h x w cells, H x W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from tusk_core.geometry.tps import inside, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SURE = 0.75


@dataclass(frozen=True, slots=True)
class FrameMotion:
    """Motion in B frames of a video under a still camera.

    Attributes:
        weights: (B, 1, h, w) how much each place of the first view counts, 1 on average over the
            video.
        steps: (B, 2, H, W) from each place of the frame that the second view shows to where the
            same was in the first view, (x, y) in the unit square; None where both show one frame.
        sure: (B, 1, H, W) 1 where that is known, else 0; None likewise.
    """

    weights: Tensor
    steps: Tensor | None = None
    sure: Tensor | None = None

    def weights_on(self, size: tuple[int, int]) -> Tensor:
        """Return the weights of the first view on a map of (h, w) cells, (B, h, w)."""
        weights = self.weights.float()
        if weights.shape[-2:] != size:
            weights = F.interpolate(weights, size, mode="bilinear", align_corners=False)
        return weights[:, 0]

    def followed(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Return where places of the second view's frame were in the first view.

        Args:
            positions: (B, h, w, 2) in the unit square.

        Returns:
            (B, h, w, 2) in the unit square, and (B, h, w) 1 where that is known and shown.
        """
        seen = inside(positions)
        if self.steps is None or self.sure is None:
            return positions, seen.to(positions.dtype)
        moved = positions + sample(self.steps, positions, padding="edge").permute(0, 2, 3, 1)
        known = sample(self.sure, positions, padding="edge")[:, 0] >= _SURE
        return moved, (seen & known & inside(moved)).to(positions.dtype)

    def rows(self, which: slice) -> FrameMotion:
        """Return that of some of the pictures."""
        return self._each(lambda part: part[which])

    def to(self, dtype: torch.dtype) -> FrameMotion:
        """Return the same numbers in another precision."""
        return self._each(lambda part: part.to(dtype))

    def _each(self, change: Callable[[Tensor], Tensor]) -> FrameMotion:
        steps = None if self.steps is None else change(self.steps)
        sure = None if self.sure is None else change(self.sure)
        return FrameMotion(change(self.weights), steps, sure)

    @staticmethod
    def joined(parts: Sequence[FrameMotion]) -> FrameMotion | None:
        """Return the motion of several parts, in their order; None of no part."""
        if not parts:
            return None
        steps = [part.steps for part in parts if part.steps is not None]
        sure = [part.sure for part in parts if part.sure is not None]
        return FrameMotion(
            torch.cat([part.weights for part in parts]),
            torch.cat(steps) if steps else None,
            torch.cat(sure) if sure else None,
        )
