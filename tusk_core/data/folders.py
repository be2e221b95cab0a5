"""Folders, single pictures and lists of picture files."""

from __future__ import annotations

import os
import re
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from tusk_core.data.base_source import BaseSource, reason_in_short
from tusk_core.data.pictures import EXTENSIONS, read_picture, read_size
from tusk_core.results import SourceError, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.results import SourceKind

_NUMBERS = re.compile(r"\d+")
_MAX_DEPTH = 64
_WORKERS = max(1, min(8, (os.cpu_count() or 2) - 1))


def natural_key(name: str) -> str:
    """Return a sort key that puts ``frame2`` before ``frame10`` and ignores case.

    One text, not a tuple: comparing a hundred thousand of them holds up other threads for a
    moment only.
    """
    return _NUMBERS.sub(_number_key, name.casefold())


def _number_key(found: re.Match[str]) -> str:
    """Return digits as a text that sorts by value, and before any letter."""
    digits = str(int(found[0]))
    return f"\0{len(digits):03d}{digits}"


def find_pictures(root: Path, *, recursive: bool = True) -> list[str]:
    """Return the picture files under ``root``, relative with ``/``, in natural order.

    Nothing is opened. Hidden files and folders are left out; a folder reached twice through
    links is read once.

    Raises:
        SourceError: if ``root`` itself cannot be listed.
    """
    found: list[str] = []
    seen: set[tuple[int, int]] = set()
    pending = [("", 0)]
    while pending:
        folder, depth = pending.pop()
        try:
            with os.scandir(root / folder) as entries:
                listed = list(entries)
        except OSError as error:
            if not folder:
                reason = error.strerror or error
                raise SourceError(f"The folder {root} cannot be listed ({reason}).") from error
            continue
        for entry in listed:
            if entry.name.startswith("."):
                continue
            path = f"{folder}{entry.name}"
            if _is_folder(entry):
                if recursive and depth < _MAX_DEPTH and _is_new(entry, seen):
                    pending.append((f"{path}/", depth + 1))
            elif os.path.splitext(entry.name)[1].lower() in EXTENSIONS:  # noqa: PTH122 - fast
                found.append(path)
    found.sort(key=natural_key)
    return found


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_new(entry: os.DirEntry[str], seen: set[tuple[int, int]]) -> bool:
    """Tell whether a folder was not reached before, and remember it."""
    try:
        status = entry.stat()
    except OSError:
        return False
    place = (status.st_dev, status.st_ino)
    if place[1] and place in seen:
        return False
    seen.add(place)
    return True


class FileSource(BaseSource):
    """Picture files below one folder."""

    kind: ClassVar[SourceKind] = "folder"

    def __init__(self, source: str, root: Path, names: Sequence[str]) -> None:
        super().__init__(source)
        self.root = root
        self.names: tuple[str, ...] = tuple(names)

    def __len__(self) -> int:
        return len(self.names)

    def name(self, index: int) -> str:
        """Path relative to the folder."""
        self._check(index)
        return self.names[index]

    def path(self, index: int) -> Path:
        """Return the file of one picture."""
        self._check(index)
        return self.root / self.names[index]

    def read(self, index: int) -> NDArray[np.uint8]:
        """Return one picture; see ``PictureSource``."""
        return read_picture(self.path(index))

    def size(self, index: int) -> tuple[int, int]:
        """Return (width, height), from the header."""
        return read_size(self.path(index))

    def failure(self, index: int, error: SourceError) -> UnreadableFile:
        """Return a file that could not be read, with the reason in a few words."""
        path = self.path(index)
        return UnreadableFile(path, reason_in_short(path, error))

    def identity(self) -> object:
        """Names, sizes and times of all files."""
        return [str(self.root.resolve()), [_file_identity(self.root / n, n) for n in self.names]]

    def stream(
        self, indices: Sequence[int]
    ) -> Iterator[tuple[int, NDArray[np.uint8] | SourceError]]:
        """Read ahead in a few threads (OpenCV decodes without the interpreter lock)."""
        with ThreadPoolExecutor(_WORKERS, "tusk-read") as pool:
            ahead: deque[tuple[int, Future[NDArray[np.uint8] | SourceError]]] = deque()
            try:
                for index in indices:
                    ahead.append((index, pool.submit(self._read_or_error, index)))
                    if len(ahead) > 2 * _WORKERS:
                        first, future = ahead.popleft()
                        yield first, future.result()
                while ahead:
                    first, future = ahead.popleft()
                    yield first, future.result()
            finally:
                for _, future in ahead:
                    future.cancel()

    def _read_or_error(self, index: int) -> NDArray[np.uint8] | SourceError:
        try:
            return self.read(index)
        except SourceError as error:
            return error


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


def open_folder(source: str, folder: Path, *, recursive: bool = True, hint: str = "") -> FileSource:
    """Open a folder of pictures.

    Args:
        source: as typed.
        folder: where they are.
        recursive: also look into subfolders.
        hint: what to do where there are none.

    Raises:
        SourceError: if it holds none.
    """
    names = find_pictures(folder, recursive=recursive)
    if not names:
        kinds = "PNG, JPEG, TIFF, BMP or WebP"
        below = " or its subfolders" if recursive else ""
        todo = hint or "Choose the folder that holds them."
        raise SourceError(f"There are no pictures ({kinds}) in {folder}{below}. {todo}")
    return FileSource(source, folder, names)


def open_files(source: str, paths: Sequence[Path]) -> FileSource:
    """Open a list of picture files, in the given order.

    Raises:
        SourceError: if the list is empty or a file is missing.
    """
    missing = next((path for path in paths if not path.is_file()), None)
    if missing is not None or not paths:
        raise SourceError(f"There is no file {missing}." if missing else "No pictures were given.")
    if len(paths) == 1:
        return PictureFileSource(source, paths[0].parent, [paths[0].name])
    root = Path(os.path.commonpath([path.absolute().parent for path in paths]))
    names = [path.absolute().relative_to(root).as_posix() for path in paths]
    return FileSource(source, root, names)
