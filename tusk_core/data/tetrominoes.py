"""Tetrominoes: pictures like those of DeepMind's multi-object data set, pixel for pixel.

35×35 black, three pieces in one of 19 fixed orientations and six colours at whole-pixel places;
they may touch but not overlap. A piece is four bevelled tiles of 5×5 pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tusk_core.data.random_numbers import integers, uniform
from tusk_core.data.sample import SampleBatch, Vocabulary

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZE = 35
TILE = 5
PIECES = 3

# Rows of each orientation, '#' = tile.
DRAWINGS: dict[str, str] = {
    "I-flat": "####",
    "I-upright": "#/#/#/#",
    "O": "##/##",
    "T-up": ".#./###",
    "T-right": "#./##/#.",
    "T-down": "###/.#.",
    "T-left": ".#/##/.#",
    "S-flat": ".##/##.",
    "S-upright": "#./##/.#",
    "Z-flat": "##./.##",
    "Z-upright": ".#/##/#.",
    "J-up": ".#/.#/##",
    "J-right": "#../###",
    "J-down": "##/#./#.",
    "J-left": "###/..#",
    "L-up": "#./#./##",
    "L-right": "###/#..",
    "L-down": "##/.#/.#",
    "L-left": "..#/###",
}
SHAPES: tuple[str, ...] = tuple(DRAWINGS)
COLOURS: tuple[str, ...] = ("red", "green", "blue", "cyan", "magenta", "yellow")
RGB = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0]], dtype=np.uint8)
_BEVEL = np.array(
    [[191, 255, 255, 255, 223], *[[127, 159, 159, 159, 191]] * 3, [95, 63, 63, 63, 127]],
    dtype=np.uint8,
)
VOCABULARY = Vocabulary(SHAPES, {"shape": SHAPES, "colour": COLOURS})


def _tiles_of(drawing: str) -> list[tuple[int, int]]:
    rows = drawing.split("/")
    return [(x, y) for y, row in enumerate(rows) for x, cell in enumerate(row) if cell == "#"]


# (19, 4, 2) places of the tiles, in tiles, (x, y); (19, 2) extent of the piece, in tiles.
TILES = np.array([_tiles_of(drawing) for drawing in DRAWINGS.values()], dtype=np.int64)
_EXTENT = TILES.max(axis=1) + 1

_PURPOSE_SHAPE, _PURPOSE_COLOUR, _PURPOSE_PLACE = 1, 2, 1000


def generate(count: int, *, seed: int, first_index: int = 0) -> SampleBatch:
    """Make pictures ``first_index`` to ``first_index + count - 1`` of the set ``seed``.

    Shapes and colours are drawn uniformly and independently, places uniformly among those where
    the three pieces do not overlap. A category is a shape in one orientation.

    Returns:
        N = ``count`` pictures of 35×35 with J = 3 objects; a centre is the middle of the piece's
        pixels.
    """
    pictures = np.arange(first_index, first_index + count, dtype=np.int64)
    shapes = integers(seed, pictures, _PURPOSE_SHAPE, PIECES, below=len(SHAPES))
    colours = integers(seed, pictures, _PURPOSE_COLOUR, PIECES, below=len(COLOURS))
    corners = _free_corners(seed, pictures, shapes)
    images, masks = _drawn(corners[:, :, None] + TILE * TILES[shapes], colours)
    middles = TILE * TILES[shapes].mean(axis=2) + (TILE - 1) / 2
    return SampleBatch(
        images=images,
        masks=masks,
        present=np.ones((count, PIECES), np.bool_),
        xy=(corners + middles).astype(np.float32),
        boxes=np.concatenate([corners, TILE * _EXTENT[shapes]], axis=2).astype(np.float32),
        categories=shapes.astype(np.int32),
        attributes={"shape": shapes.astype(np.int32), "colour": colours.astype(np.int32)},
        vocabulary=VOCABULARY,
    )


def _free_corners(
    seed: int, pictures: NDArray[np.int64], shapes: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return (N, 3, 2) corners (x, y) at which no two of a picture's pieces overlap."""
    corners = np.zeros((len(pictures), PIECES, 2), np.int64)
    pending = np.arange(len(pictures))
    attempt = 0
    while pending.size:
        numbers = uniform(seed, pictures[pending], _PURPOSE_PLACE + attempt, PIECES * 2)
        room = SIZE - TILE * _EXTENT[shapes[pending]] + 1
        corners[pending] = (numbers.reshape(-1, PIECES, 2) * room).astype(np.int64)
        tiles = corners[pending][:, :, None] + TILE * TILES[shapes[pending]]
        pending = pending[_overlapping(tiles)]
        attempt += 1
    return corners


def _overlapping(tiles: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell for (N, 3, 4, 2) tile corners in which pictures two pieces share a pixel."""
    hit = np.zeros(len(tiles), np.bool_)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        apart = np.abs(tiles[:, a, :, None] - tiles[:, b, None, :]).max(axis=3)
        hit |= (apart < TILE).any(axis=(1, 2))
    return hit


def _drawn(
    tiles: NDArray[np.int64], colours: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Paint (N, 3, 4, 2) tiles; returns pictures (N, 35, 35, 3) and instance masks."""
    count = len(tiles)
    images = np.zeros((count, SIZE, SIZE, 3), np.uint8)
    masks = np.zeros((count, SIZE, SIZE), np.uint8)
    step = np.arange(TILE)
    rows = tiles[..., 1][..., None, None] + step[:, None]
    columns = tiles[..., 0][..., None, None] + step[None, :]
    picture = np.arange(count)[:, None, None, None, None]
    colour = RGB[colours][:, :, None, None, None, :]
    images[picture, rows, columns] = _BEVEL[..., None] * colour
    masks[picture, rows, columns] = np.arange(1, PIECES + 1, dtype=np.uint8)[:, None, None, None]
    return images, masks
