"""What a job has found so far, in small files, so that a job that was stopped is taken up again.

A folder holds parts of some seconds of work each; every part is written whole or not at all, so
that even a power cut costs only those seconds. The folder goes when the results are written.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.data.blocks import Block, BlockFolder, parts_folder
from tusk_core.events import JobProgress
from tusk_core.inference.collect import Rows, detect_all
from tusk_core.results import SourceError, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.inference.collect import Wanted
    from tusk_core.inference.predictor import TorchPredictor

_SECONDS = 10.0


def detection_mark(predictor: TorchPredictor, source: BaseSource, wanted: Wanted) -> str:
    """Return a short text that is the same only where the same would be found."""
    how = (wanted.num_keypoints, wanted.min_score, wanted.with_errors, wanted.tiles)
    text = [*how, predictor.info.fingerprint, source.fingerprint(), len(source), str(wanted.region)]
    return hashlib.sha256(json.dumps(text).encode()).hexdigest()[:24]


class PartStore:
    """Rows of the first pictures of a source, kept in a folder.

    Args:
        folder: of the parts; those of another job in it are removed.
        mark: of the job, from ``detection_mark``.
        seconds: after so long a part is written.
    """

    def __init__(self, folder: Path, mark: str, seconds: float) -> None:
        self._folder, self._seconds = BlockFolder(folder, mark), seconds
        self._parts = self._folder.successive()
        self._rows: list[Rows] = []
        self._num_told = 0
        self._reached = self.done
        self._since = time.monotonic()

    @property
    def done(self) -> int:
        """Pictures of the source that need not be read again."""
        return self._parts[-1].stop if self._parts else 0

    def rows(self, skipped: list[UnreadableFile]) -> Iterator[Rows]:
        """Yield the rows kept; files that could not be read are added to ``skipped``."""
        for block in list(self._parts):
            rows, lost = _from_arrays(self._folder.get(block))
            skipped += lost
            yield rows

    def add(self, done: int, rows: Rows, skipped: list[UnreadableFile]) -> None:
        """Take the rows of the pictures up to ``done``; writes them when it is time."""
        self._rows.append(rows)
        self._reached = done
        if time.monotonic() - self._since >= self._seconds:
            self.flush(skipped)

    def has(self, block: Block) -> bool:
        """Tell whether a block is done, by whomever."""
        return self._folder.has(block)

    def put(self, block: Block, rows: list[Rows], skipped: list[UnreadableFile]) -> None:
        """Write the rows of a block, at least one batch of them, and what could not be read."""
        self._folder.put(block, _as_arrays(joined(rows), skipped))

    def begin(self) -> None:
        """Make the folder; done by itself once there is something to keep in it."""
        self._folder.begin()

    def flush(self, skipped: list[UnreadableFile]) -> None:
        """Write what is not written yet; ``skipped`` are all unreadable files so far."""
        if self._reached > self.done:
            block = Block(self.done, self._reached)
            self.put(block, self._rows, skipped[self._num_told :])
            self._num_told = len(skipped)
            self._parts.append(block)
        self._rows, self._since = [], time.monotonic()


def detect_resumably(
    predictor: TorchPredictor,
    source: BaseSource,
    wanted: Wanted,
    control: RunControl,
    skipped: list[UnreadableFile],
    out: Path,
) -> Iterator[tuple[JobProgress, Rows]]:
    """Yield what ``detect_all`` yields, beginning with what an earlier job for ``out`` has found.

    ``forget_parts`` is called when ``out`` is written.

    Raises:
        Cancelled: when asked to stop; what was found is kept.
        SourceError: if not one picture can be read.
        OSError: if a part cannot be written.
    """
    mark = detection_mark(predictor, source, wanted)
    store = PartStore(parts_folder(out), mark, _SECONDS)
    start, total = store.done, len(source)
    for rows in store.rows(skipped):
        yield JobProgress(start, total, f"{start} of {total} pictures are there already."), rows
    if start >= total:
        _look_at_one(source, skipped)
        return
    fresh: list[UnreadableFile] = []
    try:
        for progress, rows in detect_all(predictor, source, wanted, control, fresh, start=start):
            store.add(progress.done, rows, fresh)
            yield progress, rows
    finally:
        store.flush(fresh)
        skipped += fresh


def _look_at_one(source: BaseSource, skipped: list[UnreadableFile]) -> None:
    """Read a picture, which tells how deep ones are shown: results note it.

    Raises:
        SourceError: if not one can be read.
    """
    for index in range(len(source)):
        with contextlib.suppress(SourceError):
            source.read(index)
            return
    reason = f": {skipped[0].reason}" if skipped else ""
    raise SourceError(f"Not one picture of {source.source} can be read{reason}.")


def joined(parts: list[Rows]) -> Rows:
    """Return successive rows as one; at least one part."""
    first = parts[0]
    arrays = {
        item.name: np.concatenate([getattr(part, item.name) for part in parts])
        for item in fields(Rows)
        if item.name != "names"
    }
    return replace(first, names=tuple(n for part in parts for n in part.names), **arrays)


def _as_arrays(rows: Rows, skipped: list[UnreadableFile]) -> dict[str, Any]:
    arrays: dict[str, Any] = {item.name: getattr(rows, item.name) for item in fields(Rows)}
    arrays["names"] = np.array(rows.names, np.str_)
    arrays["lost"] = np.array(json.dumps([[str(one.path), one.reason] for one in skipped]))
    return arrays


def _from_arrays(arrays: Mapping[str, Any]) -> tuple[Rows, list[UnreadableFile]]:
    values = {item.name: arrays[item.name] for item in fields(Rows)}
    values["names"] = tuple(str(name) for name in values["names"])
    lost = json.loads(str(arrays["lost"]))
    return Rows(**values), [UnreadableFile(Path(name), why) for name, why in lost]
