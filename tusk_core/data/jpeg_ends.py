"""Whether a JPEG holds its whole picture: end marker or not, a second picture behind it or not."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_BETWEEN_SCANS = frozenset({0xC4, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)})
_ZEROS = 16
END = b"\xff\xd9"
# Coded data that no picture needs any more, unless some of it is missing.
FILLER = b"\x5a\xa5\x33\xcc" * 64


@dataclass(frozen=True, slots=True)
class JpegEnd:
    """Where the first picture of a file stops.

    Attributes:
        stop: byte after its last coded one.
        is_marked: it ends with an end marker, so it is whole.
    """

    stop: int
    is_marked: bool


def find_end(content: bytes) -> JpegEnd | None:
    """Return where the first picture stops; None if no coded data begin.

    Only markers that may stand inside a picture are passed; what follows another one belongs to a
    second picture, such as a preview, that shows nothing of the first.
    """
    position, has_data = 2, False
    while position + 4 <= len(content):
        code = content[position + 1]
        if content[position] != 0xFF:
            return _stop(content, position) if has_data else None
        if code == 0xFF:
            position += 1
        elif code == 0xD9:
            return JpegEnd(position, is_marked=True) if has_data else None
        elif not has_data and (code == 0x01 or 0xD0 <= code <= 0xD8):
            position += 2
        elif code == 0xDA or not has_data or code in _BETWEEN_SCANS:
            (length,) = struct.unpack_from(">H", content, position + 2)
            position += 2 + max(length, 2)
            if code == 0xDA:
                has_data = True
                found = _MARKER.search(content, position)
                if found is None:
                    return _stop(content, len(content))
                position = found.start()
        else:
            return _stop(content, position)
    if content[position : position + 2] == END and has_data:
        return JpegEnd(position, is_marked=True)
    return _stop(content, min(position, len(content))) if has_data else None


def _stop(content: bytes, position: int) -> JpegEnd:
    """Return an end without marker; a lone 0xFF and the zeros of a rescued file are no data."""
    rest = content[:position].rstrip(b"\0")
    stop = len(rest) if position - len(rest) >= _ZEROS else position
    while stop and content[stop - 1] == 0xFF:
        stop -= 1
    return JpegEnd(stop, is_marked=False)
