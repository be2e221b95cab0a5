"""TIFF files: one picture or many, of any depth, by tifffile; Pillow and OpenCV where it cannot.

A stack is listed plane by plane in the order of its axes: ``t`` for time, ``z`` for depth, ``page``
for pages that say nothing of themselves. A channel axis (several dyes of one field) becomes the
colours of one picture.
"""

from __future__ import annotations

import io
import itertools
import logging
import math
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from tusk_core.data.decoded import Decoded, split_alpha, turned
from tusk_core.data.pillow_files import decode_page
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_WORDS = {"T": "t", "Z": "z"}
_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB = 0, 1, 2
_UNSPECIFIED, _ASSOCIATED = 0, 1
_MAX_STACK_BYTES = 2**31


@dataclass(frozen=True, slots=True)
class _Plane:
    """One picture of a file: the pages of its channels, and what it is called."""

    label: str
    pages: tuple[int, ...]
    series: int
    size: tuple[int, int]


class TiffStack:
    """The pictures of one TIFF file; calls may come from any thread.

    Attributes:
        labels: such as ``t=3`` or ``t=3,z=1`` for each picture; empty for a lone one.

    Args:
        path: of the file; or what to call it, where ``content`` is given.
        content: its bytes, if they are read already.

    Raises:
        SourceError: if it is damaged.
    """

    def __init__(self, path: Path, content: bytes | None = None) -> None:
        self._path = path
        self._content = content
        self._lock = threading.Lock()
        self._file = _opened(path, content)
        try:
            self._planes = tuple(_planes(self._file))
            if not self._planes:
                raise ValueError("no pages")  # noqa: TRY301 - one sentence for all damage
        except Exception as error:
            self._file.close()
            raise SourceError(f"{path} is cut off or damaged; copy the file again.") from error
        self.labels = tuple(plane.label for plane in self._planes)

    def size(self, page: int) -> tuple[int, int]:
        """Return (width, height) of one picture as it is shown."""
        return self._planes[page].size

    def read(self, page: int, channels: Sequence[int] = ()) -> Decoded:
        """Return one picture.

        Args:
            page: which.
            channels: of a file with several: one for grey, three for red, green, blue; none
                takes the first three.

        Raises:
            SourceError: if it is damaged or of a kind that cannot be decoded.
        """
        plane = self._planes[page]
        with self._lock:
            pages = _chosen(plane.pages, channels)
            parts = [self._part(plane, number, channels) for number in pages]
        return parts[0] if len(parts) == 1 else _as_colours(parts)

    def num_channels(self, page: int) -> int:
        """Return the channels that colours can be chosen from; 0 where there is no choice."""
        plane = self._planes[page]
        if len(plane.pages) > 1:
            return len(plane.pages)
        key = self._file.series[plane.series].keyframe
        samples, count = int(key.samplesperpixel), 3 if key.photometric == _RGB else 1
        return samples if samples > count + _has_alpha(key) else 0

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _part(self, plane: _Plane, number: int, channels: Sequence[int]) -> Decoded:
        series = self._file.series[plane.series]
        try:
            page = series.pages[number] if len(series.pages) > number else None
            values = _from_whole(series, number) if page is None else _plain(page)
            if values is not None:
                return _interpreted(values, page or series.keyframe, channels)
            content = self._content or self._path.read_bytes()
            return _by_others(self._path, content, page)
        except (SourceError, MemoryError):
            raise
        except Exception as error:
            raise SourceError(
                f"{self._path} is cut off or damaged; copy the file again."
            ) from error


def _opened(path: Path, content: bytes | None) -> Any:
    import tifffile  # noqa: PLC0415 - many data sets hold none

    # It tells every oddity of a file; what matters becomes a sentence here.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    try:
        return tifffile.TiffFile(path if content is None else io.BytesIO(content))
    except OSError as error:
        raise SourceError(f"{path} cannot be opened ({error.strerror or error}).") from error
    except Exception as error:
        raise SourceError(f"{path} is cut off or damaged; copy the file again.") from error


def _planes(file: Any) -> list[_Plane]:
    """Return the pictures of all series; smaller copies of the first are left out."""
    chosen = [
        (number, series)
        for number, series in enumerate(file.series)
        if number == 0 or not series.keyframe.is_reduced
    ]
    several = len(chosen) > 1
    out: list[_Plane] = []
    for number, series in chosen:
        planes = _planes_of(number, series)
        if several and len(planes) == 1:
            planes = [_Plane("", planes[0].pages, number, planes[0].size)]
        out += planes
    if several and all(not plane.label for plane in out):
        return [
            _Plane(f"page={index}", plane.pages, plane.series, plane.size)
            for index, plane in enumerate(out)
        ]
    if several:
        return [
            _Plane(
                ",".join(filter(None, (f"series={p.series}", p.label))), p.pages, p.series, p.size
            )
            for p in out
        ]
    return out


