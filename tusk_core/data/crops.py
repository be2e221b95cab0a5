"""Random crops of large pictures at full resolution, drawn from counters alone.

Crop number i of picture p depends on (seed, p, i) and on the picture, never on what was drawn
before, so that a cache that is made again holds the same crops.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tusk_core.data.fitting import apply_placement, fit_picture
from tusk_core.data.windows import Window, is_larger, place_window, window_size

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.config import DataConfig

MOST_CROPS = 20_000
_STREAM = 6
_TIMES_COVERED = 2
# Most of a large picture is often empty: of so many places the one with most to see is taken …
_CANDIDATES = 4
# … except for every fourth crop, so that what is empty is known as well.
_PLAIN_EVERY = 4
_THUMBNAIL = 512
_BLUR = 4.0
_AT = " at {}, {}"
_PLACE = re.compile(r" at (\d+), (\d+)$")


def count_crops(size: tuple[int, int], config: DataConfig, num_pictures: int) -> int:
    """Return how many crops are taken of each picture.

    Args:
        size: (width, height) of a usual picture.
        config: with ``crops`` above 0.
        num_pictures: in the whole source; the crops of all are at most ``MOST_CROPS``, unless
            ``config.crops_each`` says so.
    """
    window = window_size(config.crops, (config.width, config.height))
    if not is_larger(size, window):
        return 1
    if config.crops_each:
        return config.crops_each
    across = max(1.0, size[0] / window[0]) * max(1.0, size[1] / window[1])
    return max(1, min(math.ceil(_TIMES_COVERED * across), MOST_CROPS // max(1, num_pictures)))


def crop_windows(
    picture: NDArray[np.uint8], window: tuple[int, int], count: int, *, seed: int, index: int
) -> list[Window]:
    """Return ``count`` windows of a picture, most of them where there is something to see.

    Args:
        picture: (H, W, 3) uint8.
        window: (width, height) of a crop; cut to the picture.
        count: how many.
        seed: of the run.
        index: number of the picture in its source.
    """
    height, width = picture.shape[:2]
    across, down = min(width, window[0]), min(height, window[1])
    room = np.array([width - across, height - down])
    places = np.stack([_candidates(room, seed, index, number) for number in range(count)])
    best = _detail_in(picture, places, (across, down)).argmax(axis=1)
    best[::_PLAIN_EVERY] = 0
    chosen = places[np.arange(count), best]
    return [Window(int(x), int(y), across, down) for x, y in chosen]


def _candidates(room: NDArray[np.int64], seed: int, index: int, number: int) -> NDArray[np.int64]:
    """Return (_CANDIDATES, 2) corners of windows."""
    generator = np.random.default_rng([seed, index, number, _STREAM])
    return generator.integers(0, room + 1, (_CANDIDATES, 2))


def _detail_in(
    picture: NDArray[np.uint8], places: NDArray[np.int64], sides: tuple[int, int]
) -> NDArray[np.float64]:
    """Return how much there is to see in windows at ``places`` (n, c, 2), (n, c)."""
    shrink = min(1.0, _THUMBNAIL / max(picture.shape[:2]))
    size = [max(1, round(side * shrink)) for side in (picture.shape[1], picture.shape[0])]
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), _BLUR))
    sums = np.asarray(cv2.integral(detail), np.float64)
    low = np.floor(places * shrink).astype(np.int64)
    high = np.minimum(low + np.maximum(1, np.round(np.array(sides) * shrink)).astype(int), size)
    (x0, y0), (x1, y1) = np.moveaxis(low, -1, 0), np.moveaxis(high, -1, 0)
    total: NDArray[np.float64] = sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]
    return total


def cut_crops(
    picture: NDArray[np.uint8], config: DataConfig, count: int, *, seed: int, index: int
) -> list[tuple[NDArray[np.uint8], str]]:
    """Return crops as (height, width, channels) network input, and where each was, for people.

    A picture that is not larger than a crop gives itself, once.
    """
    canvas = (config.width, config.height)
    window = window_size(config.crops, canvas)
    if not is_larger((picture.shape[1], picture.shape[0]), window):
        return [(fit_picture(picture, canvas, config.fit, config.channels), "")]
    out = []
    for one in crop_windows(picture, window, count, seed=seed, index=index):
        laid = apply_placement(picture, place_window(one, window, canvas))
        if config.channels == 1:
            laid = np.asarray(cv2.cvtColor(laid, cv2.COLOR_RGB2GRAY), np.uint8)[..., None]
        out.append((laid, _AT.format(one.x, one.y)))
    return out


def window_of(
    name: str, size: tuple[int, int], crops: int, canvas: tuple[int, int]
) -> Window | None:
    """Return where a crop was cut out; None if it is a whole picture.

    Args:
        name: of the crop, as the cache of pictures has it.
        size: (width, height) of its picture.
        crops: longer side of crops [px of the picture]; 0 where there are none.
        canvas: (width, height) of the network's input, pixels.
    """
    found = _PLACE.search(name) if crops else None
    if found is None:
        return None
    window = window_size(crops, canvas)
    across, down = min(size[0], window[0]), min(size[1], window[1])
    return Window(int(found[1]), int(found[2]), across, down)
