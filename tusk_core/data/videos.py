"""Videos, decoded with OpenCV: exact frames, honest counts."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np

from tusk_core.data.base_source import BaseSource
from tusk_core.data.folders import file_identity
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tusk_core.results import SourceKind

EXTENSIONS: frozenset[str] = frozenset(
    [
        ".3gp",
        ".asf",
        ".avi",
        ".flv",
        ".gif",
        ".m2ts",
        ".m4v",
        ".mkv",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".mts",
        ".ogv",
        ".ts",
        ".webm",
        ".wmv",
    ]
)
_NEAR = 48
_MAX_FRAMES = 100_000_000


class VideoSource(BaseSource):
    """Frames of one video file.

    Frames close ahead are reached by decoding on; others by a seek whose landing place is checked,
    and by decoding from the start where the file's index lies. Calls may come from any thread, one
    at a time.
    """

    kind: ClassVar[SourceKind] = "video"

    def __init__(self, source: str, path: Path) -> None:
        super().__init__(source)
        self.path = path
        self._lock = threading.Lock()
        self._capture = _opened(path)
        self._next = 0
        first = self._decode_next()
        if first is None:
            codec = _codec_name(self._capture)
            self._capture.release()
            raise SourceError(
                f"No frame of {path} can be decoded (codec {codec}); the file is damaged or of a "
                "kind this program cannot play, such as AV1. Convert it to H.264 first."
            )
        self._size = (first.shape[1], first.shape[0])
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = rate if np.isfinite(rate) and 0.01 <= rate <= 10_000 else 25.0
        self._count = self._counted()

    def __len__(self) -> int:
        return self._count

    def name(self, index: int) -> str:
        """``frame 000123``."""
        self._check(index)
        return f"frame {index:06d}"

    def size(self, index: int) -> tuple[int, int]:
        """Return (width, height), the same for every frame."""
        self._check(index)
        return self._size

    def identity(self) -> object:
        """The file's path, size and time of change."""
        return file_identity(self.path)

    def read(self, index: int) -> NDArray[np.uint8]:
        """Return frame ``index`` as (H, W, 3) uint8 RGB, owned and read-only.

        Raises:
            SourceError: if it cannot be decoded.
        """
        self._check(index)
        with self._lock:
            if not self._go_to(index):
                raise SourceError(f"Frame {index} of {self.path} cannot be reached.")
            frame = self._decode_next()
        if frame is None:
            raise SourceError(f"Frame {index} of {self.path} is damaged.")
        return frame

    def stream(
        self, indices: Sequence[int]
    ) -> Iterator[tuple[int, NDArray[np.uint8] | SourceError]]:
        """Decode ascending frames in one pass."""
        for index in indices:
            try:
                yield index, self.read(index)
            except SourceError as error:
                yield index, error

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._capture.release()

    def _counted(self) -> int:
        """Return how many frames decode; the file's own number only if its last frame is there."""
        claimed = float(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        if np.isfinite(claimed) and 1 <= claimed < _MAX_FRAMES:
            count = int(claimed)
            if self._go_to(count - 1) and self._capture.grab() and not self._capture.grab():
                self._rewind()
                return count
        self._rewind()
        count = 0
        while count < _MAX_FRAMES and self._capture.grab():
            count += 1
        self._rewind()
        return max(count, 1)

    def _go_to(self, index: int) -> bool:
        if self._next > index or index - self._next > _NEAR:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, index)
            landed = round(float(self._capture.get(cv2.CAP_PROP_POS_FRAMES)))
            if landed == index:
                self._next = index
                return True
            self._rewind()
        while self._next < index:
            if not self._capture.grab():
                return False
            self._next += 1
        return True

    def _rewind(self) -> None:
        self._capture.release()
        self._capture = _opened(self.path)
        self._next = 0

    def _decode_next(self) -> NDArray[np.uint8] | None:
        try:
            done, frame = self._capture.read()
        except cv2.error:
            return None
        if not done or frame is None:
            self._rewind()
            return None
        self._next += 1
        picture = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
        picture.flags.writeable = False
        return picture


def _opened(path: Path) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        capture.release()
        capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise SourceError(
            f"{path} cannot be opened as a video; it is cut off, damaged or of an unknown kind."
        )
    return capture


def _codec_name(capture: cv2.VideoCapture) -> str:
    code = int(capture.get(cv2.CAP_PROP_FOURCC))
    name = bytes((code >> shift) & 0xFF for shift in (0, 8, 16, 24)).decode("ascii", "replace")
    return name.strip() if name.isprintable() and name.strip() else "unknown"


def open_video(source: str, path: Path) -> VideoSource:
    """Open a video file.

    Raises:
        SourceError: if it cannot be opened or decoded.
    """
    if not path.is_file():
        raise SourceError(f"There is no file {path}.")
    if path.stat().st_size == 0:
        raise SourceError(f"{path} is empty; copy the file again.")
    return VideoSource(source, path)
