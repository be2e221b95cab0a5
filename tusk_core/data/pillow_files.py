"""Pictures that Pillow decodes: GIF, JPEG 2000, PPM, AVIF, HEIC, animations, odd TIFFs."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from tusk_core.data.decoded import Decoded, split_alpha
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEIC_ENDINGS = frozenset({".heic", ".heif", ".hif"})
_DEEP_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_WITH_ALPHA = frozenset({"RGBA", "LA", "PA", "RGBa", "La"})
_FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TGA", "TIFF", "WEBP")
_STARTS = (b"GIF8", b"\0\0\0\x0cjP", b"\xff\x4f\xff\x51", *(b"P%d" % n for n in range(1, 8)))
_FULL_RANGE = frozenset({"PPM", "JPEG2000", "PNG"})
_lock = threading.Lock()


def pillow() -> Any:
    """Return Pillow, with HEIC if the extra for it is installed, and without its own size limit."""
    from PIL import Image  # noqa: PLC0415 - most data sets do without

    with _lock:
        if Image.MAX_IMAGE_PIXELS is not None:
            Image.MAX_IMAGE_PIXELS = None  # ours is checked at once after opening
            try:
                import pi_heif  # noqa: PLC0415 - an extra
            except ImportError:
                pass
            else:
                pi_heif.register_heif_opener()
    return Image


def reads_heic() -> bool:
    """Tell whether the extra that decodes HEIC is installed."""
    return ".heic" in pillow().registered_extensions()


def _formats(image: Any) -> tuple[str, ...]:
    """Return what Pillow may open; for some other formats (EPS) it starts programs."""
    return (*_FORMATS, "HEIF") if "HEIF" in image.OPEN else _FORMATS


def may_be_read(start: bytes, name: str) -> bool:
    """Tell from a file's first 12 bytes, and its name, whether Pillow is worth loading for it."""
    is_iso = start[4:8] == b"ftyp"  # AVIF and HEIC
    return start.startswith(_STARTS) or is_iso or name.lower().endswith(".tga")


def open_image(file: BinaryIO) -> Any:
    """Return a picture opened by Pillow, not yet decoded; None if it is of no kind it knows."""
    image = pillow()
    file.seek(0)
    try:
        return image.open(file, formats=_formats(image))
    except Exception:  # noqa: BLE001 - damaged headers raise almost anything
        return None


def decode_page(file: BinaryIO, page: int = 0) -> Decoded | None:
    """Return one picture of an open file; None if Pillow cannot decode it."""
    image = open_image(file)
    if image is None:
        return None
    try:
        if page:
            image.seek(page)
        return as_decoded(image)
    except Exception:  # noqa: BLE001 - damaged data raise almost anything
        return None


def as_decoded(image: Any) -> Decoded:
    """Return a picture of Pillow's as values, turned upright."""
    from PIL import ImageOps  # noqa: PLC0415 - as above

    kind = image.format
    image = ImageOps.exif_transpose(image)
    if image.mode in _DEEP_MODES:
        values = np.asarray(image)[..., None]
        is_full = image.mode.startswith("I") and kind in _FULL_RANGE
        white = 65535.0 if is_full else 0.0
        return Decoded(values, None, white)
    has_alpha = image.mode in _WITH_ALPHA or "transparency" in image.info
    planes = np.asarray(image.convert("RGBA" if has_alpha else "RGB"))
    colour, alpha = split_alpha(planes)
    return Decoded(np.asarray(colour), alpha)


def upright_size(image: Any) -> tuple[int, int]:
    """Return (width, height) of a picture of Pillow's as it is shown, without decoding it."""
    width, height = (int(side) for side in image.size)
    return (height, width) if int(image.getexif().get(274, 1)) in {5, 6, 7, 8} else (width, height)


class PillowStack:
    """The pictures of an animation; calls may come from any thread.

    Attributes:
        labels: ``t=0``, ``t=1`` ... for each picture; empty for a lone one.

    Args:
        path: of the file.

    Raises:
        SourceError: if it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            self._image = open_image(io.BytesIO(path.read_bytes()))
        except OSError as error:
            raise SourceError(f"{path} cannot be opened ({error.strerror or error}).") from error
        if self._image is None:
            raise SourceError(f"{path} is cut off or damaged; copy the file again.")
        count = int(getattr(self._image, "n_frames", 1))
        self.labels = tuple(f"t={index}" for index in range(count)) if count > 1 else ("",)

    def size(self, page: int) -> tuple[int, int]:
        """Return (width, height), the same for every picture."""
        del page
        return upright_size(self._image)

    def read(self, page: int, channels: Sequence[int] = ()) -> Decoded:
        """Return one picture.

        Raises:
            SourceError: if it cannot be decoded.
        """
        del channels
        try:
            with self._lock:
                self._image.seek(page)
                return as_decoded(self._image)
        except Exception as error:
            raise SourceError(
                f"{self._path} is cut off or damaged; copy the file again."
            ) from error

    def num_channels(self, page: int) -> int:
        """Return 0: colours are what they are."""
        del page
        return 0

    def close(self) -> None:
        """Release the file."""
        self._image.close()
