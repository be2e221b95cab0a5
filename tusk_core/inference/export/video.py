"""A video with the keypoints drawn on, written with OpenCV and counted afterwards."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.inference.draw import draw_keypoints, enlargement
from tusk_core.inference.export.video_sink import VideoSink
from tusk_core.inference.originals import original_pictures
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.inference.export.table import DetectionTable

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
        _write_frames(table, temporary)
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


def _write_frames(table: DetectionTable, path: Path) -> None:
    pace = pace_of(table.analysis.times)
    sink = VideoSink(path, pace.rate)
    try:
        for number, frame in _drawn(table):
            sink.add(frame, int(pace.repeats[number]))
        sink.finish()
    finally:
        sink.release()


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
        yield number, drawn
