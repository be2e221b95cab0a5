"""Before the first step: the pictures are read, divided, and the model is built."""

from __future__ import annotations

import contextlib
import dataclasses
import queue
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch

from tusk_core.config import replaced
from tusk_core.data.cache import PictureCache, build_cache, build_empty_cache
from tusk_core.events import Notice, PhaseChanged, TrainEvent
from tusk_core.nn.photo_model import PhotoModel
from tusk_core.training.batches import KnownBatches, PlainBatches, batches_of
from tusk_core.training.checkpoint import load_matching_weights, newest_state
from tusk_core.training.frames import with_camera
from tusk_core.training.held_out import Division, divide
from tusk_core.training.kinds_first import begin_kinds
from tusk_core.training.session import Session
from tusk_core.training.views import to_batch

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from tusk_core.data.cache_folder import Progress
    from tusk_core.training.task import RunTask

T = TypeVar("T")

NUM_PROBES = 8
_READ_POLL_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A run that is ready for its next step.

    Attributes:
        task: with the settings as they were completed when the pictures were read.
        session: model, optimisers and counters.
        division: the pictures, learned from and held out.
        probes: (P, channels, H, W) in [0, 1], the pictures shown while training.
        batches: of each step.
    """

    task: RunTask
    session: Session
    division: Division
    probes: Tensor
    batches: PlainBatches | KnownBatches


def open_run(task: RunTask) -> Generator[TrainEvent, None, Opened]:
    """Yield what is being prepared; the generator's value is the run, ready to train.

    Raises:
        Cancelled: if a stop was asked for while the pictures were read.
        TuskError: if the pictures, the checkpoint or the model to start from cannot be used.
    """
    cache = yield from _load_pictures(task)
    empty = yield from _load_empty(task)
    task = yield from _with_brightness(task, cache)
    division = divide(cache, task.config.data.held_out, task.config.run.seed)
    notice = division.notice()
    if notice is not None:
        yield notice
    division, notice = with_camera(division, task.config)
    if notice is not None:
        yield notice
    session = yield from _build_session(task, division)
    probes = to_batch(division.spread(NUM_PROBES), session.device)
    batches = batches_of(session, division, empty)
    return Opened(task, session, division, probes, batches)


def _load_pictures(task: RunTask) -> Generator[TrainEvent, None, PictureCache]:
    data = task.config.data
    yield PhaseChanged("loading data", f"Reading {data.source or 'pictures'}.")
    cache = yield from _reading(
        lambda report: build_cache(
            data, seed=task.config.run.seed, progress=report, control=task.control
        )
    )
    yield from _skipped(cache)
    return cache


def _reading(read: Callable[[Progress], T]) -> Generator[TrainEvent, None, T]:
    """Yield what a reader reports while it reads in a thread; the value is what it returned."""
    news: queue.SimpleQueue[PhaseChanged] = queue.SimpleQueue()

    def report(done: int, total: int, message: str) -> None:
        news.put(PhaseChanged("loading data", message, done / total if total else None))

    with ThreadPoolExecutor(1, thread_name_prefix="tusk-reader") as pool:
        reading = pool.submit(read, report)
        while not reading.done():
            with contextlib.suppress(queue.Empty):
                yield news.get(timeout=_READ_POLL_S)
        return reading.result()


def _skipped(cache: PictureCache) -> Generator[TrainEvent, None, None]:
    if cache.skipped:
        first = cache.skipped[0]
        yield Notice(
            "warning",
            f"{len(cache.skipped)} files were skipped, such as {first.path.name}: {first.reason}.",
        )


def _load_empty(task: RunTask) -> Generator[TrainEvent, None, NDArray[np.uint8] | None]:
    """Read the pictures without the subject, as the others were read."""
    cache = yield from _reading(
        lambda report: build_empty_cache(
            task.config.data, seed=task.config.run.seed, progress=report, control=task.control
        )
    )
    if cache is None:
        return None
    yield from _skipped(cache)
    yield Notice("info", f"{len(cache)} pictures without the subject teach what scores low.")
    return cache.images


def _with_brightness(task: RunTask, cache: PictureCache) -> Generator[TrainEvent, None, RunTask]:
    """Keep the brightness that was measured on the pictures, so that detection uses it too."""
    found = cache.brightness
    if found is None or task.config.data.brightness != "auto":
        return task
    changes = {"brightness": "range", "brightness_low": found.low, "brightness_high": found.high}
    config = replaced(task.config, {f"data.{key}": value for key, value in changes.items()})
    if task.team.is_main:
        with contextlib.suppress(OSError):  # a full disk is told when a checkpoint is due
            task.folder.set_config(config)
    yield Notice("info", f"Black is {found.low:g} and white is {found.high:g} in these pictures.")
    return dataclasses.replace(task, config=config)


def _build_session(task: RunTask, division: Division) -> Generator[TrainEvent, None, Session]:
    device = task.device
    yield PhaseChanged("building model", f"On {device.name}. {device.reason}")
    session = Session(task.config, torch.device(device.name), task.team)
    if task.is_resumed:
        step, state = newest_state(task.folder)
        session.load_state_dict(state)
        yield Notice("info", f"Resuming from step {step}.")
    else:
        session.set_mean_picture(division.mean_picture())
        if isinstance(session.model, PhotoModel):
            yield PhaseChanged("building model", "Looking for the first kinds.")
            begin_kinds(session.model, division, task.config)
    if task.start_from is not None:
        yield _take_weights(session, Path(task.start_from))
    if task.config.run.compile and device.name.startswith("cuda"):
        network = session.model.network()
        if network is not None:
            network.compile()
        session.model.decoder.network.compile()
    return session


def _take_weights(session: Session, path: Path) -> Notice:
    count, total = load_matching_weights(session, path), len(session.model.state_dict())
    rest = "all" if count == total else f"{count} of {total}"
    anew = "" if count == total else "; the others begin anew, their shapes differ"
    return Notice("info", f"Started from {path.name}: {rest} groups of weights fit{anew}.")
