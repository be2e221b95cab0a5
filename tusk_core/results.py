"""Values that cross the door between engine and window: frozen, numpy only, no torch.

Coordinates are pixels of the original picture, (x, y), x right, y down, (0, 0) = centre of the
top-left pixel. Pictures are (H, W, 3) uint8 RGB, contiguous, owned and read-only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tusk_core.errors import (
    ModelFileError,
    SourceError,
    TrainingCause,
    TrainingError,
    TuskError,
)
from tusk_core.merge_steps import MergeSteps
from tusk_core.reports import PROTOCOLS, EvaluationOptions, EvaluationReport

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.config import DataConfig, TrainConfig
    from tusk_core.tracks import Tracks

__all__ = [
    "PROTOCOLS",
    "Analysis",
    "Detection",
    "DeviceInfo",
    "EmbeddingMap",
    "EvaluationOptions",
    "EvaluationReport",
    "ExportFormatInfo",
    "GroundTruth",
    "Keypoints",
    "MergeSteps",
    "ModelFileError",
    "ModelInfo",
    "Reconstruction",
    "RunSummary",
    "SourceError",
    "SourceKind",
    "SourceSummary",
    "TrainingCause",
    "TrainingError",
    "TrainingEstimate",
    "TuskError",
    "UnreadableFile",
]

SourceKind = Literal["folder", "picture", "video", "camera", "sample", "dataset"]


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One device that could run the model.

    Attributes:
        name: ``"cpu"``, ``"cuda:0"``, ``"mps"``.
        label: for people, such as ``"NVIDIA RTX 3060, 12.0 GB"``.
        available: whether it can be used.
        reason: one sentence: why it is or is not used.
    """

    name: str
    label: str
    available: bool
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Keypoints:
    """Keypoints of one picture, sorted by falling score.

    Attributes:
        xy: (K, 2) float32, pixels of the original picture.
        scores: (K,) float32 in [0, 1].
        labels: (K,) int32, index of the nearest prototype.
        descriptors: (K, C) float32, unit length.
        confidences: (K,) float32 in [0, 1], soft assignment to the nearest prototype.
    """

    xy: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int32]
    descriptors: NDArray[np.float32]
    confidences: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Reconstruction:
    """A picture rebuilt from its keypoints, at the network's size.

    Attributes:
        composite: (h, w, 3) uint8.
        target: (h, w, 3) uint8, the input at the same size.
        rgb: (K, h, w, 3) uint8 colour of each layer; empty (0, h, w, 3) for score-weighted models.
        alpha: (K, h, w) float32 in [0, 1], each layer's share of the picture after blending;
            the shares and the background's add up to 1.
        background: (h, w, 3) uint8, what is behind; black if the model has none.
        mask: (h, w) uint8, 1 + index of the keypoint with the largest share, 0 = background.
        error: mean squared error of composite against target, both in [0, 1].
        contributions: (K,) float32, rise of that error when keypoint k is left out.
    """

    composite: NDArray[np.uint8]
    target: NDArray[np.uint8]
    rgb: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    background: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    error: float
    contributions: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """Everything the model says about one picture.

    Attributes:
        size: (width, height) of the original picture.
        keypoints: see ``Keypoints``.
        heat_map: (h, w) float32 in [0, 1], the score map of the whole picture; None unless asked.
        milliseconds: time the network took.
    """

    size: tuple[int, int]
    keypoints: Keypoints
    heat_map: NDArray[np.float32] | None
    milliseconds: float


