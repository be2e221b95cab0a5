"""What the model said about pictures, kept while memory allows; and slices of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core import api
from tusk_core.results import Detection, Keypoints

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.results import Analysis
    from tusk_core.tracks import Region

BYTES_AT_MOST = 256 * 2**20
HEAT_MAPS_KEPT = 24  # a map is as large as its picture; the rest of a detection is small

DERIVED_KEPT = 6  # strips that are kept up to date

_Scores = np.ndarray[Any, np.dtype[np.float32]]
_Labels = np.ndarray[Any, np.dtype[np.int16]]
_Rule = Callable[[_Scores, _Labels], "NDArray[np.float32]"]
CacheKey = tuple[str, str, int]  # model fingerprint, source, index


@dataclass(slots=True, eq=False)
class _Entry:
    num_asked: int
    detection: Detection
    num_bytes: int


def first_keypoints(detection: Detection, num: int) -> Detection:
    """Return the detection with its ``num`` best keypoints only."""
    points = detection.keypoints
    if len(points.scores) <= num:
        return detection
    best = Keypoints(
        points.xy[:num],
        points.scores[:num],
        points.labels[:num],
        points.descriptors[:num],
        points.confidences[:num],
    )
    return replace(detection, keypoints=best)


def keypoints_within(detection: Detection, region: Region | None) -> Detection:
    """Return the detection with its keypoints inside a region only; None keeps all."""
    points = detection.keypoints
    kept = None if region is None else api.inside_region(region, points.xy)
    if kept is None or kept.all():
        return detection
    inner = Keypoints(
        points.xy[kept],
        points.scores[kept],
        points.labels[kept],
        points.descriptors[kept],
        points.confidences[kept],
    )
    return replace(detection, keypoints=inner)


def _num_bytes(detection: Detection) -> int:
    points = detection.keypoints
    arrays = (points.xy, points.scores, points.labels, points.descriptors, points.confidences)
    heat = 0 if detection.heat_map is None else detection.heat_map.nbytes
    return sum(int(a.nbytes) for a in arrays) + int(heat) + 1000


class DetectionCache:
    """Detections by model, source and index; the longest unused go first."""

    def __init__(self, bytes_at_most: int = BYTES_AT_MOST) -> None:
        """Begin empty."""
        self._limit = bytes_at_most
        self._entries: OrderedDict[CacheKey, _Entry] = OrderedDict()
        self._with_heat: OrderedDict[CacheKey, None] = OrderedDict()
        self._num_bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, key: CacheKey, num_asked: int, detection: Detection) -> None:
        """Keep a detection for which ``num_asked`` keypoints were asked."""
        self._remove(key)
        self._entries[key] = _Entry(num_asked, detection, _num_bytes(detection))
        self._num_bytes += self._entries[key].num_bytes
        if detection.heat_map is not None:
            self._with_heat[key] = None
            if len(self._with_heat) > HEAT_MAPS_KEPT:
                self._drop_heat_map(next(iter(self._with_heat)))
        while self._num_bytes > self._limit and len(self._with_heat) > 1:
            self._drop_heat_map(next(iter(self._with_heat)))
        while self._num_bytes > self._limit and len(self._entries) > 1:
            self._remove(next(iter(self._entries)))

    def get(self, key: CacheKey, num: int, *, with_heat_map: bool = False) -> Detection | None:
        """Return the ``num`` best keypoints of a picture, or None if it must be looked at again."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.num_asked < num or (with_heat_map and entry.detection.heat_map is None):
            return None
        self._entries.move_to_end(key)
        return first_keypoints(entry.detection, num)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._with_heat.clear()
        self._num_bytes = 0

    def _remove(self, key: CacheKey) -> None:
        entry = self._entries.pop(key, None)
        self._with_heat.pop(key, None)
        if entry is not None:
            self._num_bytes -= entry.num_bytes

    def _drop_heat_map(self, key: CacheKey) -> None:
        self._with_heat.pop(key, None)
        entry = self._entries[key]
        bare = replace(entry.detection, heat_map=None)
        size = _num_bytes(bare)
        self._num_bytes += size - entry.num_bytes
        self._entries[key] = _Entry(entry.num_asked, bare, size)


