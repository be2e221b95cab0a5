"""Folders, single pictures and lists of picture files."""

from __future__ import annotations

import bisect
import functools
import os
import re
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tusk_core.control import Cancelled
from tusk_core.data.base_source import BaseSource, reason_in_short
from tusk_core.data.decoded import common_brightness, shown
from tusk_core.data.finding import find_pictures
from tusk_core.data.fitting import ReducedPicture
from tusk_core.data.looks import Look
from tusk_core.data.natural_order import in_natural_order, natural_key
from tusk_core.data.pictures import KINDS, decode_file, read_size
from tusk_core.data.stacks import Listing, StackPool, expand, may_have_channels, open_stack
from tusk_core.interfaces import FolderSoFar
from tusk_core.results import SourceError, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from tusk_core.control import RunControl
    from tusk_core.data.decoded import Brightness, Decoded
    from tusk_core.data.finding import Found
    from tusk_core.data.fitting import Way
    from tusk_core.results import SourceKind

FIRST_AFTER_S, TOLD_EVERY_S = 0.3, 0.25
FIRST_PICTURES = 500
_WORKERS = max(1, min(8, (os.cpu_count() or 2) - 1))
_MEASURED = 48
_NOT_TEXT = re.compile("[\ud800-\udfff]")


class FileSource(BaseSource):
    """Picture files below one folder; a file may hold several pictures.

    Args:
        source: as typed.
        root: the folder.
        names: files relative to it, or the pictures in them.
        left_out: files that are not read, with the reason.
    """

    kind: ClassVar[SourceKind] = "folder"

    def __init__(
        self,
        source: str,
        root: Path,
        names: Sequence[str] | Listing,
        left_out: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(source)
        self.root = root
        self.left_out = tuple(left_out)
        plain = tuple(names) if not isinstance(names, Listing) else ()
        self.listing = (
            names if isinstance(names, Listing) else Listing(plain, plain, (-1,) * len(plain))
        )
        self.names: tuple[str, ...] = self.listing.names
        self._stacks = StackPool()
        self._look = Look()
        self._measuring = threading.Lock()
        self._measured: Brightness | None = None
        self._used: Brightness | None = None
        self._was_deep = False

    def __len__(self) -> int:
        return len(self.names)

    def name(self, index: int) -> str:
        """Path relative to the folder; of a page, with ``#t=3`` or the like behind it.

        Bytes that are not text are written ``%FF``, so that the name fits into every file.
        """
        self._check(index)
        return writable_name(self.names[index])

    def path(self, index: int) -> Path:
        """Return the file of one picture."""
        self._check(index)
        return self.root / self.listing.files[index]

    def set_look(self, look: Look) -> bool:
        """Decide what the files leave open; True if what was read before looks otherwise now."""
        before = self._look
        is_other = before.channels != look.channels or (self._was_deep and before != look)
        self._look, self._used = look, None
        return is_other

    def read(self, index: int) -> NDArray[np.uint8]:
        """Return one picture; see ``PictureSource``."""
        return self.reduced(index, None).pixels

    def reduced(self, index: int, way: Way | None) -> ReducedPicture:
        """Return one picture, a large JPEG at a fraction of its size where that is enough."""
        decoded = self.decoded(index, way)
        if decoded.is_deep:
            self._was_deep = True
            self._used = self.brightness()
        picture = shown(decoded, self._used if decoded.is_deep else None)
        return ReducedPicture(picture, decoded.divisor)

    def decoded(self, index: int, way: Way | None = None) -> Decoded:
        """Return one picture as its file holds it, or a fraction of it; see ``decode_file``.

        Raises:
            SourceError: if it cannot be read.
        """
        path, page = self.path(index), self.listing.pages[index]
        if page < 0:
            return decode_file(path, self._look.channels, way)
        return self._stacks.get(path).read(page, self._look.channels)

    def brightness(self) -> Brightness | None:
        """Return what is black and white in pictures of more than eight bits, measured once."""
        if self._look.is_each or self._look.brightness is not None:
            return self._look.brightness
        with self._measuring:
            if self._measured is None:
                self._measured = common_brightness(self._sample())
            return self._measured

    def used_brightness(self) -> Brightness | None:
        """Return what pictures read so far were shown at; None if none needed it."""
        return self._used

    def _sample(self) -> Iterator[Decoded]:
        count = len(self)
        for index in np.unique(np.linspace(0, count - 1, min(count, _MEASURED)).round()):
            try:
                yield self.decoded(int(index))
            except SourceError:
                continue

    def size(self, index: int) -> tuple[int, int]:
        """Return (width, height), from the header."""
        path, page = self.path(index), self.listing.pages[index]
        return read_size(path) if page < 0 else self._stacks.get(path).size(page)

    def num_channels(self, index: int) -> int:
        """Return the channels of a picture that colours can be chosen from; 0 where it has none.

        Raises:
            SourceError: if it cannot be read.
        """
        path, page = self.path(index), self.listing.pages[index]
        if page >= 0:
            return self._stacks.get(path).num_channels(page)
        if not may_have_channels(path):
            return 0
        stack = open_stack(path)
        try:
            return stack.num_channels(0)
        finally:
            stack.close()

    def close(self) -> None:
        """Release the files with several pictures."""
        self._stacks.close()

    def failure(self, index: int, error: SourceError) -> UnreadableFile:
        """Return a file that could not be read, with the reason in a few words."""
        path = self.path(index)
        return UnreadableFile(self.root / self.names[index], reason_in_short(path, error))

    def identity(self) -> object:
        """Names, sizes and times of all files."""
        files = dict.fromkeys(self.listing.files)
        known = [_file_identity(self.root / name, name) for name in files]
        pages = list(self.names) if any(page >= 0 for page in self.listing.pages) else []
        return [str(self.root.resolve()), known, pages]

    def stream(
        self, indices: Sequence[int]
    ) -> Iterator[tuple[int, NDArray[np.uint8] | SourceError]]:
        """Read ahead; see ``stream_reduced``."""
        for index, picture in self.stream_reduced(indices, None):
            yield index, picture if isinstance(picture, SourceError) else picture.pixels

    def stream_reduced(
        self, indices: Sequence[int], way: Way | None
    ) -> Iterator[tuple[int, ReducedPicture | SourceError]]:
        """Read ahead in a few threads (OpenCV decodes without the interpreter lock)."""
        with ThreadPoolExecutor(_WORKERS, "tusk-read") as pool:
            ahead: deque[tuple[int, Future[ReducedPicture | SourceError]]] = deque()
            try:
                for index in indices:
                    ahead.append((index, pool.submit(self._read_or_error, index, way)))
                    if len(ahead) > 2 * _WORKERS:
                        first, future = ahead.popleft()
                        yield first, future.result()
                while ahead:
                    first, future = ahead.popleft()
                    yield first, future.result()
            finally:
                for _, future in ahead:
                    future.cancel()

    def _read_or_error(self, index: int, way: Way | None) -> ReducedPicture | SourceError:
        try:
            return self.reduced(index, way)
        except SourceError as error:
            return error


def writable_name(name: str) -> str:
    """Return a file's name as text that can be written: bytes that are not text become ``%FF``."""
    if name.isascii():
        return name
    return _NOT_TEXT.sub(lambda found: f"%{ord(found[0]) & 0xFF:02X}", name)


class PictureFileSource(FileSource):
    """One picture file."""

    kind: ClassVar[SourceKind] = "picture"


def _file_identity(path: Path, name: str) -> tuple[str, int, int]:
    try:
        status = path.stat()
    except OSError:
        return name, -1, 0
    return name, status.st_size, status.st_mtime_ns


def file_identity(path: Path) -> tuple[str, int, int]:
    """Return (resolved path, size, time of change) of one file; size -1 where it is missing."""
    return _file_identity(path, str(path.resolve()))


def open_folder(
    source: str,
    folder: Path,
    *,
    recursive: bool = True,
    hint: Callable[[Path], str] = lambda _folder: "",
    known: Callable[[Sequence[str]], FileSource | None] = lambda _tables: None,
    watch: Watch | None = None,
) -> FileSource:
    """Open a folder of pictures.

    Args:
        source: as typed.
        folder: where they are.
        recursive: also look into subfolders.
        hint: says what to do with a folder without any; empty for nothing special.
        known: opens a data set by the CSV files in the folder; None where it is not one.
        watch: told how far the folder is read.

    Raises:
        SourceError: if it holds none.
        Cancelled: if the watch was asked to stop.
    """
    look = None if watch is None else functools.partial(watch.look, source, folder)
    found = find_pictures(folder, recursive=recursive, watch=look)
    if found.tables and (data_set := known(found.tables)) is not None:
        return data_set
    if not found.pictures:
        below = " or its subfolders" if recursive else ""
        todo = hint(folder) or _todo(found) or "Choose the folder that holds them."
        raise SourceError(f"There are no pictures ({KINDS}) in {folder}{below}. {todo}")
    return FileSource(source, folder, expand(folder, found.pictures), found.left_out)


class Watch:
    """Tells how far a folder is read: its first pictures, once that takes long, and the count.

    Args:
        tell: called in the reading thread, a few times per second.
        control: a stop request ends the reading.
        wanted: name of a file that the first pictures shall include; empty for none.
        clock: seconds.
    """

    def __init__(
        self,
        tell: Callable[[FolderSoFar], None],
        control: RunControl,
        *,
        wanted: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tell, self._control, self._wanted, self._clock = tell, control, wanted, clock
        self._is_begun = False
        self._next = clock() + FIRST_AFTER_S

    def look(self, source: str, folder: Path, names: Sequence[str]) -> None:
        """Take the names found so far.

        Raises:
            Cancelled: if a stop was asked for.
        """
        if self._control.stop_requested:
            raise Cancelled
        if self._clock() < self._next or not names:
            return
        first = None
        if not self._is_begun:
            page = list(names[:FIRST_PICTURES])
            if self._wanted and self._wanted not in page and (folder / self._wanted).is_file():
                page[-1] = self._wanted
            first = FileSource(source, folder, in_natural_order(page))
        self._is_begun = True
        self._tell(FolderSoFar(len(names), first))
        self._next = self._clock() + TOLD_EVERY_S


def places_in(whole: FileSource, first: FileSource) -> NDArray[np.int64]:
    """Return where each of the first pictures is among all, (n,); -1 for one that is gone.

    A file with several pictures counts as its first.
    """
    if type(whole) is not FileSource:  # a data set has an order of its own
        places = {name: place for place, name in enumerate(whole.listing.files)}
        return np.array([places.get(name, -1) for name in first.names], np.int64)
    return np.array([_place_of(whole.listing.files, name) for name in first.names], np.int64)


def _place_of(files: Sequence[str], name: str) -> int:
    """Return where a file stands among files in natural order; -1 for nowhere."""
    key = natural_key(name)
    place = bisect.bisect_left(files, key, key=natural_key)
    while place < len(files) and natural_key(files[place]) == key:
        if files[place] == name:
            return place
        place += 1
    return -1


def _todo(found: Found) -> str:
    """Return what the files are that are not read; empty where there are none."""
    if not found.left_out:
        return ""
    name, reason = found.left_out[0]
    return f"{name} {reason}."


def open_files(source: str, paths: Sequence[Path]) -> FileSource:
    """Open a list of picture files, in the given order.

    Raises:
        SourceError: if the list is empty or a file is missing.
    """
    missing = next((path for path in paths if not path.is_file()), None)
    if missing is not None or not paths:
        raise SourceError(f"There is no file {missing}." if missing else "No pictures were given.")
    if len(paths) == 1:
        root = paths[0].parent
        listing = expand(root, [paths[0].name])
        kind = PictureFileSource if len(listing.names) == 1 else FileSource
        return kind(source, root, listing)
    root = Path(os.path.commonpath([path.absolute().parent for path in paths]))
    names = [path.absolute().relative_to(root).as_posix() for path in paths]
    return FileSource(source, root, expand(root, names))
