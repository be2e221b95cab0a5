"""Lists of names and numbers, one entry per line, as published data sets come with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MAX_BYTES = 2**30


def lines_of(path: Path) -> list[str]:
    """Return the lines of a text file, trimmed; empty ones are left out.

    Raises:
        OSError: if it cannot be opened.
        ValueError: if it is larger than 1 GB or not UTF-8.
    """
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError(f"{path.name} is larger than 1 GB")
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line]


def inside(names: list[str]) -> list[str]:
    """Return picture names after checking that none leads out of its folder.

    Raises:
        ValueError: naming the first that does.
    """
    for name in names:
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or not parts[0] or ":" in parts[0]:
            raise ValueError(f"{name!r} lies outside the folder")
    return names


def number_in(text: str | None, line: int) -> float:
    """Return the number of a field of a table; NaN where it is empty or not finite.

    Raises:
        ValueError: naming the line, if it holds something else.
    """
    if text is None or not text.strip():
        return math.nan
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"line {line} has {text!r} where a number should be") from None
    return value if math.isfinite(value) else math.nan
