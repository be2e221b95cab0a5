"""Pictures into a video file by OpenCV, and the file read again to see that all are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from tusk_core.inference.export.packages import ExportError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# None of them needs a licence: MPEG-4, Motion JPEG, FFV1 (lossless), VP9.
CODECS: dict[str, str] = {".mp4": "mp4v", ".avi": "MJPG", ".mkv": "FFV1", ".webm": "VP90"}


class VideoSink:
    """Writes pictures into a video; the first decides its size.

    Args:
        path: its ending chooses the codec.
        rate: frames per second.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self._path, self._rate = path, rate
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._written = 0

    def add(self, picture: NDArray[np.uint8], repeats: int = 1) -> None:
        """Write a picture, (H, W, 3) RGB, so many times.

        Raises:
            ExportError: if OpenCV cannot write such a file here.
        """
        frame = _even(picture)
        if self._writer is None:
            self._size = (frame.shape[1], frame.shape[0])
            self._writer = self._opened()
        shown = fitted(frame, self._size)[..., ::-1]
        for _ in range(repeats):
            self._writer.write(shown)
        self._written += repeats

    def _opened(self) -> cv2.VideoWriter:
        suffix = self._path.suffix.lower()
        code = CODECS[suffix]
        fourcc = cv2.VideoWriter.fourcc(*code)
        writer = cv2.VideoWriter(str(self._path), fourcc, self._rate, self._size)
        if not writer.isOpened():
            raise ExportError(
                f"A video of the kind {code} cannot be written to {self._path}: the disk may be "
                f"full, or OpenCV here has no way to write {suffix}; try .avi or .mkv."
            )
        return writer

    def release(self) -> None:
        """Close the file; twice does no harm."""
        if self._writer is not None:
            self._writer.release()
            self._writer = None

    def finish(self) -> None:
        """Close the file and count its frames.

        Raises:
            ExportError: if it does not hold every frame.
        """
        self.release()
        found = count_frames(self._path)
        # A full disk gives no error while writing, so the file itself is asked.
        if not self._written or found != self._written:
            raise ExportError(
                f"The video holds {found} of {self._written} frames; the disk may be full. Free "
                "some space, or write a smaller kind such as .webm."
            )


def _even(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Most codecs want even sides; a row or column is repeated."""
    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return frame


def fitted(frame: NDArray[np.uint8], size: tuple[int, int], ground: int = 0) -> NDArray[np.uint8]:
    """Bring a picture to (width, height) without distorting it, in the middle of a plain ground."""
    height, width = frame.shape[:2]
    if (width, height) == size:
        return frame
    zoom = min(size[0] / width, size[1] / height)
    w, h = max(1, int(width * zoom)), max(1, int(height * zoom))
    out = np.full((size[1], size[0], 3), ground, np.uint8)
    top, left = (size[1] - h) // 2, (size[0] - w) // 2
    out[top : top + h, left : left + w] = cv2.resize(frame, (w, h), interpolation=cv2.INTER_AREA)
    return out


def count_frames(path: Path) -> int:
    """Return how many frames of a video can be decoded."""
    capture = cv2.VideoCapture(str(path))
    count = 0
    while capture.grab():
        count += 1
    capture.release()
    return count
