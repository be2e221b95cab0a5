"""How long a run will take and how much memory it needs, from a few real steps."""

from __future__ import annotations

import math
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.config import TrainConfig, replaced
from tusk_core.control import Cancelled, RunControl
from tusk_core.nn.device import choose_device, limit_threads
from tusk_core.nn.distributed import Team
from tusk_core.results import TrainingEstimate
from tusk_core.training.batches import APART, KnownBatches, PlainBatches, batches_of
from tusk_core.training.held_out import Division
from tusk_core.training.session import Session

if TYPE_CHECKING:
    from tusk_core.losses.objective import Views

_FLOAT_BYTES = 4
_MOST_TIMED = 4
_MOST_PIXELS = 2 * 192 * 192  # of all timed pictures together
_MOST_POINTS = 64
_OPTIMISER_COPIES = 4  # weights, gradient and Adam's two moments


def estimate_training(
    config: TrainConfig, *, num_steps: int = 3, control: RunControl | None = None
) -> TrainingEstimate:
    """Run ``num_steps`` real steps on noise, after one to warm up.

    A few pictures, made smaller if they are large, are timed on the CPU and scaled up, so that the
    answer comes within seconds.

    Raises:
        TuskError: if the device cannot be used.
        Cancelled: if ``control`` asked to stop between two steps.
    """
    limit_threads(config.run.threads)
    device = choose_device(config.run.device)
    probe, scale = _probe(config) if device.name == "cpu" else (_whole(config), 1.0)
    session = Session(probe, torch.device(device.name), Team())
    batches = _noise(probe, session)
    activations = round(_kept_bytes(session, batches.of(0)) * scale)
    seconds = []
    for number in range(num_steps):
        if control is not None and control.stop_requested:
            raise Cancelled
        begin = time.perf_counter()
        # So far apart that each makes as many new pairs as a step in the midst of a run.
        session.train_step(
            batches.of((number + 1) * APART)
        )  # ends with a read-back, so the device is done
        seconds.append(time.perf_counter() - begin)
    step_seconds = statistics.median(seconds) * scale
    weights = sum(p.numel() for p in session.model.parameters())
    memory = activations + weights * _FLOAT_BYTES * _OPTIMISER_COPIES
    total = step_seconds * config.optim.steps
    if config.optim.minutes:
        total = min(total, 60 * config.optim.minutes)
    return TrainingEstimate(
        seconds_per_step=step_seconds,
        total_seconds=total,
        memory_bytes=int(memory),
        device=device.name,
        detail=f"Measured over {num_steps} steps of {probe.optim.batch_size} pictures on "
        f"{device.label}.",
        memory_limit=_memory_of(device.name),
    )


def _whole(config: TrainConfig) -> TrainConfig:
    return replaced(config, {"optim.accumulate": 1})


def _probe(config: TrainConfig) -> tuple[TrainConfig, float]:
    """Return settings whose step takes a moment on any CPU, and how much more the whole one does.

    A step cannot be broken off, so that it must be short however large the pictures are.
    """
    data, batch = config.data, config.optim.batch_size
    timed = max(1, min(batch, _MOST_TIMED, _MOST_POINTS // config.keypoints.num_keypoints))
    timed = max(1, min(timed, _MOST_PIXELS // (data.width * data.height)))
    shrink = max(1.0, math.sqrt(timed * data.width * data.height / _MOST_PIXELS))
    # The heat map must keep a place for every keypoint, with some to spare.
    least = 1.3 * config.keypoints.num_keypoints * config.encoder.stem_stride**2
    shrink = min(shrink, max(1.0, math.sqrt(data.width * data.height / least)))
    width, height = (max(8, round(side / shrink)) for side in (data.width, data.height))
    changes = {"data.width": width, "data.height": height}
    probe = replaced(_whole(config), {**changes, "optim.batch_size": timed})
    return probe, batch / timed * (data.width * data.height) / (width * height)


def _noise(config: TrainConfig, session: Session) -> PlainBatches | KnownBatches:
    data = config.data
    shape = (config.optim.batch_size, data.height, data.width, data.channels)
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    division = Division(images, np.arange(len(images)), np.arange(0))
    return batches_of(session, division, None)


def _memory_of(device: str) -> int | None:
    """Return the memory in bytes that a device has; None where that is not known."""
    if device.startswith("cuda"):
        return int(torch.cuda.get_device_properties(device).total_memory)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _kept_bytes(session: Session, batch: torch.Tensor | Views) -> int:
    """Do one step and return the bytes its backward pass had to keep: most of its memory."""
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        session.train_step(batch)
    return sum(kept.values())


def peak_memory(device: str) -> int:
    """Return the peak memory in bytes: of the GPU, else of this process where known."""
    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated())
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - exists on POSIX only

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)
