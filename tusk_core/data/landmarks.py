"""Pictures with named landmarks: what the landmark protocol is scored on.

A plain folder of this kind holds ``images/`` and ``landmarks.csv`` with the columns ``image``,
optionally ``person``, and ``NAME_x``, ``NAME_y`` for each landmark, in pixels. Labelled frames as
DeepLabCut and Lightning Pose keep them (``CollectedData*.csv``) are read as well.
"""

from __future__ import annotations

import csv
import fnmatch
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TextIO

import numpy as np

from tusk_core.data.base_source import PictureTruth
from tusk_core.data.folders import FileSource
from tusk_core.data.labelled_frames import LABELLED_FRAMES, read_labelled_frames
from tusk_core.data.sample import ObjectTruth, Vocabulary
from tusk_core.data.text_lists import number_in
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_core.results import SourceKind

TABLE = "landmarks.csv"
_MAX_BYTES = 2**30
_GROUP_COLUMNS = ("person", "group", "identity")
_NAME_COLUMNS = ("image", "name", "file", "file_name")


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkTruth:
    """Landmarks of N pictures.

    Attributes:
        names: of the L landmarks.
        xy: (N, L, 2) float32, pixels of the original picture; NaN where not given.
        groups: (N,) int64, pictures of one person share a number; -1 each where unknown.
        group_names: what the numbers stand for.
    """

    names: tuple[str, ...]
    xy: NDArray[np.float32]
    groups: NDArray[np.int64]
    group_names: tuple[str, ...] = ()


class LandmarkSource(FileSource):
    """Picture files with landmarks.

    Attributes:
        landmarks: rows in the order of the pictures.
    """

    kind: ClassVar[SourceKind] = "dataset"
    has_ground_truth = True

    def __init__(self, source: str, root: Path, names: list[str], landmarks: LandmarkTruth) -> None:
        super().__init__(source, root, names)
        if not names:
            raise SourceError(f"{source} lists no pictures.")
        self.landmarks = landmarks
        self.vocabulary = Vocabulary(landmarks.names)

    def truth(self, index: int) -> PictureTruth | None:
        """Return each landmark of one picture as an object one pixel wide."""
        self._check(index)
        return PictureTruth(
            tuple(
                ObjectTruth(float(x), float(y), (float(x), float(y), 1.0, 1.0), number, name)
                for number, (name, (x, y)) in enumerate(
                    zip(self.landmarks.names, self.landmarks.xy[index], strict=True)
                )
                if not math.isnan(x)
            )
        )


def numbered_groups(names: list[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return a number for each name, equal names sharing one, and the names in that order."""
    if not names:
        return np.zeros(0, np.int64), ()
    known, numbers = np.unique(np.array(names), return_inverse=True)
    return numbers.astype(np.int64), tuple(str(name) for name in known)


def is_landmark_folder(folder: Path) -> bool:
    """Tell whether a folder holds ``landmarks.csv``."""
    return (folder / TABLE).is_file()


def labelled_frames_among(tables: Sequence[str]) -> str | None:
    """Return the first file named ``CollectedData*.csv``; None without one."""
    return min(fnmatch.filter(tables, LABELLED_FRAMES), default=None)


def open_landmark_folder(text: str, folder: Path, table: str = TABLE) -> LandmarkSource:
    """Open a folder with ``images/`` and ``landmarks.csv``, or with ``CollectedData*.csv``.

    Args:
        text: as typed.
        folder: where the table is.
        table: its name.

    Raises:
        SourceError: if the table cannot be read.
    """
    path = folder / table
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise SourceError(f"{path} is larger than 1 GB.")
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.name != TABLE:
                names, marks, xy = read_labelled_frames(file)
                names = [_below(folder, name) for name in names]
                nobody = np.full(len(names), -1, np.int64)
                return LandmarkSource(text, folder, names, LandmarkTruth(marks, xy, nobody))
            names, landmarks = read_table(file)
    except OSError as error:
        raise SourceError(f"{path} cannot be opened ({error.strerror or error}).") from error
    except (ValueError, csv.Error) as error:
        raise SourceError(f"{path} cannot be used: {error}.") from error
    below = "images/" if (folder / "images").is_dir() else ""
    return LandmarkSource(text, folder, [f"{below}{name}" for name in names], landmarks)


def _below(folder: Path, name: str) -> str:
    """Return a labelled frame's path below the folder of its table.

    The table names it from the project's folder, but often lies beside the frames.
    """
    return name if (folder / name).is_file() else Path(name).name


def read_table(file: TextIO) -> tuple[list[str], LandmarkTruth]:
    """Return picture names and landmarks of an open ``landmarks.csv``.

    Of a picture that is listed more than once the last line counts: a later picture of the same
    name has replaced the earlier one.

    Raises:
        ValueError: saying which column or line is wrong.
    """
    table = csv.DictReader(file)
    header = list(table.fieldnames or ())
    name_column = next((column for column in _NAME_COLUMNS if column in header), None)
    if name_column is None:
        raise ValueError(f"it has no column {_NAME_COLUMNS[0]!r}")
    group_column = next((column for column in _GROUP_COLUMNS if column in header), None)
    marks = tuple(
        column[:-2] for column in header if column.endswith("_x") and f"{column[:-2]}_y" in header
    )
    if not marks:
        raise ValueError("it has no columns NAME_x and NAME_y")
    rows: dict[str, tuple[str, list[float]]] = {}
    for row in table:
        name = (row[name_column] or "").strip()
        if not name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"line {table.line_num} names no picture of the folder")
        group = (row[group_column] or "").strip() if group_column else ""
        places = [
            number_in(row[f"{mark}_{axis}"], table.line_num) for mark in marks for axis in "xy"
        ]
        rows[name] = (group, places)
    names = list(rows)
    xy = np.array([places for _, places in rows.values()], np.float32).reshape(-1, len(marks), 2)
    if group_column is None:
        return names, LandmarkTruth(marks, xy, np.full(len(names), -1, np.int64))
    numbers, known = numbered_groups([group for group, _ in rows.values()])
    return names, LandmarkTruth(marks, xy, numbers, known)
