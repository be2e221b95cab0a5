"""Data sets with ground truth in COCO's layout: ``images/``, ``annotations.json``, ``masks/``.

``annotations.json`` holds one annotation per object: ``keypoints`` [x, y, 2] its centre, ``bbox``,
``category_id``, ``attributes`` (names, such as ``{"colour": "red"}``) and ``instance``, its number
in the mask. A mask is a grey PNG of instance numbers, 0 = background.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import cv2
import numpy as np

from tusk_core.data.base_source import PictureTruth
from tusk_core.data.coco_entries import box_of, place_of, usable_entries
from tusk_core.data.folders import FileSource
from tusk_core.data.sample import ObjectTruth, Vocabulary
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tusk_core.data.sample import SampleBatch
    from tusk_core.results import SourceKind

ANNOTATIONS = "annotations.json"
# Other names that the annotations of a whole folder go by.
_OTHER_NAMES = ("boxes.json", "instances.json", "_annotations.coco.json")
_MAX_BYTES = 2**31
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class CocoTruth:
    """Ground truth of P pictures with O objects in all, as arrays.

    Attributes:
        folder: of the data set.
        names: (P) picture files relative to the folder.
        sizes: (P, 2) int32, (width, height).
        offsets: (P + 1,) int64; the objects of picture p are ``offsets[p]`` to ``offsets[p + 1]``.
        xy: (O, 2) float32 centres, pixels.
        boxes: (O, 4) float32, (x, y, width, height), pixels; x and y are the first column and row.
        categories: (O,) int32, index into the vocabulary's categories.
        attributes: attribute -> (O,) int32, index into its names; -1 where an object has none.
        instances: (O,) int32 number in the mask.
        vocabulary: the names.
        mask_paths: (P) mask files; None where there is none.
        notes: sentences on what was left out of the file, and why.
    """

    folder: Path
    names: tuple[str, ...]
    sizes: NDArray[np.int32]
    offsets: NDArray[np.int64]
    xy: NDArray[np.float32]
    boxes: NDArray[np.float32]
    categories: NDArray[np.int32]
    attributes: dict[str, NDArray[np.int32]]
    instances: NDArray[np.int32]
    vocabulary: Vocabulary
    mask_paths: tuple[Path | None, ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def rows(self, picture: int) -> slice:
        """Return which objects are in a picture."""
        return slice(int(self.offsets[picture]), int(self.offsets[picture + 1]))

    def mask(self, picture: int) -> NDArray[np.uint8] | None:
        """Return a (H, W) uint8 instance mask; None where there is none.

        Raises:
            SourceError: if the file is missing or damaged.
        """
        path = self.mask_paths[picture]
        return None if path is None else read_mask(path)

    def objects(self, picture: int) -> tuple[ObjectTruth, ...]:
        """Return the objects of one picture."""
        first = self.rows(picture)
        return tuple(self._object(row) for row in range(first.start, first.stop))

    def _object(self, row: int) -> ObjectTruth:
        category = int(self.categories[row])
        x, y, width, height = (float(value) for value in self.boxes[row])
        return ObjectTruth(
            x=float(self.xy[row, 0]),
            y=float(self.xy[row, 1]),
            bbox=(x, y, width, height),
            category_id=category,
            category=self.vocabulary.categories[category],
            attributes={
                name: self.vocabulary.attributes[name][int(values[row])]
                for name, values in self.attributes.items()
                if values[row] >= 0
            },
        )


def read_mask(path: Path) -> NDArray[np.uint8]:
    """Return a (H, W) uint8 instance mask.

    Raises:
        SourceError: if the file is missing, damaged or no grey picture.
    """
    try:
        content = np.fromfile(path, np.uint8)
        mask = cv2.imdecode(content, cv2.IMREAD_UNCHANGED) if content.size else None
    except (OSError, cv2.error) as error:
        raise SourceError(f"The mask {path} cannot be read; make the data set again.") from error
    if mask is None or mask.ndim != 2 or mask.dtype != np.uint8:
        raise SourceError(f"The mask {path} is damaged or no 8-bit grey picture.")
    return np.asarray(mask, np.uint8)


def is_coco_folder(folder: Path) -> bool:
    """Tell whether a folder looks like a data set in this layout."""
    return annotations_of(folder).is_file()


def annotations_of(folder: Path) -> Path:
    """Return the file of a folder's annotations: ``annotations.json``, or another usual name."""
    names = (ANNOTATIONS, *_OTHER_NAMES)
    return next((folder / name for name in names if (folder / name).is_file()), folder / names[0])


def load_truth(folder: Path) -> CocoTruth:
    """Read the annotations of a data set; pictures and masks are not opened.

    Raises:
        SourceError: if they are missing or not in COCO's form.
    """
    return load_truth_file(annotations_of(folder))


