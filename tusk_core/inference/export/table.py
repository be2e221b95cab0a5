"""The detections as the user sees them: prototypes renamed, merged, hidden.

Shapes: P pictures, N detections, M prototypes, C descriptor length.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.inference.analysis_files import COORDINATES
from tusk_core.results import Analysis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tusk_core.tracks import Tracks


@dataclass(frozen=True, slots=True, eq=False)
class DetectionTable:
    """An analysis after the user's mapping of prototypes.

    Attributes:
        analysis: rows that stay, with labels after merging; pictures are all there.
        names: name of each prototype, M of them.
        shown: prototypes that are neither hidden nor merged into another, ascending.
        num_hidden: detections left out.
    """

    analysis: Analysis
    names: tuple[str, ...]
    shown: tuple[int, ...]
    num_hidden: int

    def rows_of(self, picture: int) -> NDArray[np.int64]:
        """Return the rows of one picture; they are adjacent."""
        rows = self.analysis.rows_of(picture, picture + 1)
        return np.arange(rows.start, rows.stop)

    def is_video(self) -> bool:
        """Tell whether the pictures are frames with times."""
        times = self.analysis.times
        return bool(len(times)) and bool(np.isfinite(times).all())

    def frame_numbers(self) -> NDArray[np.int64]:
        """Return the number (P,) of each frame in its video, or its place in the source."""
        names = self.analysis.picture_names
        found = [re.fullmatch(r"frame (\d+)", name) for name in names]
        if names and all(found):
            return np.array([int(m.group(1)) for m in found if m], np.int64)
        return np.arange(len(names), dtype=np.int64)

    def description(self) -> dict[str, Any]:
        """Return what a side-car file says, ready for JSON."""
        return {
            "coordinates": COORDINATES,
            "scores": "0 to 1, higher is surer; relative to the picture",
            "source": self.analysis.source,
            "model_fingerprint": self.analysis.model_fingerprint,
            "num_pictures": len(self.analysis.picture_names),
            "num_detections": len(self.analysis.scores),
            "num_hidden_detections": self.num_hidden,
            "prototypes": {str(i): self.names[i] for i in self.shown},
            "class_names": list(self.analysis.class_names),
        }


def prototype_name(index: int) -> str:
    """Return the name of a prototype that nobody named."""
    return f"prototype_{index:02d}"


def merge_target(index: int, merged: Mapping[int, int]) -> int:
    """Follow merges to the prototype that stays; a circle ends where it began."""
    seen = {index}
    while merged.get(index, index) not in seen:
        index = merged[index]
        seen.add(index)
    return index


def make_table(
    analysis: Analysis,
    *,
    names: Mapping[int, str] | None = None,
    merged: Mapping[int, int] | None = None,
    hidden: frozenset[int] = frozenset(),
) -> DetectionTable:
    """Apply the user's names, merges and hidden prototypes.

    Args:
        analysis: as detected.
        names: prototype -> name; others are called ``prototype_07``.
        merged: prototype -> the one it belongs to.
        hidden: prototypes whose detections are left out.
    """
    count = len(analysis.prototypes)
    links = {a: b for a, b in (merged or {}).items() if 0 <= a < count and 0 <= b < count}
    targets = np.array([merge_target(i, links) for i in range(count)], np.int32)
    labels = targets[analysis.labels] if count else analysis.labels
    is_hidden = np.isin(np.arange(count), sorted(hidden))
    kept = ~is_hidden[labels] & ~is_hidden[analysis.labels] if count else labels >= 0
    shown = tuple(i for i in range(count) if targets[i] == i and not is_hidden[i])
    reduced = dataclasses.replace(
        analysis,
        picture=analysis.picture[kept],
        xy=analysis.xy[kept],
        scores=analysis.scores[kept],
        labels=labels[kept],
        descriptors=analysis.descriptors[kept],
        classes=analysis.classes[kept],
        tracks=_kept_tracks(analysis.tracks, kept, targets, shown),
    )
    given = names or {}
    texts = tuple(str(given.get(i) or prototype_name(i)) for i in range(count))
    return DetectionTable(reduced, texts, shown, int((~kept).sum()))


def _kept_tracks(
    tracks: Tracks | None,
    kept: NDArray[np.bool_],
    targets: NDArray[np.int32],
    shown: tuple[int, ...],
) -> Tracks | None:
    if tracks is None:
        return None
    links = {tuple(sorted((int(targets[one]), int(targets[other])))) for one, other in tracks.links}
    return dataclasses.replace(
        tracks,
        individuals=tracks.individuals[kept],
        margins=tracks.margins[kept],
        links=tuple(sorted((a, b) for a, b in links if a != b and a in shown and b in shown)),
    )


def unique_names(table: DetectionTable) -> dict[int, str]:
    """Return a different name for each shown prototype, for formats that address by name."""
    taken: set[str] = set()
    out = {}
    for index in table.shown:
        name = table.names[index]
        if name in taken:
            name = f"{name}_{index:02d}"
        while name in taken:
            name += "_"
        taken.add(name)
        out[index] = name
    return out
