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
# Program and transport streams hold no index; a seek in them is a guess.
_WITHOUT_INDEX = frozenset({".ts", ".mts", ".m2ts", ".mpg", ".mpeg"})
_NEAR = 48
_MAX_FRAMES = 100_000_000


class VideoSource(BaseSource):
    """Frames of one video file.

    Frames close ahead are reached by decoding on, others by a seek. A seek counts only if the
    frame it lands on bears the right time; a file whose index lies once is decoded from the start
    ever after. Calls may come from any thread, one at a time.
    """

    kind: ClassVar[SourceKind] = "video"

    def __init__(self, source: str, path: Path) -> None:
        super().__init__(source)
        self.path = path
        self._lock = threading.Lock()
        self._can_seek = path.suffix.lower() not in _WITHOUT_INDEX
        self._capture = _opened(path)
        self._at = -1
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = rate if np.isfinite(rate) and 0.01 <= rate <= 10_000 else 25.0
        first = self._retrieved() if self._grab_on() else None
        if first is None:
            codec = _codec_name(self._capture)
            self._capture.release()
            raise SourceError(
                f"No frame of {path} can be decoded (codec {codec}); the file is damaged or of a "
                "kind this program cannot play, such as AV1. Convert it to H.264 first."
            )
        self._start_ms = float(self._capture.get(cv2.CAP_PROP_POS_MSEC))
        self._size = (first.shape[1], first.shape[0])
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
            frame = self._retrieved() if self._go_to(index) else None
        if frame is None:
            raise SourceError(f"Frame {index} of {self.path} cannot be decoded; it is damaged.")
        return frame

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._capture.release()

    def _counted(self) -> int:
        """Return how many frames decode; the file's own number only if its last frame is there."""
        claimed = float(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        if self._can_seek and np.isfinite(claimed) and 1 <= claimed < _MAX_FRAMES:
            count = int(claimed)
            if self._go_to(count - 1) and not self._grab_on():
                self._rewind()
                return count
        self._rewind()
        while self._grab_on() and self._at < _MAX_FRAMES:
            pass
        count = self._at + 1
        self._rewind()
        return count

    def _go_to(self, index: int) -> bool:
        """Make frame ``index`` the grabbed one; False if it cannot be reached."""
        is_near = 0 <= index - self._at <= _NEAR
        if not is_near and self._can_seek:
            if self._sought(index):
                return True
            self._can_seek = False
            self._rewind()
        if index < self._at:
            self._rewind()
        while self._at < index:
            if not self._grab_on():
                self._rewind()
                return False
        return True

    def _sought(self, index: int) -> bool:
        """Jump to a frame; True if the time of the frame it finds there is the right one."""
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, index)
        self._at = index - 1
        if not self._grab_on():
            return False
        passed = (float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) - self._start_ms) / 1000
        return abs(passed * self.fps - index) < 0.4

    def _grab_on(self) -> bool:
        try:
            done = bool(self._capture.grab())
        except cv2.error:
            return False
        self._at += done
        return done

    def _retrieved(self) -> NDArray[np.uint8] | None:
        try:
            done, frame = self._capture.retrieve()
        except cv2.error:
            return None
        if not done or frame is None:
            return None
        picture = np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)
        picture.flags.writeable = False
        return picture

    def _rewind(self) -> None:
        self._capture.release()
        self._capture = _opened(self.path)
        self._at = -1


def _opened(path: Path) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        capture.release()
        capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise SourceError(
            f"{path} cannot be opened as a video; it is cut off, damaged or of an unknown kind. "
            "Copy it again from where it was recorded, or convert it to MP4 (H.264)."
        )
    return capture


def _codec_name(capture: cv2.VideoCapture) -> str:
    code = int(capture.get(cv2.CAP_PROP_FOURCC))
    name = bytes((code >> shift) & 0xFF for shift in (0, 8, 16, 24)).decode("ascii", "replace")
    return name.strip() if name.isprintable() and name.strip() else "unknown"


def hint_for(folder: Path) -> str:
    """Return what to do in a folder that holds videos, but no pictures; empty otherwise."""
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in EXTENSIONS)
    except OSError:
        return ""
    return f"It holds videos: open one of them, such as {found[0]}." if found else ""


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
