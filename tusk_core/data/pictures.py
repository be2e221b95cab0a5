"""The one reader and the one writer of picture files.

Every picture becomes (H, W, 3) uint8 RGB as a viewer would show it:

- the EXIF (or TIFF) orientation is applied;
- grey becomes three equal channels;
- transparent parts are blended over white;
- pictures of more than eight bits are shown at the ``Brightness`` of their data set, or at one of
  their own where there is none; see ``decoded``.

PNG, JPEG, BMP and WebP are decoded by OpenCV, TIFF by tifffile, the rest and all animations by
Pillow.
"""

from __future__ import annotations

import io
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from tusk_core.atomic import write_bytes
from tusk_core.data.decoded import Decoded, shown, split_alpha, turned
from tusk_core.data.fitting import divisor_for
from tusk_core.data.jpeg_ends import END, FILLER, find_end
from tusk_core.data.picture_headers import (
    PictureHeader,
    clear_grey,
    is_whole_png,
    read_header,
)
from tusk_core.data.pillow_files import (
    as_decoded,
    may_be_read,
    open_image,
    reads_heic,
    upright_size,
)
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_core.data.decoded import Brightness
    from tusk_core.data.fitting import Way

_OPENCV = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".webp")
_PILLOW = (".apng", ".gif", ".jp2", ".j2k", ".jpx", ".jpf", ".ppm", ".pgm", ".pbm", ".pnm", ".tga")
_HEIF = (".avif", ".avifs", ".heic", ".heif", ".hif")
EXTENSIONS: frozenset[str] = frozenset((*_OPENCV, ".tif", ".tiff", ".btf", *_PILLOW, *_HEIF))
KINDS = "PNG, JPEG, TIFF, BMP, WebP, GIF, JPEG 2000, PPM, AVIF or HEIC"
MAX_PIXELS = 2**27
MAX_BYTES = 2**30
_JPEG_QUALITY = 95
# A JPEG can be decoded at these fractions of its size, in a third of the time.
_REDUCED = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
}
_HEIC_STARTS = tuple(b"ftyp" + brand for brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1"))
_CONVERTED = frozenset({"uint8", "uint16", "float32"})
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_picture(
    path: str | Path, *, brightness: Brightness | None = None, channels: Sequence[int] = ()
) -> NDArray[np.uint8]:
    """Return a picture file as (H, W, 3) uint8 RGB, owned and read-only.

    Args:
        path: of the file; of several pictures in it, the first is returned.
        brightness: of the data set, for pictures of more than eight bits.
        channels: see ``decode_file``.

    Raises:
        SourceError: if it is missing, empty, damaged, cut off, too large or no picture.
    """
    return shown(decode_file(Path(path), channels), brightness)


def decode_file(path: Path, channels: Sequence[int] = (), way: Way | None = None) -> Decoded:
    """Return a picture file as its values.

    Args:
        path: of the file.
        channels: of a file with several: one for grey, three for red, green, blue; none takes the
            first three.
        way: how it will be laid; a JPEG that is much larger than that is decoded at a fraction of
            its size. None decodes all of it.

    Raises:
        SourceError: as ``read_picture``.
    """
    try:
        check_file(path)
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} cannot be opened ({error.strerror or error}).") from error
    except MemoryError as error:
        raise SourceError(f"There is not enough memory to read {path}.") from error
    return decode_content(content, str(path), channels, way)


