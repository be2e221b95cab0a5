"""Size and orientation of a picture file from its first bytes: PNG, JPEG, BMP, TIFF, WebP.

The reader and the quick look at a folder both use this one parser, so that the size shown and the
size decoded agree. Anything unexpected is None or ``ValueError``, never another exception.
"""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_SEGMENTS = 4096
_PNG_START = b"\x89PNG\r\n\x1a\n"
_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What a file says about its picture.

    Attributes:
        kind: ``png``, ``jpeg``, ``bmp``, ``tiff`` or ``webp``.
        width: stored columns.
        height: stored rows.
        orientation: EXIF orientation, 1 to 8.
    """

    kind: str
    width: int
    height: int
    orientation: int = 1

    @property
    def shown_size(self) -> tuple[int, int]:
        """(width, height) after the orientation is applied."""
        if self.orientation >= 5:
            return self.height, self.width
        return self.width, self.height


def read_header(file: BinaryIO) -> PictureHeader | None:
    """Return the header of an open file; None if it is of another kind or damaged.

    Args:
        file: binary, seekable; read from its beginning.
    """
    file.seek(0)
    start = file.read(12)
    try:
        parser = _parser_for(start)
        header = parser(file) if parser else None
    except (struct.error, ValueError, OverflowError, OSError):
        return None
    if header is None or header.width < 1 or header.height < 1:
        return None
    return header


def _parser_for(start: bytes) -> Callable[[BinaryIO], PictureHeader | None] | None:
    if start.startswith(_PNG_START):
        return _png
    if start.startswith(b"\xff\xd8\xff"):
        return _jpeg
    if start.startswith(b"BM"):
        return _bmp
    if start[:4] in {b"II*\0", b"MM\0*"}:
        return _tiff
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return _webp
    return None


def _unpack(file: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _png(file: BinaryIO) -> PictureHeader:
    file.seek(16)
    width, height = _unpack(file, ">II")
    orientation = 1
    position = 33
    for _ in range(_MAX_SEGMENTS):
        file.seek(position)
        chunk = file.read(8)
        if len(chunk) < 8 or chunk[4:] in {b"IDAT", b"IEND"}:
            break
        length = struct.unpack(">I", chunk[:4])[0]
        if chunk[4:] == b"eXIf":
            orientation = _exif_orientation(file.read(min(length, 65_536)))
        position += 12 + length
    return PictureHeader("png", width, height, orientation)


def clear_grey(content: bytes) -> int | None:
    """Return the grey of a PNG that is see-through, as its file counts; None where there is none.

    OpenCV leaves that out.
    """
    bits, kind = content[24:26]
    at = content.find(b"tRNS", 33, content.find(b"IDAT"))
    if kind != 0 or at < 0:
        return None
    (grey,) = struct.unpack_from(">H", content, at + 4)
    # Fewer than eight bits are spread over them when they are decoded.
    return int(grey) * (255 // (2**bits - 1)) if bits < 8 else int(grey)


def is_whole_png(content: bytes) -> bool:
    """Tell whether the chunks of a PNG fit into it and its critical ones carry their checksums.

    OpenCV makes room for a chunk of any length a damaged file claims, gigabytes included.
    """
    position = len(_PNG_START)
    while position + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, position)
        name = content[position + 4 : position + 8]
        end = position + 8 + length
        if end + 4 > len(content):
            return False
        if name in {b"IHDR", b"PLTE", b"IDAT"}:
            (checksum,) = struct.unpack_from(">I", content, end)
            if zlib.crc32(memoryview(content)[position + 4 : end]) != checksum:
                return False
        if name == b"IEND":
            return True
        position = end + 4
    return False


def _jpeg(file: BinaryIO) -> PictureHeader | None:
    orientation = 1
    position = 2
    for _ in range(_MAX_SEGMENTS):
        file.seek(position)
        marker = file.read(2)
        if len(marker) < 2:
            return None
        if marker[0] != 0xFF or marker[1] == 0xFF:
            position += 1  # fill bytes between segments are allowed
            continue
        code = marker[1]
        if code == 0x01 or 0xD0 <= code <= 0xD8:
            position += 2
            continue
        (length,) = _unpack(file, ">H")
        if 0xC0 <= code <= 0xCF and code not in {0xC4, 0xC8, 0xCC}:
            _, height, width = _unpack(file, ">BHH")
            return PictureHeader("jpeg", width, height, orientation)
        if code == 0xE1:
            content = file.read(max(length - 2, 0))
            if content.startswith(b"Exif\0\0"):
                orientation = _exif_orientation(content[6:])
        position += 2 + max(length, 2)
    return None


def _bmp(file: BinaryIO) -> PictureHeader:
    file.seek(14)
    (size,) = _unpack(file, "<I")
    width, height = _unpack(file, "<HH" if size == 12 else "<ii")
    return PictureHeader("bmp", width, abs(height))


def _webp(file: BinaryIO) -> PictureHeader | None:
    size: tuple[int, int] | None = None
    position = 12
    for _ in range(_MAX_SEGMENTS):
        file.seek(position)
        chunk = file.read(8)
        if len(chunk) < 8:
            break
        length = struct.unpack("<I", chunk[4:])[0]
        content = file.read(min(length, 65_536 if chunk[:4] == b"EXIF" else 10))
        if chunk[:4] == b"EXIF":
            exif = content[6:] if content.startswith(b"Exif\0\0") else content
            if size is not None:
                return PictureHeader("webp", *size, _exif_orientation(exif))
        size = size or _webp_size(chunk[:4], content)
        position += 8 + length + length % 2
    return PictureHeader("webp", *size) if size else None


def _webp_size(name: bytes, content: bytes) -> tuple[int, int] | None:
    if name == b"VP8X":
        width = int.from_bytes(content[4:7], "little") + 1
        return width, int.from_bytes(content[7:10], "little") + 1
    if name == b"VP8L":
        bits = int.from_bytes(content[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 ":
        width, height = struct.unpack("<HH", content[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _tiff(file: BinaryIO) -> PictureHeader | None:
    tags = _first_directory(file, 0)
    width, height = tags.get(0x0100, 0), tags.get(0x0101, 0)
    orientation = tags.get(_ORIENTATION_TAG, 1)
    return PictureHeader("tiff", width, height, orientation if 1 <= orientation <= 8 else 1)


def _first_directory(file: BinaryIO, start: int) -> dict[int, int]:
    """Return the whole-number tags of a TIFF's (or EXIF block's) first directory."""
    file.seek(start)
    order = {b"II": "<", b"MM": ">"}.get(file.read(2))
    if order is None:
        raise ValueError("no byte order")
    _, offset = _unpack(file, f"{order}HI")
    file.seek(start + offset)
    (count,) = _unpack(file, f"{order}H")
    tags: dict[int, int] = {}
    for _ in range(min(count, _MAX_SEGMENTS)):
        tag, kind, number, raw = struct.unpack(f"{order}HHI4s", file.read(12))
        if number >= 1 and kind in {3, 4}:
            layout = f"{order}H" if kind == 3 else f"{order}I"
            tags[tag] = struct.unpack(layout, raw[: struct.calcsize(layout)])[0]
    return tags


def _exif_orientation(content: bytes) -> int:
    try:
        orientation = _first_directory(io.BytesIO(content), 0).get(_ORIENTATION_TAG, 1)
    except (struct.error, ValueError):
        return 1
    return orientation if 1 <= orientation <= 8 else 1
