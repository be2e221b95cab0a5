"""A video with the keypoints drawn on, written with OpenCV and counted afterwards."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tusk_core.inference.draw import draw_keypoints, enlargement
from tusk_core.inference.export.packages import ExportError
from tusk_core.inference.originals import original_pictures
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.inference.export.table import DetectionTable

# None of them needs a licence: MPEG-4, Motion JPEG, FFV1 (lossless), VP9.
CODECS: dict[str, str] = {".mp4": "mp4v", ".avi": "MJPG", ".mkv": "FFV1", ".webm": "VP90"}
_PICTURES_PER_SECOND = 5.0
_MOST_PER_SECOND = 240.0
_MOST_REPEATED = 20


def write_video(table: DetectionTable, path: Path) -> list[str]:
    """Write the source's frames with rings; the ending chooses the codec.

    Raises:
        ExportError: if the file does not hold every frame in the end.
        SourceError: if the pictures are no longer there.
    """
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        written = _write_frames(table, temporary, CODECS[path.suffix.lower()])
        found = count_frames(temporary)
        # A full disk gives no error while writing, so the file itself is asked.
        if not written or found != written:
            raise ExportError(
                f"The video holds {found} of {written} frames; the disk may be full. Free some "
                "space, or write a smaller kind such as .webm."
            )
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    lost = ["Only what is drawn is kept; export the points as CSV or COCO beside it."]
    if (pace_of(table.analysis.times).repeats != 1).any():
        lost.append("The source's rate varies; frames are repeated so that each keeps its time.")
    return lost


@dataclass(frozen=True, slots=True, eq=False)
class _Pace:
    """How P frames with times of their own become a video of one rate.

    Attributes:
        rate: frames per second.
        repeats: (P,) int64, how often each frame is written.
    """

    rate: float
    repeats: NDArray[np.int64]


def pace_of(times: NDArray[np.float64]) -> _Pace:
    """Return the rate, and the repetitions that show every frame when its source does.

    Args:
        times: (P,) seconds, rising; NaN for pictures, which are shown five a second.
    """
    once = np.ones(len(times), np.int64)
    if len(times) < 2 or not np.isfinite(times).all():
        return _Pace(_PICTURES_PER_SECOND, once)
    steps = np.diff(times)
    usual = float(np.median(steps))
    if usual <= 0 or np.abs(steps - usual).max() < max(0.002, 0.02 * usual):
        mean = float(steps.mean())
        return _Pace(1 / mean if mean > 0 else _PICTURES_PER_SECOND, once)
    rate = min(_MOST_PER_SECOND, 1 / max(float(steps.min()), 1e-6))
    starts = np.round((times - times[0]) * rate).astype(np.int64)
    repeats = np.append(np.diff(starts), max(1, round(usual * rate)))
    if repeats.sum() > _MOST_REPEATED * len(times):
        return _Pace(1 / usual, once)
    return _Pace(rate, repeats)


def _write_frames(table: DetectionTable, path: Path, code: str) -> int:
    writer: cv2.VideoWriter | None = None
    size, written = (0, 0), 0
    pace = pace_of(table.analysis.times)
    try:
        for number, frame in _drawn(table):
            if writer is None:
                size = (frame.shape[1], frame.shape[0])
                fourcc = cv2.VideoWriter.fourcc(*code)
                writer = cv2.VideoWriter(str(path), fourcc, pace.rate, size)
                if not writer.isOpened():
                    raise ExportError(
                        f"A video of the kind {code} cannot be written to {path}: the disk may be "
                        f"full, or OpenCV here has no way to write {path.suffix}; try .avi or .mkv."
                    )
            shown = _fitted(frame, size)[..., ::-1]
            for _ in range(int(pace.repeats[number])):
                writer.write(shown)
                written += 1
    finally:
        if writer is not None:
            writer.release()
    return written


def _drawn(table: DetectionTable) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    analysis = table.analysis
    for number, picture, _ in original_pictures(analysis):
        if isinstance(picture, SourceError):
            continue
        chosen = table.rows_of(number)
        factor = enlargement((picture.shape[1], picture.shape[0]))
        drawn = draw_keypoints(
            picture,
            analysis.xy[chosen],
            analysis.labels[chosen],
            analysis.scores[chosen],
            factor=factor,
        )
        yield number, _even(drawn)


def _even(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Most codecs want even sides; a row or column is repeated."""
    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return frame


def _fitted(frame: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Bring pictures of other sizes to that of the first, on black, without distorting them."""
    height, width = frame.shape[:2]
    if (width, height) == size:
        return frame
    zoom = min(size[0] / width, size[1] / height)
    w, h = max(1, int(width * zoom)), max(1, int(height * zoom))
    out = np.zeros((size[1], size[0], 3), np.uint8)
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
