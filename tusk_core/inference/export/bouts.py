"""Bouts as a table: when each kind, and each individual, is there without a break."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.atomic import write_text
from tusk_core.tracking.bouts import find_bouts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.inference.export.table import DetectionTable

COLUMNS = (
    "of",
    "name",
    "bout",
    "start_frame",
    "stop_frame",
    "frames",
    "frames_seen",
    "start_s",
    "stop_s",
    "num_bouts",
)
# A keypoint missed in one frame does not end a bout.
MAX_GAP = 1


def write_bouts(table: DetectionTable, path: Path) -> list[str]:
    """Write one line for each bout: of kinds, of individuals, of kinds of an individual.

    Frames are counted as in the video; ``stop_s`` is the time of the last frame.
    """
    analysis = table.analysis
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_lines(table, "kind", table.names, analysis.labels, analysis.picture))
    tracks = analysis.tracks
    if tracks is not None and tracks.over_time:
        known = np.flatnonzero(tracks.individuals >= 0)
        who, frames = tracks.individuals[known].astype(np.int64), analysis.picture[known]
        writer.writerows(_lines(table, "individual", tracks.names, who, frames))
        count = len(table.names)
        both = [f"{name}: {kind}" for name in tracks.names for kind in table.names]
        keys = who * count + analysis.labels[known]
        writer.writerows(_lines(table, "kind of individual", both, keys, frames))
    write_text(path, buffer.getvalue())
    return [f"Only bouts are kept; gaps of up to {MAX_GAP} frame do not end one."]


def _lines(
    table: DetectionTable,
    of: str,
    names: Sequence[str],
    what: NDArray[np.integer],
    frames: NDArray[np.integer],
) -> Iterator[tuple[object, ...]]:
    found = find_bouts(what, frames, max_gap=MAX_GAP)
    numbers, times = table.frame_numbers(), table.analysis.times
    totals = np.bincount(found.what, minlength=len(names))
    count = 0
    last = -1
    rows = zip(found.what.tolist(), found.start.tolist(), found.stop.tolist(), strict=True)
    for (one, start, stop), seen in zip(rows, found.seen.tolist(), strict=True):
        count = count + 1 if one == last else 1
        last = one
        span = int(numbers[stop] - numbers[start]) + 1
        ends = [_seconds(times[start]), _seconds(times[stop])]
        frame_ends = (int(numbers[start]), int(numbers[stop]))
        yield of, names[one], count, *frame_ends, span, seen, *ends, int(totals[one])


def _seconds(value: float) -> float | str:
    return round(float(value), 6) if np.isfinite(value) else ""
