"""Scores of the segments a model draws: foreground ARI, and which object a layer shows.

Shapes: P pictures, K layers, G true objects, h x w pixels. True masks hold 0 for background and
1 + index of the object elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.evaluation.accuracy import adjusted_rand_index

if TYPE_CHECKING:
    from numpy.typing import NDArray

RELEASED_ALPHA = 0.8


def segment_overlaps(
    predicted: NDArray[np.integer],
    true: NDArray[np.integer],
    num_predicted: int,
    num_true: int,
) -> NDArray[np.int64]:
    """Return (P, num_predicted, num_true) pixels of each picture with each pair of ids.

    Args:
        predicted: (P, h, w) ids below ``num_predicted``.
        true: (P, h, w) ids below ``num_true``.
        num_predicted: ids a picture can have.
        num_true: likewise.
    """
    P = len(predicted)
    cell = predicted.reshape(P, -1).astype(np.int64) * num_true + true.reshape(P, -1)
    cell += np.arange(P)[:, None] * (num_predicted * num_true)
    counts = np.bincount(cell.ravel(), minlength=P * num_predicted * num_true)
    shaped: NDArray[np.int64] = counts.reshape(P, num_predicted, num_true)
    return shaped


def foreground_ari(
    predicted: NDArray[np.integer], true: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return (P,) adjusted Rand index over the pixels where the truth has an object.

    A picture without objects gives NaN.
    """
    sizes = int(predicted.max(initial=0)) + 1, int(true.max(initial=0)) + 1
    counts = segment_overlaps(predicted, true, *sizes)
    return adjusted_rand_index(counts[:, :, 1:])


def region_overlaps(
    regions: NDArray[np.bool_], true: NDArray[np.integer], num_objects: int
) -> NDArray[np.int64]:
    """Return (P, K, 1 + G) pixels of each region on the background and on each object.

    Args:
        regions: (P, K, h, w); they may overlap.
        true: (P, h, w).
        num_objects: G.
    """
    P, K = regions.shape[:2]
    ids = np.arange(num_objects + 1)
    is_object = (true.reshape(P, 1, -1) == ids[:, None]).astype(np.float32)
    counts = regions.reshape(P, K, -1).astype(np.float32) @ is_object.transpose(0, 2, 1)
    whole: NDArray[np.int64] = np.rint(counts).astype(np.int64)
    return whole


def majority_object(overlaps: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return (P, K) the object that has more than half of a region, -1 where none has.

    Background pixels count in the region's size, so a region that is mostly background shows
    nothing; neither does an empty one.

    Args:
        overlaps: (P, K, 1 + G) from ``region_overlaps``.
    """
    if overlaps.shape[-1] < 2:
        return np.full(overlaps.shape[:2], -1, dtype=np.int64)
    on_objects = overlaps[..., 1:]
    best = on_objects.argmax(-1)
    share = np.take_along_axis(on_objects, best[..., None], -1)[..., 0]
    return np.where(2 * share > overlaps.sum(-1), best, -1)


@dataclass(frozen=True, slots=True, eq=False)
class ObjectHits:
    """Which keypoint stands for which object.

    Attributes:
        picture: (n,) picture of each pair.
        keypoint: (n,) index of the keypoint in its picture.
        object: (n,) index of the object in its picture.
    """

    picture: NDArray[np.int64]
    keypoint: NDArray[np.int64]
    object: NDArray[np.int64]


def all_hits(shown: NDArray[np.integer]) -> ObjectHits:
    """Return every keypoint that shows an object; two on one object both count.

    Args:
        shown: (P, K) from ``majority_object``.
    """
    picture, keypoint = np.nonzero(shown >= 0)
    return ObjectHits(picture, keypoint, shown[picture, keypoint].astype(np.int64))


def one_hit_each(shown: NDArray[np.integer], overlaps: NDArray[np.integer]) -> ObjectHits:
    """Return for each object the one keypoint that shows most of it, where any does.

    Args:
        shown: (P, K) from ``majority_object``.
        overlaps: (P, K, 1 + G) from ``region_overlaps``.
    """
    num_objects = overlaps.shape[-1] - 1
    claims = shown[..., None] == np.arange(num_objects)  # (P, K, G)
    pixels = np.where(claims, overlaps[..., 1:], 0)
    best = pixels.argmax(1)  # (P, G)
    picture, found = np.nonzero(claims.any(1))
    return ObjectHits(picture, best[picture, found], found)
