"""Rays through spheres, cubes and cylinders on a floor, many at once; no picture loop, no pixels.

Every solid is convex, so a ray passes through it between two distances; the same interval answers
what a camera sees and what lies in shadow. The world has z up and the floor at z = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPHERE, CUBE, CYLINDER = 0, 1, 2
_TINY = np.float32(1e-6)
_NEVER = np.float32(1e9)


@dataclass(frozen=True, slots=True)
class Solid:
    """One solid standing on the floor.

    Attributes:
        shape: SPHERE, CUBE or CYLINDER.
        centre: (x, y, z) world units.
        half: radius, or half the side, world units.
        angle: turn about the vertical, radians.
    """

    shape: int
    centre: tuple[float, float, float]
    half: float
    angle: float

    @property
    def reach(self) -> float:
        """Radius of the sphere around it, world units."""
        return self.half * (1.0, 3.0**0.5, 2.0**0.5)[self.shape]

    def to_local(self, vectors: NDArray[np.float32], *, moved: bool) -> NDArray[np.float32]:
        """Return (..., 3) vectors in a frame in which the solid reaches from -1 to 1.

        Args:
            vectors: places (``moved``) or directions, world units.
            moved: also take the centre away.
        """
        if moved:
            vectors = vectors - np.asarray(self.centre, np.float32)
        cosine, sine = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        local = np.empty(vectors.shape, np.float32)
        local[..., 0] = cosine * vectors[..., 0] + sine * vectors[..., 1]
        local[..., 1] = cosine * vectors[..., 1] - sine * vectors[..., 0]
        local[..., 2] = vectors[..., 2]
        local /= np.float32(self.half)
        return local

    def to_world(self, normals: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn (..., 3) local directions back into the world."""
        cosine, sine = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        world = np.empty_like(normals)
        world[..., 0] = cosine * normals[..., 0] - sine * normals[..., 1]
        world[..., 1] = sine * normals[..., 0] + cosine * normals[..., 1]
        world[..., 2] = normals[..., 2]
        return world


