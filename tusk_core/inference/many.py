"""Several videos and folders in one job: which they are, and what their results are called."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tusk_core.data.source_names import user_path
from tusk_core.data.videos import EXTENSIONS
from tusk_core.results import SourceError
from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from collections.abc import Sequence


def sources_in(sources: Sequence[str]) -> list[str]:
    """Return the sources, each folder that holds videos replaced by its videos, by name.

    Raises:
        SourceError: if there are none.
    """
    out: list[str] = []
    for source in sources:
        out += _videos_in(source) or [source]
    if not out:
        raise SourceError("No videos were named. Give the files, or a folder that holds them.")
    return list(dict.fromkeys(out))


def _videos_in(source: str) -> list[str]:
    try:
        folder = user_path(path_text(source.strip()))
        if not folder.is_dir():
            return []
        found = sorted(p for p in folder.iterdir() if p.suffix.lower() in EXTENSIONS)
    except (OSError, ValueError):
        return []
    return [str(path) for path in found if path.is_file()]


def outputs_for(sources: Sequence[str], out: Path, suffix: str = ".h5") -> list[Path]:
    """Return the file of each source: ``out`` itself for one, else files in the folder ``out``.

    Files are named as their videos; equal names are told apart by a number.

    Raises:
        SourceError: if several sources are to go into one file.
    """
    if len(sources) == 1 and out.suffix and not out.is_dir():
        return [out]
    if out.is_file() or (out.suffix and not out.is_dir()):
        raise SourceError(
            f"{len(sources)} videos cannot be written into the file {out.name}. Give a folder, "
            f"such as --out {out.with_suffix('')}."
        )
    return [out / f"{name}{suffix}" for name in _names(sources)]


def named_outputs(sources: Sequence[str], out: Path) -> list[Path]:
    """Return the file of each source: ``out``, with ``{name}`` in it replaced by its name.

    Raises:
        SourceError: if there are several sources and no ``{name}``.
    """
    if "{name}" in str(out):
        return [Path(str(out).replace("{name}", name)) for name in _names(sources)]
    if len(sources) > 1:
        raise SourceError(
            f"{len(sources)} sources cannot be written into {out.name} alone. Put {{name}} into "
            f"the name, such as --out '{out.with_name('{name}' + out.suffix)}'."
        )
    return [out]


def _names(sources: Sequence[str]) -> list[str]:
    """Return a name for each source, that of its file; equal ones are told apart by a number."""
    taken: set[str] = set()
    names = []
    for source in sources:
        stem = Path(path_text(source)).stem.replace(":", "-") or "source"
        name, number = stem, 2
        while name.casefold() in taken:
            name, number = f"{stem}-{number}", number + 1
        taken.add(name.casefold())
        names.append(name)
    return names
