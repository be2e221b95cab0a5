"""The frame of a clip: pictures side by side, a word over each, and below what made them.

Shapes: h x w one column [px]. Pictures are (H, W, 3) uint8 RGB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tusk_core.inference.draw import enlarged, enlargement
from tusk_core.inference.export.video_sink import fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_GROUND = 22
_INK, _FAINT = (240, 240, 240), (170, 170, 170)
_GAP = 8
_HEAD, _FOOT = 36, 30
_LEAST_SIDE = 320


@dataclass(frozen=True, slots=True, eq=False)
class ClipBoard:
    """Everything of a frame that stays.

    Attributes:
        column: (width, height) of one picture [px].
        head: (36, W, 3), the words over the columns.
        foot: (30, W, 3), what made the clip.
    """

    column: tuple[int, int]
    head: NDArray[np.uint8]
    foot: NDArray[np.uint8]


def make_board(
    size: tuple[int, int], words: Sequence[str], below: str, *, most: int = 640
) -> ClipBoard:
    """Lay out frames for pictures of one size.

    Args:
        size: (width, height) of the pictures [px]; small ones are enlarged by a whole number.
        words: over the columns, which are as many.
        below: in one line; cut where it is too long.
        most: longer side of a column [px].
    """
    zoom = min(enlargement(size, _LEAST_SIDE), most / max(size))
    if zoom > 1:
        zoom = int(zoom)
    width, height = (max(2, round(side * zoom / 2) * 2) for side in size)
    full = len(words) * (width + _GAP) + _GAP
    middles = [_GAP + width // 2 + i * (width + _GAP) for i in range(len(words))]
    head = np.full((_HEAD, full, 3), _GROUND, np.uint8)
    for word, middle in zip(words, middles, strict=True):
        head = _written(head, word, middle, 17, _INK, most=width)
    foot = np.full((_FOOT, full, 3), _GROUND, np.uint8)
    foot = _written(foot, below, full // 2, 13, _FAINT, most=full - 4 * _GAP)
    return ClipBoard((width, height), head, foot)


def compose(board: ClipBoard, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return a frame: as many pictures of the column's size as the board has words."""
    width, height = board.column
    frame = np.full((height, board.head.shape[1], 3), _GROUND, np.uint8)
    for number, picture in enumerate(pictures):
        left = _GAP + number * (width + _GAP)
        frame[:, left : left + width] = picture
    return np.concatenate([board.head, frame, board.foot])


def in_column(picture: NDArray[np.uint8], column: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a picture at the column's size, whole and undistorted; pixels stay sharp."""
    factor = min(column[0] // picture.shape[1], column[1] // picture.shape[0])
    if factor > 1:
        picture = enlarged(picture, factor)
    return fitted(picture, column, _GROUND)


def to_column(
    xy: NDArray[np.float32], size: tuple[int, int], column: tuple[int, int]
) -> NDArray[np.float32]:
    """Return places (K, 2) of a picture of ``size`` as places in the column [px]."""
    zoom = min(column[0] / size[0], column[1] / size[1])
    corner = (np.array(column) - np.array(size) * zoom) / 2
    return np.asarray((xy + 0.5) * zoom - 0.5 + corner, np.float32)


def _written(
    ground: NDArray[np.uint8],
    text: str,
    middle: int,
    size: int,
    ink: tuple[int, int, int],
    *,
    most: int,
) -> NDArray[np.uint8]:
    """Return a strip with a text in it, cut to ``most`` pixels, its middle at ``middle``."""
    image = Image.fromarray(ground)
    font = ImageFont.load_default(size)
    pen = ImageDraw.Draw(image)
    shown = text
    while pen.textlength(shown, font) > most and len(shown) > 1:
        shown = shown[:-2].rstrip() + "…"
    pen.text((middle, ground.shape[0] // 2), shown, fill=ink, font=font, anchor="mm")
    return np.asarray(image, np.uint8).copy()
