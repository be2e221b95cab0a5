"""Small things in large pictures: search overlapping tiles at the working scale, merge the seams.

Tiles go through the network a few at a time, so that memory does not grow with the picture.

Shapes: N keypoints of all tiles, T tiles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tusk_core.arrays import frozen
from tusk_core.data.windows import OVERLAP, is_larger, tiles_of, window_size
from tusk_core.results import Detection, Keypoints, TuskError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_core.data.windows import Window

# A keypoint this near to a cut edge, in shares of the overlap, belongs to the neighbour.
_EDGE = 0.25
_MOST_TILES = 10_000


class TileDetector(Protocol):
    """Finds keypoints in pictures of one size, laid on one canvas."""

    def __call__(
        self, images: Sequence[NDArray[np.uint8]], canvas: tuple[int, int]
    ) -> list[Detection]:
        """Return what is in each picture, in its own pixels."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """How a picture is searched.

    Attributes:
        window: (width, height) of a tile, pixels of the picture.
        canvas: (width, height) of the network's input for a whole tile, pixels.
        reach: keypoints of different tiles nearer than this are one [network px].
        within_kind: only keypoints of one kind can be one.
        batch: tiles in a pass of the network.
    """

    window: tuple[int, int]
    canvas: tuple[int, int]
    reach: float
    within_kind: bool
    batch: int

    def applies_to(self, size: tuple[int, int]) -> bool:
        """Tell whether a picture of (width, height) takes more than one tile."""
        return is_larger(size, self.window)


def make_tiling(
    side: int, canvas: tuple[int, int], *, reach: float, within_kind: bool, batch: int
) -> Tiling:
    """Return the tiling with tiles whose longer side is ``side`` pixels of the picture."""
    return Tiling(window_size(side, canvas), canvas, reach, within_kind, batch)


def check_one_tile(tiling: Tiling | None, size: tuple[int, int]) -> None:
    """Refuse to draw a picture of (width, height) that is searched in tiles.

    Raises:
        TuskError: saying how large it may be.
    """
    if tiling is None or not tiling.applies_to(size):
        return
    width, height = tiling.window
    raise TuskError(
        f"This model learned from crops of {width} × {height} px and searches larger pictures in "
        "tiles, which it cannot redraw as one. Cut a part of that size out of the picture to see "
        "its layers."
    )


def detect_in_tiles(image: NDArray[np.uint8], tiling: Tiling, detect: TileDetector) -> Detection:
    """Return what ``detect`` finds in the tiles of a picture, each thing once.

    The order of tiles and of equal scores is fixed, so that the same picture gives the same
    keypoints. The heat map is the highest of the tiles' maps, if they come with any.

    Args:
        image: (H, W, 3) uint8.
        tiling: how.
        detect: runs the network.

    Raises:
        TuskError: if the tiles are so small that there would be far too many.
    """
    size = (image.shape[1], image.shape[0])
    windows = tiles_of(size, tiling.window)
    if len(windows) > _MOST_TILES:
        raise TuskError(
            f"A picture of {size[0]} × {size[1]} px would take {len(windows):,} tiles of "
            f"{max(tiling.window)} px. Choose larger tiles; things should look as large in them as "
            "in the pictures the model learned from."
        )
    scale = tiling.canvas[0] / tiling.window[0]
    canvas = (
        max(1, round(windows[0].width * scale)),
        max(1, round(windows[0].height * scale)),
    )
    parts: list[Keypoints] = []
    heat_map: NDArray[np.float32] | None = None
    milliseconds = 0.0
    for start in range(0, len(windows), tiling.batch):
        some = windows[start : start + tiling.batch]
        for window, found in zip(some, detect([w.of(image) for w in some], canvas), strict=True):
            parts.append(_inside(found.keypoints, window, size))
            milliseconds += found.milliseconds
            if found.heat_map is not None:
                if heat_map is None:
                    heat_map = np.zeros((size[1], size[0]), np.float32)
                view = window.of(heat_map)  # type: ignore[arg-type]
                np.maximum(view, found.heat_map, out=view)
    merged = merge(parts, reach=tiling.reach / scale, within_kind=tiling.within_kind)
    return Detection(size, merged, None if heat_map is None else frozen(heat_map), milliseconds)


def _inside(found: Keypoints, window: Window, size: tuple[int, int]) -> Keypoints:
    """Return a tile's keypoints in the picture's pixels, without those at its cut edges.

    What lies there is seen whole by a neighbour, and may look like something else here.
    """
    low = np.array([window.x, window.y], np.float32)
    sides = np.array([window.width, window.height])
    xy = found.xy + low
    margin = sides * OVERLAP * _EDGE
    from_low = (low == 0) | (found.xy >= margin)
    from_high = (low + sides >= np.array(size)) | (found.xy <= sides - 1 - margin)
    whole = np.asarray((from_low & from_high).all(axis=1))
    return _chosen(replace(found, xy=xy.astype(np.float32)), whole)


def _chosen(found: Keypoints, which: NDArray[np.generic]) -> Keypoints:
    return Keypoints(
        xy=frozen(found.xy[which]),
        scores=frozen(found.scores[which]),
        labels=frozen(found.labels[which]),
        descriptors=frozen(found.descriptors[which]),
        confidences=frozen(found.confidences[which]),
    )


def merge(parts: Sequence[Keypoints], *, reach: float, within_kind: bool) -> Keypoints:
    """Return the keypoints of all tiles by falling score; of doubles the best.

    Args:
        parts: of the tiles, in the picture's pixels.
        reach: keypoints of different tiles nearer than this are doubles [px].
        within_kind: only if they are of one kind.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415 - the engine works without SciPy

    tile = np.repeat(np.arange(len(parts)), [len(part.scores) for part in parts])
    found = Keypoints(
        xy=np.concatenate([part.xy for part in parts]),
        scores=np.concatenate([part.scores for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        descriptors=np.concatenate([part.descriptors for part in parts]),
        confidences=np.concatenate([part.confidences for part in parts]),
    )
    # Equal scores go by place, which does not depend on how the tiles were batched.
    order = np.lexsort((found.xy[:, 0], found.xy[:, 1], -found.scores))
    found, tile = _chosen(found, order), tile[order]
    pairs = cKDTree(found.xy).query_pairs(reach, output_type="ndarray")
    double = tile[pairs[:, 0]] != tile[pairs[:, 1]]
    if within_kind:
        double &= found.labels[pairs[:, 0]] == found.labels[pairs[:, 1]]
    return _chosen(found, keep_better(len(found.scores), pairs[double]))


def keep_better(count: int, pairs: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return (N,) which of N things stay when each removes the later ones it is paired with.

    This is greedy suppression, round by round: what has no better neighbour left stays.

    Args:
        count: N, sorted from the best.
        pairs: (n, 2) indices, the smaller first.
    """
    kept, open_ = np.ones(count, dtype=bool), np.ones(count, dtype=bool)
    better, worse = pairs.min(axis=1, initial=count), pairs.max(axis=1, initial=0)
    while open_.any():
        waits = np.zeros(count, dtype=bool)
        waits[worse[open_[better] & open_[worse]]] = True
        stays = open_ & ~waits
        falls = np.zeros(count, dtype=bool)
        falls[worse[stays[better]]] = True
        falls &= open_ & ~stays
        kept[falls] = False
        open_ &= ~(stays | falls)
    return kept
