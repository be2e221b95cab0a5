"""Who is who over time: frozen values that cross the door beside the detections.

Frames are pictures of an ``Analysis``, by their place in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tusk_core.config import TrackConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

NOBODY = -1
# Corners (x, y) in order, pixels of the original picture.
Polygon = tuple[tuple[float, float], ...]
# Pixels by which the ends of a level or upright line may differ.
_LEVEL = 1e-6
EditKind = Literal["swap", "join", "split", "delete", "name", "lock"]


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """The individual of every detection; N detections, A individuals.

    Attributes:
        individuals: (N,) int32, which individual, ``NOBODY`` (-1) for none.
        margins: (N,) float32 in [0, 1], how much worse the next best assignment was; NaN for none.
        names: what each individual is called, A of them.
        links: pairs of kinds that belong to one body, the skeleton.
        settings: the settings they were made with, as JSON.
        over_time: the same number is the same individual in all pictures; False for pictures that
            are not a video, where individuals are counted within each picture.
        locked: individuals that editing and tracking leave alone.
    """

    individuals: NDArray[np.int32]
    margins: NDArray[np.float32]
    names: tuple[str, ...]
    links: tuple[tuple[int, int], ...] = ()
    settings: str = "{}"
    over_time: bool = True
    locked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class TrackEdit:
    """One correction by hand, from one frame on or for a whole individual.

    Attributes:
        kind: ``swap`` and ``split`` act from ``frame`` on, ``join`` gives everything of ``other``
            to ``individual``, ``delete`` takes the individual away, ``name`` and ``lock`` set what
            they say.
        individual: which one.
        other: the second one of ``swap`` and ``join``; -1 for the other kinds.
        frame: first frame that changes.
        name: of ``name``; of ``lock``, empty unlocks.
    """

    kind: EditKind
    individual: int
    other: int = -1
    frame: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """Polygons whose insides count; rectangles are polygons of four corners.

    Attributes:
        polygons: each a tuple of (x, y), pixels of the original picture.
    """

    polygons: tuple[Polygon, ...]


def is_rectangle(polygon: Polygon) -> bool:
    """Tell whether a polygon is a rectangle that stands upright."""
    if len(polygon) != 4:
        return False
    steps = [
        (x1 - x0, y1 - y0)
        for (x0, y0), (x1, y1) in zip(polygon, (*polygon[1:], polygon[0]), strict=True)
    ]
    is_level = [abs(dx) < _LEVEL for dx, _ in steps]
    is_upright = [abs(dy) < _LEVEL for _, dy in steps]
    along_x, along_y = [False, True, False, True], [True, False, True, False]
    return (is_level, is_upright) in ((along_x, along_y), (along_y, along_x))


@dataclass(frozen=True, slots=True)
class TrackProposal:
    """What detections propose for the settings of tracking.

    Attributes:
        min_score: threshold at which the number of individuals is steadiest; 0 for none.
        num_individuals: how many there are; 0 where their number changes.
        steadiness: share of the frames with that many, [0, 1].
        reach: how far somebody may be from where the motion says, pixels.
        num_kinds: keypoints of a whole body; 1 where each keypoint is an individual.
        kinds: the one kind to follow, where all together have no steady number; empty for all.
        still: share of the frames above which a place belongs to the scenery; 0 where all moves.
    """

    min_score: float
    num_individuals: int
    steadiness: float
    reach: float
    num_kinds: int
    kinds: tuple[int, ...] = ()
    still: float = 0.0


@dataclass(frozen=True, slots=True)
class TrackOptions:
    """How to track videos.

    Attributes:
        config: settings of the tracker; what is 0 there is measured.
        num_keypoints: keypoints in a picture; None takes the model's own number.
        regions: keypoints outside do not count; by the name of the video, ``*`` for all.
        again: also track what is done already.
        follow: False only finds keypoints.
        formats: names of export formats that each results file is also written in, beside it.
        tiles: longer side of the tiles that larger pictures are searched in, pixels; 0 sees every
            picture whole, None does as the model learned.
    """

    config: TrackConfig = field(default_factory=TrackConfig)
    num_keypoints: int | None = None
    regions: Mapping[str, Region] = field(default_factory=dict)
    again: bool = False
    tiles: int | None = None
    follow: bool = True
    formats: tuple[str, ...] = ()
