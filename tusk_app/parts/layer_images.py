"""Arrays as images that QPainter can draw: pictures, heat maps, masks, errors.

Every image owns or keeps alive the memory it shows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Black-body ramp from dark violet to pale yellow; lightness rises evenly from end to end.
_HEAT_STOPS = (
    (0.00, (13, 8, 60)),
    (0.20, (84, 15, 109)),
    (0.40, (158, 42, 99)),
    (0.60, (218, 82, 60)),
    (0.80, (248, 149, 28)),
    (1.00, (252, 247, 170)),
)
# From deep blue over teal to yellow: scores, told apart also without colour vision.
_SCORE_STOPS = (
    (0.00, (62, 60, 140)),
    (0.35, (38, 120, 142)),
    (0.65, (68, 186, 118)),
    (1.00, (250, 228, 62)),
)


@lru_cache(maxsize=4)
def ramp(name: str) -> NDArray[np.uint8]:
    """Return the colour table ``"heat"`` or ``"score"``, (256, 3) uint8 sRGB."""
    stops = _HEAT_STOPS if name == "heat" else _SCORE_STOPS
    at = np.array([stop for stop, _ in stops])
    colours = np.array([colour for _, colour in stops], np.float64)
    positions = np.linspace(0, 1, 256)
    table = np.stack([np.interp(positions, at, colours[:, c]) for c in range(3)], axis=1)
    return table.round().astype(np.uint8)


def score_colours(scores: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a colour for each score in [0, 1], (K, 3) uint8 sRGB."""
    places = np.clip(np.nan_to_num(scores) * 255, 0, 255).astype(np.intp)
    return ramp("score")[places]


def picture_image(picture: NDArray[np.uint8]) -> QImage:
    """Return an (H, W, 3) uint8 RGB picture as an image without copying it."""
    pixels = np.ascontiguousarray(picture)
    height, width = pixels.shape[:2]
    # PySide keeps the buffer, and with it the array, for as long as the image lives.
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)


def _rgba_image(pixels: NDArray[np.uint8]) -> QImage:
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    # Premultiplied pixels are what the painter blends; converting once also copies.
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def heat_image(values: NDArray[np.float32], *, gain: float = 1.0) -> QImage:
    """Return a map of values in [0, 1], (h, w), in heat colours; low values are see-through."""
    level = np.clip(np.nan_to_num(values) * (gain * 255), 0, 255).astype(np.uint8)
    pixels = np.empty((*level.shape, 4), np.uint8)
    pixels[..., :3] = ramp("heat")[level]
    # Less than one lets weak peaks be seen; a root would colour the ground as well.
    opacity = ((np.arange(256) / 255) ** 0.75 * 255).astype(np.uint8)
    pixels[..., 3] = opacity[level]
    return _rgba_image(pixels)


def mask_image(mask: NDArray[np.uint8], colours: NDArray[np.uint8]) -> QImage:
    """Return a label picture in the colours of its keypoints.

    Args:
        mask: (h, w) uint8, 1 + index of the keypoint, 0 = background, which stays clear.
        colours: (K, 3) uint8 sRGB, one for each keypoint.
    """
    table = np.zeros((256, 4), np.uint8)
    known = min(len(colours), 255)
    table[1 : known + 1, :3] = colours[:known]
    table[1 : known + 1, 3] = 255
    return _rgba_image(np.ascontiguousarray(table[mask]))


def squared_error(composite: NDArray[np.uint8], target: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the mean squared difference of two (h, w, 3) pictures at each pixel, in [0, 1]."""
    difference = (composite.astype(np.float32) - target.astype(np.float32)) / 255
    result: NDArray[np.float32] = np.square(difference).mean(axis=2, dtype=np.float32)
    return result


def error_image(composite: NDArray[np.uint8], target: NDArray[np.uint8]) -> QImage:
    """Return where a rebuilt picture differs from its target, (h, w, 3) uint8 each."""
    # A root makes the usual small errors visible; the scale stays the same in every picture.
    return heat_image(np.sqrt(squared_error(composite, target)), gain=2.0)


def covered_rect(picture: tuple[int, int], network: tuple[int, int], fit: str) -> QRectF:
    """Return the part of a picture that the network's input shows, in picture coordinates.

    Args:
        picture: (width, height) of the original.
        network: (width, height) of the network's input.
        fit: ``stretch``, ``crop`` or ``pad``; with ``pad`` it reaches beyond the picture.
    """
    width, height = picture
    if fit == "stretch" or not all(network):
        return QRectF(-0.5, -0.5, width, height)
    ratios = (width / network[0], height / network[1])
    # Padding never enlarges a small picture.
    ratio = min(ratios) if fit == "crop" else max(*ratios, 1.0)
    shown_x, shown_y = network[0] * ratio, network[1] * ratio
    return QRectF((width - shown_x) / 2 - 0.5, (height - shown_y) / 2 - 0.5, shown_x, shown_y)
