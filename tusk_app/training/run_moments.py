"""Reads what a run left behind at each checkpoint; called outside the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core import api
from tusk_core.events import CheckpointSaved, PreviewReady

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.api import Predictor

MAX_PREVIEWS = 120
EVENTS_NAME = "events.jsonl"


@dataclass(frozen=True, slots=True, eq=False)
class RunMoments:
    """The steps one can travel to.

    Attributes:
        run: its folder.
        previews: probe pictures, ascending by step, at most 120.
        checkpoints: step -> model folder, only those that are still there.
        is_gone: the folder was moved or deleted.
    """

    run: Path
    previews: tuple[PreviewReady, ...]
    checkpoints: dict[int, Path]
    is_gone: bool = False

    @property
    def steps(self) -> tuple[int, ...]:
        """All steps that have a preview or a checkpoint, ascending."""
        return tuple(sorted({p.step for p in self.previews} | set(self.checkpoints)))

    def preview_at(self, step: int) -> PreviewReady | None:
        """Return the probe pictures nearest to ``step``."""
        return min(self.previews, key=lambda p: abs(p.step - step), default=None)

    def checkpoint_at(self, step: int) -> int | None:
        """Return the step of the checkpoint nearest to ``step``."""
        return min(self.checkpoints, key=lambda s: abs(s - step), default=None)


@dataclass(frozen=True, slots=True, eq=False)
class CheckpointMoment:
    """The model at one checkpoint.

    Attributes:
        step: training step.
        prototypes: (M, C) float32.
        usage: (M,) float32 share of keypoints.
        pictures: (M, h, w, 3) uint8, each prototype drawn alone.
        descriptors: (n, C) float32 of the keypoints of the probe pictures.
        labels: (n,) int32, prototype of each.
    """

    step: int
    prototypes: NDArray[np.float32]
    usage: NDArray[np.float32]
    pictures: NDArray[np.uint8]
    descriptors: NDArray[np.float32]
    labels: NDArray[np.int32]


def run_stamp(run: Path) -> tuple[int, int]:
    """Return size and time of change (ns) of a run's log, which grow with it; zeros without one."""
    try:
        found = (run / EVENTS_NAME).stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def read_moments(run: Path) -> RunMoments:
    """Read the log of a run: its probe pictures and its checkpoints."""
    events, _ = api.follow_events(run)
    previews = {event.step: event for event in events if isinstance(event, PreviewReady)}
    checkpoints = {
        event.step: event.path
        for event in events
        if isinstance(event, CheckpointSaved) and event.path.is_dir()
    }
    steps = sorted(previews)
    if len(steps) > MAX_PREVIEWS:
        chosen = np.linspace(0, len(steps) - 1, MAX_PREVIEWS).round().astype(int)
        steps = [steps[i] for i in chosen]
    shown = tuple(previews[step] for step in steps)
    return RunMoments(run, shown, checkpoints, is_gone=not run.is_dir())


def read_checkpoint(step: int, path: Path, probes: NDArray[np.uint8] | None) -> CheckpointMoment:
    """Open one checkpoint and look at the probe pictures, (P, H, W, 3), with it."""
    predictor: Predictor = api.open_predictor(path, device="cpu")
    info = predictor.info
    found = [] if probes is None else predictor.detect_many(list(probes))
    width = info.prototypes.shape[1]
    descriptors = [d.keypoints.descriptors for d in found] or [np.zeros((0, width), np.float32)]
    labels = [d.keypoints.labels for d in found] or [np.zeros(0, np.int32)]
    return CheckpointMoment(
        step=step,
        prototypes=info.prototypes,
        usage=info.usage,
        pictures=predictor.decode_prototypes(),
        descriptors=np.concatenate(descriptors),
        labels=np.concatenate(labels),
    )
