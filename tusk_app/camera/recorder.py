"""Writes pictures into a video file, then reads the file again to see that all are there."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.threads.mailbox import Queue
from tusk_core.results import SourceError, TuskError

if TYPE_CHECKING:
    from pathlib import Path

    import cv2
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

WAITING_AT_MOST = 90
RATE = 30.0  # frames per second of every recording
STALL_S = 2.0  # a longer gap between two pictures is not filled up

# What OpenCV writes here and other programs read; H.264 is not among it.
FORMATS = {
    "MP4 (small)": (".mp4", "mp4v"),
    "AVI, Motion JPEG": (".avi", "MJPG"),
    "AVI, lossless FFV1 (large)": (".avi", "FFV1"),
}


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    """Where to and how: path with its final name, and four letters for the codec."""

    path: Path
    codec: str = "mp4v"


@dataclass(frozen=True, slots=True)
class RecordingResult:
    """A finished recording, counted by reading it again."""

    path: Path
    num_frames: int
    seconds: float
    num_dropped: int


@dataclass(frozen=True, slots=True, eq=False)
class RecordedPicture:
    """(H, W, 3) uint8 BGR, as OpenCV writes it, and the time it was shown at, in seconds."""

    pixels: NDArray[np.uint8]
    at: float


class RecorderWorker(QObject):
    """Lives in the recorder thread.

    Signals:
        done: RecordingResult.
        failed: str, a sentence.
        finished: always last, exactly once.
    """

    done = Signal(object)
    failed = Signal(str)
    finished = Signal()

    def __init__(self, plan: RecordingPlan, queue: Queue[RecordedPicture]) -> None:
        super().__init__()
        self._plan = plan
        self._queue = queue
        self._writer: cv2.VideoWriter | None = None
        self._first_at = self._last_at = 0.0
        self._num_written = 0
        self._size = (0, 0)
        self._has_failed = False

    @property
    def _part(self) -> Path:
        path = self._plan.path
        return path.with_name(f"{path.stem}.part{path.suffix}")

    @Slot()
    def write(self) -> None:
        """Write one waiting picture; called once for each."""
        picture = self._queue.take()
        if picture is None or self._has_failed:
            return
        try:
            self._write(picture)
        except (TuskError, OSError) as refusal:
            self._fail(str(refusal))

    @Slot()
    def finish(self) -> None:
        """Write what waits, close the file, count its frames and give it its name."""
        try:
            while not self._has_failed and (picture := self._queue.take()) is not None:
                self._write(picture)
            if not self._has_failed:
                self.done.emit(self._closed())
        except (TuskError, OSError) as refusal:
            self._fail(str(refusal))
        except Exception as problem:
            log.exception("recording failed")
            self._fail(f"The recording could not be finished: {problem}.")
        finally:
            self._release()
            self.finished.emit()

    def _write(self, picture: RecordedPicture) -> None:
        import cv2

        height, width = picture.pixels.shape[:2]
        if self._writer is None:
            self._open((width, height), picture.at)
        assert self._writer is not None
        pixels = picture.pixels
        if (width, height) != self._size:
            shrunk = cv2.resize(pixels, self._size, interpolation=cv2.INTER_AREA)
            pixels = np.asarray(shrunk, np.uint8)
        if picture.at - self._last_at > STALL_S:
            self._first_at += picture.at - self._last_at - 1 / RATE
        self._last_at = picture.at
        # A file has one rate: repeat or leave out pictures so that time passes as it did.
        wanted = int((picture.at - self._first_at) * RATE) + 1
        while self._num_written < wanted:
            self._writer.write(pixels)
            self._num_written += 1

    def _open(self, size: tuple[int, int], at: float) -> None:
        import cv2

        # Most codecs want even sides.
        self._size = (size[0] - size[0] % 2, size[1] - size[1] % 2)
        code = cv2.VideoWriter.fourcc(*self._plan.codec)
        self._plan.path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = cv2.VideoWriter(str(self._part), code, RATE, self._size)
        self._first_at = self._last_at = at
        if not self._writer.isOpened():
            raise SourceError(
                f"{self._plan.path} cannot be written. The folder may not be writable, or this "
                f"build of OpenCV lacks {self._plan.codec}; choose another folder or format."
            )

    def _closed(self) -> RecordingResult:
        if self._writer is None:
            raise SourceError("Nothing was shown while recording, so there is no video.")
        self._release()
        num_read = count_frames(self._part)
        if num_read < self._num_written:
            raise SourceError(
                f"Only {num_read} of {self._num_written} frames can be read again, so the disk may "
                f"be full. What there is lies in {self._part}."
            )
        self._part.replace(self._plan.path)
        seconds = num_read / RATE
        return RecordingResult(self._plan.path, num_read, seconds, self._queue.num_dropped)

    def _release(self) -> None:
        if self._writer is not None:
            self._writer.release()
            self._writer = None

    def _fail(self, sentence: str) -> None:
        if not self._has_failed:
            self._has_failed = True
            self.failed.emit(sentence)


def count_frames(path: Path) -> int:
    """Return how many frames of a video can be decoded; its own number may be wrong."""
    import cv2

    capture = cv2.VideoCapture(str(path))
    count = 0
    while capture.isOpened() and capture.grab():
        count += 1
    capture.release()
    return count
