"""What a camera sees for some seconds, kept as a video: a camera has no end to discover in.

A video and no folder of pictures, because under a still camera what moves is a thing.
"""

from __future__ import annotations

import queue
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from tusk_app.discover.job import UNFINISHED, discovery, free_place
from tusk_core import api
from tusk_core.control import Cancelled
from tusk_core.events import JobProgress, Notice
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from tusk_app.engine.frames import LiveResult
    from tusk_app.engine.live import LiveInference
    from tusk_core.control import RunControl
    from tusk_core.events import DiscoveryEvent

    Frames = queue.SimpleQueue[NDArray[np.uint8]]

# Pictures that follow each other closely say nothing new.
SECONDS, EVERY_S = 12.0, 0.2
# Longer side that the model works at, pixels: fast enough for 30 frames per second on two cores.
SIDE = 256
_GIVE_UP_S, _WAIT_S = 5.0, 0.1
_FILE = "camera.avi"
_KEPT = "{} frames of the camera were taken for this; they are kept in {}."
_SHOW = "Watching. Show the camera your things from several sides."


@dataclass(frozen=True, slots=True)
class Watched:
    """Where the frames of the camera lie, a video to discover in."""

    source: str


class CameraWatch(QObject):
    """Passes frames of the running camera to a job, a few in a second.

    Args:
        live: the camera.
    """

    def __init__(self, live: LiveInference, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self._frames: Frames | None = None
        self._next = 0.0
        live.result.connect(self._take)
        live.changed.connect(self.stop)

    @property
    def is_on(self) -> bool:
        """True while a camera runs."""
        return self._live.is_on

    def start(self) -> Frames:
        """Return where frames will be put from now on."""
        self._frames, self._next = queue.SimpleQueue(), 0.0
        return self._frames

    @Slot()
    def stop(self) -> None:
        """Put no more frames."""
        self._frames = None

    @Slot(object)
    def _take(self, result: LiveResult) -> None:
        at = result.frame.captured_at
        if self._frames is not None and at >= self._next:
            self._next = at + EVERY_S
            self._frames.put(result.frame.picture)


def watch_and_discover(
    control: RunControl, frames: Frames, *, folder: Path, name: str, device: str
) -> Iterator[DiscoveryEvent | Watched]:
    """Keep what the camera sees for some seconds, then find kinds in it; runs in a job's thread.

    Args:
        control: a stop request leaves nothing behind.
        frames: of the camera, (H, W, 3) uint8 RGB, put in by the window.
        folder: of all discoveries; the frames are kept in it.
        name: of the camera.
        device: as in the settings.

    Raises:
        Cancelled: if ``control`` asked for it.
        SourceError: if the camera gives no pictures, or they cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        frames_seen = yield from _taken(control, frames)
        yield JobProgress(0, 0, "Keeping what the camera saw.")
        with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as holder:
            work = Path(holder) / "seen"
            work.mkdir()
            api.record_frames(work / _FILE, frames_seen, 1 / EVERY_S)
            seen = free_place(folder, name, "seen")
            work.rename(seen)
    except OSError as error:
        raise SourceError(
            f"What the camera saw cannot be written to {folder} ({error.strerror or error}). "
            "Choose another folder for runs in the preferences."
        ) from error
    try:
        yield Watched(str(seen / _FILE))
        yield Notice("info", _KEPT.format(len(frames_seen), seen / _FILE))
        yield from discovery(
            control, source=str(seen / _FILE), folder=folder, name=name, device=device, side=SIDE
        )
    except BaseException:
        shutil.rmtree(seen, ignore_errors=True)
        raise


def _taken(
    control: RunControl, frames: Frames
) -> Generator[JobProgress, None, list[NDArray[np.uint8]]]:
    """Take frames until the time is up; the value is the list of them."""
    begin = newest = time.monotonic()
    taken: list[NDArray[np.uint8]] = []
    while (now := time.monotonic()) < begin + SECONDS:
        if control.stop_requested:
            raise Cancelled
        try:
            taken.append(frames.get(timeout=_WAIT_S))
            newest = now
        except queue.Empty:
            if now > newest + _GIVE_UP_S:
                break
        left = max(0.0, begin + SECONDS - now)
        yield JobProgress(round(10 * (now - begin)), round(10 * SECONDS), _SHOW, left)
    if not taken:
        raise SourceError(
            "The camera gave no picture, so there is nothing to find. Start it again."
        )
    return taken
