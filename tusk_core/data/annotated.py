"""Pictures with ground truth from a file of its own: COCO boxes under any name, points by frame.

A table of points is a CSV file with the columns ``frame`` (number from 0) or ``image`` (a name),
``x``, ``y`` in pixels, and optionally ``track`` (an individual) and ``class``.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, ClassVar, TextIO

from tusk_core.data.base_source import BaseSource, PictureTruth
from tusk_core.data.coco import load_truth_file
from tusk_core.data.sample import ObjectTruth, Vocabulary
from tusk_core.data.text_lists import number_in
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.cache_folder import Progress
    from tusk_core.data.decoded import Brightness
    from tusk_core.data.fitting import ReducedPicture, Way
    from tusk_core.data.looks import Look
    from tusk_core.results import SourceKind, UnreadableFile

_MAX_BYTES = 2**30
_NAMES = ("image", "file", "file_name", "name")
_CLASSES = ("class", "category", "label", "kind")
_TRACKS = ("track", "identity", "individual", "id")
ANY_CLASS = "object"


class AnnotatedSource(BaseSource):
    """The annotated pictures of another source, with their ground truth.

    Pictures that the file does not mention are left out: nothing is known about them.

    Args:
        inner: the pictures; closed with this one.
        truths: number in ``inner`` -> what is there.
        vocabulary: names of the classes.
    """

    kind: ClassVar[SourceKind] = "dataset"
    has_ground_truth = True

    def __init__(
        self, inner: BaseSource, truths: dict[int, PictureTruth], vocabulary: Vocabulary
    ) -> None:
        super().__init__(inner.source)
        self.fps = inner.fps
        self.vocabulary = vocabulary
        self._inner = inner
        self._numbers = tuple(sorted(truths))
        self._truths = truths

    def __len__(self) -> int:
        return len(self._numbers)

    def name(self, index: int) -> str:
        """Name in the other source."""
        self._check(index)
        return self._inner.name(self._numbers[index])

    def read(self, index: int) -> NDArray[np.uint8]:
        """Return one picture; see ``PictureSource``."""
        self._check(index)
        return self._inner.read(self._numbers[index])

    def size(self, index: int) -> tuple[int, int]:
        """Return (width, height) of one picture."""
        self._check(index)
        return self._inner.size(self._numbers[index])

    def identity(self) -> object:
        """Those of the other source, and which pictures are used."""
        return [self._inner.identity(), self._numbers]

    def time(self, index: int) -> float:
        """Return when one picture is shown, in seconds."""
        self._check(index)
        return self._inner.time(self._numbers[index])

    def set_look(self, look: Look) -> bool:
        """Decide what the files leave open; True if what was read before looks otherwise now."""
        return self._inner.set_look(look)

    def brightness(self) -> Brightness | None:
        """Return what is black and white in pictures of more than eight bits."""
        return self._inner.brightness()

    def used_brightness(self) -> Brightness | None:
        """Return what pictures read so far were shown at."""
        return self._inner.used_brightness()

    def truth(self, index: int) -> PictureTruth | None:
        """Return what is in one picture."""
        self._check(index)
        return self._truths[self._numbers[index]]

    def failure(self, index: int, error: SourceError) -> UnreadableFile:
        """Return a picture that could not be read."""
        return self._inner.failure(self._numbers[index], error)

    def stream(
        self, indices: Sequence[int]
    ) -> Iterator[tuple[int, NDArray[np.uint8] | SourceError]]:
        """Read many pictures as the other source does it fastest."""
        back = {self._numbers[index]: index for index in indices}
        for number, picture in self._inner.stream(list(back)):
            yield back[number], picture

    def reduced(self, index: int, way: Way | None) -> ReducedPicture:
        """Return one picture, perhaps at a fraction of its size."""
        self._check(index)
        return self._inner.reduced(self._numbers[index], way)

    def stream_reduced(
        self, indices: Sequence[int], way: Way | None
    ) -> Iterator[tuple[int, ReducedPicture | SourceError]]:
        """Read many pictures so."""
        back = {self._numbers[index]: index for index in indices}
        for number, picture in self._inner.stream_reduced(list(back), way):
            yield back[number], picture

    def prepare(self, progress: Progress | None = None, control: RunControl | None = None) -> None:
        """Do what takes long before the first picture."""
        self._inner.prepare(progress, control)

    def close(self) -> None:
        """Release the files of the other source."""
        self._inner.close()


def annotate(source: BaseSource, file: Path) -> AnnotatedSource:
    """Return the pictures of ``source`` that ``file`` says something about.

    Args:
        source: pictures or a video.
        file: ``.json`` in COCO's form, or ``.csv`` with a point in each line.

    Raises:
        SourceError: if the file cannot be read, or mentions none of the pictures.
    """
    if file.suffix.lower() == ".json":
        truths, vocabulary, notes = _from_coco(source, file)
    elif file.suffix.lower() == ".csv":
        truths, vocabulary = _from_points(source, file)
        notes = ()
    else:
        raise SourceError(
            f"{file} cannot be read as ground truth. Give a .json file in COCO's form, or a .csv "
            "file with the columns frame, x and y."
        )
    if not truths:
        raise SourceError(
            f"{file} mentions none of the pictures of {source.source}. Check that both belong "
            "together: pictures are found by their names, frames by their numbers from 0."
        )
    annotated = AnnotatedSource(source, truths, vocabulary)
    annotated.notes = notes
    return annotated


def _from_coco(
    source: BaseSource, file: Path
) -> tuple[dict[int, PictureTruth], Vocabulary, tuple[str, ...]]:
    known = load_truth_file(file)
    numbers = _by_name([source.name(index) for index in range(len(source))])
    truths = {}
    for picture, name in enumerate(known.names):
        number = _find(numbers, name)
        if number is not None:
            truths[number] = PictureTruth(known.objects(picture))
    return truths, known.vocabulary, known.notes


def _by_name(names: Sequence[str]) -> dict[str, int | None]:
    """Return number by name and by each shorter end of its path; None where two share it."""
    numbers: dict[str, int | None] = {}
    for number, name in enumerate(names):
        parts = PurePosixPath(name.replace("\\", "/")).parts
        for start in range(len(parts)):
            end = "/".join(parts[start:])
            numbers[end] = None if end in numbers else number
    # A whole name always means its own picture.
    return numbers | {name: number for number, name in enumerate(names)}


def _find(numbers: dict[str, int | None], name: str) -> int | None:
    """Return the picture of that name, or of the longest end of it that is known."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((number for end in ends if (number := numbers.get(end)) is not None), None)


