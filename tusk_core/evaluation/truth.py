"""The objects of many pictures as arrays.

Shapes: P pictures, G objects per picture (padded; ``present`` says which are real).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_core.data.base_source import PictureTruth
    from tusk_core.data.sample import ObjectTruth


@dataclass(frozen=True, slots=True, eq=False)
class ObjectTable:
    """What is in each picture.

    Attributes:
        present: (P, G) bool; the objects of a picture come first, in the order of its mask.
        xy: (P, G, 2) centres, pixels.
        boxes: (P, G, 4) COCO boxes: first column, first row, columns, rows.
        categories: (P, G) class, index into ``category_names``.
        category_names: names of the classes.
        attributes: attribute such as ``shape`` -> (P, G) index into its names.
        attribute_names: attribute -> names of its values.
    """

    present: NDArray[np.bool_]
    xy: NDArray[np.float64]
    boxes: NDArray[np.float64]
    categories: NDArray[np.int64]
    category_names: tuple[str, ...]
    attributes: dict[str, NDArray[np.int64]]
    attribute_names: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.present)


def object_table(truths: Sequence[PictureTruth]) -> ObjectTable:
    """Return the objects of pictures as one table; names are numbered as they occur, sorted."""
    objects = [one.objects for one in truths]
    P, G = len(objects), max((len(some) for some in objects), default=0)
    present = np.zeros((P, G), dtype=bool)
    xy, boxes = np.zeros((P, G, 2)), np.zeros((P, G, 4))
    for row, some in enumerate(objects):
        present[row, : len(some)] = True
        for column, one in enumerate(some):
            xy[row, column] = one.x, one.y
            boxes[row, column] = one.bbox
    names = sorted({(one.category_id, one.category) for some in objects for one in some})
    category_names = tuple(name for _, name in names)
    categories = _numbered(objects, category_names, "category", (P, G))
    attribute_names = _attribute_names(objects)
    attributes = {
        name: _numbered(objects, values, name, (P, G)) for name, values in attribute_names.items()
    }
    return ObjectTable(present, xy, boxes, categories, category_names, attributes, attribute_names)


def _attribute_names(
    objects: Sequence[tuple[ObjectTruth, ...]],
) -> dict[str, tuple[str, ...]]:
    values: dict[str, set[str]] = {}
    for some in objects:
        for one in some:
            for name, value in one.attributes.items():
                values.setdefault(name, set()).add(value)
    return {name: tuple(sorted(found)) for name, found in values.items()}


def _numbered(
    objects: Sequence[tuple[ObjectTruth, ...]],
    names: tuple[str, ...],
    what: str,
    shape: tuple[int, int],
) -> NDArray[np.int64]:
    number = {name: index for index, name in enumerate(names)}
    table = np.zeros(shape, dtype=np.int64)
    for row, some in enumerate(objects):
        for column, one in enumerate(some):
            value = one.category if what == "category" else one.attributes.get(what, "")
            table[row, column] = number.get(value, 0)
    return table