def load_truth_file(path: Path) -> CocoTruth:
    """Read one file of annotations, whatever its name; pictures lie in or below its folder.

    Raises:
        SourceError: if it is missing or not in COCO's form.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SourceError(f"{path} is larger than 2 GB; split the data set.")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise SourceError(
            f"{path} cannot be opened ({error.strerror or error}). A data set with ground truth "
            "is a folder with images/ and annotations.json, as `tusk sample-data` writes it."
        ) from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path} is not readable JSON ({error}).") from error
    try:
        truth = _parsed(path.parent, content)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        raise SourceError(f"{path} is not in COCO's form ({error!r}).") from error
    for note in truth.notes:
        _logger.warning("%s: %s", path, note)
    return truth


def _parsed(folder: Path, content: Any) -> CocoTruth:
    entries = usable_entries(content)
    images, rows = entries.images, entries.annotations
    owner = np.array(entries.owners, np.int64)
    starts = np.searchsorted(owner, np.arange(len(images) + 1)).astype(np.int64)
    attributes, values = _attributes([entry.get("attributes") or {} for entry in rows])
    names = tuple(_picture_name(folder, str(entry["file_name"])) for entry in images)
    categories = tuple(str(entry["name"]) for entry in content["categories"])
    return CocoTruth(
        folder=folder,
        names=names,
        sizes=np.array(
            [(entry.get("width") or 0, entry.get("height") or 0) for entry in images], np.int32
        ).reshape(-1, 2),
        offsets=starts,
        xy=np.array([place_of(entry) for entry in rows], np.float32).reshape(-1, 2),
        boxes=np.array([box_of(entry) for entry in rows], np.float32).reshape(-1, 4),
        categories=np.array(entries.categories, np.int32),
        attributes=attributes,
        instances=_instances(rows, owner, starts),
        vocabulary=Vocabulary(categories, values),
        mask_paths=tuple(_mask_path(folder, name) for name in names),
        notes=entries.notes,
    )


def _picture_name(folder: Path, name: str) -> str:
    """Return a picture's path below the folder; COCO leaves the folder of the pictures open."""
    parts = Path(name).parts
    if Path(name).is_absolute() or ".." in parts:
        raise ValueError(f"the picture {name!r} lies outside the data set")
    if parts[0] != "images" and (folder / "images").is_dir():
        return f"images/{name}"
    return name


def _mask_path(folder: Path, name: str) -> Path | None:
    path = folder / "masks" / f"{Path(name).stem}.png"
    return path if path.is_file() else None


def _instances(
    rows: list[dict[str, Any]], owner: NDArray[np.int64], starts: NDArray[np.int64]
) -> NDArray[np.int32]:
    in_order = np.arange(len(rows)) - starts[owner] + 1 if rows else np.zeros(0, np.int64)
    return np.array(
        [entry.get("instance", usual) for entry, usual in zip(rows, in_order, strict=True)],
        np.int32,
    )


def _attributes(
    rows: Iterable[dict[str, Any]],
) -> tuple[dict[str, NDArray[np.int32]], dict[str, tuple[str, ...]]]:
    """Return numbers and sorted names of every attribute that has text or whole numbers."""
    rows = list(rows)
    values: dict[str, tuple[str, ...]] = {}
    arrays: dict[str, NDArray[np.int32]] = {}
    for name in dict.fromkeys(key for row in rows for key in row):
        texts = [str(row[name]) if name in row else None for row in rows]
        known = sorted({text for text in texts if text is not None})
        numbers: dict[str | None, int] = {text: index for index, text in enumerate(known)}
        values[str(name)] = tuple(known)
        arrays[str(name)] = np.array([numbers.get(text, -1) for text in texts], np.int32)
    return arrays, values


class CocoSource(FileSource):
    """The pictures of a data set in this layout."""

    kind: ClassVar[SourceKind] = "dataset"
    has_ground_truth = True

    def __init__(self, source: str, folder: Path) -> None:
        self.annotations = load_truth(folder)
        super().__init__(source, folder, self.annotations.names)
        self.vocabulary = self.annotations.vocabulary
        self.notes = self.annotations.notes
        if not self.names:
            raise SourceError(f"The data set {folder} lists no pictures.")

    def truth(self, index: int) -> PictureTruth | None:
        """Return the objects and the mask of one picture."""
        self._check(index)
        return PictureTruth(self.annotations.objects(index), self.annotations.mask(index))


def coco_entries(
    batch: SampleBatch, first_index: int, first_id: int
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Return the ``images`` and ``annotations`` of made-up pictures, in COCO's form.

    Args:
        batch: the pictures.
        first_index: number of the first picture; its file is ``000000.png`` for 0.
        first_id: number of the first annotation.
    """
    height, width = batch.images.shape[1:3]
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for row in range(len(batch)):
        index = first_index + row
        name = f"{index:06d}.png"
        images.append({"id": index, "file_name": name, "width": width, "height": height})
        for number, item in enumerate(batch.objects(row), start=1):
            annotations.append(
                {
                    "id": first_id + len(annotations),
                    "image_id": index,
                    "category_id": item.category_id,
                    "keypoints": [item.x, item.y, 2],
                    "num_keypoints": 1,
                    "bbox": list(item.bbox),
                    "area": _area(batch, row, number, item),
                    "iscrowd": 0,
                    "instance": number,
                    "attributes": item.attributes,
                }
            )
    return images, annotations


def _area(batch: SampleBatch, row: int, number: int, item: ObjectTruth) -> float:
    if batch.masks is None:
        return item.bbox[2] * item.bbox[3]
    return float(np.count_nonzero(batch.masks[row] == number))