def _from_points(source: BaseSource, file: Path) -> tuple[dict[int, PictureTruth], Vocabulary]:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise SourceError(f"{file} is larger than 1 GB.")
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = read_points(opened)
    except OSError as error:
        raise SourceError(f"{file} cannot be opened ({error.strerror or error}).") from error
    except (ValueError, csv.Error) as error:
        raise SourceError(f"{file} cannot be used: {error}.") from error
    numbers = _by_name([source.name(index) for index in range(len(source))])
    classes = tuple(sorted({thing.category for things in rows.values() for thing in things}))
    truths: dict[int, PictureTruth] = {}
    for picture, things in rows.items():
        number = picture if isinstance(picture, int) else _find(numbers, picture)
        if number is None or number >= len(source):
            continue
        numbered = [_numbered(thing, classes.index(thing.category)) for thing in things]
        truths[number] = PictureTruth(tuple(numbered))
    return truths, Vocabulary(classes)


def _numbered(thing: ObjectTruth, category_id: int) -> ObjectTruth:
    return ObjectTruth(
        thing.x, thing.y, thing.bbox, category_id, thing.category, dict(thing.attributes)
    )


def read_points(file: TextIO) -> dict[int | str, list[ObjectTruth]]:
    """Return the points of each frame (number) or picture (name) of an open table.

    Raises:
        ValueError: saying which column or line is wrong.
    """
    table = csv.DictReader(file)
    header = list(table.fieldnames or ())
    columns = {
        what: next((name for name in names if name in header), None)
        for what, names in (("name", _NAMES), ("class", _CLASSES), ("track", _TRACKS))
    }
    by_frame = "frame" in header
    if not ({"x", "y"} <= set(header) and (by_frame or columns["name"])):
        raise ValueError("it needs the columns frame (or image), x and y")
    rows: dict[int | str, list[ObjectTruth]] = {}
    for row in table:
        key = _picture_of(row, columns["name"], table.line_num, by_frame=by_frame)
        things = rows.setdefault(key, [])
        x, y = (number_in(row["x"], table.line_num), number_in(row["y"], table.line_num))
        if math.isnan(x) or math.isnan(y):  # not seen in this frame
            continue
        category = (row[columns["class"]] or "").strip() if columns["class"] else ""
        track = (row[columns["track"]] or "").strip() if columns["track"] else ""
        things.append(
            ObjectTruth(
                x, y, (x, y, 1.0, 1.0), 0, category or ANY_CLASS, {"track": track} if track else {}
            )
        )
    return rows


def _picture_of(
    row: dict[str, str], name_column: str | None, line: int, *, by_frame: bool
) -> int | str:
    if not by_frame:
        assert name_column is not None
        return (row[name_column] or "").strip()
    text = (row["frame"] or "").strip()
    value = number_in(text, line)
    if not (value >= 0 and value == int(value)):
        raise ValueError(f"line {line} has {text!r} where the number of a frame should be")
    return int(value)
