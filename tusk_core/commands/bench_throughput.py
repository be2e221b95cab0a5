"""How much of the network's own rate ``tusk detect`` reaches on files: pictures, and a video.

The files are made up: soft colours with the noise of a camera, 640 x 480, JPEG and MPEG-4.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from tusk_core import api
from tusk_core.control import RunControl
from tusk_core.data.fitting import ReducedPicture
from tusk_core.inference.batches import batch_size
from tusk_core.inference.laid import Laid, as_batch
from tusk_core.results import Analysis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from tusk_core.commands.terminal import Terminal
    from tusk_core.inference.predictor import TorchPredictor

_SIZE = (640, 480)
_DIFFERENT = 24
_LEAST_S = 1.0


@dataclass(frozen=True, slots=True)
class _Spent:
    """Wall and processor time [s] of some pictures, of this process."""

    pictures: int
    wall: float
    processor: float


def measure_throughput(
    predictor: TorchPredictor, num_pictures: int, num_frames: int, terminal: Terminal
) -> dict[str, dict[str, float]]:
    """Return the rates of ``tusk detect``, from opened model to written file, beside the network's.

    Args:
        predictor: the model.
        num_pictures: JPEG files; 0 leaves them out.
        num_frames: of the video; 0 leaves it out.
        terminal: shows what is measured.
    """
    numbers: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="tusk-bench-") as name:
        folder = Path(name)
        jobs: list[tuple[str, int, Callable[[Path, int], None]]] = [
            ("pictures", num_pictures, _write_pictures),
            ("video.mp4", num_frames, _write_video),
        ]
        for file, count, write in jobs:
            if count:
                terminal.phase(f"Making {count} pictures")
                write(folder / file, count)
                terminal.phase("Network alone, then the whole of tusk detect")
                numbers[Path(file).stem] = _measured(predictor, folder / file)
    return numbers


def _measured(predictor: TorchPredictor, source: Path) -> dict[str, float]:
    # The network before and after, so that another program's load falls on both alike.
    before = _network_alone(predictor)
    whole = _detected(predictor, source)
    after = _network_alone(predictor)
    pictures = before.pictures + after.pictures
    network = _Spent(pictures, before.wall + after.wall, before.processor + after.processor)
    alone, reached = network.pictures / network.wall, whole.pictures / whole.wall
    return {
        "count": whole.pictures,
        "network_pictures_per_second": alone,
        "detect_pictures_per_second": reached,
        "share_of_network": reached / alone,
        "network_processor_ms": 1000 * network.processor / network.pictures,
        "detect_processor_ms": 1000 * whole.processor / whole.pictures,
    }


def _network_alone(predictor: TorchPredictor) -> _Spent:
    """Run batches of pictures that are laid out already, for a while."""
    data = predictor.info.config.data
    size = batch_size((data.width, data.height))
    pictures = itertools.islice(_made_up(), size)
    laid = [predictor.laid(ReducedPicture(picture), tiles=0) for picture in pictures]
    batch = as_batch([one for one in laid if isinstance(one, Laid)], torch.device("cpu"))
    batch = batch.to(predictor.info.device)
    runs, begin, processor = 0, time.perf_counter(), time.process_time()
    with torch.inference_mode():
        while time.perf_counter() - begin < _LEAST_S:
            found = predictor.model.find_keypoints(predictor.model.encode(batch))
            float(found.scores.sum())  # waits for a GPU
            runs += 1
    return _Spent(runs * size, time.perf_counter() - begin, time.process_time() - processor)


def _detected(predictor: TorchPredictor, source: Path) -> _Spent:
    out = source.with_name("found.npz")
    begin, processor = time.perf_counter(), time.process_time()
    with api.open_source(str(source)) as opened:
        job = api.detect(predictor, opened, RunControl(), out=out)
        (analysis,) = [item for item in job if isinstance(item, Analysis)]
        api.export_analysis(analysis, out, file_format=api.format_for(out))
        api.detection_written(out)
    count = len(analysis.picture_names)
    return _Spent(count, time.perf_counter() - begin, time.process_time() - processor)


def _made_up() -> Iterator[NDArray[np.uint8]]:
    """Yield pictures (480, 640, 3), without end."""
    rng = np.random.default_rng(0)
    width, height = _SIZE
    while True:
        coarse = rng.integers(0, 256, (height // 16, width // 16, 3), np.uint8)
        soft = cv2.resize(coarse, _SIZE, interpolation=cv2.INTER_CUBIC)
        noise = rng.integers(-4, 5, soft.shape, np.int16)
        yield np.clip(soft.astype(np.int16) + noise, 0, 255).astype(np.uint8)


def _write_pictures(folder: Path, count: int) -> None:
    folder.mkdir()
    for number, picture in enumerate(itertools.islice(_made_up(), min(count, _DIFFERENT))):
        content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
        (folder / f"{number:07d}.jpg").write_bytes(content.tobytes())
    for number in range(_DIFFERENT, count):
        first, copy = folder / f"{number % _DIFFERENT:07d}.jpg", folder / f"{number:07d}.jpg"
        try:
            os.link(first, copy)
        except OSError:  # a file system without links
            shutil.copyfile(first, copy)


def _write_video(path: Path, count: int) -> None:
    pictures = list(itertools.islice(_made_up(), _DIFFERENT))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25.0, _SIZE)
    for number in range(count):
        writer.write(pictures[number % _DIFFERENT])
    writer.release()
