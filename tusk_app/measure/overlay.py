"""How soon the keypoints of a picture are drawn after a click on it in the list."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from tusk_app.pictures.dock import SourceDock
from tusk_app.pictures.thumbnails import to_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tusk_app.app import Program

SIZE = (640, 480)
# Farther from each other than the window reads ahead.
_STEP = 7


def write_pictures(folder: Path, count: int) -> None:
    """Write ``count`` different pictures of soft colours, ``SIZE``, as JPEG."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    width, height = SIZE
    for number in range(count):
        coarse = rng.integers(0, 256, (height // 40, width // 40, 3), np.uint8)
        soft: QImage = to_image(coarse).scaled(
            width,
            height,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        soft.save(str(folder / f"{number:04d}.jpg"), quality=90)


def time_overlays(
    program: Program,
    folder: Path,
    clicks: int,
    wait_until: Callable[[Callable[[], bool], float], bool],
) -> list[tuple[float, float]]:
    """Return milliseconds from a choice in the list of pictures to its keypoints on the canvas.

    With each stands what all threads computed meanwhile, which another program does not change.

    Args:
        program: a model is open in it.
        folder: made here, for the pictures.
        clicks: how often.
        wait_until: waits for a condition, for so many seconds at most.
    """
    document = program.workbench.document
    write_pictures(folder, _STEP * (clicks + 1))
    program.window.layouts.switch("Data")
    program.workbench.sources.open_pictures(str(folder))
    wait_until(lambda: document.num_pictures == _STEP * (clicks + 1), 60)
    wait_until(lambda: document.detection is not None, 60)
    dock = program.window.findChild(SourceDock)
    assert dock is not None
    times = []
    for number in range(1, clicks + 1):
        index = _STEP * number
        began, computed = time.perf_counter(), time.process_time()
        dock.choose(index)
        wait_until(functools.partial(_is_found, program, index), 10)
        program.window.canvas.repaint()
        spent = (time.perf_counter() - began, time.process_time() - computed)
        times.append((1000 * spent[0], 1000 * spent[1]))
    return times


def _is_found(program: Program, index: int) -> bool:
    document = program.workbench.document
    return document.index == index and document.detection is not None
