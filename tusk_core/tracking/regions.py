"""Regions of a picture outside which no keypoint counts: rectangles and polygons, as JSON.

``{"rectangle": [left, top, right, bottom]}`` or ``{"polygon": [[x, y], ...]}`` counts for every
video; ``{"regions": {"flies.mp4": {...}, "*": {...}}}`` gives each video its own. A list of shapes
stands for all of them together. Pixels of the original picture, (0, 0) = centre of the first.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.results import SourceError
from tusk_core.tracks import Region

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.results import Analysis

_MOST_BYTES = 10_000_000


def inside(region: Region, xy: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Return which of the points (N, 2) lie in one of a region's polygons; borders count."""
    found = np.zeros(len(xy), bool)
    for polygon in region.polygons:
        found |= _inside(np.asarray(polygon, np.float64), np.asarray(xy, np.float64))
    return found


def within(analysis: Analysis, region: Region | None) -> Analysis:
    """Return an analysis without what lies outside a region; None keeps all, no picture is lost."""
    if region is None:
        return analysis
    kept = inside(region, analysis.xy)
    tracks = analysis.tracks
    if tracks is not None:
        tracks = dataclasses.replace(
            tracks, individuals=tracks.individuals[kept], margins=tracks.margins[kept]
        )
    return dataclasses.replace(
        analysis,
        picture=analysis.picture[kept],
        xy=analysis.xy[kept],
        scores=analysis.scores[kept],
        labels=analysis.labels[kept],
        descriptors=analysis.descriptors[kept],
        classes=analysis.classes[kept],
        tracks=tracks,
    )


def _inside(corners: NDArray[np.float64], xy: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which points (N, 2) lie in a polygon (V, 2), by counting the edges to their right."""
    ends = np.roll(corners, -1, axis=0)
    (x0, y0), (x1, y1) = corners.T, ends.T
    x, y = xy[:, 0, None], xy[:, 1, None]
    crosses = (y0 > y) != (y1 > y)
    rise = np.where(y1 == y0, 1.0, y1 - y0)
    at = x0 + (y - y0) * (x1 - x0) / rise
    inner = (crosses & (x < at)).sum(axis=1) % 2 == 1
    along = (x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)
    length = np.maximum((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-12)
    share = np.clip(along / length, 0, 1)
    away = np.hypot(x0 + share * (x1 - x0) - x, y0 + share * (y1 - y0) - y)
    return np.asarray(inner | (away <= 1e-6).any(axis=1))


def read_regions(path: Path) -> dict[str, Region]:
    """Return regions by the name of the video they are of, ``*`` for all.

    Raises:
        SourceError: if the file does not hold regions.
    """
    try:
        content = json.loads(path.read_bytes()[:_MOST_BYTES])
        named = {"*": content} if isinstance(content, list) else content.get("regions")
        named = {"*": content} if named is None else named
        return {str(name): _region(shape) for name, shape in named.items()}
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(
            f'{path} does not hold regions. It should say {{"rectangle": [left, top, right, '
            'bottom]} or {"polygon": [[x, y], ...]}, in pixels.'
        ) from error


def region_for(regions: Mapping[str, Region], source: str) -> Region | None:
    """Return the region of a source by its path or its file's name, else the one for all."""
    for name in (source, PurePath(source).name, PurePath(source).stem, "*"):
        if name in regions:
            return regions[name]
    return None


def _region(shape: Any) -> Region:
    shapes = shape if isinstance(shape, list) else [shape]
    if not shapes:
        raise ValueError("no shape")
    return Region(tuple(_polygon(one) for one in shapes))


def _polygon(shape: dict[str, Any]) -> tuple[tuple[float, float], ...]:
    if "rectangle" in shape:
        left, top, right, bottom = (float(value) for value in shape["rectangle"])
        if not (left < right and top < bottom):
            raise ValueError("an empty rectangle")
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    else:
        corners = [(float(x), float(y)) for x, y in shape["polygon"]]
    if len(corners) < 3 or not np.isfinite(corners).all():
        raise ValueError("a polygon needs three corners")
    return tuple(corners)
