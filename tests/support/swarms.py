"""Made-up animals that move: detections with their true individuals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.results import Analysis
from tusk_core.tracking.detections import Stretch

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 400


@dataclass(frozen=True)
class Swarm:
    """Detections and who they truly are.

    Attributes:
        stretch: the detections.
        truth: (N,) individual, -1 for false detections.
        num_kinds: M.
    """

    stretch: Stretch
    truth: NDArray[np.int64]
    num_kinds: int


def swarm(
    paths: NDArray[np.float64],
    offsets: NDArray[np.float64] | None = None,
    *,
    missing: float = 0.0,
    junk: int = 0,
    noise: float = 0.5,
    turns: bool = False,
    seed: int = 0,
) -> Swarm:
    """Return detections of bodies along ``paths`` (F, A, 2), NaN where one is away.

    Args:
        paths: middle of each body.
        offsets: (K, 2) of its keypoints, one of each kind; None is one keypoint of kind 0.
        missing: share of keypoints that are not found.
        junk: false detections in each frame.
        noise: pixels.
        turns: bodies look where they go.
        seed: of noise and misses.
    """
    rng = np.random.default_rng(seed)
    shape = np.zeros((1, 2)) if offsets is None else offsets
    num_frames, count = paths.shape[:2]
    moved = np.tile(shape, (num_frames, count, 1, 1))
    if turns:
        heading = np.gradient(paths, axis=0)
        angle = np.arctan2(heading[..., 1], heading[..., 0])[..., None]
        x, y = moved[..., 0].copy(), moved[..., 1].copy()
        moved[..., 0] = x * np.cos(angle) - y * np.sin(angle)
        moved[..., 1] = x * np.sin(angle) + y * np.cos(angle)
    places = paths[:, :, None] + moved + rng.normal(0, noise, moved.shape)
    found = np.isfinite(places[..., 0]) & (rng.random(places.shape[:3]) >= missing)
    frame, who, kind = np.nonzero(found)
    xy = places[found]
    false_frames = np.repeat(np.arange(num_frames), junk)
    frame = np.concatenate([frame, false_frames])
    who = np.concatenate([who, np.full(len(false_frames), -1)])
    kind = np.concatenate([kind, rng.integers(0, len(shape), len(false_frames))])
    xy = np.concatenate([xy, rng.random((len(false_frames), 2)) * SIDE])
    order = np.argsort(frame, kind="stable")
    descriptors = rng.normal(0, 0.1, (len(order), 8)) + np.eye(8)[kind[order] % 8]
    stretch = Stretch(
        0,
        np.bincount(frame, minlength=num_frames),
        xy[order].astype(np.float32),
        np.where(who[order] < 0, 0.4, 0.9).astype(np.float32),
        kind[order].astype(np.int32),
        descriptors.astype(np.float16),
    )
    return Swarm(stretch, who[order], len(shape))


def wandering(
    num_frames: int, count: int, *, seed: int = 0, speed: float = 3.0
) -> NDArray[np.float64]:
    """Return smooth random paths (F, A, 2) that keep away from the border."""
    rng = np.random.default_rng(seed)
    xy = rng.random((count, 2)) * (SIDE - 120) + 60
    velocity = rng.normal(0, speed, (count, 2))
    out = np.zeros((num_frames, count, 2))
    for frame in range(num_frames):
        velocity = 0.95 * velocity + rng.normal(0, 0.25 * speed, (count, 2))
        xy = xy + velocity
        outside = (xy < 20) | (xy > SIDE - 20)
        velocity = np.where(outside, -velocity, velocity)
        xy = np.clip(xy, 20, SIDE - 20)
        out[frame] = xy
    return out


def as_analysis(made: Swarm, *, video: bool = True) -> Analysis:
    """Return the detections as an analysis of a video of 10 frames per second."""
    stretch, count = made.stretch, len(made.stretch.counts)
    pattern = "frame {:06d}" if video else "picture {:03d}.png"
    return Analysis(
        model_fingerprint="0123456789abcdef",
        source="made up",
        picture_names=tuple(pattern.format(i) for i in range(count)),
        picture_sizes=np.full((count, 2), SIDE, np.int32),
        picture_errors=np.full(count, np.nan, np.float32),
        times=np.arange(count) / 10 if video else np.full(count, np.nan),
        picture=stretch.frames.astype(np.int32),
        xy=stretch.xy,
        scores=stretch.scores,
        labels=stretch.kinds,
        descriptors=stretch.descriptors.astype(np.float16),
        classes=np.full(len(stretch.xy), -1, np.int32),
        class_names=(),
        prototypes=np.eye(8, dtype=np.float32)[: made.num_kinds],
    )
