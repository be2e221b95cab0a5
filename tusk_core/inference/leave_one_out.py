"""What each keypoint is worth: the error of the picture when it is left out.

Layers do not depend on each other, so only their blending is done again: sums over all others,
from both ends, give all K pictures at once without running the decoder again.

Shapes: K keypoints, h x w picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tusk_core.nn.keypoint_set import KeypointSet

if TYPE_CHECKING:
    from torch import Tensor

    from tusk_core.nn.decoder import Decoded
    from tusk_core.nn.model import TuskModel

_CHUNK = 16
_EPSILON = 1e-6


def leave_one_out_errors(
    model: TuskModel, keypoints: KeypointSet, decoded: Decoded, target: Tensor
) -> Tensor:
    """Return the mean squared error (K,) of one picture without each of its keypoints.

    Args:
        model: that drew it.
        keypoints: of one picture, (1, K, ...).
        decoded: the whole picture as drawn from them.
        target: (1, channels, h, w) in [0, 1].
    """
    if keypoints.xy.shape[1] == 0:
        return target.new_zeros(0)
    if decoded.rgb is None or decoded.shares is None:
        return _of_sums(model, keypoints, target)
    rgb = decoded.rgb[0]
    background = torch.zeros_like(target[0])
    if decoded.background is not None:
        background = decoded.background[0]
    if decoded.opacity is not None and decoded.depth is not None:
        pictures = _without_each_cover(rgb, decoded.opacity[0], decoded.depth[0], background)
    else:
        behind = decoded.background_share
        pictures = _without_each_slot(
            rgb, decoded.shares[0], background, None if behind is None else behind[0]
        )
    return (pictures - target).square().mean(dim=(1, 2, 3))


def _sum_of_others(x: Tensor) -> Tensor:
    """Return the sum of all but entry k along the first axis, without subtracting."""
    before = torch.cumsum(x, 0).roll(1, 0)
    after = torch.cumsum(x.flip(0), 0).flip(0).roll(-1, 0)
    before[0], after[-1] = 0, 0
    return before + after


def _without_each_cover(rgb: Tensor, opacity: Tensor, depth: Tensor, background: Tensor) -> Tensor:
    """Blend as ``nn.decoder.blend_patches`` does, (K, channels, h, w)."""
    uncovered = torch.exp(-_sum_of_others(depth))
    weight = (1 - uncovered) / (_sum_of_others(opacity) + _EPSILON)
    colour = _sum_of_others(rgb * opacity.unsqueeze(1))
    return colour * weight.unsqueeze(1) + background * uncovered.unsqueeze(1)


def _without_each_slot(
    rgb: Tensor, shares: Tensor, background: Tensor, behind: Tensor | None
) -> Tensor:
    """Share out the softmax among the slots that stay, (K, channels, h, w)."""
    colour = _sum_of_others(rgb * shares.unsqueeze(1))
    total = _sum_of_others(shares)
    if behind is not None:
        colour, total = colour + background * behind, total + behind
    left = total.unsqueeze(1)
    return torch.where(left > 0, colour / left.clamp_min(1e-30), background)


def _of_sums(model: TuskModel, keypoints: KeypointSet, target: Tensor) -> Tensor:
    """Draw a score-weighted sum anew with one score at zero, a few pictures at a time."""
    count = keypoints.xy.shape[1]
    size = (target.shape[-1], target.shape[-2])
    scores = keypoints.scores * (1 - torch.eye(count, device=target.device))
    errors = []
    for start in range(0, count, _CHUNK):
        part = scores[start : start + _CHUNK]
        n = part.shape[0]
        without = KeypointSet(
            keypoints.xy.expand(n, -1, -1), part, keypoints.descriptors.expand(n, -1, -1)
        )
        composite = model.decode(without, size).composite
        errors.append((composite - target).square().mean(dim=(1, 2, 3)))
    return torch.cat(errors)
