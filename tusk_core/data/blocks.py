"""Work on a source in blocks of pictures that are files, so that it is shared and taken up again.

A folder holds the blocks; each is written whole or not at all, by whichever process did it, so
that neither a power cut nor a lost process costs more than one. What makes the result finds all
blocks done and reads them in order. The folder goes when the result is written.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.atomic import replacing, write_text
from tusk_core.events import JobProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from tusk_core.nn.distributed import Team

_ABOUT = "about.json"


def parts_folder(out: Path) -> Path:
    """Return where the parts of a result lie while it is being made."""
    return out.with_name(f".{out.name}.parts")


def forget_parts(out: Path) -> None:
    """Remove the parts of a result, as soon as it is written."""
    shutil.rmtree(parts_folder(out), ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Block:
    """Successive pictures of a source, ``start`` to ``stop``."""

    start: int
    stop: int


def blocks_of(first: int, total: int, size: int) -> list[Block]:
    """Return the pictures ``first`` to ``total`` in blocks of ``size``."""
    return [Block(start, min(start + size, total)) for start in range(first, total, size)]


class BlockFolder:
    """Arrays of blocks, kept in a folder.

    Args:
        path: of the folder; the blocks of another job in it are removed.
        mark: of the job: the same only where the same would be found.
    """

    def __init__(self, path: Path, mark: str) -> None:
        self._path, self._mark = path, mark
        if _mark_in(path) != mark:
            shutil.rmtree(path, ignore_errors=True)

    def begin(self) -> None:
        """Make the folder; done by itself once there is something to keep in it."""
        if _mark_in(self._path) != self._mark:
            self._path.mkdir(parents=True, exist_ok=True)
            write_text(self._path / _ABOUT, json.dumps({"mark": self._mark}))

    def has(self, block: Block) -> bool:
        """Tell whether a block is done, by whomever."""
        return zipfile.is_zipfile(self._file(block))

    def put(self, block: Block, arrays: Mapping[str, Any]) -> None:
        """Write a block.

        Raises:
            OSError: if it cannot be written.
        """
        self.begin()
        with replacing(self._file(block)) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)

    def get(self, block: Block) -> dict[str, Any]:
        """Return the arrays of a block that is done."""
        with np.load(self._file(block), allow_pickle=False) as content:
            return {name: content[name] for name in content.files}

    def successive(self) -> list[Block]:
        """Return the blocks that follow each other from the first picture on."""
        found: list[Block] = []
        for path in sorted(self._path.glob("*.npz")):
            start, _, stop = path.stem.partition("-")
            block = Block(int(start), int(stop))
            if block.start == (found[-1].stop if found else 0) and self.has(block):
                found.append(block)
        return found

    def _file(self, block: Block) -> Path:
        return self._path / f"{block.start:09d}-{block.stop:09d}.npz"


def share_out(
    blocks: Sequence[Block], team: Team, has: Callable[[Block], bool], do: Callable[[Block], None]
) -> Generator[JobProgress, None, None]:
    """Do this process's share of the blocks that are not done; then wait for the others.

    Args:
        blocks: of the whole job.
        team: the processes.
        has: whether a block is done.
        do: does one and keeps it.
    """
    own = blocks[team.rank :: team.size]
    for done, block in enumerate(own, 1):
        if not has(block):
            do(block)
        message = f"Block {done} of {len(own)}; {len(blocks)} in {team.size} processes."
        yield JobProgress(done, len(own), message)
    team.wait()


def _mark_in(folder: Path) -> str:
    try:
        return str(json.loads((folder / _ABOUT).read_text(encoding="utf-8"))["mark"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
