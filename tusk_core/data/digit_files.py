"""Handwritten digits to build pictures from: bundled, IDX (MNIST's format) or NPZ."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.resources import resource
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

GLYPH = 28
_INNER = 20
_MAX_BYTES = 2**31
_WHAT = (
    "Give an NPZ file with arrays 'images' (n, 28, 28) and 'labels' (n,), or an IDX images file "
    "such as train-images-idx3-ubyte(.gz) with its labels file beside it."
)


@lru_cache(maxsize=4)
def load_digits(path: Path | None = None) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return digits as white strokes on black.

    Args:
        path: NPZ or IDX file (gzip or not), or a folder holding an IDX pair; None takes the
            bundled ones.

    Returns:
        glyphs (n, 28, 28) uint8 and classes (n,) uint8, 0 to 9.

    Raises:
        SourceError: if the file cannot be read as digits.
    """
    path = path or resource("samples/digits.npz")
    try:
        images, labels = _read(path)
    except (OSError, EOFError, KeyError, ValueError, struct.error) as error:
        raise SourceError(f"The digits in {path} cannot be read ({error}). {_WHAT}") from error
    except (zipfile.BadZipFile, zlib.error, MemoryError) as error:
        raise SourceError(f"The digits in {path} are damaged ({error}). {_WHAT}") from error
    if images.ndim != 3 or labels.shape != images.shape[:1] or len(images) == 0:
        raise SourceError(
            f"The digits in {path} have shapes {images.shape} and {labels.shape}. {_WHAT}"
        )
    if labels.min() < 0 or labels.max() > 9:
        raise SourceError(f"The labels in {path} are not all digits from 0 to 9. {_WHAT}")
    return _as_glyphs(images), labels.astype(np.uint8)


def _read(path: Path) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    if path.is_dir():
        path = _images_in(path)
    if path.stat().st_size > _MAX_BYTES:
        raise ValueError("the file is larger than 2 GiB")
    if path.suffix.lower() == ".npz":
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return _array(arrays, "images", "x_train"), _array(arrays, "labels", "y_train")
    return _read_idx(path), _read_idx(_labels_beside(path))


def _array(arrays: np.lib.npyio.NpzFile, *names: str) -> NDArray[np.generic]:
    for name in names:
        if name in arrays:
            return np.asarray(arrays[name])
    raise KeyError(f"there is no array {names[0]!r}")


def _images_in(folder: Path) -> Path:
    found = sorted(folder.glob("*images*idx3*")) + sorted(folder.glob("*.npz"))
    if not found:
        raise FileNotFoundError("no IDX or NPZ file in that folder")
    return found[0]


def _labels_beside(path: Path) -> Path:
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    stem = name.removesuffix(".gz")
    for candidate in (path.with_name(name), path.with_name(stem), path.with_name(f"{stem}.gz")):
        if candidate != path and candidate.is_file():
            return candidate
    raise FileNotFoundError(f"the labels file {name} is missing")


def _read_idx(path: Path) -> NDArray[np.uint8]:
    """Return the array of an IDX file of bytes: zero, zero, 8, dimensions, sizes, values."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if zipped else path.open("rb") as stream:
        zeros, kind, ndim = struct.unpack(">HBB", stream.read(4))
        if zeros != 0 or kind != 8 or not 1 <= ndim <= 3:
            raise ValueError("it does not begin like an IDX file of bytes")
        shape = struct.unpack(f">{ndim}I", stream.read(4 * ndim))
        size = int(np.prod(shape, dtype=np.float64))
        if size > _MAX_BYTES:
            raise ValueError("it claims to hold more than 2 GiB")
        content = stream.read(size)
    if len(content) != size:
        raise ValueError("it is cut off")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _as_glyphs(images: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Bring digits of any size to 28×28, their strokes about 20 px high, centred by weight."""
    if images.shape[1:] == (GLYPH, GLYPH) and images.dtype == np.uint8:
        return np.ascontiguousarray(images, dtype=np.uint8)
    import cv2  # noqa: PLC0415 - only other digits than MNIST's need it

    peak = max(float(images.max()), 1e-6)
    glyphs = np.zeros((len(images), GLYPH, GLYPH), np.uint8)
    margin = (GLYPH - _INNER) // 2
    grid = np.arange(GLYPH, dtype=np.float64)
    for glyph, image in zip(glyphs, images, strict=True):
        scaled = image.astype(np.float32) * (255.0 / peak)
        large = cv2.resize(scaled, (_INNER, _INNER), interpolation=cv2.INTER_CUBIC)
        # Enlarged strokes are washed out; more contrast makes them look drawn with one pen.
        large = np.clip((large - 128.0) * 2.0 + 112.0, 0, 255)
        glyph[margin:-margin, margin:-margin] = large
        weight = max(float(large.sum()), 1.0)
        middle = (GLYPH - 1) / 2
        down = round(middle - float(glyph.sum(axis=1) @ grid) / weight)
        right = round(middle - float(glyph.sum(axis=0) @ grid) / weight)
        limit = margin
        shift = (max(-limit, min(limit, down)), max(-limit, min(limit, right)))
        glyph[:] = np.roll(glyph, shift, axis=(0, 1))
    return glyphs