@dataclass(frozen=True, slots=True, eq=False)
class ModelInfo:
    """What is known about an opened model.

    Attributes:
        path: its folder.
        name: for people.
        config: settings it was trained with.
        step: training step.
        prototypes: (M, C) float32, unit length.
        usage: (M,) float32, share of training keypoints on each prototype.
        fingerprint: short hash of the weights; results made with the model carry it.
        num_parameters: trainable numbers.
        device: where it runs.
        device_reason: one sentence saying why.
    """

    path: Path
    name: str
    config: TrainConfig
    step: int
    prototypes: NDArray[np.float32]
    usage: NDArray[np.float32]
    fingerprint: str
    num_parameters: int
    device: str
    device_reason: str


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file that was skipped, and why in a few words."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class SourceSummary:
    """What a folder, picture, video or data set holds.

    Attributes:
        source: as given.
        kind: what it is.
        num_pictures: readable pictures or frames.
        sizes: distinct (width, height) with their counts, most frequent first, at most 20.
        grey_share: share of a random sample that has no colour, 0 to 1.
        unreadable: files skipped: damaged, or of a kind that is not read.
        duplicates: pairs of paths with the same content.
        has_ground_truth: True when it is a data set this program made or knows.
        proposed_crops: longer side of the crops that small things ask for, for ``data.crops``
            [px]; 0 where whole pictures will do.
        frames_per_second: of a video, else 0; the mean where the rate varies.
        brightness: values shown as black and as white in pictures of more than eight bits; None
            where there are none, or each picture has its own.
        notes: sentences on ground truth that was left out because something is wrong with it.
        num_channels: of files with several, from which colours can be chosen; 0 where none has.
        axes: of files with several pictures: name (``t``, ``z``, ``page``) and length of each.
    """

    source: str
    kind: SourceKind
    num_pictures: int
    sizes: tuple[tuple[int, int, int], ...]
    grey_share: float
    unreadable: tuple[UnreadableFile, ...] = ()
    duplicates: tuple[tuple[Path, Path], ...] = ()
    has_ground_truth: bool = False
    frames_per_second: float = 0.0
    proposed_crops: int = 0
    brightness: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()
    num_channels: int = 0
    axes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DataProposal:
    """What a first look at some pictures proposes for them; made without training.

    Attributes:
        num_pictures: looked at.
        num_recurring: kinds that recur clearly.
        num_keypoints: K that nine of ten pictures need for them.
        num_prototypes: M, three times as many kinds as recur.
        keypoint_share: diameter of a typical place, as a share of a picture's width.
        size: (width, height) to work at, pixels.
    """

    num_pictures: int
    num_recurring: int
    num_keypoints: int
    num_prototypes: int
    keypoint_share: float
    size: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class GroundTruth:
    """What is known to be in one picture; arrays are owned and read-only.

    Attributes:
        xy: (J, 2) float32 centres, pixels.
        boxes: (J, 4) float32, first column, first row, columns, rows; pixels.
        names: what each object is, such as ``"T"`` or ``"cube"``.
    """

    xy: NDArray[np.float32]
    boxes: NDArray[np.float32]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainingEstimate:
    """From a short probe of the real step.

    Attributes:
        seconds_per_step: median.
        total_seconds: for the whole run.
        memory_bytes: peak expected.
        device: where.
        detail: one sentence.
        memory_limit: memory that the device has, in bytes; None where that is not known.
    """

    seconds_per_step: float
    total_seconds: float
    memory_bytes: int
    device: str
    detail: str
    memory_limit: int | None = None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run folder at a glance.

    Attributes:
        path: its folder.
        name: for people.
        status: ``running``, ``paused``, ``completed``, ``stopped``, ``failed`` or ``crashed``.
        step: last step.
        total_steps: planned.
        started: ISO time.
        elapsed: seconds of training.
        checkpoints: steps that have one, ascending.
        best_step: step of the best checkpoint; None if there is none.
        preset: preset it began from.
        source: data it learned from.
        problem: why it failed, else empty.
        sorting: how well it sorted at its last checkpoint, see ``CheckpointSaved``.
    """

    path: Path
    name: str
    status: str
    step: int
    total_steps: int
    started: str
    elapsed: float
    checkpoints: tuple[int, ...]
    best_step: int | None
    preset: str
    source: str
    problem: str = ""
    sorting: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """All detections of one model over one source, sorted by picture; N detections.

    Attributes:
        model_fingerprint: of the model that made them.
        source: as given.
        picture_names: paths relative to the source, or ``frame 000123``.
        picture_sizes: (P, 2) int32, (width, height).
        picture_errors: (P,) float32, reconstruction error of each picture; NaN if not computed.
        times: (P,) float64, when each frame of a video is shown, in seconds from its first frame as
            its file says; NaN otherwise.
        picture: (N,) int32, index into the pictures.
        xy: (N, 2) float32 pixels of the original picture.
        scores: (N,) float32.
        labels: (N,) int32.
        descriptors: (N, C) float16.
        classes: (N,) int32 ground-truth class of the nearest object, -1 where unknown.
        class_names: names of those classes.
        prototypes: (M, C) float32.
        tracks: who each detection is over time; None where nobody was tracked.
        shown_as: brightness and channels of the pictures; None where they are not known.
    """

    model_fingerprint: str
    source: str
    picture_names: tuple[str, ...]
    picture_sizes: NDArray[np.int32]
    picture_errors: NDArray[np.float32]
    times: NDArray[np.float64]
    picture: NDArray[np.int32]
    xy: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int32]
    descriptors: NDArray[np.float16]
    classes: NDArray[np.int32]
    class_names: tuple[str, ...]
    prototypes: NDArray[np.float32]
    tracks: Tracks | None = None
    shown_as: DataConfig | None = None

    def rows_of(self, first: int, stop: int) -> slice:
        """Return the rows of pictures ``first`` to ``stop``; quick, however many there are."""
        # A number of another type would have all of them converted.
        kind = self.picture.dtype.type
        ends = self.picture.searchsorted(kind(first)), self.picture.searchsorted(kind(stop))
        return slice(int(ends[0]), int(ends[1]))


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingMap:
    """Descriptors and prototypes laid out in the plane.

    Attributes:
        method: ``pca``, ``umap`` or ``tsne``.
        points: (n, 2) float32, of the sampled detections.
        indices: (n,) int64, which detections of the analysis they are.
        prototypes: (M, 2) float32, in the same plane.
        seconds: time it took.
    """

    method: str
    points: NDArray[np.float32]
    indices: NDArray[np.int64]
    prototypes: NDArray[np.float32]
    seconds: float


@dataclass(frozen=True, slots=True)
class ExportFormatInfo:
    """A format that detections can be written in, as an export dialog shows it.

    Attributes:
        name: as typed after ``--format``.
        label: for people.
        suffix: of its files; empty for a folder.
        note: one sentence on what it keeps or drops; empty if nothing is lost.
        is_folder: it makes a folder instead of a file.
    """

    name: str
    label: str
    suffix: str
    note: str
    is_folder: bool = False
