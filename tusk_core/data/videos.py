"""Videos, decoded with OpenCV: exact frames, honest counts."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import cv2
import numpy as np

from tusk_core.arrays import sealed
from tusk_core.data.base_source import BaseSource
from tusk_core.data.folders import file_identity
from tusk_core.data.video_index import (
    VideoIndex,
    keep,
    load_kept,
    scan_frames,
    scan_in_order,
    scan_packets,
)
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
_CHECKED = 12
_BACK_MS = 2000.0


class VideoSource(BaseSource):
    """Frames of one video file, in the order of showing.

    Every frame is known by the time at which it is shown. Frames close ahead are reached by
    decoding on, others by a seek to a key frame before them; the time of each decoded frame tells
    which one it is, so that a seek that lands elsewhere is noticed and made good. Calls may come
    from any thread, one at a time.
    """

    kind: ClassVar[SourceKind] = "video"

    def __init__(self, source: str, path: Path) -> None:
        super().__init__(source)
        self.path = path
        self._lock = threading.Lock()
        self._can_seek = path.suffix.lower() not in _WITHOUT_INDEX
        self._capture = _opened(path)
        self._at = -1
        self._has_times = True
        self._is_timed = False
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.fps = rate if np.isfinite(rate) and 0.01 <= rate <= 10_000 else 25.0
        first = self._retrieved() if self._capture.grab() else None
        if first is None:
            codec = _codec_name(self._capture)
            self._capture.release()
            raise SourceError(
                f"No frame of {path} can be decoded (codec {codec}); the file is damaged or of a "
                "kind this program cannot play, such as AV1. Convert it to H.264 first."
            )
        self._size = (first.shape[1], first.shape[0])
        self._index = self._read_index()
        self._rewind()

    def __len__(self) -> int:
        return len(self._index)

    def name(self, index: int) -> str:
        """``frame 000123``."""
        self._check(index)
        return f"frame {index:06d}"

    def time(self, index: int) -> float:
        """Return when a frame is shown, seconds after the first one."""
        self._check(index)
        times = self._index.times_ms
        return float(times[index] - times[0]) / 1000

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

    def _read_index(self) -> VideoIndex:
        """Return the frames that decode, with their times."""
        kept = load_kept(self.path)
        if kept is not None:
            return kept
        packets = scan_packets(self.path)
        if packets is not None and self._is_as_decoded(packets):
            keep(self.path, packets)
            return packets
        # Packets that are never shown, two for a picture, no times: only decoding tells.
        frames = scan_frames(_opened(self.path), packets)
        if frames is None:
            # Which frame it is then tells only counting from the first one.
            self._has_times = self._can_seek = False
            times, num_guessed = scan_in_order(_opened(self.path), self.fps)
            frames = VideoIndex(times, np.zeros(0, np.int64))
            if num_guessed:
                told = f"The file gives no usable times for {num_guessed} of {len(times)} frames"
                self.notes = (f"{told}; they are taken as even.",)
        keep(self.path, frames)
        return frames

    def _is_as_decoded(self, index: VideoIndex) -> bool:
        """Tell whether the first and the last frames decode with the times of the packets."""
        self._index = index
        self._rewind()
        if not all(self._is_next() for _ in range(min(_CHECKED, len(index)))):
            return False
        if self._can_seek and not (self._go_to(len(index) - 1) and self._is_timed):
            return False
        while self._at < len(index) - 1:
            if not self._is_next():
                return False
        return not self._grab_on()

    def _is_next(self) -> bool:
        """Grab on; True if that is the frame that the index says comes next."""
        before = self._at
        return self._grab_on() and self._is_timed and self._at == before + 1

    def _go_to(self, index: int) -> bool:
        """Make frame ``index`` the grabbed one; False if it cannot be reached."""
        start = self._index.key_before(index)
        is_ahead = self._at <= index and (index - self._at <= _NEAR or self._at >= start)
        if not is_ahead and not (self._can_seek and self._sought(index, start)):
            self._rewind()
        while self._at < index:
            if not self._grab_on():
                self._rewind()
                return False
        return self._at == index

    def _sought(self, index: int, start: int) -> bool:
        """Jump to a frame at or before ``index``; False if only the beginning is left."""
        aim, back = float(self._index.times_ms[start]), _BACK_MS
        while aim > 0:
            self._capture.set(cv2.CAP_PROP_POS_MSEC, aim)
            self._at = -1
            if self._grab_on() and self._is_timed and self._at <= index:
                return True
            aim, back = aim - back, 2 * back
        return False

    def _grab_on(self) -> bool:
        """Grab the next frame and note which one it is by its time."""
        try:
            done = bool(self._capture.grab())
        except cv2.error:
            return False
        if done and self._has_times:
            found = self._index.find(float(self._capture.get(cv2.CAP_PROP_POS_MSEC)))
            self._is_timed = found >= 0
            # The last frames that a decoder holds back may bear no time of their own.
            self._at = found if found >= 0 else self._at + 1
        else:
            self._at += done
        return done

    def _retrieved(self) -> NDArray[np.uint8] | None:
        try:
            done, frame = self._capture.retrieve()
        except cv2.error:
            return None
        if not done or frame is None:
            return None
        return sealed(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8))

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
