"""Files written whole or not at all: temporary name in the same folder, fsync, replace."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

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
def filling(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder beside ``folder``; on success its files move there, else it goes.

    Files that are in ``folder`` already stay unless one of the same name comes.

    Raises:
        OSError: from writing or moving.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(_temporary_name(folder.name))
    try:
        temporary.mkdir()
        yield temporary
        for source in sorted(temporary.rglob("*")):
            target = folder / source.relative_to(temporary)
            if source.is_dir():
                target.mkdir(parents=True, exist_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                source.replace(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def refusal_in(error: Exception) -> OSError | None:
    """Return the system's refusal that an error of a library wraps; None if there is none."""
    # The reason of a plain refusal names no number; the sentence of a library does.
    reason = error.strerror if isinstance(error, OSError) else None
    found = _ERRNO.search(reason or str(error))
    return OSError(int(found[1]), os.strerror(int(found[1]))) if found else None


def check_writable(path: Path, *, is_folder: bool = False) -> None:
    """Refuse before the work what could not be written after it; makes the folder it needs.

    Args:
        path: of a file, or of a folder that files go into.
        is_folder: which of the two.

    Raises:
        SourceError: with the reason.
    """
    try:
        _meet_error(path / "file" if is_folder else path)
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error.strerror or error}.") from error


def _meet_error(path: Path) -> None:
    """Meet the error that writing ``path`` would meet."""
    folder = path.parent
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder))
    folder.mkdir(parents=True, exist_ok=True)
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
