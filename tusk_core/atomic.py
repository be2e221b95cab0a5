"""Files written whole or not at all: temporary name in the same folder, fsync, replace."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_BYTES = 240
_ERRNO = re.compile(r"(?:errno|os error)[ =]+(\d+)", re.IGNORECASE)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it becomes ``path``, else it is removed.

    Raises:
        OSError: from writing, syncing or replacing, with the system's own reason: libraries wrap a
            full disk into errors of many kinds.
    """
    temporary = path.with_name(_temporary_name(path.name))
    try:
        try:
            yield temporary
        except Exception as error:
            # What a library still holds back may be written now, and is thrown away with the rest.
            with contextlib.suppress(OSError):
                os.truncate(temporary, 0)
            refusal = refusal_in(error)
            if refusal is None:
                raise
            raise refusal from error
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        # Some writers make private files; a model folder is there to be shared.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _temporary_name(name: str) -> str:
    """Return a hidden name of its own, which fits on the disk wherever ``name`` does."""
    begin = os.fsencode(name)[:_MOST_BYTES].decode("utf-8", "ignore")
    return f".{begin}.{secrets.token_hex(4)}.tmp"


@contextlib.contextmanager
def filling(folder: Path, *, kept: type[Exception] | tuple[()] = ()) -> Iterator[Path]:
    """Yield a temporary folder; on success its files move to ``folder``, else it goes.

    Files that are in ``folder`` already stay unless one of the same name comes.

    Args:
        folder: made if missing.
        kept: what is written so far moves there too when this is raised.

    Raises:
        OSError: from writing or moving, with the system's own reason.
    """
    # Inside where there is one: beside it, the user need not be allowed to write.
    holder = folder if folder.is_dir() else folder.parent
    is_new = not holder.is_dir()
    holder.mkdir(parents=True, exist_ok=True)
    temporary = holder / _temporary_name(folder.name)
    try:
        temporary.mkdir()
        try:
            yield temporary
        except kept:
            _move_into(temporary, folder)
            raise
        except Exception as error:
            refusal = refusal_in(error)
            if refusal is None or isinstance(error, OSError):
                raise
            raise refusal from error
        _move_into(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if is_new:
            with contextlib.suppress(OSError):
                holder.rmdir()  # only if nothing is in it


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``folder`` that takes its place when it is whole.

    Args:
        folder: to make; may exist if it is empty.

    Raises:
        SourceError: if it holds something or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SourceError(f"{folder} already holds something. Choose a new or empty folder.")
    temporary = folder.with_name(_temporary_name(folder.name))
    try:
        temporary.mkdir(parents=True)
        yield temporary
        if folder.exists():
            folder.rmdir()
        temporary.rename(folder)
    except OSError as error:
        raise SourceError(f"{folder} cannot be written ({error.strerror or error}).") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move_into(temporary: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(temporary.rglob("*")):
        target = folder / source.relative_to(temporary)
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            source.replace(target)


class PatientFile:
    """A file that keeps a refusal of the disk to itself until it is asked.

    HDF5 writes part of its content when nobody can catch an error any more, and complains on the
    terminal then. It is therefore told that all is well, and ``raise_refusal`` tells the truth.

    Args:
        path: of the file.
        mode: as ``open`` takes it, ``w+b`` or ``r+b``.
    """

    def __init__(self, path: Path, mode: str) -> None:
        self._file = io.FileIO(path, mode)
        self._refusal: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        """Return what comes next."""
        return self._file.read(size) or b""

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` from where the file stands."""
        return self._file.readinto(buffer) or 0

    def write(self, content: Any) -> int:
        """Write all of ``content``; returns its length in any case."""
        rest = memoryview(content)
        total = len(rest)
        # After a refusal nothing is tried any more: what came in between is missing.
        while rest and self._refusal is None:
            try:
                rest = rest[self._file.write(rest) :]
            except OSError as error:
                self._refusal = OSError(error.errno, error.strerror)
        return total

    def seek(self, offset: int, whence: int = 0) -> int:
        """Stand at another place."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return where the file stands."""
        return self._file.tell()

    def truncate(self, size: int | None = None) -> int:
        """Make the file so long; returns its length in any case."""
        try:
            return self._file.truncate(size)
        except OSError as error:
            self._refusal = self._refusal or OSError(error.errno, error.strerror)
            return size or 0

    def flush(self) -> None:
        """Do nothing: nothing is held back."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def raise_refusal(self) -> None:
        """Say whether everything was written.

        Raises:
            OSError: the first refusal of the disk.
        """
        if self._refusal is not None:
            raise self._refusal


def refusal_in(error: Exception) -> OSError | None:
    """Return the system's refusal that an error of a library wraps; None if there is none."""
    # The reason of a plain refusal names no number; the sentence of a library does.
    reason = error.strerror if isinstance(error, OSError) else None
    found = _ERRNO.search(reason or str(error))
    return OSError(int(found[1]), os.strerror(int(found[1]))) if found else None


def check_writable(path: Path, *, is_folder: bool = False) -> None:
    """Refuse before the work what could not be written after it; makes the folder around it.

    Args:
        path: of a file, or of a folder that files go into.
        is_folder: which of the two.

    Raises:
        SourceError: with the reason.
    """
    try:
        _meet_error(path / "file" if is_folder and path.is_dir() else path, is_folder=is_folder)
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error.strerror or error}.") from error


def _meet_error(path: Path, *, is_folder: bool) -> None:
    """Meet the error that writing ``path`` would meet."""
    folder = path.parent
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    if is_folder and path.is_file():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    # Permissions alone do not tell: a disk that is full or read-only refuses everyone.
    with tempfile.TemporaryFile(dir=folder):
        pass


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` atomically."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    r"""Write ``content`` to ``path`` atomically, as UTF-8 with ``\\n`` line ends."""
    write_bytes(path, content.encode("utf-8"))
