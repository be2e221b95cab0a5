"""The one reader and the one writer of picture files.

Every picture becomes (H, W, 3) uint8 RGB as a viewer would show it:

- the EXIF (or TIFF) orientation is applied;
- grey becomes three equal channels;
- transparent parts are blended over white;
- 16-bit PNG is divided by 257; other 16-bit pictures are read as the smallest of 8, 10, 12, 14 or
  16 bits that holds their brightest value, since cameras rarely fill all of them;
- floating-point pictures are read as 0–1, 0–255 or 0–65535 if they fit, else stretched from their
  smallest to their largest value; values that are no numbers become black.
"""

from __future__ import annotations

import io
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tusk_core.atomic import write_bytes
from tusk_core.data.picture_headers import PictureHeader, is_whole, read_header
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXTENSIONS: frozenset[str] = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".tif", ".tiff", ".bmp", ".webp"}
)
MAX_PIXELS = 2**27
MAX_BYTES = 2**30
_JPEG_QUALITY = 95


def read_picture(path: str | Path) -> NDArray[np.uint8]:
    """Return a picture file as (H, W, 3) uint8 RGB, owned and read-only.

    Raises:
        SourceError: if it is missing, empty, damaged, cut off, too large or no picture.
    """
    path = Path(path)
    try:
        _check_file(path)
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise SourceError(f"{path} cannot be opened ({error.strerror or error}).") from error
    except MemoryError as error:
        raise SourceError(f"There is not enough memory to read {path}.") from error
    return decode_picture(content, str(path))


def _check_file(path: Path) -> None:
    """Refuse folders, devices and pipes, which would be read without end, and huge files."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(f"{path} is no file, so it cannot be opened as a picture.")
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
    if content.size == 0:
        raise SourceError(f"{name} is empty; copy the file again.")
    encoded = content.tobytes()
    header = read_header(io.BytesIO(encoded))
    if header is not None:
        _check_size(header.width, header.height, name)
        # Deflate shrinks at most 1032-fold: a PNG that claims more is damaged, and would only
        # fill the memory before that shows.
        is_hollow = header.width * header.height > 8 * 1100 * content.size
        if (header.kind == "png" and is_hollow) or not is_whole(header.kind, encoded):
            raise SourceError(f"{name} is cut off or damaged; copy the file again.")
    try:
        decoded = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError) as error:
        raise SourceError(f"{name} cannot be decoded; it is damaged or too large.") from error
    if decoded is None or decoded.size == 0 or decoded.ndim not in {2, 3}:
        raise SourceError(
            f"{name} is no readable picture: damaged, cut off, or not PNG, JPEG, TIFF, BMP or WebP."
        )
    _check_size(decoded.shape[1], decoded.shape[0], name)
    return as_rgb(decoded, header)


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise SourceError(
            f"{name} has {width} × {height} pixels; pictures up to "
            f"{MAX_PIXELS // 10**6} million pixels are read. Scale it down first."
        )


def as_rgb(decoded: NDArray[np.generic], header: PictureHeader | None) -> NDArray[np.uint8]:
    """Bring an array as OpenCV decodes it (unchanged) to the program's form.

    Args:
        decoded: (H, W) or (H, W, 1 to 4), blue first, any depth.
        header: of its file, for the orientation.

    Returns:
        (H, W, 3) uint8 RGB, owned and read-only.
    """
    planes = decoded if decoded.ndim == 3 else decoded[..., None]
    channels = planes.shape[2]
    alpha = planes[..., -1] if channels in {2, 4} else None
    colour = planes[..., : channels - 1] if alpha is not None else planes
    picture = _to_bytes(np.asarray(colour), is_png=header is not None and header.kind == "png")
    picture = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture[..., 2::-1]
    if alpha is not None and alpha.any():  # some programs leave the fourth channel empty
        picture = _over_white(picture, alpha)
    # OpenCV itself turns TIFF, and nothing else, when it reads a file unchanged.
    orientation = 1 if header is None or header.kind == "tiff" else header.orientation
    picture = np.ascontiguousarray(_turned(picture, orientation))
    if picture.base is not None or not picture.flags.owndata:
        picture = picture.copy()
    picture.flags.writeable = False
    return picture


def _to_bytes(values: NDArray[np.generic], *, is_png: bool) -> NDArray[np.uint8]:
    if values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False)
    numbers = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(numbers.min()), float(numbers.max())
    if values.dtype == np.uint16:
        low, high = 0.0, 65535.0 if is_png else _full_scale(high)
    elif low >= 0.0 and np.issubdtype(values.dtype, np.integer):
        low, high = 0.0, _full_scale(high)
    elif low >= 0.0 and high <= 65535.0:
        low, high = 0.0, next(top for top in (1.0, 255.0, 65535.0) if high <= top * 1.001)
    scale = 255.0 / (high - low) if high > low else 0.0
    return np.asarray(np.clip((numbers - low) * scale + 0.5, 0, 255), np.uint8)


def _full_scale(brightest: float) -> float:
    """Return the largest value of the camera depth that holds ``brightest``."""
    for bits in (8, 10, 12, 14, 16):
        if brightest < 2**bits:
            return float(2**bits - 1)
    return brightest


def _over_white(picture: NDArray[np.uint8], alpha: NDArray[np.generic]) -> NDArray[np.uint8]:
    top = {"uint8": 255.0, "uint16": 65535.0}.get(str(alpha.dtype), 1.0)
    share = np.clip(np.nan_to_num(alpha.astype(np.float32)) / top, 0.0, 1.0)[..., None]
    return np.asarray((picture * share + 255.0 * (1.0 - share) + 0.5).astype(np.uint8))


def _turned(picture: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Apply an EXIF orientation: 2 and 4 mirror, 3 turns round, 5 to 8 swap the axes."""
    if orientation >= 5:
        picture = picture.transpose(1, 0, 2)
    if orientation in {3, 4, 7, 8}:
        picture = picture[::-1]
    if orientation in {2, 3, 6, 7}:
        picture = picture[:, ::-1]
    return picture


def read_size(path: str | Path) -> tuple[int, int]:
    """Return (width, height) of a picture as it will be shown, reading its header only.

    Other formats than PNG, JPEG, BMP, TIFF and WebP, and unusual headers, are decoded.

    Raises:
        SourceError: if it cannot be read.
    """
    path = Path(path)
    try:
        _check_file(path)
        with path.open("rb") as file:
            header = read_header(file)
    except OSError as error:
        raise SourceError(f"{path} cannot be opened ({error.strerror or error}).") from error
    if header is None:
        height, width = read_picture(path).shape[:2]
        return width, height
    _check_size(header.width, header.height, str(path))
    return header.shown_size


def encode_picture(array: NDArray[np.uint8], extension: str = ".png") -> bytes:
    """Return (H, W) grey or (H, W, 3) RGB or (H, W, 4) RGBA uint8 as bytes of a file.

    Raises:
        ValueError: if the array is no picture or the format cannot be written.
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
        ValueError: if the array is no picture or the format cannot be written.
        SourceError: if the disk refuses it.
    """
    path = Path(path)
    content = encode_picture(array, path.suffix.lower())
    try:
        write_bytes(path, content)
    except OSError as error:
        raise SourceError(f"{path} cannot be written ({error.strerror or error}).") from error
