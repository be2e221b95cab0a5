"""Detections as individuals: everyone in each picture with one point of each name.

Shapes: I instances (an individual in a picture), A individuals, P pictures, M nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.inference.export.skeleton import best_per_prototype
from tusk_core.inference.export.table import unique_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.inference.export.table import DetectionTable
    from tusk_core.tracks import Tracks

_NO_DESCRIPTORS = "Descriptors are left out; choose Parquet or HDF5 to keep them."


@dataclass(frozen=True, slots=True, eq=False)
class PoseTable:
    """Everyone in each picture, sorted by picture and individual.

    Attributes:
        nodes: name of each keypoint, all different.
        edges: (E, 2) int64, nodes that are joined.
        names: of the individuals, all different; one empty name where nobody was tracked.
        over_time: an individual is the same in all pictures.
        picture: (I,) int64.
        individual: (I,) int64.
        xy: (I, M, 2) float64 pixels, NaN where there is none.
        scores: (I, M) float64 in [0, 1], NaN likewise.
        margins: (I,) float64 of the assignment, NaN where it is not known.
        lost: sentences on what is not in here.
    """

    nodes: tuple[str, ...]
    edges: NDArray[np.int64]
    names: tuple[str, ...]
    over_time: bool
    picture: NDArray[np.int64]
    individual: NDArray[np.int64]
    xy: NDArray[np.float64]
    scores: NDArray[np.float64]
    margins: NDArray[np.float64]
    lost: tuple[str, ...]

    @property
    def is_tracked(self) -> bool:
        """True where individuals are known."""
        return self.names != ("",)

    def pointlike(self) -> list[str]:
        """Return a sentence on boxes, where someone has a single keypoint; else nothing."""
        if not (np.isfinite(self.scores).sum(axis=1) == 1).any():
            return []
        told = (
            "A single keypoint has no extent: where an individual has one, its box is 1 pixel "
            "wide. Set the size of your things before you train on boxes."
        )
        return [told]

    def rows_of(self, picture: int) -> range:
        """Return the instances of one picture."""
        start, stop = np.searchsorted(self.picture, [picture, picture + 1])
        return range(int(start), int(stop))

    def dense(self, num_pictures: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return places (A, P, M, 2) and scores (A, P, M), NaN where there is nothing."""
        shape = (len(self.names), num_pictures, len(self.nodes))
        xy, scores = np.full((*shape, 2), np.nan), np.full(shape, np.nan)
        xy[self.individual, self.picture] = self.xy
        scores[self.individual, self.picture] = self.scores
        return xy, scores


def pose_table(table: DetectionTable) -> PoseTable:
    """Return everyone where individuals are known, else one instance a picture, the surest."""
    tracks = table.analysis.tracks
    if tracks is None or not (tracks.individuals >= 0).any():
        return _one_each(table)
    return _everyone(table, tracks)


def _one_each(table: DetectionTable) -> PoseTable:
    best = best_per_prototype(table)
    found = np.flatnonzero(np.isfinite(best.scores).any(axis=1))
    lost = best.sentence()
    if best.num_dropped:
        lost.insert(1, "Track first with `tusk track` to keep every individual.")
    return PoseTable(
        best.nodes,
        np.zeros((0, 2), np.int64),
        ("",),
        False,
        found,
        np.zeros(len(found), np.int64),
        best.xy[found],
        best.scores[found],
        np.full(len(found), np.nan),
        tuple(lost),
    )


def _everyone(table: DetectionTable, tracks: Tracks) -> PoseTable:
    analysis = table.analysis
    rows = np.flatnonzero(tracks.individuals >= 0)
    # Rising scores, so that the surest is written last.
    rows = rows[np.argsort(analysis.scores[rows], kind="stable")]
    key = analysis.picture[rows].astype(np.int64) * max(1, len(tracks.names))
    key += tracks.individuals[rows]
    keys, instance = np.unique(key, return_inverse=True)
    nodes, column, edges = _nodes(table, tracks, is_single=len(keys) == len(rows))
    shape = (len(keys), len(nodes))
    xy, scores = np.full((*shape, 2), np.nan), np.full(shape, np.nan)
    margins = np.full(len(keys), np.nan)
    place = column[analysis.labels[rows]]
    xy[instance, place] = analysis.xy[rows]
    scores[instance, place] = analysis.scores[rows]
    margins[instance] = tracks.margins[rows]
    return PoseTable(
        nodes,
        edges,
        unique_texts(tracks.names),
        tracks.over_time,
        keys // max(1, len(tracks.names)),
        keys % max(1, len(tracks.names)),
        xy,
        scores,
        margins,
        _lost(len(analysis.scores) - len(rows), len(rows) - int(np.isfinite(scores).sum())),
    )


def _nodes(
    table: DetectionTable, tracks: Tracks, *, is_single: bool
) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]:
    """Return node names, the node (M,) of each kind, and the edges (E, 2)."""
    count = len(table.analysis.prototypes)
    used = np.unique(table.analysis.labels[tracks.individuals >= 0])
    if is_single and len(used) > 1:
        # One keypoint is one individual; which kind it was taken for may change over time.
        return ("centre",), np.zeros(count, np.int64), np.zeros((0, 2), np.int64)
    names = unique_names(table)
    column = np.full(count, -1)
    column[used] = np.arange(len(used))
    edges = [
        (column[one], column[other])
        for one, other in tracks.links
        if column[one] >= 0 and column[other] >= 0
    ]
    texts = tuple(names[kind] for kind in used.tolist())
    return texts, column, np.array(edges, np.int64).reshape(-1, 2)


def _lost(num_nobody: int, num_twice: int) -> tuple[str, ...]:
    lost = [_NO_DESCRIPTORS]
    if num_twice:
        lost.insert(0, f"{num_twice} detections were left out: an individual has one of a kind.")
    if num_nobody:
        lost.insert(0, f"{num_nobody} detections that belong to no individual were left out.")
    return tuple(lost)


def unique_texts(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return texts with a number after those that came before."""
    out: list[str] = []
    taken: set[str] = set()
    for text in texts:
        name, number = text, 2
        while name in taken:
            name, number = f"{text} ({number})", number + 1
        taken.add(name)
        out.append(name)
    return tuple(out)
