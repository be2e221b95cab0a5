"""When every frame of a video is shown: the times its file gives, read without decoding.

A packet of a video carries the time at which its picture is shown. Sorted, these times are the
frames in the order of showing, whatever the rate does between them. OpenCV hands the packets out
undecoded, so that a gigabyte is gone through in the time it takes to read it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from tusk_core.arrays import sealed
from tusk_core.atomic import replacing
from tusk_core.data.cache_folder import cache_root
from tusk_core.data.folders import file_identity

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAX_FRAMES = 100_000_000
_VERSION = 1
# Reading the packets of a smaller file takes less than a second.
_KEPT_FROM_BYTES = 200_000_000
_SAME_MS = 1e-3
_MOST_WITHOUT_TIME = 17  # as many pictures as a decoder of H.264 may hold back, and one


@dataclass(frozen=True, slots=True, eq=False)
class VideoIndex:
    """The N frames of a video in the order of showing.

    Attributes:
        times_ms: (N,) float64, rising; when each frame is shown, milliseconds after the first.
            Equal where the file says so.
        keys: (k,) int64, ascending; frames that need no other one to be decoded.
    """

    times_ms: NDArray[np.float64]
    keys: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.times_ms)

    def find(self, time_ms: float) -> int:
        """Return the frame that is shown at exactly that time; -1 if there is none."""
        at = int(np.searchsorted(self.times_ms, time_ms - _SAME_MS))
        is_it = at < len(self.times_ms) and abs(self.times_ms[at] - time_ms) <= _SAME_MS
        return at if is_it else -1

    def key_before(self, index: int) -> int:
        """Return the last frame up to ``index`` that decoding can begin at."""
        at = int(np.searchsorted(self.keys, index, "right")) - 1
        return int(self.keys[at]) if at >= 0 else 0


def scan_packets(path: Path) -> VideoIndex | None:
    """Return the index as the packets tell it; None if they carry no usable times."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    times: list[float] = []
    is_key: list[bool] = []
    try:
        while len(times) < MAX_FRAMES and _grabbed(capture):
            times.append(float(capture.get(cv2.CAP_PROP_POS_MSEC)))
            is_key.append(bool(capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME)))
    finally:
        capture.release()
    return _indexed(np.array(times, np.float64), np.array(is_key, bool))


def scan_frames(capture: cv2.VideoCapture, keys_of: VideoIndex | None) -> VideoIndex | None:
    """Return the index of what really decodes; None if the frames carry no usable times.

    Args:
        capture: just opened.
        keys_of: the index of the packets, which knows the key frames.
    """
    times: list[float] = []
    while len(times) < MAX_FRAMES and _grabbed(capture):
        times.append(float(capture.get(cv2.CAP_PROP_POS_MSEC)))
    shown = _continued(np.array(times, np.float64))
    if keys_of is None or shown is None:
        return _indexed(shown, np.zeros(len(times), bool)) if shown is not None else None
    # In files that note the order of decoding only, a key frame lies a few frames off.
    keys = np.searchsorted(shown, keys_of.times_ms[keys_of.keys] - _SAME_MS)
    is_key = np.zeros(len(shown), bool)
    is_key[keys[keys < len(shown)]] = True
    return _indexed(shown, is_key)


def _continued(times: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return rising times; the last frames that a decoder hands out may bear none."""
    count = len(times)
    falls = np.flatnonzero(np.diff(times) <= _SAME_MS)
    if not len(falls):
        return times
    first = int(falls[0]) + 1
    if count - first > _MOST_WITHOUT_TIME or first < 2:
        return None
    step = float(np.median(np.diff(times[:first])))
    times[first:] = times[first - 1] + step * np.arange(1, count - first + 1)
    return times


def scan_in_order(capture: cv2.VideoCapture, fps: float) -> tuple[NDArray[np.float64], int]:
    """Return when the frames that decode are shown [ms], and for how many that is not known.

    Frames may share a time, so that it does not tell which one they are. Where the times make no
    sense the frames are taken as even; so are those before zero, which have no times here.

    Args:
        capture: just opened.
        fps: of even frames.
    """
    found: list[float] = []
    while len(found) < MAX_FRAMES and _grabbed(capture):
        found.append(float(capture.get(cv2.CAP_PROP_POS_MSEC)))
    times = np.array(found, np.float64)
    even = np.arange(len(times), dtype=np.float64) * np.float64(1000 / fps)
    if len(times) < 2 or not np.isfinite(times).all() or times[-1] <= times[0]:
        return even, len(times)
    if np.diff(times).min() < -_SAME_MS:
        return even, len(times)
    start = int(np.searchsorted(times, times[0] + _SAME_MS)) - 1
    if start < 2 or start > len(times) // 2:
        return times, 0
    steps = np.diff(times[start:])
    times[:start] = times[start] - float(np.median(steps[steps > 0])) * np.arange(start, 0, -1)
    return times, start


def _grabbed(capture: cv2.VideoCapture) -> bool:
    try:
        return bool(capture.grab())
    except cv2.error:
        return False


def _indexed(times: NDArray[np.float64], is_key: NDArray[np.bool_]) -> VideoIndex | None:
    if not len(times) or not np.isfinite(times).all():
        return None
    order = np.argsort(times, kind="stable")
    times, is_key = times[order], is_key[order]
    if len(times) > 1 and np.diff(times).min() <= _SAME_MS:
        return None
    return VideoIndex(sealed(times), np.flatnonzero(is_key).astype(np.int64))


def load_kept(path: Path) -> VideoIndex | None:
    """Return the index of a large file as it was kept when the file was opened before."""
    place = _kept_at(path)
    if place is None:
        return None
    try:
        with np.load(place, allow_pickle=False) as file:
            times = np.asarray(file["times_ms"], np.float64)
            keys = np.asarray(file["keys"], np.int64)
    except Exception:  # noqa: BLE001 - a damaged cache is made again, whatever is wrong with it
        return None
    is_key = np.zeros(len(times), bool)
    if len(keys) and not 0 <= keys.min() <= keys.max() < len(times):
        return None
    is_key[keys] = True
    return _indexed(times, is_key)


def keep(path: Path, index: VideoIndex) -> None:
    """Keep the index of a large file for the next time; a cache that cannot be written is not."""
    place = _kept_at(path)
    if place is None:
        return
    with contextlib.suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {"times_ms": index.times_ms, "keys": index.keys}
        with replacing(place) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, **arrays)


def _kept_at(path: Path) -> Path | None:
    identity = file_identity(path)
    if identity[1] < _KEPT_FROM_BYTES:
        return None
    digest = hashlib.sha256(json.dumps([_VERSION, *identity]).encode()).hexdigest()[:32]
    return cache_root() / "videos" / f"{digest}.npz"
