"""Names in the order that people expect: ``frame2`` before ``frame10``, case ignored.

A million names take a second or two and no other thread waits meanwhile: names of plain letters,
which nearly all are, become rows of bytes that numpy sorts while others run.

Shapes: N names, L bytes of the longest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_NUMBERS = re.compile(r"\d+")
_FEW = 2000
_CHUNK = 20_000
_MOST_DIGITS = 12
_MOST_SHAPES = 4000
_LETTERS_OF_NUMBER = 8  # of eight bits in 64


def natural_key(name: str) -> str:
    """Return a sort key that puts ``frame2`` before ``frame10`` and ignores case."""
    return _NUMBERS.sub(_number_key, name.casefold())


def _number_key(found: re.Match[str]) -> str:
    """Return digits as a text that sorts by value, and before any letter."""
    digits = str(int(found[0]))
    return f"\0{len(digits):03d}{digits}"


def in_natural_order(names: Sequence[str]) -> list[str]:
    """Return names sorted by ``natural_key``; equal ones stay in their order."""
    keys = _byte_keys(names) if len(names) > _FEW else None
    if keys is None:
        return sorted(names, key=natural_key)
    return [names[row] for row in _order(keys).tolist()]


def _order(keys: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the rows (N,) of keys (N, width) in order; equal ones stay in theirs.

    Letters that all names share decide nothing. What is left of ``frame_000001.png`` is a number,
    which sorts several times as fast as text.
    """
    differing = np.flatnonzero((keys != keys[0]).any(axis=0))
    count, width = len(keys), len(differing)
    if width > _LETTERS_OF_NUMBER:
        texts = np.ascontiguousarray(keys[:, differing]).view(f"S{width}")[:, 0]
        return np.argsort(texts, kind="stable")
    numbers = np.zeros((count, _LETTERS_OF_NUMBER), np.uint8)
    numbers[:, _LETTERS_OF_NUMBER - width :] = keys[:, differing]
    return np.argsort(numbers.view(">u8")[:, 0].astype(np.uint64), kind="stable")


def _byte_keys(names: Sequence[str]) -> NDArray[np.uint8] | None:
    """Return (N, width) letters that sort as the keys do; None where some names are not plain."""
    rows: dict[tuple[int, bytes], list[NDArray[np.int64]]] = {}
    parts: dict[tuple[int, bytes], list[NDArray[np.uint8]]] = {}
    for start in range(0, len(names), _CHUNK):
        some = names[start : start + _CHUNK]
        if not all(map(str.isascii, some)):
            return None
        for length, where, letters in _by_length(some):
            digits = (letters >= ord("0")) & (letters <= ord("9"))
            packed = np.ascontiguousarray(np.packbits(digits, axis=1))
            if (packed == packed[0]).all():  # as a rule: the digits stand at the same places
                rows.setdefault((length, packed[0].tobytes()), []).append(where + start)
                parts.setdefault((length, packed[0].tobytes()), []).append(letters)
                continue
            kinds = packed.view(f"V{packed.shape[1]}")[:, 0]
            for kind in np.unique(kinds):
                chosen = kinds == kind
                shape = (length, kind.tobytes())
                rows.setdefault(shape, []).append(where[chosen] + start)
                parts.setdefault(shape, []).append(letters[chosen])
        if len(rows) > _MOST_SHAPES:
            return None
    return _joined(len(names), rows, parts)


def _by_length(names: Sequence[str]) -> list[tuple[int, NDArray[np.int64], NDArray[np.uint8]]]:
    """Return for each length its rows and their lower-case letters (n, length)."""
    lengths = np.fromiter(map(len, names), np.int64, len(names))
    found = []
    for length in np.unique(lengths[lengths > 0]).tolist():
        where = np.flatnonzero(lengths == length)
        some = names if len(where) == len(names) else [names[row] for row in where.tolist()]
        text = "".join(some).lower().encode("ascii")
        found.append((length, where, np.frombuffer(text, np.uint8).reshape(-1, length)))
    return found


def _joined(
    count: int,
    rows: dict[tuple[int, bytes], list[NDArray[np.int64]]],
    parts: dict[tuple[int, bytes], list[NDArray[np.uint8]]],
) -> NDArray[np.uint8] | None:
    """Return the keys of names by shape: their length and which letters are digits."""
    runs = {shape: _runs(*shape) for shape in rows}
    most = max((stop - start for found in runs.values() for start, stop in found), default=0)
    if most > _MOST_DIGITS:
        return None
    # A number takes a zero, so that it comes before any letter, and all digits that any has.
    extra = {shape: sum(1 + most - (b - a) for a, b in runs[shape]) for shape in rows}
    width = max((shape[0] + extra[shape] for shape in rows), default=1)
    keys = np.zeros((count, width), np.uint8)
    for shape, found in runs.items():
        for where, letters in zip(rows[shape], parts[shape], strict=True):
            keys[where, : shape[0] + extra[shape]] = _spread(letters, found, most)
    return keys


def _runs(length: int, packed: bytes) -> list[tuple[int, int]]:
    """Return start and stop of each number in names of a shape."""
    digits = np.unpackbits(np.frombuffer(packed, np.uint8))[:length]
    edges = np.diff(np.concatenate([[0], digits, [0]]).astype(np.int8))
    return list(
        zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True)
    )


def _spread(
    letters: NDArray[np.uint8], runs: list[tuple[int, int]], most: int
) -> NDArray[np.uint8]:
    """Return letters (n, length), every number with a zero byte and leading zeros to ``most``."""
    n, at = len(letters), 0
    parts: list[NDArray[np.uint8]] = []
    for start, stop in runs:
        zeros = np.full((n, 1 + most - (stop - start)), ord("0"), np.uint8)
        zeros[:, 0] = 0
        parts += [letters[:, at:start], zeros, letters[:, start:stop]]
        at = stop
    return np.concatenate([*parts, letters[:, at:]], axis=1)