def _planes_of(number: int, series: Any) -> list[_Plane]:
    page = series.keyframe
    axes, shape = series.axes, series.shape
    outer = _outer_axes(axes, tuple(shape), page)
    width, height = int(page.imagewidth), int(page.imagelength)
    size = (height, width) if _orientation(page) >= 5 else (width, height)
    if not outer:
        return [_Plane("", (0,), number, size)]
    names, lengths = zip(*outer, strict=True)
    strides = [math.prod(lengths[i + 1 :]) for i in range(len(lengths))]
    spread = [i for i, name in enumerate(names) if name != "C"]
    dyes = [i for i, name in enumerate(names) if name == "C"]
    shown = [i for i in spread if lengths[i] > 1]
    planes = []
    for place in itertools.product(*(range(lengths[i]) for i in spread)):
        start = sum(step * strides[i] for step, i in zip(place, spread, strict=True))
        pages = tuple(
            start + sum(step * strides[i] for step, i in zip(dye, dyes, strict=True))
            for dye in itertools.product(*(range(lengths[i]) for i in dyes))
        )
        at = dict(zip(spread, place, strict=True))
        label = ",".join(f"{_word(names[i], i, shown, names)}={at[i]}" for i in shown)
        planes.append(_Plane(label, pages, number, size))
    return planes


def _word(name: str, place: int, shown: list[int], names: Sequence[str]) -> str:
    word = _WORDS.get(name, "page")
    same = [i for i in shown if _WORDS.get(names[i], "page") == word]
    return word if len(same) == 1 else f"{word}{same.index(place)}"


def _outer_axes(axes: str, shape: tuple[int, ...], page: Any) -> list[tuple[str, int]]:
    """Return the axes beyond those of one page, with their lengths."""
    pixels = int(np.prod(page.shape, dtype=np.int64))
    total = int(np.prod(shape, dtype=np.int64))
    wanted = total // max(pixels, 1)
    outer: list[tuple[str, int]] = []
    found = 1
    for name, length in zip(axes, shape, strict=True):
        if found >= wanted:
            break
        outer.append((name, int(length)))
        found *= int(length)
    if found != wanted:
        raise ValueError(f"axes {axes} of shape {shape} do not fit pages of {page.shape}")
    return outer


def _chosen(pages: tuple[int, ...], channels: Sequence[int]) -> tuple[int, ...]:
    if len(pages) == 1:
        return pages
    wanted = [number for number in channels if number < len(pages)]
    return tuple(pages[number] for number in wanted[:3]) or pages[:3]


def _as_colours(parts: list[Decoded]) -> Decoded:
    """Return one picture of two or three grey ones, as its red, green and blue."""
    greys = [part.values[..., 0] for part in parts]
    greys += [np.zeros_like(greys[0])] * (3 - len(greys))
    return Decoded(np.stack(greys, axis=2))


def _from_whole(series: Any, number: int) -> NDArray[Any]:
    """Return a plane of a stack that has one directory for all of them."""
    if series.nbytes > _MAX_STACK_BYTES:
        raise SourceError("The stack is larger than 2 GB and has no pages; save it page by page.")
    whole = series.asarray()
    return np.asarray(whole.reshape(-1, *series.keyframe.shape)[number])


def _plain(page: Any) -> NDArray[Any] | None:
    """Return the values of a page as they are stored; None if tifffile alone cannot."""
    key = page.keyframe
    is_plain = key.photometric in {_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB}
    if (
        not is_plain
        or key.bitspersample not in {1, 8, 16, 32, 64}
        or key.subsampling not in {None, (1, 1)}
    ):
        return None
    try:
        values = page.asarray()
    except (ValueError, ModuleNotFoundError, NotImplementedError, ImportError) as error:
        if "imagecodecs" in str(error) or isinstance(error, ImportError):
            return None
        raise
    if values is None or not np.prod(values.shape):
        raise ValueError("a page without pixels")
    return np.asarray(values)


def _orientation(page: Any) -> int:
    tag = page.keyframe.tags.get(274)
    value = int(tag.value) if tag is not None and isinstance(tag.value, int) else 1
    return value if 1 <= value <= 8 else 1


