"""Where the faces of a map's stars stand: in their place, beside it on a leader, or nowhere.

No face covers another, and together they leave most of the map to its points. Where there is not
enough room the rest stay stars: coming nearer makes room.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_app.parts.scatter.state import ScatterStars

# A face's half side for each root of the room that a star has, and its limits [px].
_SHARE, _SMALLEST, _LARGEST = 0.24, 8.0, 17.0
_MOST_COVERED = 0.22
_GAP = 5
_TURNS = 16
_RADII = (1.1, 1.7, 2.3, 3.0, 3.8)  # in sides of a face


@dataclass(frozen=True, slots=True, eq=False)
class FaceLayout:
    """Faces of one view of a map, widget pixels.

    Attributes:
        half: half of a face's side.
        at_home: middle of each face that stands in its star's place, by star.
        aside: the same of those that stand beside it.
    """

    half: float = 0.0
    at_home: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    aside: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def places(self) -> dict[int, NDArray[np.float64]]:
        """Where faces stand, by star."""
        return self.at_home | self.aside

    def star_at(self, x: float, y: float) -> int:
        """Return the star whose face covers a pixel, -1 for none."""
        covers = (
            star
            for star, at in self.places.items()
            if max(abs(at[0] - x), abs(at[1] - y)) <= self.half + 2
        )
        return next(covers, -1)


NO_FACES = FaceLayout()


def face_half(size: tuple[int, int], count: int) -> float:
    """Return half the side of a face: larger where a map has more room for each star [px]."""
    share = math.sqrt(size[0] * size[1] / max(count, 1))
    return float(np.clip(_SHARE * share, _SMALLEST, _LARGEST))


def place_faces(
    stars: ScatterStars,
    places: NDArray[np.float64],
    seen: NDArray[np.intp],
    size: tuple[int, int],
) -> FaceLayout:
    """Return where the faces of the stars in view stand, those that are used first.

    Args:
        stars: m stars with their faces.
        places: (m, 2) of the stars, widget pixels.
        seen: those in view.
        size: (width, height) of the widget.
    """
    if not stars.faces:
        return NO_FACES
    faint = np.zeros(len(places), np.bool_) if stars.faint is None else stars.faint
    wanted = [i for i in seen.tolist() if stars.faces[i] is not None and not faint[i]]
    half = face_half(size, int(stars.shown.sum()))
    side = 2 * half + _GAP
    at_home: dict[int, NDArray[np.float64]] = {}
    for i in wanted:
        taken = _stacked(at_home)
        if not (np.abs(taken - places[i]).max(axis=1) < side).any():
            at_home[i] = places[i]
    room = int(_MOST_COVERED * size[0] * size[1] / side**2) - len(at_home)
    rest = [i for i in wanted if i not in at_home][: max(0, room)]
    aside = _beside(places, rest, _stacked(at_home), places[seen], (half, size))
    return FaceLayout(half, at_home, aside)


def _beside(
    places: NDArray[np.float64],
    rest: list[int],
    taken: NDArray[np.float64],
    stars: NDArray[np.float64],
    room: tuple[float, tuple[int, int]],
) -> dict[int, NDArray[np.float64]]:
    """Return a free place near its star for each of ``rest`` that finds one.

    Args:
        places: (m, 2) of all stars.
        rest: those that ask for a place.
        taken: (n, 2) middles of other faces.
        stars: (s, 2) places that must not be covered.
        room: half of a face's side, and (width, height) of the widget.
    """
    half, side = room[0], 2 * room[0] + _GAP
    low, high = half + 3, np.array(room[1], np.float64) - half - 3
    found: dict[int, NDArray[np.float64]] = {}
    for i in rest:
        spots = places[i] + _rings() * side
        free = ((spots >= low) & (spots <= high)).all(axis=1)
        free &= (np.abs(spots[:, None] - taken).max(axis=2) >= side).all(axis=1)
        free &= (np.abs(spots[:, None] - stars).max(axis=2) >= half + 4).all(axis=1)
        if free.any():
            found[i] = spots[int(free.argmax())]
            taken = np.concatenate([taken, found[i][None]])
    return found


def _rings() -> NDArray[np.float64]:
    """Return (n, 2) places around a star in sides of a face, the nearest first."""
    angles = np.arange(_TURNS) * 2 * np.pi / _TURNS
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.concatenate([radius * around for radius in _RADII])


def _stacked(places: dict[int, NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.stack(list(places.values())) if places else np.zeros((0, 2))
