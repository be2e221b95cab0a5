"""Pictures with ground truth: one at a time for people, as arrays for scoring.

A centre is in pixels, (0, 0) = centre of the top-left pixel. A box is COCO's: first column, first
row, number of columns, number of rows; the middle of such a box is ``x + (width - 1) / 2``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ObjectTruth:
    """One object of a picture.

    Attributes:
        x: centre, pixels to the right.
        y: centre, pixels down.
        bbox: (x, y, width, height), pixels.
        category_id: its class, from 0.
        category: name of that class.
        attributes: such as ``{"shape": "cube", "colour": "red"}``.
    """

    x: float
    y: float
    bbox: tuple[float, float, float, float]
    category_id: int
    category: str
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One picture with its ground truth.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        mask: (H, W) uint8, 1 + index of the object seen at a pixel, 0 = background; None without.
        objects: in the order of the mask's numbers.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8] | None
    objects: tuple[ObjectTruth, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names behind the numbers of a data set.

    Attributes:
        categories: name of each class.
        attributes: attribute -> names of its values.
    """

    categories: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class SampleBatch:
    """N pictures with up to J objects each, as arrays.

    Attributes:
        images: (N, H, W, 3) uint8 RGB.
        masks: (N, H, W) uint8 instance numbers as in ``Sample``; None without.
        present: (N, J) bool; the objects of a picture come first.
        xy: (N, J, 2) float32 centres, pixels.
        boxes: (N, J, 4) float32, (x, y, width, height), pixels.
        categories: (N, J) int32 class of each object.
        attributes: attribute -> (N, J) int32, index into its names.
        vocabulary: the names.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8] | None
    present: NDArray[np.bool_]
    xy: NDArray[np.float32]
    boxes: NDArray[np.float32]
    categories: NDArray[np.int32]
    attributes: dict[str, NDArray[np.int32]]
    vocabulary: Vocabulary

    def __len__(self) -> int:
        return len(self.images)

    def objects(self, index: int) -> tuple[ObjectTruth, ...]:
        """Return the objects of one picture."""
        names = self.vocabulary
        return tuple(
            ObjectTruth(
                x=float(self.xy[index, j, 0]),
                y=float(self.xy[index, j, 1]),
                bbox=_four(self.boxes[index, j]),
                category_id=int(self.categories[index, j]),
                category=names.categories[int(self.categories[index, j])],
                attributes={
                    name: names.attributes[name][int(values[index, j])]
                    for name, values in self.attributes.items()
                },
            )
            for j in np.flatnonzero(self.present[index]).tolist()
        )

    def part(self, start: int, stop: int) -> SampleBatch:
        """Return pictures ``start`` to ``stop`` - 1; arrays are views of this batch."""
        return SampleBatch(
            images=self.images[start:stop],
            masks=None if self.masks is None else self.masks[start:stop],
            present=self.present[start:stop],
            xy=self.xy[start:stop],
            boxes=self.boxes[start:stop],
            categories=self.categories[start:stop],
            attributes={name: values[start:stop] for name, values in self.attributes.items()},
            vocabulary=self.vocabulary,
        )

    def sample(self, index: int) -> Sample:
        """Return one picture with its objects; arrays are views of this batch."""
        mask = None if self.masks is None else self.masks[index]
        return Sample(self.images[index], mask, self.objects(index))


def _four(box: NDArray[np.float32]) -> tuple[float, float, float, float]:
    x, y, width, height = (float(value) for value in box)
    return x, y, width, height


def visible_boxes(masks: NDArray[np.uint8], count: int) -> NDArray[np.float32]:
    """Return the box around what is seen of each object.

    Args:
        masks: (N, H, W) instance numbers.
        count: objects in a picture, J.

    Returns:
        (N, J, 4) float32, (x, y, width, height); zeros where nothing of the object is seen.
    """
    boxes = np.zeros((len(masks), count, 4), np.float32)
    for j in range(count):
        seen = masks == j + 1
        for axis, (first, size) in ((2, (1, 3)), (1, (0, 2))):
            line = seen.any(axis=axis)
            start = line.argmax(axis=1)
            stop = line.shape[1] - line[:, ::-1].argmax(axis=1)
            found = line.any(axis=1)
            boxes[:, j, first] = np.where(found, start, 0)
            boxes[:, j, size] = np.where(found, stop - start, 0)
    return boxes