def passage(
    solid: Solid, origins: NDArray[np.float32], directions: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return where rays enter and leave a solid.

    Args:
        solid: the solid.
        origins: (..., 3) world units; broadcasts with ``directions``.
        directions: (..., 3), any length.

    Returns:
        Two (...) float32 distances in lengths of the direction; the ray misses where the second
        is not larger than the first.
    """
    o = solid.to_local(origins, moved=True)
    d = solid.to_local(directions, moved=False)
    if solid.shape == SPHERE:
        return _round_passage(o, d, 3)
    d = np.where(np.abs(d) < _TINY, _TINY, d)
    if solid.shape == CYLINDER:
        enter, leave = _round_passage(o, d, 2)
        low, high = _slab_passage(o[..., 2], d[..., 2])
        return np.maximum(enter, low), np.minimum(leave, high)
    enter, leave = _slab_passage(o[..., 0], d[..., 0])
    for axis in (1, 2):
        low, high = _slab_passage(o[..., axis], d[..., axis])
        enter, leave = np.maximum(enter, low), np.minimum(leave, high)
    return enter, leave


def _slab_passage(
    o: NDArray[np.float32], d: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    inverse = 1 / d
    first, second = (-1 - o) * inverse, (1 - o) * inverse
    return np.minimum(first, second), np.maximum(first, second)


def _round_passage(
    o: NDArray[np.float32], d: NDArray[np.float32], axes: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the passage through the unit sphere (3 axes) or the endless unit cylinder (2)."""
    a, b, c = _dot(d, d, axes), _dot(o, d, axes), _dot(o, o, axes) - 1
    inside = b * b - a * c
    root = np.sqrt(np.maximum(inside, 0))
    hit = inside > 0
    return np.where(hit, (-b - root) / a, _NEVER), np.where(hit, (-b + root) / a, -_NEVER)


def _dot(a: NDArray[np.float32], b: NDArray[np.float32], axes: int) -> NDArray[np.float32]:
    total = a[..., 0] * b[..., 0]
    for axis in range(1, axes):
        total = total + a[..., axis] * b[..., axis]
    return np.asarray(total, np.float32)


def dot(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (...) dot products of (..., 3) vectors."""
    return _dot(a, b, 3)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (..., 3) vectors at length 1."""
    return np.asarray(vectors / np.sqrt(dot(vectors, vectors))[..., None], np.float32)


def normals_at(solid: Solid, places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the (n, 3) outward unit normals at (n, 3) places on the solid's surface."""
    local = solid.to_local(places, moved=True)
    normals = np.zeros_like(local)
    if solid.shape == SPHERE:
        normals = local
    elif solid.shape == CUBE:
        axis = np.abs(local).argmax(axis=1)
        rows = np.arange(len(local))
        normals[rows, axis] = np.sign(local[rows, axis])
    else:
        around = local[:, 0] ** 2 + local[:, 1] ** 2
        is_cap = local[:, 2] ** 2 > around
        normals[:, 2] = np.where(is_cap, np.sign(local[:, 2]), 0)
        normals[:, :2] = np.where(is_cap[:, None], 0, local[:, :2])
    return unit(solid.to_world(normals))


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A pinhole camera.

    Attributes:
        place: (3,) float32 world units.
        axes: (3, 3) float32: right, down, forward.
        half_view: tangent of half the angle of view.
    """

    place: NDArray[np.float32]
    axes: NDArray[np.float32]
    half_view: float

    @classmethod
    def looking_at(
        cls, place: NDArray[np.float32], target: NDArray[np.float32], half_view: float
    ) -> Camera:
        """Return a level camera at ``place`` that looks at ``target``."""
        forward = unit(target - place)
        right = unit(np.cross(forward, np.array([0, 0, 1], np.float32)).astype(np.float32))
        down = np.cross(forward, right).astype(np.float32)
        return cls(place, np.stack([right, down, forward]), half_view)

    def rays(self, size: int, columns: slice, rows: slice) -> NDArray[np.float32]:
        """Return (rows, columns, 3) directions, 1 long along the view, of a size×size grid."""
        across = ((np.arange(columns.start, columns.stop) + 0.5) * 2 / size - 1) * self.half_view
        down = ((np.arange(rows.start, rows.stop) + 0.5) * 2 / size - 1) * self.half_view
        flat = across.astype(np.float32)[None, :, None] * self.axes[0]
        return np.asarray(
            flat + down.astype(np.float32)[:, None, None] * self.axes[1] + self.axes[2]
        )

    def project(self, place: NDArray[np.float32], size: int) -> tuple[float, float, float]:
        """Return (x, y) pixels, (0, 0) = centre of the first, and the depth of one place."""
        right, down, depth = (float(value) for value in self.axes @ (place - self.place))
        zoom = size / (2 * self.half_view * depth)
        return right * zoom + (size - 1) / 2, down * zoom + (size - 1) / 2, depth

    def window(self, solid: Solid, size: int) -> tuple[slice, slice]:
        """Return the columns and rows of a size×size grid in which a solid can be seen."""
        x, y, depth = self.project(np.asarray(solid.centre, np.float32), size)
        near = max(depth - solid.reach, 0.1)
        # Off the middle of the view a sphere is seen as an ellipse, longer than its radius.
        radius = 1.1 * solid.reach * size / (2 * self.half_view * near) + 1
        first = [min(max(int(value - radius), 0), size) for value in (x, y)]
        last = [min(max(int(value + radius) + 2, 0), size) for value in (x, y)]
        return slice(first[0], last[0]), slice(first[1], last[1])


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What a camera sees of the solids on a grid of rays.

    Attributes:
        owner: (size, size) uint8, 1 + index of the nearest solid, 0 = floor.
        distance: (size, size) float32 along the view.
        areas: (n,) int64 rays that would hit each solid if it stood alone.
    """

    owner: NDArray[np.uint8]
    distance: NDArray[np.float32]
    areas: NDArray[np.int64]


def cast(camera: Camera, solids: tuple[Solid, ...], size: int) -> View:
    """Send size×size rays and note what each one meets first."""
    owner = np.zeros((size, size), np.uint8)
    distance = np.full((size, size), _NEVER, np.float32)
    areas = np.zeros(len(solids), np.int64)
    for index, solid in enumerate(solids):
        columns, rows = camera.window(solid, size)
        enter, leave = passage(solid, camera.place, camera.rays(size, columns, rows))
        hit = (leave > enter) & (enter > 0)
        areas[index] = np.count_nonzero(hit)
        nearer = hit & (enter < distance[rows, columns])
        owner[rows, columns][nearer] = index + 1
        distance[rows, columns][nearer] = enter[nearer]
    return View(owner, distance, areas)


def light_share(
    places: NDArray[np.float32], lights: NDArray[np.float32], solids: tuple[Solid, ...]
) -> NDArray[np.float32]:
    """Return how much of a lamp reaches each place.

    Args:
        places: (n, 3) world units.
        lights: (l, 3) unit directions to points of the lamp.
        solids: what may stand in the way.

    Returns:
        (n,) float32 in [0, 1].
    """
    share = np.ones(len(places), np.float32)
    middle = unit(lights.mean(axis=0))
    spread = float(np.sqrt(((lights - middle) ** 2).sum(axis=1)).max())
    for solid in solids:
        to_centre = np.asarray(solid.centre, np.float32) - places
        along = dot(to_centre, middle)
        aside = dot(to_centre, to_centre) - along * along
        limit = solid.reach + spread * np.maximum(along, 0)
        near = np.flatnonzero((along > -solid.reach) & (aside < limit * limit))
        if near.size == 0:
            continue
        enter, leave = passage(solid, places[near][:, None], lights[None])
        blocked = (leave > np.maximum(enter, 0)) & (leave > 1e-3)
        share[near] *= 1 - blocked.mean(axis=1, dtype=np.float32)
    return share
