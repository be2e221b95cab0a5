"""How the text of a source says that folders inside a folder are left out: ``flat:FOLDER``."""

from __future__ import annotations

_MARK = "flat:"


def without_subfolders(source: str) -> str:
    """Return the source that takes the pictures of a folder, not those of folders inside it."""
    return source if is_flat(source) else _MARK + source


def is_flat(source: str) -> bool:
    """Tell whether folders inside the folder are left out."""
    return source.startswith(_MARK)


def path_text(source: str) -> str:
    """Return a source without the mark: the path where it is one."""
    return source.removeprefix(_MARK)
