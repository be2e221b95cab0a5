"""Labelled frames as DeepLabCut and Lightning Pose keep them: ``CollectedData*.csv``.

Three lines of header (scorer, body parts, coordinates), then a line for each frame: its path, in
one column or in three (``labeled-data``, video, file), and x and y of every part in pixels.
"""

from __future__ import annotations

import csv
import math
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, TextIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LABELLED_FRAMES = "CollectedData*.csv"
_HEADER = ("scorer", "bodyparts", "coords")


def read_labelled_frames(
    file: TextIO,
) -> tuple[list[str], tuple[str, ...], NDArray[np.float32]]:
    """Return frames, parts and places of an open table of one animal.

    Returns:
        N paths with ``/``, L names, and (N, L, 2) float32 pixels, NaN where a part is not labelled.

    Raises:
        ValueError: saying what is wrong.
    """
    rows = csv.reader(file)
    header = [next(rows, []) for _ in _HEADER]
    if tuple(line[0].strip().lower() if line else "" for line in header) != _HEADER:
        raise ValueError(
            "its first lines must begin with scorer, bodyparts and coords (tables of several "
            "animals are not read as landmarks)"
        )
    first, parts = _columns(header[1], header[2])
    names: list[str] = []
    places: list[list[float]] = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        names.append(_path(row[:first], rows.line_num))
        cells = [*row[first:], *[""] * (2 * len(parts))][: 2 * len(parts)]
        places.append([_number(cell, rows.line_num) for cell in cells])
    xy = np.array(places, np.float32).reshape(-1, len(parts), 2)
    # A part with one coordinate only is not labelled.
    xy[~np.isfinite(xy).all(-1)] = np.nan
    return names, parts, xy


def _columns(parts: Sequence[str], axes: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """Return the first column with a coordinate, and the name of each pair of columns."""
    first = next((i for i, axis in enumerate(axes) if axis.strip() == "x"), 0)
    pairs = [axis.strip() for axis in axes[first:]]
    if first not in {1, 3} or pairs != ["x", "y"] * (len(pairs) // 2):
        raise ValueError("every body part must have a column x and a column y")
    names = tuple(part.strip() for part in parts[first::2])
    if len(set(names)) != len(names):
        raise ValueError("a body part occurs twice")
    return first, names


def _path(cells: Sequence[str], line: int) -> str:
    path = PurePosixPath(*(cell.strip().replace("\\", "/") for cell in cells))
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise ValueError(f"line {line} names no picture of the folder")
    return str(path)


def _number(text: str, line: int) -> float:
    if not text.strip():
        return math.nan
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"line {line} has {text!r} where a number should be") from None
