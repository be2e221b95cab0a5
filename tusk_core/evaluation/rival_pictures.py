"""Pictures that rival methods learn from, and what they say of pictures.

Shapes: P pictures, J objects (padded), K points, h x w canvas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.data.fitting import apply_placement, fit_picture, place
from tusk_core.evaluation.truth import object_table
from tusk_core.inference.walk import Walk, walk
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray
    from torch import Tensor

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.fitting import Placement
    from tusk_core.evaluation.truth import ObjectTable
    from tusk_core.events import JobProgress
    from tusk_core.inference.walk import Read

# Enough that a few minutes of training hardly see one twice.
NUM_PICTURES = 8192
LONGEST_SIDE = 96
# Both networks halve the picture twice.
_MULTIPLE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a rival says of a batch.

    Attributes:
        xy: (B, K, 2) canvas pixels.
        scores: (B, K) in [0, 1].
        labels: (B, K) kind.
        valid: (B, K) whether it is a thing.
        shares: (B, K, h, w) how much of each pixel belongs to each.
    """

    xy: NDArray[np.float64]
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    valid: NDArray[np.bool_]
    shares: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Pictures with their truth, on the canvas; without a truth J is 1 and nothing is present.

    Attributes:
        images: (P, 3, h, w), uint8 as kept, float in [0, 1] as learned from.
        masks: (P, h, w) int64, 1 + index of the object, 0 = background.
        xy: (P, J, 2) middles, canvas pixels.
        kinds: (P, J, A) int64, the value of each of A attributes, or the class alone.
        present: (P, J) bool.
        num_values: (A) of each attribute.
    """

    images: Tensor
    masks: Tensor
    xy: Tensor
    kinds: Tensor
    present: Tensor
    num_values: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def at(self, rows: Tensor, device: torch.device) -> Lesson:
        """Return some of the pictures on a device, as the networks take them."""
        return Lesson(
            self.images[rows].to(device).float() / 255,
            self.masks[rows].to(device).long(),
            self.xy[rows].to(device),
            self.kinds[rows].to(device),
            self.present[rows].to(device),
            self.num_values,
        )


def canvas_for(size: tuple[int, int]) -> tuple[int, int]:
    """Return the (width, height) that pictures of a (width, height) are worked on at."""
    zoom = min(1.0, LONGEST_SIDE / max(size))
    width, height = (-(-round(side * zoom) // _MULTIPLE) * _MULTIPLE for side in size)
    return width, height


def placed(picture: NDArray[np.uint8], canvas: tuple[int, int]) -> Placement:
    """Return how a picture (H, W, 3) or mask (H, W) lies on a canvas."""
    return place((picture.shape[1], picture.shape[0]), canvas, "pad")


def read_lesson(
    source: BaseSource, canvas: tuple[int, int], control: RunControl | None
) -> Generator[JobProgress, None, Lesson]:
    """Yield progress while pictures are read; the generator's value is the lesson."""
    step = max(1, len(source) // NUM_PICTURES)
    indices = range(0, len(source), step)[:NUM_PICTURES]
    images, masks, truths, places = [], [], [], []
    for progress, batch in walk(source, Walk(64, indices, control=control), []):
        yield progress
        for item in batch:
            images.append(fit_picture(item.picture, canvas, "pad"))
            if item.truth is not None:
                truths.append(item.truth)
                masks.append(_mask(item, canvas))
                places.append(placed(item.picture, canvas))
    pixels = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
    if len(truths) < len(images) or not any(truth.objects for truth in truths):
        none = torch.zeros(len(pixels), 1, dtype=torch.int64)
        nowhere = torch.zeros(len(pixels), 1, 2)
        return Lesson(pixels, pixels[:, 0] * 0, nowhere, none[..., None], none > 0)
    table = object_table(truths)
    xy = [
        one.to_canvas(some) for one, some in zip(places, table.xy.astype(np.float32), strict=True)
    ]
    kinds, num_values = _kinds(table)
    return Lesson(
        pixels,
        torch.from_numpy(np.stack(masks)),
        torch.from_numpy(np.stack(xy)),
        torch.from_numpy(kinds),
        torch.from_numpy(table.present),
        num_values,
    )


def _mask(item: Read[NDArray[np.uint8]], canvas: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the mask on the canvas; the middle halves of boxes where a picture has none."""
    assert item.truth is not None
    mask = item.truth.mask
    if mask is None:
        mask = np.zeros(item.picture.shape[:2], np.uint8)
        for number, one in enumerate(item.truth.objects[:255], 1):
            x, y, width, height = one.bbox
            rows = slice(max(0, int(y + height / 4)), max(0, int(y + 3 * height / 4) + 1))
            columns = slice(max(0, int(x + width / 4)), max(0, int(x + 3 * width / 4) + 1))
            mask[rows, columns] = number
    return apply_placement(mask, placed(item.picture, canvas), nearest=True)


def _kinds(table: ObjectTable) -> tuple[NDArray[np.int64], tuple[int, ...]]:
    """Return the values of each attribute (P, J, A), or the class, and how many each may have."""
    if not table.attributes:
        return table.categories[..., None], (len(table.category_names),)
    values = np.stack(list(table.attributes.values()), axis=-1)
    return values, tuple(len(table.attribute_names[name]) for name in table.attributes)


def check_objects(lesson: Lesson, source: str) -> None:
    """Refuse pictures without objects, from which nothing can be taught.

    Raises:
        SourceError: saying so.
    """
    if not lesson.present.any():
        raise SourceError(
            f"{source} has no ground truth to teach from. baseline:supervised needs objects with "
            "boxes or masks; name such pictures with --fit, or use baseline:slots."
        )
