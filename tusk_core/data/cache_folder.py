"""Where pictures made ready for training are kept, and how their making reports."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Protocol

_DEFAULT_LIMIT_GB = 40.0
_STALE_S = 24 * 3600


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


def tidy(folder: Path, keep: Path, *, limit_bytes: float | None = None) -> None:
    """Remove what was left half-written a day ago, and the caches used longest ago.

    They may take 40 GB together, or what ``TUSK_CACHE_GB`` says; one that is in use elsewhere
    stays readable there until it is closed, or cannot be removed at all.

    Args:
        folder: that holds the caches, one folder each.
        keep: the one just made.
        limit_bytes: what they may take together instead.
    """
    now = time.time()
    sizes: list[tuple[float, Path, int]] = []
    for entry in _subfolders(folder):
        with contextlib.suppress(OSError):
            used = entry.stat().st_mtime
            if entry.name.endswith(".tmp"):
                if now - used > _STALE_S:
                    shutil.rmtree(entry, ignore_errors=True)
                continue
            sizes.append((used, entry, sum(file.stat().st_size for file in entry.iterdir())))
    limit = _limit_bytes() if limit_bytes is None else limit_bytes
    excess = sum(size for _, _, size in sizes) - limit
    for _, entry, size in sorted(sizes):
        if excess <= 0:
            return
        if entry != keep:
            shutil.rmtree(entry, ignore_errors=True)
            excess -= size


def _subfolders(folder: Path) -> list[Path]:
    try:
        return [entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink()]
    except OSError:
        return []


def _limit_bytes() -> float:
    try:
        limit = float(os.environ.get("TUSK_CACHE_GB", _DEFAULT_LIMIT_GB))
    except ValueError:
        limit = _DEFAULT_LIMIT_GB
    return max(limit, 0.0) * 1e9
