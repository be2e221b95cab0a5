"""DeepMind's multi-object data sets, Tetrominoes and CLEVR with masks, in their published files.

Both layouts are read: one GZIP TFRecord file, or HDF5 with a group for each feature and a data set
for each picture. Such a file allows no quick jumps, so it is unpacked once into the cache folder.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tusk_core.arrays import frozen
from tusk_core.control import Cancelled
from tusk_core.data.base_source import BaseSource, PictureTruth
from tusk_core.data.cache_folder import cache_root
from tusk_core.data.folders import file_identity
from tusk_core.data.h36m import import_h5py
from tusk_core.data.sample import SampleBatch, Vocabulary, visible_boxes
from tusk_core.data.sample_store import open_store, write_store
from tusk_core.data.source_names import SourceName, check_options, one_of, user_path
from tusk_core.data.tetrominoes import COLOURS as TETROMINO_COLOURS
from tusk_core.data.tetrominoes import RGB as TETROMINO_RGB
from tusk_core.data.tfrecords import parse_example, read_records
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.cache_folder import Progress
    from tusk_core.results import SourceKind

_VERSION = 1
_BLOCK = 128
_TEST = 10_000


def _opaque(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name} {number}" for number in range(1, count + 1))


@dataclass(frozen=True, slots=True)
class Layout:
    """What the files of one set hold.

    Attributes:
        name: of the set.
        size: (height, width) of the stored pictures, pixels.
        entities: masks of a picture; the first is the background.
        most_objects: J, objects kept of a picture.
        first: only the first so many records are used, as in the paper; 0 uses all.
        crop: (top, bottom, left, right) used of a picture, pixels; None uses all.
        vocabulary: names; integers whose meaning was never published are only numbered.
    """

    name: str
    size: tuple[int, int]
    entities: int
    most_objects: int
    first: int
    crop: tuple[int, int, int, int] | None
    vocabulary: Vocabulary


_CLEVR_NAMES = Vocabulary(
    _opaque("shape", 3),
    {
        "shape": _opaque("shape", 3),
        "colour": _opaque("colour", 8),
        "size": _opaque("size", 2),
        "material": _opaque("material", 2),
    },
)
LAYOUTS: dict[str, Layout] = {
    "tetrominoes": Layout(
        "tetrominoes",
        size=(35, 35),
        entities=4,
        most_objects=3,
        first=60_000,
        crop=None,
        vocabulary=Vocabulary(
            _opaque("shape", 19), {"shape": _opaque("shape", 19), "colour": TETROMINO_COLOURS}
        ),
    ),
    "clevr6": Layout(
        "clevr6",
        size=(240, 320),
        entities=11,
        most_objects=6,
        first=70_000,
        crop=(24, 216, 64, 256),
        vocabulary=_CLEVR_NAMES,
    ),
    "clevr": Layout(
        "clevr",
        size=(240, 320),
        entities=11,
        most_objects=10,
        first=0,
        crop=(24, 216, 64, 256),
        vocabulary=_CLEVR_NAMES,
    ),
}


class MultiObjectSource(BaseSource):
    """One split of one of the sets, unpacked when first needed."""

    kind: ClassVar[SourceKind] = "dataset"
    has_ground_truth = True

    def __init__(self, source: str, path: Path, layout: Layout, split: str) -> None:
        super().__init__(source)
        self.path = path
        self.layout = layout
        self.split = split
        self.vocabulary = layout.vocabulary
        self._opened: SampleBatch | None = None

    def __len__(self) -> int:
        return len(self._pictures())

    def name(self, index: int) -> str:
        """``clevr6 000123``."""
        self._check(index)
        return f"{self.layout.name} {self.split} {index:06d}"

    def batch(self, start: int, stop: int) -> SampleBatch:
        """Return pictures ``start`` to ``stop`` - 1 with their objects as arrays."""
        return self._pictures().part(start, stop)

    def read(self, index: int) -> NDArray[np.uint8]:
        """Return one picture; see ``PictureSource``."""
        self._check(index)
        return frozen(self._pictures().images[index])

    def truth(self, index: int) -> PictureTruth | None:
        """Return the objects and the mask of one picture."""
        self._check(index)
        pictures = self._pictures()
        assert pictures.masks is not None
        return PictureTruth(pictures.objects(index), np.array(pictures.masks[index]))

    def size(self, index: int) -> tuple[int, int]:
        """Return (width, height), the same for every picture."""
        self._check(index)
        height, width = self._pictures().images.shape[1:3]
        return width, height

    def identity(self) -> object:
        """The file and what is used of it."""
        return [_VERSION, self.layout.name, self.split, file_identity(self.path)]

    def prepare(self, progress: Progress | None = None, control: RunControl | None = None) -> None:
        """Unpack the file into the cache folder, unless that was done before."""
        if self._opened is not None:
            return
        key = json.dumps([_VERSION, self.layout.name, file_identity(self.path)])
        folder = cache_root() / "datasets" / hashlib.sha256(key.encode()).hexdigest()[:32]
        pictures = open_store(folder)
        if pictures is None:
            try:
                write_store(folder, self._batches(progress, control))
            except OSError as error:
                raise SourceError(
                    f"{self.path} cannot be unpacked into {folder.parent} "
                    f"({error.strerror or error}). Free some space, or set TUSK_CACHE_DIR to a "
                    "folder on another disk."
                ) from error
            except ValueError as error:
                raise SourceError(f"{self.path} holds no usable pictures ({error}).") from error
            pictures = open_store(folder)
        if pictures is None:
            raise SourceError(f"The cache {folder} was changed while it was written; try again.")
        total = len(pictures)
        border = total - min(_TEST, total // 3)
        start, stop = {"all": (0, total), "train": (0, border), "test": (border, total)}[self.split]
        self._opened = pictures.part(start, stop)

    def _pictures(self) -> SampleBatch:
        self.prepare()
        assert self._opened is not None
        return self._opened

    def _batches(
        self, progress: Progress | None, control: RunControl | None
    ) -> Iterator[SampleBatch]:
        records, total = _open_records(self.path)
        total = min(total or self.layout.first, self.layout.first or total)
        limited = islice(records, self.layout.first or None)
        done = 0
        while block := list(islice(limited, _BLOCK)):
            if control is not None and control.stop_requested:
                raise Cancelled
            wanted = [record for record in block if _is_wanted(self.layout, record)]
            if wanted:
                yield _decoded(self.layout, wanted)
            done += len(block)
            if progress is not None:
                progress(done, total, f"Unpacking picture {done} of {self.path.name}.")


def open_multi_object(name: SourceName) -> MultiObjectSource:
    """Open ``tetrominoes:FILE``, ``clevr6:FILE`` or ``clevr:FILE``, with ``?split=train|test``.

    The last 10 000 pictures used (or the last third of a smaller file) are for testing.

    Raises:
        SourceError: if there is no such file.
    """
    check_options(name, ("split",))
    split = one_of(name, "split", "all", ("all", "train", "test"))
    path = user_path(name.target)
    if not path.is_file():
        raise SourceError(
            f"There is no file {path}. {name.prefix}: needs the published .tfrecords or .h5 file."
        )
    source = f"{name.prefix}:{name.target}?split={split}"
    return MultiObjectSource(source, path, LAYOUTS[name.prefix], split)


def _open_records(path: Path) -> tuple[Iterator[dict[str, NDArray[np.generic]]], int]:
    """Return the records and how many there are, 0 where the file does not say."""
    with path.open("rb") as file:
        is_hdf5 = file.read(8) == b"\x89HDF\r\n\x1a\n"
    if not is_hdf5:
        return _tfrecord_features(path), 0
    h5py = import_h5py()
    try:
        with h5py.File(path, "r") as opened:
            total = len(opened["image"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise SourceError(f"{path} has no group 'image', or is damaged ({error}).") from error
    return _hdf5_features(path, h5py), total


def _tfrecord_features(path: Path) -> Iterator[dict[str, NDArray[np.generic]]]:
    for number, record in enumerate(read_records(path)):
        try:
            yield parse_example(record)
        except ValueError as error:
            raise SourceError(
                f"Record {number} of {path} is not a tf.Example ({error})."
            ) from error


def _hdf5_features(path: Path, h5py: Any) -> Iterator[dict[str, NDArray[np.generic]]]:
    try:
        with h5py.File(path, "r") as file:
            for key in sorted(file["image"]):
                yield {name: np.asarray(group[key]) for name, group in file.items() if key in group}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise SourceError(f"{path} is damaged or of another layout ({error}).") from error


def _is_wanted(layout: Layout, record: dict[str, NDArray[np.generic]]) -> bool:
    """CLEVR6 is CLEVR with at most six objects: entity 7 has no colour."""
    if layout.name != "clevr6":
        return True
    colours = _feature(record, "color", 1, layout.entities)
    return bool(colours[layout.most_objects + 1, 0] == 0)


def _feature(
    record: dict[str, NDArray[np.generic]], name: str, width: int, entities: int
) -> NDArray[np.float32]:
    values = record.get(name)
    if values is None or values.size != entities * width:
        size = "none" if values is None else str(values.size)
        raise SourceError(
            f"The feature {name!r} of a record has {size} values instead of {entities * width}; "
            "the file is of another data set."
        )
    return np.asarray(values, np.float32).reshape(entities, width)


def _decoded(layout: Layout, records: list[dict[str, NDArray[np.generic]]]) -> SampleBatch:
    """Turn records into pictures, instance masks and numbered objects."""
    height, width = layout.size
    images = np.stack([_plane(one, "image", (height, width, 3)) for one in records])
    shape = (layout.entities, height, width)
    masks = np.stack([_instances(_plane(one, "mask", shape)) for one in records])
    if layout.crop is not None:
        top, bottom, left, right = layout.crop
        images, masks = images[:, top:bottom, left:right], masks[:, top:bottom, left:right]
    count = layout.most_objects
    values = {
        name: np.stack([_numbers(layout, one, name)[1 : count + 1] for one in records])
        for name in layout.vocabulary.attributes
    }
    boxes = visible_boxes(masks, count)
    return SampleBatch(
        images=images,
        masks=masks,
        present=boxes[..., 2] > 0,
        xy=_middles(masks, count),
        boxes=boxes,
        categories=values["shape"],
        attributes=values,
        vocabulary=layout.vocabulary,
    )


def _plane(
    record: dict[str, NDArray[np.generic]], name: str, shape: tuple[int, ...]
) -> NDArray[np.uint8]:
    values = record.get(name)
    if values is None or values.size != int(np.prod(shape)):
        raise SourceError(
            f"The feature {name!r} of a record does not have the shape {shape}; the file is of "
            "another data set."
        )
    return np.asarray(values, np.uint8).reshape(shape)


def _instances(planes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (H, W) numbers of the strongest of (E, H, W) masks; entity 0 is the background."""
    return np.asarray(planes.argmax(axis=0), np.uint8)


