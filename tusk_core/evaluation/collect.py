"""Run a model over the pictures of a data set, in batches, and keep only what is scored.

Shapes: P pictures, K keypoints, padded where a picture has fewer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tusk_core.inference.walk import Walk, walk
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource, PictureTruth
    from tusk_core.events import JobProgress
    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.inference.walk import Read
    from tusk_core.results import Detection, UnreadableFile

BATCH = 32
# More than the peaks that several kinds have in a picture.
_MOST_PEAKS = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Labelled points of several pictures.

    Attributes:
        xy: (P, K, 2) pixels of the original pictures.
        scores: (P, K) in [0, 1].
        labels: (P, K) prototype.
        valid: (P, K) False where a picture has fewer than K.
    """

    xy: NDArray[np.float64]
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]
    valid: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.xy)


class PointFinder(Protocol):
    """Anything that can be scored: a model or a baseline."""

    @property
    def num_labels(self) -> int:
        """How many labels there are, M."""

    @property
    def min_score(self) -> float:
        """The threshold that is proposed for its scores, [0, 1]."""

    @property
    def num_keypoints(self) -> int:
        """How many points a picture has at most, K."""

    @property
    def kind_rank(self) -> NDArray[np.floating] | None:
        """How much each label is worth, (M,), higher is better; None where that is not known."""

    def with_every_peak(self) -> PointFinder | None:
        """The same with every peak of every kind; None where kinds have no peaks of their own."""

    def find(self, images: Sequence[NDArray[np.uint8]]) -> Points:
        """Return the points of pictures (H, W, 3) uint8."""


class ModelFinder:
    """The keypoints of an opened model.

    Args:
        predictor: the model.
        targets: (M,) prototype that each is counted as, where some are joined; None joins none.
        num_keypoints: K; None takes the model's.
    """

    def __init__(
        self,
        predictor: TorchPredictor,
        targets: NDArray[np.integer] | None = None,
        *,
        num_keypoints: int | None = None,
    ) -> None:
        self._predictor, self._targets, self._count = predictor, targets, num_keypoints

    @property
    def num_labels(self) -> int:
        """Number of prototypes, M."""
        return len(self._predictor.info.prototypes)

    @property
    def min_score(self) -> float:
        """The threshold proposed with the model: 0 where there is none."""
        return self._predictor.info.config.keypoints.min_score

    @property
    def num_keypoints(self) -> int:
        """Keypoints of a picture, K."""
        return self._count or self._predictor.info.config.keypoints.num_keypoints

    @property
    def kind_rank(self) -> NDArray[np.floating] | None:
        """The model's own ranking of its kinds, where it has one; kinds it ignores come last."""
        model = self._predictor.model
        if self._targets is not None or not isinstance(model, PhotoModel):
            return None
        rank = model.rank.float().cpu().numpy()
        kept = model.kept.bool().cpu().numpy()
        return np.where(kept, rank, -np.inf) if rank.any() else None

    def with_every_peak(self) -> ModelFinder | None:
        """The same with every peak, for models whose kinds have peaks of their own."""
        if not self._predictor.info.config.encoder.has_backbone:
            return None
        return ModelFinder(self._predictor, self._targets, num_keypoints=_MOST_PEAKS)

    def find(self, images: Sequence[NDArray[np.uint8]]) -> Points:
        """Return the keypoints of pictures (H, W, 3) uint8."""
        points = stack_detections(self._predictor.detect_many(images, num_keypoints=self._count))
        if self._targets is None:
            return points
        return replace(points, labels=self._targets[points.labels].astype(np.int64))


def stack_detections(detections: Sequence[Detection]) -> Points:
    """Return detections as padded arrays."""
    count = max((len(one.keypoints.scores) for one in detections), default=0)
    P = len(detections)
    xy, scores = np.zeros((P, count, 2)), np.zeros((P, count))
    labels, valid = np.zeros((P, count), np.int64), np.zeros((P, count), bool)
    for row, one in enumerate(detections):
        found = len(one.keypoints.scores)
        xy[row, :found] = one.keypoints.xy
        scores[row, :found] = one.keypoints.scores
        labels[row, :found] = one.keypoints.labels
        valid[row, :found] = True
    return Points(xy, scores, labels, valid)


def best_points(points: Points, count: int) -> Points:
    """Return the ``count`` best points of each picture; they are sorted already."""
    return Points(
        points.xy[:, :count],
        points.scores[:, :count],
        points.labels[:, :count],
        points.valid[:, :count],
    )


def join_points(parts: Sequence[Points]) -> Points:
    """Return the pictures of all parts as one, padded to the largest K."""
    count = max((part.valid.shape[1] for part in parts), default=0)

    def joined(name: str) -> NDArray[np.generic]:
        arrays = [getattr(part, name) for part in parts]
        padded = [
            np.pad(a, [(0, 0), (0, count - a.shape[1]), *[(0, 0)] * (a.ndim - 2)]) for a in arrays
        ]
        return np.concatenate(padded)

    if not parts:
        empty = np.zeros((0, 0))
        return Points(np.zeros((0, 0, 2)), empty, empty.astype(np.int64), empty.astype(bool))
    return Points(
        joined("xy").astype(np.float64),
        joined("scores").astype(np.float64),
        joined("labels").astype(np.int64),
        joined("valid").astype(bool),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a finder found in the readable pictures of a source.

    Attributes:
        points: of P pictures.
        names: (P) of those pictures.
        indices: (P,) int64, their numbers in the source.
        truths: (P) what is known to be in them; empty where that was not asked for.
        num_unreadable: pictures that were left out.
    """

    points: Points
    names: tuple[str, ...]
    indices: NDArray[np.int64]
    truths: tuple[PictureTruth, ...]
    num_unreadable: int


def find_in(
    finder: PointFinder, source: BaseSource, control: RunControl | None, *, with_truth: bool
) -> Generator[JobProgress, None, Found]:
    """Yield progress while a finder goes over a source; the generator's value is what it found.

    Raises:
        SourceError: if not one picture can be read, or a truth is asked for and missing.
        Cancelled: when asked to stop.
    """
    parts: list[Points] = []
    reads: list[tuple[str, int]] = []
    truths: list[PictureTruth] = []
    skipped: list[UnreadableFile] = []
    way = Walk(BATCH, with_truth=with_truth, control=control)
    for progress, batch in walk(source, way, skipped):
        yield progress
        parts.append(finder.find([item.picture for item in batch]))
        reads += [(item.name, item.index) for item in batch]
        if with_truth:
            truths += known_truths(batch)
    return Found(
        join_points(parts),
        tuple(name for name, _ in reads),
        np.array([index for _, index in reads], np.int64),
        tuple(truths),
        len(skipped),
    )


def known_truths(batch: Sequence[Read[NDArray[np.uint8]]]) -> list[PictureTruth]:
    """Return what is known of each picture.

    Raises:
        SourceError: if nothing is known of one.
    """
    unknown = next((item.name for item in batch if item.truth is None), None)
    if unknown is not None:
        raise SourceError(f"{unknown} has no ground truth to compare with.")
    return [item.truth for item in batch if item.truth is not None]
