"""One pass over the pictures of a source: read ahead, in batches, past what cannot be read.

Analysis and evaluation both walk this way, so that a set with one bad file ends neither.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from tusk_core.control import Cancelled
from tusk_core.events import JobProgress
from tusk_core.inference.reading_ahead import ReadAhead
from tusk_core.results import SourceError, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource, PictureTruth
    from tusk_core.data.fitting import ReducedPicture, Way

Picture = TypeVar("Picture")

_WAITING_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Read(Generic[Picture]):
    """One picture as it came from its source.

    Attributes:
        name: for people.
        index: in the source.
        time: seconds from the start of a video, else NaN.
        picture: (H, W, 3) uint8, or what was made of it.
        truth: what is known about it.
    """

    name: str
    index: int
    time: float
    picture: Picture
    truth: PictureTruth | None


@dataclass(frozen=True, slots=True)
class Walk:
    """How to go over a source.

    Attributes:
        step: pictures in a batch.
        indices: pictures to read, ascending; None reads all.
        with_truth: also read what is known about each.
        control: a stop raises ``Cancelled``; None cannot be stopped.
        before: pictures that were read earlier and are counted as done.
        laid: how a picture will be laid, so that a large one need not be decoded whole; None
            decodes all of every picture.
    """

    step: int
    indices: Sequence[int] | None = None
    with_truth: bool = True
    control: RunControl | None = None
    before: int = 0
    laid: Way | None = None


def walk(
    source: BaseSource, way: Walk, skipped: list[UnreadableFile]
) -> Iterator[tuple[JobProgress, list[Read[NDArray[np.uint8]]]]]:
    """Yield the readable pictures of each batch, in order; see ``walk_prepared``."""
    return walk_prepared(source, way, skipped, lambda picture: picture.pixels)


def walk_prepared(
    source: BaseSource,
    way: Walk,
    skipped: list[UnreadableFile],
    prepare: Callable[[ReducedPicture], Picture],
) -> Iterator[tuple[JobProgress, list[Read[Picture]]]]:
    """Yield the readable pictures of each batch, in order, with how far the walk has come.

    Args:
        source: its pictures.
        way: how to go.
        skipped: pictures that cannot be read are added to it.
        prepare: makes of each picture what is kept of it, in the reading thread.

    Raises:
        Cancelled: when asked to stop.
        SourceError: if not one picture can be read.
    """
    indices = range(len(source)) if way.indices is None else way.indices
    total, begin, found_any = way.before + len(indices), time.monotonic(), way.before > 0
    depth = _depth(source, way.step)
    reading = _read_all(source, indices, way, prepare)
    with ReadAhead(reading, depth) as pictures:
        for done, batch in _batches(pictures, way.step):
            if way.control is not None and way.control.stop_requested:
                raise Cancelled
            readable = [item for item in batch if isinstance(item, Read)]
            skipped += [item for item in batch if isinstance(item, UnreadableFile)]
            found_any = found_any or bool(readable)
            elapsed = time.monotonic() - begin
            seconds = elapsed / done * (len(indices) - done)
            reached = way.before + done
            message = f"Picture {reached} of {total}."
            if skipped:
                message += f" {len(skipped)} cannot be read."
            yield JobProgress(reached, total, message, seconds), readable
    if not found_any:
        reason = f": {skipped[0].reason}" if skipped else ""
        raise SourceError(f"Not one picture of {source.source} can be read{reason}.")


def _depth(source: BaseSource, step: int) -> int:
    """Return how many decoded pictures may wait: a batch, unless they are large."""
    if not len(source):
        return 1
    with contextlib.suppress(SourceError):
        width, height = source.size(0)
        return max(2, min(2 * step, _WAITING_BYTES // (3 * width * height)))
    return 2


def _read_all(
    source: BaseSource,
    indices: Sequence[int],
    way: Walk,
    prepare: Callable[[ReducedPicture], Picture],
) -> Generator[Read[Picture] | UnreadableFile, None, None]:
    """Read pictures with their truth; runs in the reading thread."""
    with_truth = way.with_truth and source.has_ground_truth
    for index, picture in source.stream_reduced(indices, way.laid):
        name = source.name(index)
        if isinstance(picture, SourceError):
            yield UnreadableFile(Path(name), str(picture))
        else:
            truth = source.truth(index) if with_truth else None
            yield Read(name, index, source.time(index), prepare(picture), truth)


def _batches(
    pictures: Iterable[Read[Picture] | UnreadableFile], step: int
) -> Iterator[tuple[int, list[Read[Picture] | UnreadableFile]]]:
    """Group pictures; each group comes with the number of pictures up to its end."""
    batch: list[Read[Picture] | UnreadableFile] = []
    done = 0
    for done, item in enumerate(pictures, 1):
        batch.append(item)
        if len(batch) == step:
            yield done, batch
            batch = []
    if batch:
        yield done, batch
