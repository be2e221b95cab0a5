"""Motion in a run on a video under a still camera: what counts more, and neighbouring frames.

What moves is the subject in most videos. It may count more in the losses
(``losses.motion_weight``), and the second view of a frame may show a frame near it in time
(``pair.frames_apart``), in which every place is followed by optical flow: the same thing in another
pose is one kind.

Shapes: n frames of a step, h x w cells of the maps, H x W pixels.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.data.movement import flow_back, still_camera
from tusk_core.events import Notice
from tusk_core.losses.frame_motion import FrameMotion
from tusk_core.nn.device import to_device
from tusk_core.nn.trunk import TAP_STRIDES
from tusk_core.training.views import FRAMES, step_generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.config import TrainConfig
    from tusk_core.training.held_out import Division

MOST_LOOKED_AT = 128
_NOTHING = (
    "Motion says nothing here: the camera moves, or nothing else does. Every place counts alike, "
    "and both views show one frame."
)


def uses_motion(config: TrainConfig) -> bool:
    """Tell whether a run learns from motion where its pictures are a video."""
    return config.losses.motion_weight > 0 or config.pair.frames_apart > 0


def with_camera(division: Division, config: TrainConfig) -> tuple[Division, Notice | None]:
    """Return the pictures with what a still camera usually sees, and what to say if it moves.

    Only a model on a frozen network asks for it: its kinds are chosen by whether they move.
    """
    if not (division.is_video and config.encoder.has_backbone):
        return division, None
    stride = TAP_STRIDES[0]
    size = (-(-config.data.width // stride), -(-config.data.height // stride))
    camera = still_camera(division.spread(MOST_LOOKED_AT), size)
    if camera is None:
        return division, Notice("info", _NOTHING) if uses_motion(config) else None
    return dataclasses.replace(division, camera=camera), None


def place_weights(
    division: Division, images: NDArray[np.uint8], share: float
) -> NDArray[np.float32]:
    """Return how much each place of frames (n, H, W, c) counts, (n, h, w), 1 on average.

    Args:
        division: with a still camera.
        images: frames of it.
        share: of the whole weight that belongs to what moves, in [0, 1].
    """
    assert division.camera is not None
    moving = division.camera.moving(images)
    return np.asarray(1 - share + share * moving / division.camera.share, np.float32)


def frame_pairs(
    division: Division, config: TrainConfig, chosen: NDArray[np.int64], number: int
) -> tuple[NDArray[np.uint8], FrameMotion]:
    """Return what the second views show, (n, H, W, c), and the motion of these pairs.

    Args:
        division: with a still camera.
        config: of the run.
        chosen: (n,) the first views' frames, counted among those that are learned from.
        number: of the step for which they are made.
    """
    first = division.images[division.training[chosen]]
    weights = place_weights(division, first, config.losses.motion_weight)
    shown = torch.from_numpy(weights).unsqueeze(1)
    apart = config.pair.frames_apart
    if not apart:
        return first, FrameMotion(shown)
    generator = step_generator(config.run.seed, number, FRAMES)
    steps = torch.randint(-apart, apart + 1, (len(chosen),), generator=generator).numpy()
    second = division.images[division.training[_near(chosen, steps, len(division.training))]]
    flows = [flow_back(later, one) for later, one in zip(second, first, strict=True)]
    H, W = first.shape[1:3]
    moved = np.stack([flow for flow, _ in flows]) * np.array([2 / W, 2 / H], np.float32)
    sure = np.stack([known for _, known in flows]).astype(np.float32)
    return second, FrameMotion(
        shown,
        torch.from_numpy(moved).permute(0, 3, 1, 2).contiguous(),
        torch.from_numpy(sure).unsqueeze(1),
    )


def on_device(motion: FrameMotion, device: torch.device) -> FrameMotion:
    """Return the motion of a step where its views are."""
    steps = None if motion.steps is None else to_device(motion.steps, device)
    sure = None if motion.sure is None else to_device(motion.sure, device)
    return FrameMotion(to_device(motion.weights, device), steps, sure)


def _near(chosen: NDArray[np.int64], steps: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Return the frames so many steps away, on the other side where the video ends."""
    near = chosen + steps
    near = np.where((near < 0) | (near >= total), chosen - steps, near)
    return near.clip(0, total - 1)
