"""Detecting over a whole source, batch by batch.

Shapes: P pictures, N detections, C descriptor length.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.inference.batches import shared_batch_size
from tusk_core.inference.counts import check_count
from tusk_core.inference.side_by_side import num_lanes, side_by_side
from tusk_core.inference.walk import Walk, walk_prepared
from tusk_core.results import UnreadableFile
from tusk_core.tracking.regions import inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource, PictureTruth
    from tusk_core.events import JobProgress
    from tusk_core.inference.laid import Laid
    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.inference.walk import Read
    from tusk_core.tracks import Region


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What a batch of pictures adds to the results; arrays as in ``results.Analysis``.

    Attributes:
        names: of the pictures.
        sizes: (P, 2) int32.
        errors: (P,) float32.
        times: (P,) float64.
        counts: (P,) int32, detections of each picture.
        xy: (N, 2) float32.
        scores: (N,) float32.
        labels: (N,) int32.
        descriptors: (N, C) float16.
        classes: (N,) int32.
    """

    names: tuple[str, ...]
    sizes: NDArray[np.int32]
    errors: NDArray[np.float32]
    times: NDArray[np.float64]
    counts: NDArray[np.int32]
    xy: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int32]
    descriptors: NDArray[np.float16]
    classes: NDArray[np.int32]


def no_rows(length: int) -> Rows:
    """Return the rows of no picture, with descriptors of ``length``."""
    return Rows(
        (),
        np.zeros((0, 2), np.int32),
        np.zeros(0, np.float32),
        np.zeros(0, np.float64),
        np.zeros(0, np.int32),
        np.zeros((0, 2), np.float32),
        np.zeros(0, np.float32),
        np.zeros(0, np.int32),
        np.zeros((0, length), np.float16),
        np.zeros(0, np.int32),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to detect.

    Attributes:
        num_keypoints: K; None takes the training value.
        min_score: keypoints below it are left out, [0, 1].
        with_errors: also rebuild every picture and note its error; not where it is searched in
            tiles.
        tiles: longer side of the tiles that larger pictures are searched in [px]; 0 sees every
            picture whole, None does as the model was trained.
        region: keypoints outside it are left out; None takes the whole picture.
    """

    num_keypoints: int | None = None
    min_score: float = 0.0
    with_errors: bool = False
    region: Region | None = None
    tiles: int | None = None


def rows_within(rows: Rows, region: Region | None) -> Rows:
    """Return rows without the detections outside a region; None keeps all. No picture is lost."""
    if region is None or not len(rows.xy):
        return rows
    kept = inside(region, rows.xy)
    picture = np.repeat(np.arange(len(rows.counts)), rows.counts)
    return replace(
        rows,
        counts=np.bincount(picture[kept], minlength=len(rows.counts)).astype(np.int32),
        xy=rows.xy[kept],
        scores=rows.scores[kept],
        labels=rows.labels[kept],
        descriptors=rows.descriptors[kept],
        classes=rows.classes[kept],
    )


def detect_all(
    predictor: TorchPredictor,
    source: BaseSource,
    wanted: Wanted,
    control: RunControl,
    skipped: list[UnreadableFile],
    *,
    start: int = 0,
    stop: int | None = None,
) -> Iterator[tuple[JobProgress, Rows]]:
    """Yield the rows of every readable picture, in order, with how far it has come.

    Args:
        predictor: the model.
        source: its pictures.
        wanted: how to detect.
        control: a stop raises ``Cancelled``.
        skipped: files that cannot be read are added to it.
        start: first picture; those before it are known already.
        stop: the picture after the last; None goes through all.

    Raises:
        Cancelled: when asked to stop.
        SourceError: if not one picture can be read.
        TuskError: if there is no place for so many keypoints.
    """
    data = predictor.info.config.data
    check_count(predictor.model, wanted.num_keypoints)
    source.use_settings(data)
    rest = range(start, len(source) if stop is None else stop)
    lanes = num_lanes(predictor.device)
    size = shared_batch_size((data.width, data.height), len(rest), lanes)
    placed = functools.partial(predictor.way, tiles=wanted.tiles)
    way = Walk(size, rest, control=control, before=start, laid=placed)
    laid = functools.partial(predictor.laid, tiles=wanted.tiles)
    # The walk is ahead of what is found.
    lost, num_told = list[UnreadableFile](), 0
    batches = (
        ((progress, len(lost)), batch) for progress, batch in walk_prepared(source, way, lost, laid)
    )
    work = functools.partial(_rows, predictor, wanted)
    for (progress, num_lost), rows in side_by_side(batches, work, predictor.device):
        skipped += lost[num_told:num_lost]
        num_told = num_lost
        yield progress, rows


def _rows(
    predictor: TorchPredictor, wanted: Wanted, batch: list[Read[NDArray[np.uint8] | Laid]]
) -> Rows:
    images = [item.picture for item in batch]
    errors = np.full(len(images), np.nan, np.float32)
    if wanted.with_errors and predictor.tiling(wanted.tiles) is None:
        detections, errors = predictor.detect_with_errors(
            images, num_keypoints=wanted.num_keypoints, min_score=wanted.min_score
        )
    else:
        detections = predictor.detect_many(
            images,
            num_keypoints=wanted.num_keypoints,
            min_score=wanted.min_score,
            tiles=wanted.tiles,
        )
    points = [detection.keypoints for detection in detections]
    none = np.zeros(0, np.int32)
    length = predictor.info.config.encoder.num_features
    features: list[NDArray[np.floating]] = [
        np.zeros((0, length), np.float16),
        *(p.descriptors for p in points),
    ]
    classes = [nearest_classes(r.truth, p.xy) for r, p in zip(batch, points, strict=True)]
    rows = Rows(
        names=tuple(item.name for item in batch),
        sizes=np.array([d.size for d in detections], np.int32).reshape(-1, 2),
        errors=errors,
        times=np.array([r.time for r in batch], np.float64),
        counts=np.array([len(p.scores) for p in points], np.int32),
        xy=np.concatenate([np.zeros((0, 2), np.float32), *(p.xy for p in points)]),
        scores=np.concatenate([np.zeros(0, np.float32), *(p.scores for p in points)]),
        labels=np.concatenate([none, *(p.labels for p in points)]),
        descriptors=np.concatenate(features).astype(np.float16),
        classes=np.concatenate([none, *classes]),
    )
    return rows_within(rows, wanted.region)


def nearest_classes(truth: PictureTruth | None, xy: NDArray[np.float32]) -> NDArray[np.int32]:
    """Return the class (K,) of the object that each point (K, 2) belongs to, -1 for none.

    That is the object with the nearest centre, if the point is at most as far from it as half the
    diagonal of its box.
    """
    if truth is None or not truth.objects:
        return np.full(len(xy), -1, np.int32)
    centres = np.array([(o.x, o.y) for o in truth.objects])
    reach = np.array([np.hypot(o.bbox[2], o.bbox[3]) / 2 for o in truth.objects])
    distance = np.linalg.norm(xy[:, None] - centres, axis=2)
    nearest = distance.argmin(axis=1)
    categories = np.array([o.category_id for o in truth.objects], np.int32)
    is_near = distance[np.arange(len(xy)), nearest] <= np.maximum(reach[nearest], 1.0)
    return np.where(is_near, categories[nearest], -1).astype(np.int32)
