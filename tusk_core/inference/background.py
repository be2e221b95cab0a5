"""Which kinds of a model look like background, judged from its detections; no labels needed.

What a thing is not: at the pictures' edge more than anything that lies anywhere would be, of the
colour of a plain ground or between things on it, or scattered over the whole picture where other
kinds keep their place.

Shapes: N detections, P pictures, M kinds, h x w cells of a small picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tusk_core.control import Cancelled
from tusk_core.data.source import open_source
from tusk_core.discovery.ground import Places, away_from_ground, stand_out
from tusk_core.events import KindJudged
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.results import Analysis

_FEWEST = 6  # detections that tell anything of a kind
_EDGE = 0.06  # of a side; anything anywhere lies so near an edge in a quarter of the cases
_AT_EDGE = 0.45
_ANYWHERE, _IN_PLACE = 0.75, 0.55
_UNIFORM = (1 / 6) ** 0.5  # deviation of what lies anywhere in a unit square
_NEAR_GROUND, _GAP = 0.5, 0.05
_MOST_PICTURES, _LONGER_SIDE = 48, 96


@dataclass(frozen=True, slots=True, eq=False)
class KindPlaces:
    """How the detections of each kind lie; every array is (M,).

    Attributes:
        count: detections.
        edge: share of them near the edge of their picture, [0, 1].
        spread: how much their places differ from picture to picture; 1 for anywhere.
    """

    count: NDArray[np.int64]
    edge: NDArray[np.float64]
    spread: NDArray[np.float64]


def judge_kinds(analysis: Analysis, control: RunControl) -> tuple[KindJudged, ...]:
    """Return the kinds that look like background, the surest first.

    Args:
        analysis: of any model; its pictures are opened again where they are still there.
        control: a stop request ends it.

    Raises:
        Cancelled: if ``control`` asked for it.
    """
    places = kind_places(analysis)
    contrast, drop = _on_ground(analysis, control)
    known = places.count >= _FEWEST
    usual = float(np.median(places.spread[known])) if known.any() else 1.0
    found = []
    for kind in np.flatnonzero(known).tolist():
        reasons = {
            "edge": places.edge[kind] / _AT_EDGE,
            "ground": _groundness(contrast[kind], drop[kind]),
            "anywhere": places.spread[kind] / _ANYWHERE if usual <= _IN_PLACE else 0.0,
        }
        reason = max(reasons, key=lambda each: reasons[each])
        if reasons[reason] >= 1:
            found.append(
                KindJudged(kind, int(places.count[kind]), _SENTENCES[reason], reasons[reason])
            )
    return tuple(sorted(found, key=lambda each: -each.certainty))


_SENTENCES = {
    "edge": "at the edge of the pictures more often than in them",
    "ground": "of the colour of the ground that things lie on",
    "anywhere": "anywhere in the picture, where other kinds keep their place",
}


def _groundness(contrast: float, drop: float) -> float:
    """Return 1 and more for gaps between things; 0 where there is not a plain ground."""
    if not np.isfinite(contrast) or drop > _GAP:
        return 0.0
    return float(_NEAR_GROUND / max(contrast, 0.05))


def kind_places(analysis: Analysis) -> KindPlaces:
    """Return how the detections of each kind lie in their pictures."""
    num = len(analysis.prototypes)
    labels = analysis.labels
    sides = np.maximum(analysis.picture_sizes[analysis.picture], 1).astype(np.float64)
    place = (analysis.xy + 0.5) / sides
    near = np.minimum(place, 1 - place).min(axis=1) < _EDGE
    count = np.bincount(labels, minlength=num)
    total = np.maximum(count, 1)
    mean = np.stack([np.bincount(labels, place[:, i], num) / total for i in (0, 1)], axis=1)
    away = ((place - mean[labels]) ** 2).sum(axis=1)
    return KindPlaces(
        count=count,
        edge=np.bincount(labels, near, num) / total,
        spread=np.sqrt(np.bincount(labels, away, num) / total) / _UNIFORM,
    )


def _on_ground(
    analysis: Analysis, control: RunControl
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return contrast and drop of each kind, (M,) each; NaN where nothing is known of a ground."""
    nothing = np.full(len(analysis.prototypes), np.nan)
    count = len(analysis.picture_names)
    chosen = np.unique(np.linspace(0, count - 1, min(count, _MOST_PICTURES)).round().astype(int))
    try:
        with open_source(analysis.source) as source:
            if len(source) != count:
                return nothing, nothing
            if analysis.shown_as is not None:
                source.use_settings(analysis.shown_as)
            is_video = source.kind == "video"
            small, read = _small(source, chosen, analysis, control)
    except SourceError:
        return nothing, nothing
    if not len(read):
        return nothing, nothing
    height, width = small.shape[1:3]
    away = away_from_ground(small, (width, height), is_video=is_video)
    if away is None:
        return nothing, nothing
    ground = stand_out(away, _as_places(analysis, read, (width, height)), len(nothing))
    return ground.contrast, ground.drop


def _small(
    source: BaseSource, chosen: NDArray[np.int64], analysis: Analysis, control: RunControl
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return small pictures (P, h, w, 3) of one shape, and which they are; unreadable ones miss."""
    usual = np.median(analysis.picture_sizes[chosen], axis=0)
    width, height = np.maximum(1, np.rint(_LONGER_SIDE * usual / usual.max())).astype(int).tolist()
    pictures, read = [], []
    for index in chosen.tolist():
        if control.stop_requested:
            raise Cancelled
        try:
            picture = source.read(index)
        except SourceError:
            continue
        pictures.append(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))
        read.append(index)
    small = np.array(pictures, np.uint8).reshape(len(read), height, width, 3)
    return small, np.array(read, np.int64)


def _as_places(analysis: Analysis, read: NDArray[np.int64], size: tuple[int, int]) -> Places:
    """Return the detections in some pictures as places on small ones of ``size``."""
    position = np.full(len(analysis.picture_names), -1)
    position[read] = np.arange(len(read))
    rows = np.flatnonzero(position[analysis.picture] >= 0)
    sides = np.maximum(analysis.picture_sizes[analysis.picture[rows]], 1)
    xy = (analysis.xy[rows] + 0.5) / sides * np.array(size) - 0.5
    return Places(
        picture=position[analysis.picture[rows]],
        kind=analysis.labels[rows].astype(np.int64),
        xy=xy.astype(np.float64),
    )
