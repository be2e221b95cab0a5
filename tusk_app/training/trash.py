"""Moves run folders to the system's trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def move_to_trash(path: Path) -> Path:
    """Move a run folder to the trash; never deletes it.

    Raises:
        OSError: with a sentence for the user.
    """
    from send2trash import send2trash

    try:
        send2trash(str(path))
    except Exception as error:
        raise OSError(
            f"The run could not be moved to the trash ({error}). It is still in {path}; "
            "delete that folder yourself if you do not need it."
        ) from error
    return path
