"""Files that hold several pictures: pages of a TIFF, frames of an animation.

Each of them is a picture of its own, named ``stack.tif#t=3``. Opening a folder must not open every
file in it, so a glance at the first bytes tells which ones are worth opening.
"""

from __future__ import annotations

import stat
import struct
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from tusk_core.data.pictures import check_file
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tusk_core.data.decoded import Decoded

_TIFF = frozenset({".tif", ".tiff", ".btf"})
_ANIMATED = frozenset({".gif", ".apng", ".avif", ".avifs", ".heic", ".heif", ".hif"})
_SOMETIMES = frozenset({".png", ".webp"})
_GLANCE = 4096
# Of more files than this a sample is looked into first: opening a folder must not take minutes.
_ALL_UP_TO = 2000
_SAMPLE = 256
_OPEN_AT_ONCE = 4
_DESCRIPTION, _SUB_DIRECTORIES = 270, 330


class Stack(Protocol):
    """A file with its pictures; calls may come from any thread.

    Attributes:
        labels: what each picture is called after the file's name; empty for a lone one.
    """

    labels: tuple[str, ...]

    def size(self, page: int) -> tuple[int, int]:
        """Return (width, height) of one picture."""

    def read(self, page: int, channels: Sequence[int] = ()) -> Decoded:
        """Return one picture."""

    def num_channels(self, page: int) -> int:
        """Return the channels that colours can be chosen from; 0 where there is no choice."""

    def close(self) -> None:
        """Release the file."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Pictures of files, in order.

    Attributes:
        names: of each picture; the file's own where it holds one.
        files: of each picture, relative to the folder.
        pages: of each picture in its file; -1 where the file holds one.
        unchecked: some files were not looked into; they count as one picture each.
    """

    names: tuple[str, ...]
    files: tuple[str, ...]
    pages: tuple[int, ...]
    unchecked: bool = False


def open_stack(path: Path) -> Stack:
    """Open a file with several pictures.

    Raises:
        SourceError: if it is missing, damaged or too large.
    """
    from tusk_core.data.pillow_files import PillowStack  # noqa: PLC0415 - most sets hold none
    from tusk_core.data.tiff_files import TiffStack  # noqa: PLC0415

    if path.suffix.lower() in _TIFF:
        return TiffStack(path)
    try:
        check_file(path)
    except OSError as error:
        raise SourceError(f"{path} cannot be opened ({error.strerror or error}).") from error
    return PillowStack(path)


def may_have_channels(path: Path) -> bool:
    """Tell whether files of a kind may have other channels than grey, colours and alpha."""
    return path.suffix.lower() in _TIFF


def expand(root: Path, files: Sequence[str]) -> Listing:
    """Return the pictures of files, every page its own.

    Args:
        root: folder that the names are relative to.
        files: in order.
    """
    able = list(_able(files))
    labels: dict[int, tuple[str, ...]] = {}
    unchecked = False
    if len(able) > _ALL_UP_TO:
        step = len(able) / _SAMPLE
        sample = [able[int(number * step)] for number in range(_SAMPLE)]
        labels = _labels_of(root, files, sample)
        unchecked = not labels
        able = [] if unchecked else able
    labels |= _labels_of(root, files, [index for index in able if index not in labels])
    if not labels:
        plain = tuple(files)
        return Listing(plain, plain, (-1,) * len(plain), unchecked)
    names: list[str] = []
    owners: list[str] = []
    pages: list[int] = []
    for index, name in enumerate(files):
        own = labels.get(index, ())
        names += [f"{name}#{label}" for label in own] or [name]
        owners += [name] * max(1, len(own))
        pages += list(range(len(own))) or [-1]
    return Listing(tuple(names), tuple(owners), tuple(pages), unchecked)


def _able(files: Sequence[str]) -> Iterator[int]:
    """Yield which files may hold several pictures by their ending; nearly all have the same."""
    usual, may = "/", False
    for index, name in enumerate(files):
        if not name.endswith(usual):
            usual = name[name.rfind(".") :]
            may = usual.lower() in _PAGED
        if may:
            yield index


def _labels_of(root: Path, files: Sequence[str], chosen: list[int]) -> dict[int, tuple[str, ...]]:
    found = {index: page_labels(root / files[index]) for index in chosen}
    return {index: labels for index, labels in found.items() if labels}


def page_labels(path: Path) -> tuple[str, ...]:
    """Return what the pictures of a file are called; nothing if it holds one or is damaged."""
    try:
        if not _may_hold_several(path):
            return ()
        stack = open_stack(path)
    except (SourceError, OSError):
        return ()
    try:
        return stack.labels if len(stack.labels) > 1 else ()
    finally:
        stack.close()


_PAGED = _TIFF | _ANIMATED | _SOMETIMES


def _may_hold_several(path: Path) -> bool:
    """Tell from the first bytes whether a file is worth opening."""
    suffix = path.suffix.lower()
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for without end
        return False
    with path.open("rb") as file:
        start = file.read(_GLANCE)
        if suffix in _TIFF:
            return _has_more_pages(file, start)
    if suffix == ".png":
        return b"acTL" in start[: start.find(b"IDAT") if b"IDAT" in start else None]
    if suffix == ".webp":
        return start[12:16] == b"VP8X" and bool(start[20] & 0x02)
    return True


def _has_more_pages(file: BinaryIO, start: bytes) -> bool:
    """Tell whether a TIFF has a second directory, or a text that says how its pages lie."""
    order = {b"II": "<", b"MM": ">"}.get(start[:2])
    if order is None or start[2:4] not in {b"*\0", b"\0*"}:
        return start[2:4] in {b"+\0", b"\0+"}  # beyond 4 GB: tifffile tells
    try:
        (offset,) = struct.unpack_from(f"{order}I", start, 4)
        file.seek(offset)
        (count,) = struct.unpack(f"{order}H", file.read(2))
        entries = file.read(12 * count + 4)
        (following,) = struct.unpack_from(f"{order}I", entries, 12 * count)
        tags = {struct.unpack_from(f"{order}H", entries, 12 * n)[0] for n in range(count)}
    except struct.error:
        return False
    return bool(following) or _DESCRIPTION in tags or _SUB_DIRECTORIES in tags


class StackPool:
    """Opened files with several pictures, the last few kept open; calls from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[Path, Stack] = OrderedDict()

    def get(self, path: Path) -> Stack:
        """Return the opened file.

        Raises:
            SourceError: if it cannot be opened any more.
        """
        with self._lock:
            stack = self._open.get(path)
            if stack is None:
                stack = open_stack(path)
                self._open[path] = stack
            self._open.move_to_end(path)
            while len(self._open) > _OPEN_AT_ONCE:
                # Another thread may still read it: it closes when nobody holds it any more.
                self._open.popitem(last=False)
            return stack

    def close(self) -> None:
        """Release all files."""
        with self._lock:
            for stack in self._open.values():
                stack.close()
            self._open.clear()