class FrameTable:
    """Scores and labels of every frame that was looked at, for the strips above the time line.

    Attributes:
        scores: (N, K) float32, NaN where there is no keypoint.
        labels: (N, K) int16, -1 where there is no keypoint.
        known: (N,) bool, frames that were looked at.
    """

    def __init__(self, num_frames: int) -> None:
        """Begin with nothing known of ``num_frames`` frames."""
        self.scores = np.full((num_frames, 8), np.nan, np.float32)
        self.labels = np.full((num_frames, 8), -1, np.int16)
        self.known = np.zeros(num_frames, np.bool_)
        # What was asked for lately, kept up to date row by row: a video of hours is not summed up
        # again for every frame that plays.
        self._derived: dict[tuple[object, ...], tuple[_Rule, NDArray[np.float32]]] = {}

    def put(self, index: int, detection: Detection) -> None:
        """Take what was found in one frame."""
        points = detection.keypoints
        num = len(points.scores)
        if not 0 <= index < len(self.known):
            return
        self._make_room(num)
        self.scores[index] = np.nan
        self.labels[index] = -1
        self.scores[index, :num] = points.scores
        self.labels[index, :num] = points.labels
        self.known[index] = True
        row = slice(index, index + 1)
        for rule, values in self._derived.values():
            values[row] = rule(self.scores[row], self.labels[row])

    def take_analysis(self, analysis: Analysis) -> None:
        """Take what was found in all frames; does nothing if they are not the same frames."""
        num_frames = len(self.known)
        if len(analysis.picture_names) != num_frames:
            return
        counts = np.bincount(analysis.picture, minlength=num_frames)
        starts = np.cumsum(counts) - counts
        column = np.arange(len(analysis.picture)) - starts[analysis.picture]
        self._make_room(int(counts.max(initial=0)))
        self.scores[:] = np.nan
        self.labels[:] = -1
        self.scores[analysis.picture, column] = analysis.scores
        self.labels[analysis.picture, column] = analysis.labels
        self.known[:] = True
        self._derived.clear()

    def forget(self) -> None:
        """Begin again: another model."""
        self.scores[:] = np.nan
        self.labels[:] = -1
        self.known[:] = False
        self._derived.clear()

    def counts(self, min_score: float) -> NDArray[np.float32]:
        """Return the number of keypoints with that score, (N,); NaN where unknown."""

        def rule(scores: _Scores, _labels: _Labels) -> NDArray[np.float32]:
            return np.asarray((scores >= min_score).sum(axis=1), np.float32)

        return self._of(("counts", min_score), rule)

    def mean_scores(self) -> NDArray[np.float32]:
        """Return the mean score of each frame's keypoints, (N,); NaN where unknown."""

        def rule(scores: _Scores, _labels: _Labels) -> NDArray[np.float32]:
            found = ~np.isnan(scores)
            total = np.where(found, scores, 0).sum(axis=1, dtype=np.float32)
            return np.asarray(total / np.maximum(found.sum(axis=1), 1), np.float32)

        return self._of(("means",), rule)

    def presence(self, prototypes: NDArray[np.integer], min_score: float) -> NDArray[np.float32]:
        """Return the best score of these prototypes in each frame, (N,); NaN where unknown."""

        def rule(scores: _Scores, labels: _Labels) -> NDArray[np.float32]:
            hit = np.isin(labels, prototypes) & (scores >= min_score)
            return np.asarray(np.where(hit, scores, 0).max(axis=1, initial=0), np.float32)

        return self._of(("presence", min_score, *prototypes.tolist()), rule)

    def _of(self, key: tuple[object, ...], rule: _Rule) -> NDArray[np.float32]:
        if key not in self._derived:
            if len(self._derived) >= DERIVED_KEPT:
                self._derived.pop(next(iter(self._derived)))
            self._derived[key] = (rule, rule(self.scores, self.labels))
        return np.where(self.known, self._derived[key][1], np.nan).astype(np.float32)

    def _make_room(self, num: int) -> None:
        missing = num - self.scores.shape[1]
        if missing > 0:
            self.scores = np.pad(self.scores, ((0, 0), (0, missing)), constant_values=np.nan)
            self.labels = np.pad(self.labels, ((0, 0), (0, missing)), constant_values=-1)


def detection_of_picture(analysis: Analysis, index: int) -> Detection | None:
    """Return what an analysis holds of one picture; None if it has no such picture."""
    if not 0 <= index < len(analysis.picture_names):
        return None
    rows = analysis.rows_of(index, index + 1)
    order = rows.start + np.argsort(-analysis.scores[rows], kind="stable")
    descriptors = analysis.descriptors[order].astype(np.float32)
    logits = descriptors @ analysis.prototypes.T
    confidences = np.take_along_axis(logits, analysis.labels[order][:, None], axis=1)[:, 0]
    points = Keypoints(
        analysis.xy[order],
        analysis.scores[order],
        analysis.labels[order],
        descriptors,
        np.clip(confidences, 0, 1).astype(np.float32),
    )
    width, height = analysis.picture_sizes[index].tolist()
    return Detection((width, height), points, None, 0.0)
