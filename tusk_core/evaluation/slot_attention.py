"""Slot Attention (Locatello et al., NeurIPS 2020), small: objects as slots that compete for pixels.

Shapes: B batch, K slots, D slot length, N places of the feature map, h x w picture, C channels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tusk_core.evaluation.clustering import fit_kmeans, nearest_centre
from tusk_core.evaluation.rival_pictures import Reading
from tusk_core.geometry.grids import pixel_grid, to_pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.evaluation.rival_pictures import Lesson

ROUNDS = 3
LENGTH, WIDTH = 64, 32
# Pictures whose slots make the kinds, a batch at a time.
NUM_NAMED, BATCH = 512, 32


class PlaceCode(nn.Module):
    """Adds a learned linear code of the place; (B, D, h, w) to the same."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.code = nn.Linear(4, length)

    def forward(self, x: Tensor) -> Tensor:
        """Return the map with each place's distances to the four sides coded in."""
        grid = pixel_grid((x.shape[-1], x.shape[-2]), device=x.device)
        code: Tensor = self.code(torch.cat([grid, -grid], dim=-1))
        return x + code.permute(2, 0, 1)


class SlotCompetition(nn.Module):
    """The module of the paper: places choose slots, slots take the mean of what chose them."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.randn(length) * length**-0.5)
        self.log_spread = nn.Parameter(torch.zeros(length) - 1)
        self.of_inputs, self.of_slots = nn.LayerNorm(length), nn.LayerNorm(length)
        self.keys = nn.Linear(length, 2 * length, bias=False)
        self.queries = nn.Linear(length, length, bias=False)
        self.update = nn.GRUCell(length, length)
        self.residual = nn.Sequential(
            nn.LayerNorm(length), nn.Linear(length, 2 * length), nn.ReLU(),
            nn.Linear(2 * length, length),
        )  # fmt: skip

    def forward(self, inputs: Tensor, noise: Tensor) -> Tensor:
        """Return slots (B, K, D) of inputs (B, N, D), begun from normal noise (B, K, D)."""
        keys, values = self.keys(self.of_inputs(inputs)).chunk(2, dim=-1)
        slots = self.mean + self.log_spread.exp() * noise
        for _ in range(ROUNDS):
            queries = self.queries(self.of_slots(slots)) * slots.shape[-1] ** -0.5
            chosen = (keys @ queries.transpose(1, 2)).softmax(dim=-1) + 1e-8
            taken = (chosen / chosen.sum(dim=1, keepdim=True)).transpose(1, 2) @ values
            new = self.update(taken.flatten(0, 1), slots.flatten(0, 1)).view_as(slots)
            slots = new + self.residual(new)
        return slots


class SlotAttention(nn.Module):
    """Encoder, competition and spatial broadcast decoder; learns by redrawing the picture.

    The slots of a picture are named by k-means of those of the training pictures, so that they can
    be compared with prototypes.

    Args:
        num_slots: K, one more than the objects of a picture: something must draw the background.
        num_labels: kinds of slots.
        seed: of the noise the slots begin from, and of the kinds.
    """

    learning_rate = 1e-3

    def __init__(self, num_slots: int, num_labels: int, seed: int) -> None:
        super().__init__()
        self.num_keypoints, self.num_labels, self._seed = num_slots, num_labels, seed
        self.encoder = nn.Sequential(
            nn.Conv2d(3, WIDTH, 5, stride=2, padding=2), nn.ReLU(),
            nn.Conv2d(WIDTH, WIDTH, 5, padding=2), nn.ReLU(),
            nn.Conv2d(WIDTH, LENGTH, 5, padding=2), nn.ReLU(), PlaceCode(LENGTH),
        )  # fmt: skip
        self.mix = nn.Sequential(
            nn.LayerNorm(LENGTH), nn.Linear(LENGTH, LENGTH), nn.ReLU(), nn.Linear(LENGTH, LENGTH)
        )
        self.competition = SlotCompetition(LENGTH)
        self.decoder = nn.Sequential(
            PlaceCode(LENGTH),
            nn.ConvTranspose2d(LENGTH, WIDTH, 4, stride=2, padding=1), nn.ReLU(),
            nn.ConvTranspose2d(WIDTH, WIDTH, 4, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(WIDTH, 4, 3, padding=1),
        )  # fmt: skip
        self._centres: NDArray[np.float64] = np.zeros((1, LENGTH))

    def slots(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return slots (B, K, D) of pictures (B, 3, h, w) in [0, 1]."""
        inputs = self.mix(self.encoder(images).flatten(2).transpose(1, 2))
        shape = (len(images), self.num_keypoints, LENGTH)
        noise = torch.randn(shape, generator=generator).to(images.device)
        found: Tensor = self.competition(inputs, noise)
        return found

    def draw(self, slots: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Return shares (B, K, h, w) and the picture (B, 3, h, w) of a (width, height)."""
        spread = slots.flatten(0, 1)[..., None, None].expand(-1, -1, size[1] // 4, size[0] // 4)
        drawn = self.decoder(spread).unflatten(0, slots.shape[:2])
        shares = drawn[:, :, 3].softmax(dim=1)
        return shares, (drawn[:, :, :3] * shares[:, :, None]).sum(dim=1)

    def loss(self, lesson: Lesson, generator: torch.Generator) -> Tensor:
        """Return the mean squared error of the redrawn pictures."""
        images = lesson.images
        slots = self.slots(images, generator)
        return F.mse_loss(self.draw(slots, (images.shape[-1], images.shape[-2]))[1], images)

    def name_kinds(self, images: Tensor) -> None:
        """Make kinds of the slots of training pictures (n, 3, h, w), without the background's."""
        found = []
        for some in torch.split(images[:NUM_NAMED], BATCH):
            slots, shares, _ = self._read(some)
            found.append(slots[_is_thing(shares)])
        vectors = torch.cat(found).double().cpu().numpy()
        num = min(self.num_labels, len(vectors))
        self._centres = fit_kmeans(vectors, num, seed=self._seed, num_starts=1)

    def read(self, images: Tensor) -> Reading:
        """Return the slots of pictures as points: the middle of each slot's share."""
        slots, shares, size = self._read(images)
        grid = to_pixels(pixel_grid(size, device=images.device), size)
        weights = shares.square().flatten(2)
        middles = weights @ grid.flatten(0, 1) / weights.sum(-1, keepdim=True)
        vectors = slots.flatten(0, 1).double().cpu().numpy()
        labels = nearest_centre(vectors, self._centres).reshape(slots.shape[:2])
        return Reading(
            middles.double().cpu().numpy(),
            shares.amax(dim=(2, 3)).double().cpu().numpy(),
            labels,
            _is_thing(shares).cpu().numpy(),
            shares.cpu().numpy(),
        )

    def _read(self, images: Tensor) -> tuple[Tensor, Tensor, tuple[int, int]]:
        size = (images.shape[-1], images.shape[-2])
        slots = self.slots(images, torch.Generator().manual_seed(self._seed))
        return slots, self.draw(slots, size)[0], size


def _is_thing(shares: Tensor) -> Tensor:
    """Tell (B, K) which slots are not the largest of their picture, which draws the background."""
    areas = shares.sum(dim=(2, 3))
    return areas < areas.amax(dim=1, keepdim=True)
