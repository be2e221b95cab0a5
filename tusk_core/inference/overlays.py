"""A folder of pictures with their keypoints drawn on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.atomic import filling
from tusk_core.control import Cancelled
from tusk_core.data.pictures import put_picture
from tusk_core.events import JobProgress
from tusk_core.inference.draw import draw_keypoints, enlargement, with_legend
from tusk_core.inference.file_names import unique_stems, write_names
from tusk_core.inference.originals import refuse_overwriting
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.interfaces import OpenedSource
    from tusk_core.results import Analysis


def write_overlays(
    analysis: Analysis, source: OpenedSource, folder: Path, control: RunControl
) -> Iterator[JobProgress]:
    """Write ``STEM.png`` for each analysed picture; small ones are enlarged to be seen.

    Raises:
        Cancelled: when asked to stop; what is written stays.
        SourceError: if the disk refuses it, or the pictures themselves would be written over.
    """
    stems = unique_stems(analysis.picture_names)
    refuse_overwriting(analysis, folder, (f"{stem}.png" for stem in stems))
    try:
        with filling(folder, kept=Cancelled) as temporary:
            write_names(temporary, analysis.picture_names, stems)
            yield from _drawn(analysis, source, temporary, stems, control)
    except OSError as error:
        raise SourceError(f"{folder} cannot be written: {error.strerror or error}.") from error


def _drawn(
    analysis: Analysis,
    source: OpenedSource,
    folder: Path,
    stems: Sequence[str],
    control: RunControl,
) -> Iterator[JobProgress]:
    rows = {name: index for index, name in enumerate(analysis.picture_names)}
    indices = [i for i in range(len(source)) if source.name(i) in rows]
    begin = time.monotonic()
    for done, (index, picture) in enumerate(source.stream(indices), 1):
        if control.stop_requested:
            raise Cancelled
        if not isinstance(picture, SourceError):
            number = rows[source.name(index)]
            put_picture(folder / f"{stems[number]}.png", overlay(analysis, number, picture))
        left = (time.monotonic() - begin) / done * (len(indices) - done)
        yield JobProgress(done, len(indices), f"Drawing {done} of {len(indices)}.", left)


def overlay(
    analysis: Analysis, number: int, picture: NDArray[np.uint8], *, legend: bool = True
) -> NDArray[np.uint8]:
    """Return picture ``number`` of an analysis with rings, enlarged if small, and a legend."""
    rows = analysis.rows_of(number, number + 1)
    labels = analysis.labels[rows]
    factor = enlargement((picture.shape[1], picture.shape[0]))
    drawn = draw_keypoints(picture, analysis.xy[rows], labels, analysis.scores[rows], factor=factor)
    return with_legend(drawn, np.unique(labels).tolist()) if legend else drawn
