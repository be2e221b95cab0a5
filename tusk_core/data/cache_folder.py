"""Where pictures made ready for training are kept, and how their making reports."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Protocol


class Progress(Protocol):
    """Told now and then how far the reading has come."""

    def __call__(self, done: int, total: int, message: str) -> None:
        """Take ``done`` of ``total`` pictures and one sentence."""


def cache_root() -> Path:
    """Return the folder for caches: ``TUSK_CACHE_DIR``, ``TUSK_HOME/cache``, or the system's."""
    chosen = os.environ.get("TUSK_CACHE_DIR")
    if chosen:
        return Path(chosen).expanduser()
    home = os.environ.get("TUSK_HOME")
    if home:
        return Path(home) / "cache"
    try:
        import platformdirs  # noqa: PLC0415 - optional for the engine
    except ImportError:
        base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
        if sys.platform == "darwin":
            base = str(Path.home() / "Library" / "Caches")
        return Path(base) / "tusk" if base else Path.home() / ".cache" / "tusk"
    return Path(platformdirs.user_cache_dir("tusk", appauthor=False))
