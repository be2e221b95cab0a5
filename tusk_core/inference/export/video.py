"""A video with the keypoints drawn on, written with OpenCV and counted afterwards."""

from __future__ import annotations

import secrets
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
    return ["Only what is drawn is kept; export the points as CSV or COCO beside it."]


def _write_frames(table: DetectionTable, path: Path, code: str) -> int:
    writer: cv2.VideoWriter | None = None
    size, written = (0, 0), 0
    try:
        for frame, rate in _drawn(table):
            if writer is None:
                size = (frame.shape[1], frame.shape[0])
                fourcc = cv2.VideoWriter.fourcc(*code)
                writer = cv2.VideoWriter(str(path), fourcc, rate, size)
                if not writer.isOpened():
                    raise ExportError(
                        f"OpenCV here cannot write {code} to {path.suffix}; try .avi or .mkv."
                    )
            writer.write(_fitted(frame, size)[..., ::-1])
            written += 1
    finally:
        if writer is not None:
            writer.release()
    return written


def _drawn(table: DetectionTable) -> Iterator[tuple[NDArray[np.uint8], float]]:
    analysis = table.analysis
    for number, picture, rate in original_pictures(analysis):
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
        yield _even(drawn), rate or _PICTURES_PER_SECOND


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