def _numbers(
    layout: Layout, record: dict[str, NDArray[np.generic]], name: str
) -> NDArray[np.int32]:
    """Return an attribute of every entity, from 0; entities that are absent have 0 too."""
    if layout.name == "tetrominoes" and name == "colour":
        rgb = _feature(record, "color", 3, layout.entities)
        distance = np.abs(rgb[:, None] - TETROMINO_RGB[None]).sum(axis=2)
        return np.asarray(distance.argmin(axis=1), np.int32)
    stored = _feature(record, "color" if name == "colour" else name, 1, layout.entities)[:, 0]
    most = len(layout.vocabulary.attributes[name])
    return np.clip(stored.astype(np.int32) - 1, 0, most - 1)


def _middles(masks: NDArray[np.uint8], count: int) -> NDArray[np.float32]:
    """Return (N, J, 2) mean places of what is seen of each object, pixels; 0 where nothing is."""
    columns = np.arange(masks.shape[2], dtype=np.float32)
    rows = np.arange(masks.shape[1], dtype=np.float32)
    middles = np.zeros((len(masks), count, 2), np.float32)
    for j in range(count):
        seen = masks == j + 1
        total = np.maximum(seen.sum(axis=(1, 2)), 1)
        middles[:, j, 0] = (seen.sum(axis=1) @ columns) / total
        middles[:, j, 1] = (seen.sum(axis=2) @ rows) / total
    return middles
