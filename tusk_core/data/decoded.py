"""A picture between its decoder and the program: values as the file holds them, and how bright.

Eight bits are shown as they are. Deeper pictures, as cameras of microscopes make them, say at most
by their numbers what is white; ``Brightness`` is the answer, one for a whole data set, so that the
same count is the same grey in every picture of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.arrays import sealed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_OUTLIERS = 0.001
_DEPTHS = (8, 10, 12, 14, 16)
_ROUND_TOPS = (1.0, 255.0, 65535.0)


@dataclass(frozen=True, slots=True)
class Brightness:
    """What is black and what is white in pictures of more than eight bits.

    Attributes:
        low: value shown as black.
        high: value shown as white.
    """

    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A picture as its file holds it, turned upright.

    Attributes:
        values: (H, W, 1) grey or (H, W, 3) red, green, blue; any type of number.
        alpha: (H, W) float32, 0 clear to 1 opaque; None where everything is opaque.
        white: value of white that the format itself names; 0 if it names none.
        divisor: how many times the picture of the file is wider and higher.
    """

    values: NDArray[np.generic]
    alpha: NDArray[np.float32] | None = None
    white: float = 0.0
    divisor: int = 1

    @property
    def is_deep(self) -> bool:
        """Whether it takes a ``Brightness`` to show it."""
        return self.values.dtype != np.uint8


def shown(picture: Decoded, brightness: Brightness | None) -> NDArray[np.uint8]:
    """Return a picture as (H, W, 3) uint8 RGB on white, owned and read-only.

    Args:
        picture: as decoded.
        brightness: of its data set; None takes one from this picture alone.
    """
    values = picture.values
    if picture.is_deep:
        values = _scaled(values, brightness or own_brightness(picture))
    out = np.asarray(values, np.uint8)
    if out.shape[2] == 1:
        out = np.repeat(out, 3, axis=2)
    if picture.alpha is not None:
        share = picture.alpha[..., None]
        out = np.asarray((out * share + 255.0 * (1.0 - share) + 0.5).astype(np.uint8))
    out = np.ascontiguousarray(out)
    if out.base is not None or not out.flags.owndata:
        out = out.copy()
    return sealed(out)


def _scaled(values: NDArray[np.generic], brightness: Brightness) -> NDArray[np.uint8]:
    low, high = brightness.low, brightness.high
    scale = 255.0 / (high - low) if high > low else 0.0
    levels = (values.astype(np.float32) - np.float32(low)) * np.float32(scale) + np.float32(0.5)
    # What is not a number is black.
    levels = np.nan_to_num(levels, copy=False, nan=0.0, posinf=255.0, neginf=0.0)
    return np.asarray(np.clip(levels, 0, 255), np.uint8)


def own_brightness(picture: Decoded) -> Brightness:
    """Return the brightness of a picture that belongs to no other.

    16-bit PNG names white itself; other whole numbers are read as the smallest depth of a camera
    that holds the brightest, floating point as 0–1, 0–255 or 0–65535 if it fits, else from its
    smallest to its largest value.
    """
    if picture.white:
        return Brightness(0.0, picture.white)
    numbers = picture.values.astype(np.float32)
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        return Brightness(0.0, 1.0)
    low, high = float(numbers.min()), float(numbers.max())
    if np.issubdtype(picture.values.dtype, np.integer):
        top = _most(picture.values)
        return Brightness(0.0, _full_scale(high, top)) if low >= 0 else Brightness(low, high)
    if low >= 0.0 and high <= _ROUND_TOPS[-1]:
        return Brightness(0.0, next(top for top in _ROUND_TOPS if high <= top * 1.001))
    return Brightness(low, high)


def common_brightness(pictures: Iterable[Decoded]) -> Brightness | None:
    """Return one brightness for pictures of a data set; None if none of them is deep.

    The thousandth part that is darkest and brightest in each picture does not count, so that a
    hot pixel changes nothing. Whole numbers are read as the smallest depth of a camera (8, 10, 12,
    14 or 16 bits) that holds the rest, floating point as 0–1, 0–255 or 0–65535 where it fills
    such a range, else from 0 (or the darkest) to the brightest.
    """
    lows: list[float] = []
    highs: list[float] = []
    is_whole, top = True, 0.0
    for picture in pictures:
        if picture.is_deep:
            low, high = _robust_range(picture.values)
            lows.append(low)
            highs.append(high)
            kind = picture.values.dtype
            is_whole &= bool(np.issubdtype(kind, np.integer))
            top = max(top, _most(picture.values) if is_whole else 0.0)
    if not highs:
        return None
    low, high = min(lows), max(highs)
    if low < 0:
        return Brightness(low, high)
    if is_whole:
        return Brightness(0.0, _full_scale(high, top))
    tops = (top for top in _ROUND_TOPS if top / 8 < high <= top * 1.001)
    return Brightness(0.0, next(tops, high))


def _robust_range(values: NDArray[np.generic]) -> tuple[float, float]:
    numbers = values.astype(np.float32).ravel()
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return 0.0, 0.0
    left_out = min(math.ceil(_OUTLIERS * len(numbers)), (len(numbers) - 1) // 2)
    places = (left_out, len(numbers) - 1 - left_out)
    ordered = np.partition(numbers, places)
    return float(ordered[places[0]]), float(ordered[places[1]])


def _most(values: NDArray[np.generic]) -> float:
    """Return the largest number that whole numbers of this kind can be."""
    kind = np.iinfo(str(values.dtype))
    return float(kind.max)


def _full_scale(brightest: float, top: float) -> float:
    """Return the largest value of the camera depth that holds ``brightest``, ``top`` at most."""
    for bits in _DEPTHS:
        if brightest < 2**bits:
            return min(float(2**bits - 1), top)
    return brightest


def turned(values: NDArray[np.generic], orientation: int) -> NDArray[np.generic]:
    """Apply an EXIF orientation to (H, W, ...): 2 and 4 mirror, 3 turns, 5 to 8 swap the axes."""
    if orientation >= 5:
        values = values.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        values = values[::-1]
    if orientation in {2, 3, 6, 7}:
        values = values[:, ::-1]
    return values


def split_alpha(
    planes: NDArray[np.generic],
) -> tuple[NDArray[np.generic], NDArray[np.float32] | None]:
    """Split (H, W, 1 to 4) into colour and alpha, which is the second or the fourth channel.

    An alpha channel that is empty throughout is one that a program never filled.
    """
    if planes.shape[2] not in {2, 4}:
        return planes, None
    alpha = planes[..., -1]
    colour = planes[..., :-1]
    if not alpha.any():
        return colour, None
    top = {"uint8": 255.0, "uint16": 65535.0}.get(str(alpha.dtype), 1.0)
    share = np.clip(np.nan_to_num(alpha.astype(np.float32)) / top, 0.0, 1.0)
    return colour, None if share.min() >= 1.0 else share.astype(np.float32)
