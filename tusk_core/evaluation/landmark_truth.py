"""Landmarks of a data set as a table, with the division the data set comes with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tusk_core.data.landmarks import LandmarkSource
from tusk_core.data.source_names import parse_source
from tusk_core.evaluation.landmark_regression import LandmarkTable
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.landmarks import LandmarkTruth

# Published sets come in two parts: the map is fitted on the first and scored on the second.
DIVIDED = {"celeba": ("mafl-train", "mafl-test"), "h36m": ("train", "test")}


def landmark_parts(data: str) -> tuple[str, ...]:
    """Return the sources that ``data`` stands for: fit and test part, or the source alone."""
    name = parse_source(data, frozenset(DIVIDED))
    if not name.prefix or "split" in name.options:
        return (data,)
    return tuple(f"{data}?split={split}" for split in DIVIDED[name.prefix])


def check_landmarks(sources: Sequence[BaseSource]) -> list[LandmarkSource]:
    """Return the sources of one fit and test part as what they are.

    Raises:
        SourceError: if the pictures have no landmarks, if the parts have different ones, or if
            a person is in both.
    """
    parts = []
    for source in sources:
        if not isinstance(source, LandmarkSource):
            raise SourceError(
                f"{source.source} has no landmarks, which this protocol compares. It needs a "
                "folder with images/ and landmarks.csv, or a published set such as celeba:FOLDER."
            )
        parts.append(source)
    truths = [part.landmarks for part in parts]
    if len({truth.names for truth in truths}) > 1:
        raise SourceError("Both sources must have the same landmarks, in the same order.")
    _check_people(truths)
    return parts


def landmark_table(
    sources: Sequence[BaseSource], rows: Sequence[NDArray[np.int64]] | None = None
) -> LandmarkTable:
    """Return the landmarks of one source, or of a fit and a test part.

    Args:
        sources: one or two.
        rows: pictures of each that count, such as those that can be read; None takes all.

    Raises:
        SourceError: as ``check_landmarks``.
    """
    parts = check_landmarks(sources)
    if rows is None:
        rows = [np.arange(len(part)) for part in parts]
    truths = [part.landmarks for part in parts]
    sizes = [part.size(int(row)) for part, some in zip(parts, rows, strict=True) for row in some]
    people = [
        _person(truth.group_names, int(truth.groups[row]), part, int(row))
        for part, (truth, some) in enumerate(zip(truths, rows, strict=True))
        for row in some
    ]
    _, groups = np.unique(people, return_inverse=True)
    in_test = np.repeat(np.arange(len(parts)) == len(parts) - 1, [len(some) for some in rows])
    places = [truth.xy[some] for truth, some in zip(truths, rows, strict=True)]
    return LandmarkTable(
        xy=np.concatenate(places).astype(np.float64),
        sizes=np.array(sizes, dtype=np.float64).reshape(-1, 2),
        names=tuple(name.replace(" ", "_") for name in truths[0].names),
        groups=groups.astype(np.int64),
        in_test=in_test if len(parts) > 1 else None,
    )


def _check_people(truths: Sequence[LandmarkTruth]) -> None:
    """Refuse to score people the map was fitted on."""
    if len(truths) < 2:
        return
    both = set.intersection(*(set(truth.group_names) for truth in truths)) - {""}
    if both:
        raise SourceError(
            f"{len(both)} people, such as {min(both)}, are in both sources. The map must be "
            "fitted on other people than it is scored on."
        )


def _person(names: tuple[str, ...], number: int, part: int, row: int) -> str:
    """Return a name for the person shown; a picture of an unknown person is a person of its own."""
    return names[number] if 0 <= number < len(names) else f"picture {part} {row}"
