"""Some seconds of what the running camera sees, for a job: a camera has no end to wait for."""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from tusk_core.control import Cancelled
from tusk_core.events import JobProgress
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Generator

    from tusk_app.engine.frames import CameraFrame, LiveResult
    from tusk_app.engine.live import LiveInference
    from tusk_core.control import RunControl

    Frames = queue.SimpleQueue[CameraFrame | None]

# How long a silent camera is waited for, and how soon a job hears that it shall stop, seconds.
_GIVE_UP_S, _WAIT_S = 5.0, 0.1


class FrameTap(QObject):
    """Passes frames of the running camera to one job, until that ends or the camera does.

    Args:
        live: the camera.
        every_s: least time between two frames, seconds; those between are left out.

    Attributes:
        frames: for ``take_frames``; a None says that no more will come.
    """

    def __init__(
        self, live: LiveInference, *, every_s: float = 0.0, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.frames: Frames = queue.SimpleQueue()
        self._every_s, self._next = every_s, 0.0
        self._is_open = True
        live.result.connect(self._take)
        live.changed.connect(self.close)

    @Slot()
    def close(self) -> None:
        """Pass on no more frames: the job ends with those it has."""
        if self._is_open:
            self._is_open = False
            self.frames.put(None)
            self.deleteLater()

    @Slot(object)
    def _take(self, result: LiveResult) -> None:
        at = result.frame.captured_at
        if self._is_open and at >= self._next:
            self._next = at + self._every_s
            self.frames.put(result.frame)


def take_frames(
    control: RunControl, frames: Frames, *, seconds: float, most: int, doing: str, aim: str
) -> Generator[JobProgress, None, list[CameraFrame]]:
    """Take frames until the time is up; runs in a job's thread, the value is the list of them.

    Args:
        control: a stop request ends it.
        frames: of a ``FrameTap``.
        seconds: how long.
        most: frames at most: they wait in memory.
        doing: a sentence for the user, meanwhile.
        aim: what the frames are for, such as "clip".

    Raises:
        Cancelled: if ``control`` asked for it.
        SourceError: if not one frame came.
    """
    begin = newest = time.monotonic()
    taken: list[CameraFrame] = []
    while (now := time.monotonic()) < begin + seconds and len(taken) < most:
        if control.stop_requested:
            raise Cancelled
        try:
            frame = frames.get(timeout=_WAIT_S)
        except queue.Empty:
            if now > newest + _GIVE_UP_S:
                break
        else:
            if frame is None:
                break
            taken.append(frame)
            newest = now
        yield JobProgress(
            round(10 * (now - begin)), round(10 * seconds), doing, begin + seconds - now
        )
    if not taken:
        raise SourceError(f"The camera gave no picture, so there is no {aim}. Start it again.")
    return taken
