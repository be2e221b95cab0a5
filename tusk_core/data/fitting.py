"""How a picture of any shape is laid into the network's input, and how places map between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Fit = Literal["stretch", "crop", "pad"]
# A picture is decoded at a fraction of its size only if that leaves so many times the pixels
# needed: what is scaled down from there differs by rounding from what the whole picture gives.
_SPARE = 2


@dataclass(frozen=True, slots=True)
class Placement:
    """A rectangle of the original, scaled and laid on a black canvas.

    Attributes:
        crop: (x, y, width, height) of what is used of the original, pixels.
        scaled: (width, height) it is scaled to, pixels.
        offset: (x, y) of its corner on the canvas, pixels.
        canvas: (width, height) of the network's input, pixels.
    """

    crop: tuple[int, int, int, int]
    scaled: tuple[int, int]
    offset: tuple[int, int]
    canvas: tuple[int, int]

    def divided(self, by: int) -> Placement:
        """Return the same for a picture of a ``by``-th of the width and height."""
        x, y, width, height = self.crop
        crop = (x // by, y // by, width // by, height // by)
        return Placement(crop, self.scaled, self.offset, self.canvas)

    @property
    def scale(self) -> tuple[float, float]:
        """Network pixels per original pixel, (x, y)."""
        return self.scaled[0] / self.crop[2], self.scaled[1] / self.crop[3]

    def to_original(self, xy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (..., 2) places on the canvas as places of the original picture, pixels."""
        scale = np.array(self.scale)
        corner = np.array(self.crop[:2])
        places = (xy - np.array(self.offset) + 0.5) / scale - 0.5 + corner
        return np.asarray(places, np.float32)

    def to_canvas(self, xy: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (..., 2) places of the original picture as places on the canvas, pixels."""
        corner = np.array(self.crop[:2])
        places = (xy - corner + 0.5) * np.array(self.scale) - 0.5 + np.array(self.offset)
        return np.asarray(places, np.float32)


Way = Callable[[tuple[int, int]], Placement | None]
"""Tells how a picture of a size (width, height) will be laid; None where all of it is needed."""


@dataclass(frozen=True, slots=True, eq=False)
class ReducedPicture:
    """A picture decoded at a whole fraction of its size, or whole.

    Attributes:
        pixels: (h, w, 3) uint8 RGB.
        divisor: how many times the original is wider and higher.
    """

    pixels: NDArray[np.uint8]
    divisor: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the original, pixels."""
        height, width = self.pixels.shape[:2]
        return width * self.divisor, height * self.divisor

    def laid(self, placement: Placement) -> NDArray[np.uint8]:
        """Return it laid on the canvas of a placement of the original."""
        return apply_placement(self.pixels, placement.divided(self.divisor))


def divisor_for(size: tuple[int, int], way: Way | None, choices: tuple[int, ...]) -> int:
    """Return by how much a picture may be divided before it is laid; 1 for not at all.

    It divides the size evenly, so that every place stays where it is.

    Args:
        size: (width, height) of the picture.
        way: how it will be laid.
        choices: to take from, falling.
    """
    placement = None if way is None else way(size)
    if placement is None:
        return 1
    most = min(placement.crop[2] / placement.scaled[0], placement.crop[3] / placement.scaled[1])
    edges = (*size, *placement.crop)
    return next((n for n in choices if _SPARE * n <= most and not any(e % n for e in edges)), 1)


def place_within(side: int) -> Callable[[tuple[int, int]], Placement]:
    """Return the way to lay a picture so that its longer side is at most ``side`` pixels."""

    def way(size: tuple[int, int]) -> Placement:
        scale = min(1.0, side / max(size))
        canvas = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
        return place(size, canvas, "stretch")

    return way


def place(size: tuple[int, int], canvas: tuple[int, int], fit: Fit) -> Placement:
    """Return how a picture is laid into the network's input.

    ``stretch`` ignores the shape, ``crop`` fills the canvas and loses two sides, ``pad`` keeps
    everything and adds black; ``pad`` never enlarges a picture.

    Args:
        size: (width, height) of the original, pixels.
        canvas: (width, height) of the input, pixels.
        fit: which way.
    """
    (width, height), (across, down) = size, canvas
    if fit == "stretch":
        return Placement((0, 0, width, height), canvas, (0, 0), canvas)
    if fit == "crop":
        zoom = max(across / width, down / height)
        w = min(width, max(1, round(across / zoom)))
        h = min(height, max(1, round(down / zoom)))
        return Placement(((width - w) // 2, (height - h) // 2, w, h), canvas, (0, 0), canvas)
    zoom = min(1.0, across / width, down / height)
    w = min(across, max(1, round(width * zoom)))
    h = min(down, max(1, round(height * zoom)))
    return Placement((0, 0, width, height), (w, h), ((across - w) // 2, (down - h) // 2), canvas)


def apply_placement(
    picture: NDArray[np.uint8], placement: Placement, *, nearest: bool = False
) -> NDArray[np.uint8]:
    """Return a picture (H, W, C) or mask (H, W) laid on its canvas; ``nearest`` is for masks."""
    x, y, width, height = placement.crop
    part = picture[y : y + height, x : x + width]
    w, h = placement.scaled
    if (width, height) != (w, h):
        shrinks = w < width or h < height
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        way = cv2.INTER_NEAREST if nearest else how
        part = np.asarray(cv2.resize(np.ascontiguousarray(part), (w, h), interpolation=way))
    if (w, h) == placement.canvas:
        return np.ascontiguousarray(part)
    left, top = placement.offset
    across, down = placement.canvas
    laid = np.zeros((down, across, *picture.shape[2:]), np.uint8)
    laid[top : top + h, left : left + w] = part
    return laid


def fit_picture(
    picture: NDArray[np.uint8] | ReducedPicture,
    canvas: tuple[int, int],
    fit: Fit,
    channels: int = 3,
) -> NDArray[np.uint8]:
    """Return (H, W, 3) RGB as (height, width, channels) uint8 network input; see ``place``."""
    reduced = picture if isinstance(picture, ReducedPicture) else ReducedPicture(picture)
    laid = reduced.laid(place(reduced.size, canvas, fit))
    if channels == 1:
        return np.asarray(cv2.cvtColor(laid, cv2.COLOR_RGB2GRAY), np.uint8)[..., None]
    return laid


def checked_picture(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture as (H, W, 3) uint8.

    Raises:
        ValueError: if it is not a picture.
    """
    if image.dtype != np.uint8 or image.ndim not in {2, 3} or image.size == 0:
        raise ValueError(f"expected (H, W, 3) or (H, W) uint8, got {image.shape} {image.dtype}")
    if image.ndim == 2 or image.shape[2] == 1:
        return np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    if image.shape[2] != 3:
        raise ValueError(f"expected 1 or 3 channels, got {image.shape[2]}")
    return image
