"""Places that results go to, refused before the work instead of after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.atomic import check_writable
from tusk_core.commands.arguments import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def check_file(path: Path | None) -> None:
    """Refuse a file that cannot be written; None is none.

    Raises:
        SourceError: with the reason.
    """
    if path is not None:
        check_writable(path)


def check_folder(path: Path | None) -> None:
    """Refuse a folder that no file can be written into, and make it; None is none.

    Raises:
        SourceError: with the reason.
        UsageError: if it is a file.
    """
    if path is None:
        return
    if path.is_file():
        raise UsageError(f"{path} is a file; give a folder.")
    check_writable(path, is_folder=True)