def check_file(path: Path) -> None:
    """Refuse folders, devices and pipes, which would be read without end, and huge files.

    Raises:
        SourceError: saying which.
        OSError: if the file is not there.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(f"{path} is not a file, so it cannot be opened as a picture.")
    if status.st_size > MAX_BYTES:
        gigabytes = status.st_size / 1e9
        raise SourceError(f"{path} has {gigabytes:.1f} GB; pictures up to 1 GB are read.")


def decode_picture(content: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    """Return an encoded picture in memory as (H, W, 3) uint8 RGB, owned and read-only.

    Args:
        content: (n,) uint8, the bytes of a file.
        name: what to call it in an error.

    Raises:
        SourceError: as ``read_picture``.
    """
    return shown(decode_content(content.tobytes(), name), None)


def decode_content(
    content: bytes, name: str, channels: Sequence[int] = (), way: Way | None = None
) -> Decoded:
    """Return the bytes of a picture file as its values; see ``decode_file``."""
    if not content:
        raise SourceError(f"{name} is empty; copy the file again.")
    header = read_header(io.BytesIO(content))
    if header is not None:
        _check_size(header.width, header.height, name)
    try:
        if content.startswith(_TIFF_STARTS):
            return _tiff(content, name, channels)
        if header is None:
            return _by_pillow(content, name)
        by = divisor_for(header.shown_size, way, tuple(_REDUCED)) if header.kind == "jpeg" else 1
        return _by_opencv(_whole(content, header, name), header, name, by)
    except MemoryError as error:
        raise SourceError(f"There is not enough memory to read {name}.") from error


def _tiff(content: bytes, name: str, channels: Sequence[int]) -> Decoded:
    from tusk_core.data.tiff_files import TiffStack  # noqa: PLC0415 - most data sets hold none

    stack = TiffStack(Path(name), content)
    try:
        width, height = stack.size(0)
        _check_size(width, height, name)
        return stack.read(0, channels)
    finally:
        stack.close()


def _by_pillow(content: bytes, name: str) -> Decoded:
    is_known = may_be_read(content[:12], name)
    image = open_image(io.BytesIO(content)) if is_known else None
    if image is not None:
        _check_size(int(image.size[0]), int(image.size[1]), name)
        try:
            return as_decoded(image)
        except Exception as error:  # damaged data raise almost anything
            raise SourceError(f"{name} is cut off or damaged; copy the file again.") from error
    if content[4:12] in _HEIC_STARTS and not reads_heic():
        raise SourceError(
            f"{name} is a HEIC picture, which needs the package pi-heif. Run `pip install "
            "'tusk-studio[heif]'`, or convert it to JPEG."
        )
    raise SourceError(f"{name} is not a readable picture: damaged, cut off, or not {KINDS}.")


def _whole(content: bytes, header: PictureHeader, name: str) -> bytes:
    """Return what holds the picture after checking that nothing of it is missing."""
    damaged = SourceError(f"{name} is cut off or damaged; copy the file again.")
    if header.kind == "png":
        # Deflate shrinks at most 1032-fold: a PNG that claims more is damaged, and would only
        # fill the memory before that shows.
        is_hollow = header.width * header.height > 8 * 1100 * len(content)
        if is_hollow or not is_whole_png(content):
            raise damaged
    if header.kind != "jpeg":
        return content
    end = find_end(content)
    if end is None:
        raise damaged
    if end.is_marked:
        return content
    # Cameras and damaged cards leave the end marker out. Decoders fill in what is missing without
    # a word, so more data are offered: they change a picture that is not whole.
    begun = content[: end.stop]
    plain, filled = _imdecode(begun + END), _imdecode(begun + FILLER + END)
    if plain is None or filled is None or not np.array_equal(plain, filled):
        raise damaged
    return begun + END


def _imdecode(content: bytes, divisor: int = 1) -> NDArray[np.generic] | None:
    how = cv2.IMREAD_UNCHANGED
    if divisor > 1:
        how = _REDUCED[divisor] | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), how)
    except cv2.error:
        return None
    return None if decoded is None else np.asarray(decoded)


def _by_opencv(content: bytes, header: PictureHeader, name: str, divisor: int) -> Decoded:
    decoded = _imdecode(content, divisor)
    if decoded is None or decoded.size == 0 or decoded.ndim not in {2, 3}:
        raise SourceError(f"{name} is not a readable picture: damaged, cut off, or not {KINDS}.")
    _check_size(decoded.shape[1], decoded.shape[0], name)
    planes = decoded if decoded.ndim == 3 else decoded[..., None]
    colour, alpha = split_alpha(planes)
    if header.kind == "png" and planes.shape[2] == 1 and (grey := clear_grey(content)) is not None:
        alpha = np.asarray(planes[..., 0] != grey, np.float32)
    values = _turned_around(colour) if colour.shape[2] == 3 else colour
    white = 65535.0 if header.kind == "png" and values.dtype == np.uint16 else 0.0
    upright = None if alpha is None else np.asarray(turned(alpha, header.orientation), np.float32)
    return Decoded(turned(values, header.orientation), upright, white, divisor)


def _turned_around(colour: NDArray[Any]) -> NDArray[Any]:
    """Return (H, W, 3) blue, green, red as red, green, blue."""
    if colour.dtype.name in _CONVERTED:  # ten times as fast as copying a turned view
        return np.asarray(cv2.cvtColor(colour, cv2.COLOR_BGR2RGB))
    return colour[..., ::-1]


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise SourceError(
            f"{name} has {width} × {height} pixels; pictures up to "
            f"{MAX_PIXELS // 10**6} million pixels are read. Scale it down first."
        )


def read_size(path: str | Path) -> tuple[int, int]:
    """Return (width, height) of a picture as it will be shown, reading its header only.

    Unusual headers are decoded.

    Raises:
        SourceError: if it cannot be read.
    """
    path = Path(path)
    try:
        check_file(path)
        with path.open("rb") as file:
            header = read_header(file)
            file.seek(0)
            is_known = header is None and may_be_read(file.read(12), path.name)
            image = open_image(file) if is_known else None
            size = None if image is None else upright_size(image)
    except OSError as error:
        raise SourceError(f"{path} cannot be opened ({error.strerror or error}).") from error
    if header is None:
        if size is None:
            height, width = read_picture(path).shape[:2]
            return width, height
        _check_size(size[0], size[1], str(path))
        return size
    _check_size(header.width, header.height, str(path))
    return header.shown_size


def encode_picture(array: NDArray[np.uint8], extension: str = ".png") -> bytes:
    """Return (H, W) grey or (H, W, 3) RGB or (H, W, 4) RGBA uint8 as bytes of a file.

    Raises:
        ValueError: if the array is not a picture or the format cannot be written.
    """
    if (
        array.dtype != np.uint8
        or array.size == 0
        or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in {3, 4}))
    ):
        raise ValueError(f"not a picture: {array.shape} {array.dtype}")
    if array.ndim == 3:
        code = cv2.COLOR_RGB2BGR if array.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
        array = np.asarray(cv2.cvtColor(array, code), np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY] if extension in {".jpg", ".jpeg"} else []
    try:
        done, content = cv2.imencode(extension, array, options)
    except cv2.error as error:
        raise ValueError(f"pictures cannot be written as {extension!r}") from error
    if not done:
        raise ValueError(f"the picture could not be encoded as {extension!r}")
    return bytes(content.tobytes())


def write_picture(path: str | Path, array: NDArray[np.uint8]) -> None:
    """Write a picture whole or not at all; the format follows the extension.

    Args:
        path: such as ``a.png`` or ``a.jpg``.
        array: (H, W) grey, (H, W, 3) RGB or (H, W, 4) RGBA uint8.

    Raises:
        ValueError: if the array is not a picture or the format cannot be written.
        SourceError: if the disk refuses it.
    """
    path = Path(path)
    try:
        put_picture(path, array)
    except OSError as error:
        raise SourceError(f"{path} cannot be written ({error.strerror or error}).") from error


def put_picture(path: Path, array: NDArray[np.uint8]) -> None:
    """Do as ``write_picture``, for whoever knows the file by another name.

    Raises:
        ValueError: if the array is not a picture or the format cannot be written.
        OSError: if the disk refuses it.
    """
    write_bytes(path, encode_picture(array, path.suffix.lower()))
