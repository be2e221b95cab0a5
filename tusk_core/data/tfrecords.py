"""TFRecord files of ``tf.Example`` without TensorFlow: framing and the little protobuf needed."""

from __future__ import annotations

import gzip
import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_MAX_RECORD = 2**28
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LEAD_BYTES, _LEAD_FLOATS, _LEAD_INTS = 1, 2, 3


def _crc_table() -> list[int]:
    table = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table


_CRC_TABLE = _crc_table()


def masked_crc(content: bytes) -> int:
    """Return TFRecord's checksum: CRC-32C, rotated and shifted."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def read_records(path: Path, *, check_content: bool = False) -> Iterator[bytes]:
    """Yield the records of a TFRecord file, gzip or not.

    Args:
        path: the file.
        check_content: also verify the checksum of every record (slow); that of its length is
            always verified.

    Raises:
        SourceError: if it cannot be opened, is damaged or cut off.
    """
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path) if zipped else path.open("rb") as file:
            yield from _records(file, path, check_content=check_content)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{path} cannot be read: damaged or cut off ({error}).") from error


def _records(file: BinaryIO | gzip.GzipFile, path: Path, *, check_content: bool) -> Iterator[bytes]:
    number = 0
    while head := file.read(12):
        if len(head) < 12:
            raise SourceError(f"{path} is cut off after {number} records; copy it again.")
        length, crc = struct.unpack("<QI", head)
        if masked_crc(head[:8]) != crc or length > _MAX_RECORD:
            raise SourceError(f"{path} is not a TFRecord file, or damaged at record {number}.")
        content, tail = file.read(length), file.read(4)
        if len(content) < length or len(tail) < 4:
            raise SourceError(f"{path} is cut off after {number} records; copy it again.")
        if check_content and masked_crc(content) != struct.unpack("<I", tail)[0]:
            raise SourceError(f"{path} is damaged at record {number}.")
        yield content
        number += 1


def parse_example(record: bytes) -> dict[str, NDArray[np.generic]]:
    """Return the features of one ``tf.Example``.

    A list of byte strings becomes one (n,) uint8 array of all their bytes in order, which is how
    the multi-object data sets store arrays: one string for every element.

    Raises:
        ValueError: if it is not one.
    """
    found: dict[str, NDArray[np.generic]] = {}
    view = memoryview(record)
    for number, features in _fields(view):
        if number != 1 or not isinstance(features, memoryview):
            continue
        for entry_number, entry in _fields(features):
            if entry_number == 1 and isinstance(entry, memoryview):
                name, value = _map_entry(entry)
                found[name] = value
    return found


def _varint(view: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(view) or shift > 63:
            raise ValueError("a number is cut off")
        byte = view[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7


def _fields(view: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Yield (field number, content) of a protobuf message; fixed-size content as bytes."""
    position = 0
    while position < len(view):
        key, position = _varint(view, position)
        kind = key & 7
        if kind == _VARINT:
            value, position = _varint(view, position)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, position = _varint(view, position)
        elif kind in {_FIXED32, _FIXED64}:
            length = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"unknown field kind {kind}")
        if position + length > len(view):
            raise ValueError("a field is cut off")
        yield key >> 3, view[position : position + length]
        position += length


def _map_entry(entry: memoryview) -> tuple[str, NDArray[np.generic]]:
    name = ""
    value: NDArray[np.generic] = np.zeros(0, np.uint8)
    for number, content in _fields(entry):
        if not isinstance(content, memoryview):
            continue
        if number == 1:
            name = bytes(content).decode("utf-8")
        elif number == 2:
            value = _feature(content)
    return name, value


def _feature(view: memoryview) -> NDArray[np.generic]:
    for kind, content in _fields(view):
        if not isinstance(content, memoryview):
            continue
        if kind == _LEAD_BYTES:
            return _byte_strings(content)
        if kind == _LEAD_FLOATS:
            parts = [bytes(part) for _, part in _fields(content) if isinstance(part, memoryview)]
            return np.frombuffer(b"".join(parts), "<f4")
        if kind == _LEAD_INTS:
            return _whole_numbers(content)
    return np.zeros(0, np.uint8)


def _byte_strings(view: memoryview) -> NDArray[np.uint8]:
    raw = np.frombuffer(view, np.uint8)
    if raw.size % 3 == 0:
        # One string of one byte for each element: tag, length 1, the byte.
        triples = raw.reshape(-1, 3)
        if (triples[:, 0] == 0x0A).all() and (triples[:, 1] == 1).all():
            return triples[:, 2].copy()
    parts = [bytes(part) for _, part in _fields(view) if isinstance(part, memoryview)]
    return np.frombuffer(b"".join(parts), np.uint8)


def _whole_numbers(view: memoryview) -> NDArray[np.int64]:
    numbers: list[int] = []
    for _, content in _fields(view):
        if isinstance(content, int):
            numbers.append(content)
            continue
        position = 0
        while position < len(content):
            value, position = _varint(content, position)
            numbers.append(value)
    return np.array(numbers, np.uint64).astype(np.int64)
