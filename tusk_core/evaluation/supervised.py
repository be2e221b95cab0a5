"""What labels buy: a network of the same size as the model's encoder that is told every object.

Middles as peaks of a heat map (Zhou et al., "Objects as points", 2019); each pixel of an object
points at its middle (Cheng et al., "Panoptic-DeepLab", 2020), so that objects that touch are told
apart; a kind for each place.

Shapes: B batch, J objects, K the most objects of a picture, M values of all A attributes together,
V the sum of their numbers, h x w picture.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tusk_core.evaluation.rival_pictures import Reading
from tusk_core.geometry.grids import pixel_grid, to_pixels
from tusk_core.nn.unet import UNet

if TYPE_CHECKING:
    from tusk_core.evaluation.rival_pictures import Lesson

WIDTHS, FEATURES, GROUPS = (16, 32, 64), 32, 4
# Standard deviation of the peak a middle is taught as, pixels.
SPREAD = 1.5
# Pixels: an offset of so many is 1 to the network.
REACH = 8.0
LEAST_SCORE = 0.3
# Places are learned quickly; at full weight they would drown the attributes.
OFFSET_WEIGHT, PEAK_WEIGHT = 0.2, 0.2


class Supervised(nn.Module):
    """Heat map of middles, offsets, foreground and attributes; a kind is one of their combinations.

    Args:
        num_keypoints: K.
        num_values: (A) values of each attribute.
    """

    learning_rate = 3e-3

    def __init__(self, num_keypoints: int, num_values: tuple[int, ...]) -> None:
        super().__init__()
        self.num_keypoints, self.num_labels = num_keypoints, math.prod(num_values)
        self._num_values = list(num_values)
        self.stem = nn.Conv2d(3, WIDTHS[0], 5, stride=2, padding=2)
        self.trunk = UNet(WIDTHS[0], WIDTHS, FEATURES, GROUPS)
        # Foreground, middle, offset (x, y) for each pixel.
        self.places = nn.ConvTranspose2d(FEATURES, 4, 4, stride=2, padding=1)
        self.values = nn.Conv2d(FEATURES, sum(num_values), 1)
        with torch.no_grad():
            assert self.places.bias is not None
            self.places.bias[1] = -4.0  # almost no pixel is a middle

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits (B, 4, h, w), values (B, V, h / 2, w / 2) of (B, 3, h, w) in [0, 1]."""
        features = F.relu(self.trunk(F.relu(self.stem(images))))
        return self.places(features), self.values(features)

    def loss(self, lesson: Lesson, generator: torch.Generator) -> Tensor:
        """Return the sum of four terms; nothing here is drawn at random."""
        del generator
        places, values = self(lesson.images)
        masks, size = lesson.masks, (places.shape[-1], places.shape[-2])
        grid = to_pixels(pixel_grid(size, device=places.device), size)
        inside = (masks > 0).float()
        foreground = F.binary_cross_entropy_with_logits(places[:, 0], inside)
        owner = (masks - 1).clamp(min=0).flatten(1)
        middles = lesson.xy.gather(1, owner[..., None].expand(-1, -1, 2))
        wanted = (middles.view(*masks.shape, 2) - grid) / REACH
        errors = (places[:, 2:].permute(0, 2, 3, 1) - wanted).abs().sum(-1)
        offset = (errors * inside).sum() / inside.sum().clamp(min=1)
        told = lesson.kinds.gather(1, owner[..., None].expand(-1, -1, lesson.kinds.shape[-1]))
        told = told.view(*masks.shape, -1)[:, ::2, ::2]
        told = torch.where(masks[:, ::2, ::2, None] > 0, told, -1)
        kind = torch.stack(
            [
                F.cross_entropy(logits, told[..., number], ignore_index=-1)
                for number, logits in enumerate(torch.split(values, self._num_values, dim=1))
            ]
        )
        peaks = _peak_loss(places[:, 1], lesson, grid)
        total: Tensor = foreground + kind.sum() + OFFSET_WEIGHT * offset + PEAK_WEIGHT * peaks
        return total

    def name_kinds(self, images: Tensor) -> None:
        """Kinds were taught."""
        del images

    def read(self, images: Tensor) -> Reading:
        """Return the objects of pictures: peaks, and the pixels that point at each."""
        places, values = self(images)
        size = (images.shape[-1], images.shape[-2])
        grid = to_pixels(pixel_grid(size, device=places.device), size)
        heat = places[:, 1].sigmoid()
        heat = torch.where(heat == F.max_pool2d(heat, 5, 1, 2), heat, 0)
        scores, index = heat.flatten(1).topk(self.num_keypoints)
        xy = grid.flatten(0, 1)[index]
        valid = scores > LEAST_SCORE
        votes = (grid + REACH * places[:, 2:].permute(0, 2, 3, 1)).flatten(1, 2)
        far = torch.cdist(xy, votes).masked_fill(~valid[..., None], torch.inf)
        nearest = far.argmin(dim=1)
        owned = F.one_hot(nearest, self.num_keypoints).transpose(1, 2).float()
        owned = (owned * valid[..., None]).view(*valid.shape, *heat.shape[1:])
        shares = owned * places[:, :1].sigmoid()
        # The peak's own cell counts a little, for objects without a pixel.
        peaks = F.one_hot(index, heat[0].numel()).view(*valid.shape, *heat.shape[1:]).float()
        weights = F.avg_pool2d(shares + 1e-3 * peaks, 2)
        labels = torch.zeros_like(index)
        for logits, count in zip(
            torch.split(values, self._num_values, dim=1), self._num_values, strict=True
        ):
            worth = torch.einsum("bkhw,bvhw->bkv", weights, logits.log_softmax(dim=1))
            labels = labels * count + worth.argmax(-1)
        return Reading(
            xy.double().cpu().numpy(),
            scores.double().cpu().numpy(),
            labels.cpu().numpy(),
            valid.cpu().numpy(),
            shares.cpu().numpy(),
        )


def _peak_loss(logits: Tensor, lesson: Lesson, grid: Tensor) -> Tensor:
    """Return the focal loss of the heat map (B, h, w) against Gaussian peaks (Zhou et al.)."""
    near = (lesson.xy.round()[:, :, None, None] - grid).square().sum(-1)
    peaks = (-near / (2 * SPREAD**2)).exp() * lesson.present[..., None, None]
    target = peaks.amax(dim=1)
    is_peak = target > 1 - 1e-3
    p = logits.sigmoid()
    right = (1 - p).square() * F.logsigmoid(logits)
    wrong = (1 - target) ** 4 * p.square() * F.logsigmoid(-logits)
    return -torch.where(is_peak, right, wrong).sum() / lesson.present.sum().clamp(min=1)
