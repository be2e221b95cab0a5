"""The plain ground that things lie on, where pictures have one: slides, plates, tables, dishes.

Kinds of gaps and of rims recur and are compact as things are. What tells a thing is that around it,
on every side, there is less that differs from the ground: a gap has more around it, a rim has more
on one side.

Shapes: P pictures, M kinds, S blobs, h x w map, R radii, A directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.data.movement import SAME, away_from_usual, shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.discovery.blobs import Blobs

_STEPS = 16
# Half the pictures must have so much of one colour: smears of cells have 0.48, faces 0.26.
_PLAIN = 0.35

_DIRECTIONS = 8
_RINGS = np.arange(17)  # cells from the middle of a blob
_RADII = np.array([2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14])
_RIM = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class StandOut:
    """How the kinds lie on the ground; every array is (M,).

    Attributes:
        contrast: how far a kind's blobs are from the ground, 1 for the usual place.
        drop: how much less the ground is left around its blobs on the fullest side than within
            them, in the same unit; at most 0 for gaps and rims.
        radius: at which it drops most, cells: that of the thing.
    """

    contrast: NDArray[np.float64]
    drop: NDArray[np.float64]
    radius: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where kinds were seen.

    Attributes:
        picture: (S,) int64.
        kind: (S,) int64 in [0, M).
        xy: (S, 2) cells.
    """

    picture: NDArray[np.int64]
    kind: NDArray[np.int64]
    xy: NDArray[np.float64]


def away_from_ground(
    images: NDArray[np.uint8], size: tuple[int, int], *, is_video: bool = False
) -> NDArray[np.float32] | None:
    """Return how far each place is from the ground's colour, (P, h, w), 1 on average.

    In a video under a still camera the ground is the usual frame; elsewhere it is the commonest
    colour of each picture. None where the camera moves or the pictures have no plain ground.

    Args:
        images: (P, H, W, 1 or 3).
        size: (w, h) of the map.
        is_video: the pictures are frames of one video, seen whole.
    """
    small = shrunk(images, size)
    away = away_from_usual(small) if is_video else None
    if away is None:
        found = [_away_from_commonest(picture) for picture in small]
        if float(np.median([share for _, share in found])) < _PLAIN:
            return None
        away = np.stack([one for one, _ in found])
    return np.asarray(away / max(float(away.mean()), 1e-6), np.float32)


def _away_from_commonest(
    picture: NDArray[np.float32],
) -> tuple[NDArray[np.float32], float]:
    """Return (h, w) the distance from the commonest colour, and the share of places that have it.

    Args:
        picture: (h, w, 1 or 3) in [0, 1].
    """
    colours = picture.reshape(-1, picture.shape[-1])
    steps = (colours * (_STEPS - 1)).astype(np.int64)
    key = steps @ (_STEPS ** np.arange(colours.shape[1]))
    _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    ground = colours[inverse == counts.argmax()].mean(0)
    away = np.linalg.norm(colours - ground, axis=1)
    return away.reshape(picture.shape[:2]), float((away < SAME).mean())


def stand_out(away: NDArray[np.float32], blobs: Blobs | Places, num_kinds: int) -> StandOut:
    """Return how each kind's blobs lie on the ground.

    Args:
        away: (P, h, w) as ``away_from_ground`` gives it.
        blobs: the sure ones, of the same pictures and on the same map.
        num_kinds: M.
    """
    total, seen = _around(away, blobs, num_kinds)
    weights = seen * np.maximum(_RINGS, 0.25)[:, None]  # the area that each sample stands for
    within = np.cumsum((total / np.maximum(seen, 1) * weights).sum(axis=2), axis=1)
    within /= np.maximum(np.cumsum(weights.sum(axis=2), axis=1), 1e-9)
    drops = np.empty((num_kinds, len(_RADII)))
    for column, radius in enumerate(_RADII.tolist()):
        rim = (radius < _RINGS) & (radius + _RIM >= _RINGS)
        around = total[:, rim].sum(axis=1) / np.maximum(seen[:, rim].sum(axis=1), 1)
        drops[:, column] = within[:, int(0.8 * radius)] - around.max(axis=1)
    best = drops.argmax(axis=1)
    mean = total[:, 0].sum(axis=1) / np.maximum(seen[:, 0].sum(axis=1), 1)
    return StandOut(mean, drops[np.arange(num_kinds), best], _RADII[best].astype(np.float64))


def _around(
    away: NDArray[np.float32], blobs: Blobs | Places, num_kinds: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return sums (M, R, A) of ``away`` on rings around the blobs, and how many lie inside."""
    h, w = away.shape[1:]
    angles = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
    steps = _RINGS[:, None, None] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    flat = blobs.kind * _RINGS.size * _DIRECTIONS
    cells = np.arange(_RINGS.size * _DIRECTIONS)
    shape = (num_kinds, _RINGS.size, _DIRECTIONS)
    total, seen = np.zeros(np.prod(shape)), np.zeros(np.prod(shape))
    for some in np.array_split(np.arange(len(blobs.kind)), 1 + len(blobs.kind) // 4096):
        x, y = np.moveaxis(np.rint(blobs.xy[some, None, None] + steps).astype(np.int64), -1, 0)
        inside = ((x >= 0) & (x < w) & (y >= 0) & (y < h)).reshape(len(some), -1)
        picture = blobs.picture[some, None, None]
        values = away[picture, y.clip(0, h - 1), x.clip(0, w - 1)].reshape(len(some), -1)
        keys = (flat[some, None] + cells)[inside]
        total += np.bincount(keys, values[inside], total.size)
        seen += np.bincount(keys, minlength=seen.size)
    return total.reshape(shape), seen.reshape(shape)
