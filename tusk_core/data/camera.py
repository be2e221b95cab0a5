"""Frames of a camera, saved as pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from tusk_core.control import Cancelled
from tusk_core.data.pictures import write_picture
from tusk_core.events import JobProgress
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tusk_core.control import RunControl


def record_camera(
    camera: int, num_frames: int, folder: Path, control: RunControl | None = None
) -> Iterator[JobProgress]:
    """Save ``frame NNNNNN.png`` into a folder; ends early if the camera gives no more.

    Args:
        camera: its number, 0 for the first.
        num_frames: at most.
        folder: exists.
        control: a stop raises ``Cancelled``.

    Raises:
        SourceError: if the camera cannot be opened or gives no picture.
        Cancelled: when asked to stop.
    """
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    capture = cv2.VideoCapture(camera)
    try:
        if not capture.isOpened():
            raise SourceError(
                f"Camera {camera} cannot be opened. Plug it in, close other programs that use it, "
                "or allow access in the system's settings."
            )
        for index in range(num_frames):
            if control is not None and control.stop_requested:
                raise Cancelled
            done, frame = capture.read()
            if not done:
                if index == 0:
                    raise SourceError(f"Camera {camera} gives no picture; plug it in again.")
                break
            rgb = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
            write_picture(folder / f"frame {index:06d}.png", rgb)
            yield JobProgress(index + 1, num_frames, f"Camera {camera}", None)
    finally:
        capture.release()
