"""Where the program keeps what is the user's: all below ``TUSK_HOME`` where that is set."""

from __future__ import annotations

import os
from pathlib import Path


def kept_in(name: str, fallback: Path) -> Path:
    """Return the folder ``name`` below ``TUSK_HOME``, else ``fallback``; it may not exist yet."""
    home = os.environ.get("TUSK_HOME")
    return Path(home) / name if home else fallback


def default_run_root(here: Path | None = None) -> Path:
    """Return where runs go unless the user says otherwise.

    Args:
        here: the folder a command was typed in; its ``runs`` is taken if it can be written. None,
            as from the window, takes the user's own folder.
    """
    if here is not None and os.access(here, os.W_OK):
        return kept_in("runs", here / "runs")
    return kept_in("runs", Path.home() / "TUSK" / "runs")
