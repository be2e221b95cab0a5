"""What a camera sees for some seconds, kept as a video: a camera has no end to discover in.

A video and no folder of pictures, because under a still camera what moves is a thing.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tusk_app.discover.job import UNFINISHED, discovery, free_place
from tusk_app.engine.live_frames import take_frames
from tusk_core import api
from tusk_core.events import JobProgress, Notice
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk_app.engine.live_frames import Frames
    from tusk_core.control import RunControl
    from tusk_core.events import DiscoveryEvent

# Pictures that follow each other closely say nothing new.
SECONDS, EVERY_S = 12.0, 0.2
# Longer side that the model works at, pixels: a frame takes one slow core some 60 ms.
SIDE = 224
_MOST = 1000
_FILE = "camera.avi"
_KEPT = "{} frames of the camera were taken for this; they are kept in {}."
_SHOW = "Watching. Show the camera your things from several sides."


@dataclass(frozen=True, slots=True)
class Watched:
    """Where the frames of the camera lie, a video to discover in."""

    source: str


def watch_and_discover(
    control: RunControl, frames: Frames, *, folder: Path, name: str, device: str
) -> Iterator[DiscoveryEvent | Watched]:
    """Keep what the camera sees for some seconds, then find kinds in it; runs in a job's thread.

    Args:
        control: a stop request leaves nothing behind.
        frames: of the camera, put in by a ``FrameTap``.
        folder: of all discoveries; the frames are kept in it.
        name: of the camera.
        device: as in the settings.

    Raises:
        Cancelled: if ``control`` asked for it.
        SourceError: if the camera gives no pictures, or they cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = yield from take_frames(
            control, frames, seconds=SECONDS, most=_MOST, doing=_SHOW, aim="thing to find"
        )
        yield JobProgress(0, 0, "Keeping what the camera saw.")
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as holder:
            work = Path(holder) / "seen"
            work.mkdir()
            api.record_frames(work / _FILE, [frame.picture for frame in taken], 1 / EVERY_S)
            seen = free_place(folder, name, "seen")
            work.rename(seen)
    except OSError as error:
        raise SourceError(
            f"What the camera saw cannot be written to {folder} ({error.strerror or error}). "
            "Choose another folder for runs in the preferences."
        ) from error
    try:
        yield Watched(str(seen / _FILE))
        yield Notice("info", _KEPT.format(len(taken), seen / _FILE))
        yield from discovery(
            control, source=str(seen / _FILE), folder=folder, name=name, device=device, side=SIDE
        )
    except BaseException:
        shutil.rmtree(seen, ignore_errors=True)
        raise
