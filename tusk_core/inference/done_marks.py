"""Which files of a folder a job has written, so that the same job does not write them again.

``.tusk-done.json`` in the folder holds a mark for each file: what was asked, of what. A file that
is there with another mark, or with none, was made by something else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING

from tusk_core.atomic import write_text
from tusk_core.tracking.edits import edits_path

if TYPE_CHECKING:
    from pathlib import Path

_NAME = ".tusk-done.json"


def mark_of(*what: object) -> str:
    """Return a short text that is the same only where all of ``what`` reads the same."""
    return hashlib.sha256(json.dumps([str(one) for one in what]).encode()).hexdigest()[:24]


def state_of(path: Path) -> str:
    """Return a text that changes when a file, a file in a folder, or corrections beside change."""
    listed = [path, edits_path(path)] if path.name else [path]
    with contextlib.suppress(OSError):
        listed += sorted(path.iterdir()) if path.is_dir() else []
    states = []
    for one in listed:
        with contextlib.suppress(OSError):
            about = one.stat()
            states.append((one.name, about.st_size, about.st_mtime_ns))
    return f"{path.absolute()} {states}"


def is_done(path: Path, mark: str) -> bool:
    """Tell whether a file is there and the same job wrote it."""
    return path.exists() and _marks(path.parent).get(path.name) == mark


def note_done(path: Path, mark: str) -> None:
    """Note that a job has written a file; a folder that refuses it costs only the note."""
    with contextlib.suppress(OSError):
        marks = {**_marks(path.parent), path.name: mark}
        write_text(path.parent / _NAME, json.dumps(marks, indent=1, ensure_ascii=False) + "\n")


def _marks(folder: Path) -> dict[str, str]:
    try:
        content = json.loads((folder / _NAME).read_text(encoding="utf-8"))
        return {str(name): str(mark) for name, mark in content.items()}
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}
