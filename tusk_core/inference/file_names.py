"""Names of the files that are written for pictures: unique, and short enough for every disk."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tusk_core.atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAMES = "names.csv"
# A name may have 255 bytes on most disks; the ending and a number take some of them.
_MOST_BYTES = 240
_PAGE = re.compile(r"(.+)\.[A-Za-z0-9]+#([^#/]+)\Z")


def unique_stems(names: Sequence[str]) -> list[str]:
    """Return a name without ending for each picture: its stem, numbered where two agree.

    A page keeps its number: ``stack.tif#t=3`` becomes ``stack_t=3``. A name that would be too long
    for a disk is cut and ends in a few digits that stand for the rest.
    """
    taken: set[str] = set()
    last: dict[str, int] = {}  # so that thousands of equal names are not tried out one by one
    out = []
    for name in names:
        stem = _shortened(_stem(name))
        chosen, number = stem, last.get(stem.casefold(), 1)
        while chosen.casefold() in taken:
            number += 1
            chosen = f"{stem}_{number}"
        last[stem.casefold()] = number
        taken.add(chosen.casefold())
        out.append(chosen)
    return out


def _stem(name: str) -> str:
    plain = name.replace("\\", "/")
    page = _PAGE.match(plain)
    if page is not None:
        last = PurePosixPath(page[1]).name.strip(". ") or "picture"
        return f"{last}_{page[2]}"
    return PurePosixPath(plain).stem.strip(". ") or "picture"


def _shortened(stem: str) -> str:
    content = stem.encode("utf-8", "surrogateescape")
    if len(content) <= _MOST_BYTES:
        return stem
    digest = hashlib.sha256(content).hexdigest()[:8]
    begin = content[: _MOST_BYTES - 9].decode("utf-8", "ignore")
    return f"{begin}~{digest}"


def write_names(folder: Path, names: Sequence[str], stems: Sequence[str]) -> list[str]:
    """Write which file is of which picture, where the name alone does not tell.

    Returns:
        a sentence that says so; nothing where every file is called like its picture.

    Raises:
        OSError: from writing.
    """
    if all(PurePosixPath(name).stem == stem for name, stem in zip(names, stems, strict=True)):
        return []
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["file", "picture"])
    writer.writerows(zip(stems, names, strict=True))
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / NAMES, buffer.getvalue())
    return [f"Some files are called otherwise than their pictures; {NAMES} lists them."]
