"""What a job has found so far, in small files, so that a job that was stopped is taken up again.

A folder holds parts of some seconds of work each; every part is written whole or not at all, so
that even a power cut costs only those seconds. The folder goes when the results are written.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import time
import zipfile
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.atomic import replacing, write_text
from tusk_core.events import JobProgress
from tusk_core.inference.collect import Rows, detect_all
from tusk_core.results import SourceError, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.inference.collect import Wanted
    from tusk_core.inference.predictor import TorchPredictor

_ABOUT = "about.json"
_SECONDS = 10.0


def parts_folder(out: Path) -> Path:
    """Return where the parts of a results file lie while it is being made."""
    return out.with_name(f".{out.name}.parts")


def forget_parts(out: Path) -> None:
    """Remove the parts of a results file, as soon as it is written."""
    shutil.rmtree(parts_folder(out), ignore_errors=True)


def detection_mark(predictor: TorchPredictor, source: BaseSource, wanted: Wanted) -> str:
    """Return a short text that is the same only where the same would be found."""
    how = (wanted.num_keypoints, wanted.min_score, wanted.with_errors, wanted.tiles)
    text = [*how, predictor.info.fingerprint, source.fingerprint(), len(source), str(wanted.region)]
    return hashlib.sha256(json.dumps(text).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Block:
    """Successive pictures of a source, ``start`` to ``stop``."""

    start: int
    stop: int


def blocks_of(first: int, total: int, size: int) -> list[Block]:
    """Return the pictures ``first`` to ``total`` in blocks of ``size``."""
    return [Block(start, min(start + size, total)) for start in range(first, total, size)]


class PartStore:
    """Rows of the first pictures of a source, kept in a folder.

    Args:
        folder: of the parts; those of another job in it are removed.
        mark: of the job, from ``detection_mark``.
        seconds: after so long a part is written.
    """

    def __init__(self, folder: Path, mark: str, seconds: float) -> None:
        self._folder, self._mark, self._seconds = folder, mark, seconds
        if _mark_in(folder) != mark:
            shutil.rmtree(folder, ignore_errors=True)
        self._parts = _usable(folder)
        self._rows: list[Rows] = []
        self._num_told = 0
        self._reached = self.done
        self._since = time.monotonic()

    @property
    def done(self) -> int:
        """Pictures of the source that need not be read again."""
        return self._parts[-1][1] if self._parts else 0

    def rows(self, skipped: list[UnreadableFile]) -> Iterator[Rows]:
        """Yield the rows kept; files that could not be read are added to ``skipped``."""
        for path, _ in list(self._parts):
            rows, lost = _read(path)
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
        return zipfile.is_zipfile(self._file(block.start, block.stop))

    def put(self, block: Block, rows: list[Rows], skipped: list[UnreadableFile]) -> None:
        """Write the rows of a block, at least one batch of them, and what could not be read."""
        self.begin()
        _write(self._file(block.start, block.stop), joined(rows), skipped)

    def begin(self) -> None:
        """Make the folder; done by itself once there is something to keep in it."""
        if _mark_in(self._folder) != self._mark:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_text(self._folder / _ABOUT, json.dumps({"mark": self._mark}))

    def _file(self, start: int, stop: int) -> Path:
        return self._folder / f"{start:09d}-{stop:09d}.npz"

    def flush(self, skipped: list[UnreadableFile]) -> None:
        """Write what is not written yet; ``skipped`` are all unreadable files so far."""
        if self._reached > self.done:
            self.begin()
            path = self._file(self.done, self._reached)
            _write(path, joined(self._rows), skipped[self._num_told :])
            self._num_told = len(skipped)
            self._parts.append((path, self._reached))
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


def _mark_in(folder: Path) -> str:
    try:
        return str(json.loads((folder / _ABOUT).read_text(encoding="utf-8"))["mark"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _usable(folder: Path) -> list[tuple[Path, int]]:
    """Return the parts that follow each other from the first picture on, with their ends."""
    found: list[tuple[Path, int]] = []
    for path in sorted(folder.glob("*.npz")):
        start, _, stop = path.stem.partition("-")
        if int(start) == (found[-1][1] if found else 0) and zipfile.is_zipfile(path):
            found.append((path, int(stop)))
    return found


def _write(path: Path, rows: Rows, skipped: list[UnreadableFile]) -> None:
    arrays: dict[str, Any] = {item.name: getattr(rows, item.name) for item in fields(Rows)}
    arrays["names"] = np.array(rows.names, np.str_)
    lost = json.dumps([[str(one.path), one.reason] for one in skipped])
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, lost=np.array(lost), **arrays)


def _read(path: Path) -> tuple[Rows, list[UnreadableFile]]:
    with np.load(path, allow_pickle=False) as content:
        values = {item.name: content[item.name] for item in fields(Rows)}
        lost = json.loads(str(content["lost"]))
    values["names"] = tuple(str(name) for name in values["names"])
    return Rows(**values), [UnreadableFile(Path(name), why) for name, why in lost]
