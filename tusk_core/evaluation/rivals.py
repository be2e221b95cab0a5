"""Other methods, trained here for some minutes on the same pictures, and scored like a model.

``baseline:slots?slots=4&kinds=114&minutes=5`` is Slot Attention, ``baseline:supervised?minutes=5``
a network that is told every object. Minutes are processor time, so that a busy machine takes
nothing away; reading the pictures does not count.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.control import Cancelled
from tusk_core.data.fitting import apply_placement, fit_picture
from tusk_core.data.source_names import check_options, whole_number
from tusk_core.evaluation.collect import Points
from tusk_core.evaluation.rival_pictures import canvas_for, check_objects, placed, read_lesson
from tusk_core.evaluation.slot_attention import NUM_NAMED, SlotAttention
from tusk_core.evaluation.supervised import Supervised
from tusk_core.events import JobProgress
from tusk_core.nn.device import choose_device, limit_threads

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.source_names import SourceName
    from tusk_core.evaluation.rival_pictures import Lesson, Reading

BATCH = 16
WARM_UP = 0.05
CLIP = 5.0
_TOLD_EVERY = 10


@dataclass(frozen=True, slots=True)
class Budget:
    """How long to train.

    Attributes:
        minutes: of processor time.
        steps: instead of minutes, where above 0.
    """

    minutes: int
    steps: int

    def done(self, step: int, seconds: float) -> float:
        """Return the share that is over, from 0."""
        return step / self.steps if self.steps else seconds / (60 * self.minutes)


class RivalFinder:
    """A trained rival as the protocols ask for it: points of pictures, or layers.

    Args:
        rival: trained.
        canvas: (width, height) it works at, pixels.
        device: where it is.
        steps: that it was trained.
    """

    def __init__(
        self,
        rival: SlotAttention | Supervised,
        canvas: tuple[int, int],
        device: torch.device,
        steps: int,
    ) -> None:
        self._rival, self._canvas, self._device, self.steps = rival, canvas, device, steps

    @property
    def num_labels(self) -> int:
        """Number of kinds, M."""
        return self._rival.num_labels

    @property
    def num_keypoints(self) -> int:
        """Slots or objects of a picture, K."""
        return self._rival.num_keypoints

    @property
    def min_score(self) -> float:
        """What is not a thing is left out already."""
        return 0.0

    @property
    def kind_rank(self) -> None:
        """No kind is better than another."""
        return None

    def with_every_peak(self) -> None:
        """Kinds have no peaks of their own."""
        return

    def find(self, images: Sequence[NDArray[np.uint8]]) -> Points:
        """Return the things of pictures (H, W, 3) uint8."""
        found = self._read(images)
        xy = [
            placed(image, self._canvas).to_original(places.astype(np.float32))
            for image, places in zip(images, found.xy, strict=True)
        ]
        return Points(np.stack(xy).astype(np.float64), found.scores, found.labels, found.valid)

    def draw(
        self, images: Sequence[NDArray[np.uint8]]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return shares (P, K, h, w) of the layers, and kinds (P, K)."""
        found = self._read(images)
        return found.shares, found.labels

    def fit(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """Return pictures as they lie on the canvas, (P, h, w, 3)."""
        return np.stack([fit_picture(image, self._canvas, "pad") for image in images])

    def fit_mask(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return an instance mask (H, W) as it lies on the canvas (h, w)."""
        return apply_placement(mask, placed(mask, self._canvas), nearest=True)

    def _read(self, images: Sequence[NDArray[np.uint8]]) -> Reading:
        batch = (
            torch.from_numpy(self.fit(images)).to(self._device).permute(0, 3, 1, 2).float() / 255
        )
        with torch.inference_mode():
            return self._rival.read(batch)


def open_rival(
    name: SourceName, source: BaseSource, seed: int, device: str, control: RunControl | None
) -> Generator[JobProgress, None, RivalFinder]:
    """Train a rival on ``source``; yields progress, the generator's value is the rival.

    Raises:
        Cancelled: when asked to stop.
        TuskError: if an option means nothing, or the pictures cannot teach it.
    """
    is_slots = name.target == "slots"
    check_options(name, ("minutes", "steps", *(("slots", "kinds") if is_slots else ())))
    budget = Budget(
        whole_number(name, "minutes", 5, least=1, most=10_000),
        whole_number(name, "steps", 0, least=0, most=10_000_000),
    )
    limit_threads()
    place = torch.device(choose_device(device).name)
    canvas = canvas_for(source.size(0))
    lesson = yield from read_lesson(source, canvas, control)
    rival = _build(name, lesson, source.source, seed).to(place)
    steps = yield from train(rival, lesson, budget, seed, control)
    with torch.inference_mode():
        rival.name_kinds(lesson.at(torch.arange(min(NUM_NAMED, len(lesson))), place).images)
    return RivalFinder(rival, canvas, place, steps)


def _build(name: SourceName, lesson: Lesson, source: str, seed: int) -> SlotAttention | Supervised:
    """Return the untrained network that a name asks for."""
    num_objects = int(lesson.present.sum(1).max())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if name.target == "slots":
            num_slots = whole_number(name, "slots", (num_objects or 7) + 1, least=2, most=128)
            num_kinds = whole_number(name, "kinds", 32, least=2, most=4096)
            return SlotAttention(num_slots, num_kinds, seed)
        check_objects(lesson, source)
        return Supervised(num_objects, lesson.num_values)


def train(
    rival: SlotAttention | Supervised,
    lesson: Lesson,
    budget: Budget,
    seed: int,
    control: RunControl | None,
) -> Generator[JobProgress, None, int]:
    """Train with Adam, the rate rising at first and then falling to nothing.

    Yields progress; the generator's value is the number of steps.

    Raises:
        Cancelled: when asked to stop.
    """
    optimiser = torch.optim.Adam(rival.parameters(), rival.learning_rate)
    generator = torch.Generator().manual_seed(seed)
    place = next(rival.parameters()).device
    begin, step, done = time.process_time(), 0, 0.0
    while done < 1:
        if control is not None and control.stop_requested:
            raise Cancelled
        for group in optimiser.param_groups:
            group["lr"] = rival.learning_rate * _rate(done)
        rows = torch.randint(len(lesson), (BATCH,), generator=generator)
        loss = rival.loss(lesson.at(rows, place), generator)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(rival.parameters(), CLIP)
        optimiser.step()
        step += 1
        done = budget.done(step, time.process_time() - begin)
        if step % _TOLD_EVERY == 0 or done >= 1:
            percent = min(100, round(100 * done))
            yield JobProgress(percent, 100, f"Training, step {step}, loss {loss.item():.4f}.")
    return step


def _rate(done: float) -> float:
    """Return the share of the learning rate when ``done`` of the training is over."""
    return min(1.0, (done + 1e-3) / WARM_UP) * (1 + math.cos(math.pi * min(1.0, done))) / 2
