"""Opening what a command reads, cameras included."""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk_core.commands.terminal import Terminal
    from tusk_core.data.base_source import BaseSource

_CAMERA = re.compile(r"camera:(\d{1,3})")


@contextlib.contextmanager
def opened(source: str, num_frames: int, terminal: Terminal) -> Iterator[BaseSource]:
    """Open a source; of a camera, take frames first.

    Args:
        source: as typed.
        num_frames: frames taken from a camera.
        terminal: shows how far the camera has come.

    Raises:
        SourceError: if there is nothing readable there.
    """
    from tusk_core.data.source import open_source

    match = _CAMERA.fullmatch(source.strip())
    if match is None:
        if source.strip().startswith("camera:"):
            raise SourceError(f"{source!r} is no camera; write camera:0 for the first one.")
        with open_source(source) as plain:
            yield plain
        return
    with tempfile.TemporaryDirectory(prefix="tusk-camera-") as folder:
        record(int(match.group(1)), num_frames, Path(folder), terminal)
        with open_source(folder) as frames:
            frames.source = source
            yield frames


def record(camera: int, num_frames: int, folder: Path, terminal: Terminal) -> None:
    """Save frames of a camera as pictures.

    Raises:
        SourceError: if the camera cannot be opened or gives no picture.
    """
    import cv2
    import numpy as np

    from tusk_core.data.pictures import write_picture

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    capture = cv2.VideoCapture(camera)
    try:
        if not capture.isOpened():
            raise SourceError(
                f"Camera {camera} cannot be opened. Plug it in, close other programs that use it, "
                "or allow access in the system's settings."
            )
        for index in range(num_frames):
            done, frame = capture.read()
            if not done:
                if index == 0:
                    raise SourceError(f"Camera {camera} gives no picture; plug it in again.")
                break
            rgb = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
            write_picture(folder / f"frame {index:06d}.png", rgb)
            terminal.progress(index + 1, num_frames, f"Camera {camera}")
    finally:
        capture.release()
        terminal.clear()
