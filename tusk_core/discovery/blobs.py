"""Where each kind is: connected blobs of places that belong to one kind.

Everything that ranks kinds is measured on blobs, never on a whole picture: several of a kind in
one picture must not count against it.

Shapes: P pictures, M kinds, h x w map, S blobs. Places are map cells, (x, y).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CELL_INERTIA = 1 / 6  # mean squared distance of a square cell's points from its centre


@dataclass(frozen=True, slots=True, eq=False)
class Blobs:
    """Connected places of one kind, in no particular order.

    Attributes:
        picture: (S,) int64 in [0, P).
        kind: (S,) int64 in [0, M).
        area: (S,) cells.
        xy: (S, 2) centre of mass, cells.
        roundness: (S,) in (0, 1]: 1 for a disc, near 0 for a rim or a strip.
        strength: (S,) largest membership in it, [0, 1].
        at_border: (S,) whether it touches the picture's edge.
    """

    picture: NDArray[np.int64]
    kind: NDArray[np.int64]
    area: NDArray[np.float64]
    xy: NDArray[np.float64]
    roundness: NDArray[np.float64]
    strength: NDArray[np.float64]
    at_border: NDArray[np.bool_]


def find_blobs(kinds: NDArray[np.integer], strength: NDArray[np.floating]) -> Blobs:
    """Return the blobs of label maps.

    Args:
        kinds: (P, h, w) kind at each place; negative where none is.
        strength: (P, h, w) membership of that kind, [0, 1].
    """
    P, h, w = kinds.shape
    count, component = _components(kinds)
    flat_kind = kinds.reshape(-1)
    inside = flat_kind >= 0
    of = component[inside]
    row, column = (part[inside] for part in _coordinates(P, h, w))
    area = np.bincount(of, minlength=count).astype(np.float64)
    used = area > 0
    area_safe = np.maximum(area, 1)
    x = np.bincount(of, column, count) / area_safe
    y = np.bincount(of, row, count) / area_safe
    spread = np.bincount(of, (column - x[of]) ** 2 + (row - y[of]) ** 2, count) / area_safe
    edge = (row == 0) | (row == h - 1) | (column == 0) | (column == w - 1)
    top = np.zeros(count)
    np.maximum.at(top, of, strength.reshape(-1)[inside])
    first = np.full(count, -1)
    first[of] = np.flatnonzero(inside)
    return Blobs(
        picture=first[used] // (h * w),
        kind=flat_kind[first[used]].astype(np.int64),
        area=area[used],
        xy=np.stack([x, y], axis=1)[used],
        roundness=area[used] / (2 * np.pi * (spread[used] + _CELL_INERTIA)),
        strength=top[used],
        at_border=np.bincount(of, edge, count)[used] > 0,
    )


def _components(kinds: NDArray[np.integer]) -> tuple[int, NDArray[np.int64]]:
    """Return how many connected components there are and the one of each place, (P h w,)."""
    places = np.arange(kinds.size).reshape(kinds.shape)
    across = kinds[:, :, 1:] == kinds[:, :, :-1]
    down = kinds[:, 1:] == kinds[:, :-1]
    begin = np.concatenate([places[:, :, 1:][across], places[:, 1:][down]])
    end = np.concatenate([places[:, :, :-1][across], places[:, :-1][down]])
    graph = coo_array((np.ones(len(begin), np.int8), (begin, end)), (kinds.size, kinds.size))
    count, component = connected_components(graph, directed=False)
    return int(count), np.asarray(component, np.int64)


def _coordinates(P: int, h: int, w: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and column of every place, (P h w,)."""
    row, column = np.divmod(np.arange(h * w), w)
    return np.tile(row, P), np.tile(column, P)
