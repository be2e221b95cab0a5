"""What a run reports. Frozen, picklable, numpy only: safe to hand to another thread or process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

Phase = Literal["loading data", "building model", "first batch", "training", "paused", "saving"]


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    """The run entered another phase.

    Attributes:
        phase: what it does now.
        detail: one sentence for the user, such as ``"Reading picture 120 of 4000."``.
        fraction: share of this phase that is done, 0 to 1; None when unknown.
    """

    phase: Phase
    detail: str = ""
    fraction: float | None = None


@dataclass(frozen=True, slots=True)
class RunStarted:
    """First event of a run, once its folder exists.

    Attributes:
        run_dir: folder of the run.
        first_step: 0, or the step a resumed run continues from.
        total_steps: step at which it will end.
        device: such as ``"cpu"`` or ``"cuda:0"``.
        device_reason: one sentence saying why this device.
        num_pictures: pictures it learns from.
    """

    run_dir: Path
    first_step: int
    total_steps: int
    device: str
    device_reason: str
    num_pictures: int


@dataclass(frozen=True, slots=True)
class StepDone:
    """One network step with its prototype steps.

    Attributes:
        step: 1-based, continues over a resume.
        losses: unweighted value of each term: ``total`` (weighted sum), ``reconstruction``,
            ``kmeans``, ``equivariance``, ``heatmap_equivariance``, ``sliced_wasserstein``,
            and the optional ones in use.
        seconds: wall time of the step.
        pictures_per_second: smoothed over the last steps.
        elapsed: training seconds so far, pauses excluded, resumed parts included.
        remaining: estimated seconds left; None in the first steps.
        learning_rate: step size of encoder and decoder; None in older runs.
        memory_bytes: most memory used so far, the GPU's or else the process's; None if unknown.
    """

    step: int
    losses: dict[str, float]
    seconds: float
    pictures_per_second: float
    elapsed: float
    remaining: float | None
    learning_rate: float | None = None
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PreviewReady:
    """The probe pictures as the model sees them now; arrays are owned and read-only.

    Attributes:
        step: step they were made at.
        images: (P, H, W, 3) uint8, the probe pictures at network size.
        reconstructions: (P, H, W, 3) uint8.
        xy: (P, K, 2) float32, pixels of ``images``, (x, y), (0, 0) = centre of the first pixel.
        scores: (P, K) float32 in [0, 1].
        labels: (P, K) int16, index of the nearest prototype.
        usage: (M,) float32, share of recent keypoints assigned to each prototype; sums to 1.
    """

    step: int
    images: NDArray[np.uint8]
    reconstructions: NDArray[np.uint8]
    xy: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: NDArray[np.int16]
    usage: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """A checkpoint is on disk.

    Attributes:
        step: step it holds.
        path: its model folder.
        is_best: True if its loss is the lowest so far: that of the held-out pictures where there
            are any, else the smoothed reconstruction loss.
        held_out_loss: reconstruction loss of the held-out pictures; None where there are none.
        sorting: how far keypoints are found again in another view as the same kind, 1 where all
            are, 0 where no more than by chance: to compare runs of the same settings and other
            seeds; None where it means nothing.
    """

    step: int
    path: Path
    is_best: bool
    held_out_loss: float | None = None
    sorting: float | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know while the run continues (a halved batch, skipped files)."""

    level: Literal["info", "warning"]
    message: str


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The last event of every run that did not raise."""

    step: int
    reason: Literal["completed", "time limit", "stopped"]
    run_dir: Path
    model_dir: Path | None = None


TrainEvent = (
    PhaseChanged | RunStarted | StepDone | PreviewReady | CheckpointSaved | Notice | RunFinished
)


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job (analysis, export, embedding, data making) has come.

    Attributes:
        done: items finished.
        total: items in all; 0 when unknown.
        message: one sentence.
        remaining: estimated seconds left; None when unknown.
    """

    done: int
    total: int
    message: str = ""
    remaining: float | None = None


@dataclass(frozen=True, slots=True)
class KindExample:
    """One place of a kind.

    Attributes:
        picture: its number in the source.
        xy: pixels of the original picture.
        size: diameter there, pixels of the original picture.
        strength: membership, [0, 1].
    """

    picture: int
    xy: tuple[float, float]
    size: float
    strength: float


@dataclass(frozen=True, slots=True)
class KindFound:
    """A kind of place that recurs. Sent again, with the same number, when more is known.

    Attributes:
        number: of the kind and of its prototype in the model, from 0.
        rank: 0 for the one that is most like a thing that recurs.
        score: how much it is, [0, 1].
        is_kept: whether it is one of those to begin with.
        presence: share of pictures that have one, [0, 1].
        per_picture: how many a picture has that has one.
        companion_of: number of the better kind that it always lies beside; None for others.
        examples: places, the clearest first, each in another picture.
        is_final: all pictures were seen.
    """

    number: int
    rank: int
    score: float
    is_kept: bool
    presence: float
    per_picture: float
    companion_of: int | None
    examples: tuple[KindExample, ...]
    is_final: bool


@dataclass(frozen=True, slots=True)
class KindListed:
    """A kind of an opened model.

    Attributes:
        number: of the kind and of its prototype.
        score: how much it is like a thing that recurs, [0, 1]; 1 or 0 where a person said so.
        is_kept: whether keypoints of it are read.
        name: for people; empty where it has none.
    """

    number: int
    score: float
    is_kept: bool
    name: str


@dataclass(frozen=True, slots=True)
class KindJudged:
    """A kind that looks like background.

    Attributes:
        number: of the kind and of its prototype.
        count: its detections.
        reason: where they are, for people: "at the edge of the pictures …".
        certainty: how clear that is; at least 1.
    """

    number: int
    count: int
    reason: str
    certainty: float


@dataclass(frozen=True, slots=True)
class DiscoveryDone:
    """The last event of a discovery.

    Attributes:
        model_dir: the model folder.
        num_pictures: that the kinds were found on.
        num_kinds: M.
        num_kept: kinds to begin with.
        num_keypoints: K proposed.
        size: (width, height) proposed for the network's input, pixels.
        keypoint_size: diameter of a typical keypoint, pixels of the network's input.
        seconds: it took.
    """

    model_dir: Path
    num_pictures: int
    num_kinds: int
    num_kept: int
    num_keypoints: int
    size: tuple[int, int]
    keypoint_size: float
    seconds: float


DiscoveryEvent = JobProgress | Notice | KindFound | DiscoveryDone
