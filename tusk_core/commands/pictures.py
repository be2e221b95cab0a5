"""Opening what a command reads, cameras included."""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tusk_core import api
from tusk_core.commands.terminal import finish
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk_core.commands.terminal import Terminal
    from tusk_core.control import RunControl
    from tusk_core.interfaces import OpenedSource

_CAMERA = re.compile(r"camera:(\d{1,3})")


@contextlib.contextmanager
def opened(
    source: str, num_frames: int, terminal: Terminal, control: RunControl
) -> Iterator[OpenedSource]:
    """Open a source; of a camera, take frames first.

    Args:
        source: as typed.
        num_frames: frames taken from a camera.
        terminal: shows how far the camera has come.
        control: stops taking frames.

    Raises:
        SourceError: if there is nothing readable there.
        Cancelled: if stopped while frames are taken.
    """
    match = _CAMERA.fullmatch(source.strip())
    if match is None:
        if source.strip().startswith("camera:"):
            raise SourceError(f"{source!r} is not a camera; write camera:0 for the first one.")
        with api.open_source(source) as plain:
            yield plain
        return
    with tempfile.TemporaryDirectory(prefix="tusk-camera-") as folder:
        finish(api.record_camera(int(match.group(1)), num_frames, Path(folder), control), terminal)
        with api.open_source(folder) as frames:
            frames.source = source
            yield frames
