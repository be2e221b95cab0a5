"""Rectangles and polygons of a region, in picture pixels: moved, bent, hit; plain values only."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tusk_core.tracks import is_rectangle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk_core.tracks import Polygon

Point = tuple[float, float]


def rectangle(one: Point, other: Point) -> Polygon:
    """Return the upright rectangle between two corners."""
    left, right = sorted((one[0], other[0]))
    top, bottom = sorted((one[1], other[1]))
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def with_moved_corner(polygon: Polygon, corner: int, to: Point) -> Polygon:
    """Return a polygon with a corner elsewhere; a rectangle stays one."""
    if not is_rectangle(polygon):
        return (*polygon[:corner], to, *polygon[corner + 1 :])
    old = polygon[corner]
    return tuple(
        (to[0] if abs(x - old[0]) < 1e-6 else x, to[1] if abs(y - old[1]) < 1e-6 else y)
        for x, y in polygon
    )


def with_added_corner(polygon: Polygon, edge: int, at: Point) -> Polygon:
    """Return a polygon with one more corner, after corner ``edge``."""
    return (*polygon[: edge + 1], at, *polygon[edge + 1 :])


def shifted(polygon: Polygon, step: Point, size: tuple[int, int]) -> Polygon:
    """Return a polygon shifted, but not out of a picture of (width, height)."""
    left, right = min(x for x, _ in polygon), max(x for x, _ in polygon)
    top, bottom = min(y for _, y in polygon), max(y for _, y in polygon)
    dx = min(max(step[0], -0.5 - left), size[0] - 0.5 - right)
    dy = min(max(step[1], -0.5 - top), size[1] - 0.5 - bottom)
    return tuple((x + dx, y + dy) for x, y in polygon)


def kept_inside(point: Point, size: tuple[int, int]) -> Point:
    """Return the nearest point inside a picture of (width, height)."""
    x = min(max(point[0], -0.5), size[0] - 0.5)
    return x, min(max(point[1], -0.5), size[1] - 0.5)


def area(polygon: Polygon) -> float:
    """Return the area in square pixels."""
    following = (*polygon[1:], polygon[0])
    twice = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(polygon, following, strict=True))
    return abs(twice) / 2


def corner_at(polygons: Sequence[Polygon], point: Point, reach: float) -> tuple[int, int] | None:
    """Return (polygon, corner) of the nearest corner within ``reach`` pixels."""
    found = [
        (math.dist(corner, point), number, index)
        for number, polygon in enumerate(polygons)
        for index, corner in enumerate(polygon)
    ]
    near = min((one for one in found if one[0] <= reach), default=None)
    return None if near is None else (near[1], near[2])


def edge_at(polygons: Sequence[Polygon], point: Point, reach: float) -> tuple[int, int] | None:
    """Return (polygon, edge) of the nearest edge within ``reach`` pixels."""
    found = [
        (_from_edge(start, end, point), number, index)
        for number, polygon in enumerate(polygons)
        for index, (start, end) in enumerate(zip(polygon, (*polygon[1:], polygon[0]), strict=True))
    ]
    near = min((one for one in found if one[0] <= reach), default=None)
    return None if near is None else (near[1], near[2])


def polygon_at(polygons: Sequence[Polygon], point: Point) -> int | None:
    """Return the last polygon that holds a point."""
    holding = [number for number, polygon in enumerate(polygons) if _holds(polygon, point)]
    return holding[-1] if holding else None


def _from_edge(start: Point, end: Point, point: Point) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    along = (point[0] - start[0]) * dx + (point[1] - start[1]) * dy
    share = min(max(along / length, 0.0), 1.0) if length else 0.0
    return math.dist((start[0] + share * dx, start[1] + share * dy), point)


def _holds(polygon: Polygon, point: Point) -> bool:
    """Tell whether a point lies inside, by the edges to its right."""
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in zip(polygon, (*polygon[1:], polygon[0]), strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            inside = not inside
    return inside