def _interpreted(values: NDArray[Any], page: Any, channels: Sequence[int]) -> Decoded:
    """Return the stored values of a page as the picture they mean."""
    key = page.keyframe
    if values.ndim > 2 and key.axes.startswith("S"):  # colours one after another
        values = np.moveaxis(values, 0, -1)
    planes = values.reshape(int(key.imagelength), int(key.imagewidth), -1)
    if key.bitspersample == 1:
        planes = planes.astype(np.uint8) * np.uint8(255)
    if key.photometric == _MIN_IS_WHITE and np.issubdtype(planes.dtype, np.unsignedinteger):
        planes = np.iinfo(planes.dtype).max - planes
    planes = np.asarray(turned(planes, _orientation(page)))
    count = 3 if key.photometric == _RGB else 1
    extra = tuple(int(kind) for kind in key.extrasamples) if key.extrasamples else ()
    if _has_alpha(key):
        return _with_alpha(planes, is_associated=extra == (_ASSOCIATED,))
    if planes.shape[2] > count or channels:
        return Decoded(_picked(planes, count, channels))
    return Decoded(planes)


def _has_alpha(key: Any) -> bool:
    """Tell whether the sample after the colours says how opaque they are."""
    extra = tuple(int(kind) for kind in key.extrasamples) if key.extrasamples else ()
    count = 3 if key.photometric == _RGB else 1
    return int(key.samplesperpixel) == count + 1 and _UNSPECIFIED not in extra


def _picked(planes: NDArray[Any], count: int, channels: Sequence[int]) -> NDArray[Any]:
    """Return one or three of many channels."""
    wanted = [number for number in channels if number < planes.shape[2]][:3]
    if not wanted:
        wanted = list(range(3 if planes.shape[2] >= 3 and count == 3 else 1))
    picked = planes[..., wanted]
    if len(wanted) == 2:
        picked = np.concatenate([picked, np.zeros_like(picked[..., :1])], axis=2)
    return np.asarray(picked)


def _with_alpha(planes: NDArray[Any], *, is_associated: bool) -> Decoded:
    split, alpha = split_alpha(planes)
    colour: NDArray[Any] = np.asarray(split)
    if alpha is None or not is_associated:
        return Decoded(colour, alpha)
    # Stored already multiplied by alpha: bring the colour back, it is blended later.
    share = np.where(alpha > 0, alpha, 1.0)[..., None]
    top = float(np.iinfo(colour.dtype).max) if np.issubdtype(colour.dtype, np.integer) else 1.0
    back = np.clip(colour.astype(np.float64) / share, 0, top)
    return Decoded(np.asarray(np.rint(back) if top > 1 else back).astype(colour.dtype), alpha)


def _by_others(path: Path, content: bytes, page: Any) -> Decoded:
    """Decode what tifffile alone cannot: Pillow for eight bits, OpenCV for more."""
    number = page.index if isinstance(page.index, int) else 0
    is_deep = int(np.max(page.keyframe.bitspersample)) > 8
    if is_deep:
        decoded = _by_opencv(content, number)
        if decoded is not None:
            return _upright_of_opencv(decoded, page)
    found = decode_page(io.BytesIO(content), number)
    if found is None:
        decoded = _by_opencv(content, number)
        if decoded is None:
            code = getattr(page.keyframe.compression, "name", page.keyframe.compression)
            raise SourceError(
                f"{path} is damaged or compressed in a way that is not read ({code}); save it "
                "uncompressed or with LZW."
            )
        return _upright_of_opencv(decoded, page)
    return found


def _by_opencv(content: bytes, number: int) -> NDArray[Any] | None:
    try:
        done, pages = cv2.imdecodemulti(
            np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED, range=(number, number + 1)
        )
    except (cv2.error, MemoryError, TypeError):
        return None
    return np.asarray(pages[0]) if done and len(pages) else None


def _upright_of_opencv(decoded: NDArray[Any], page: Any) -> Decoded:
    """Return what OpenCV decoded, which it has turned already, with red first."""
    planes = decoded if decoded.ndim == 3 else decoded[..., None]
    colour, alpha = split_alpha(planes)
    values = np.asarray(colour)[..., ::-1] if colour.shape[2] == 3 else np.asarray(colour)
    is_unsigned = np.issubdtype(values.dtype, np.unsignedinteger)
    if page.keyframe.photometric == _MIN_IS_WHITE and is_unsigned and values.dtype != np.uint8:
        values = np.iinfo(values.dtype).max - values
    return Decoded(values, alpha)
