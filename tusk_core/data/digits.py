"""Digits: nine handwritten digits on black, by the rule of the MNIST-Hard data set.

80×80 pixels; nine centres by dart throwing with a least distance (a Poisson-disk sample); native
28×28 digits pasted with the maximum; the box of each is 20×20, half-size 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from tusk_core.data.digit_files import GLYPH, load_digits
from tusk_core.data.random_numbers import uniform
from tusk_core.data.sample import SampleBatch, Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SIZE = 80
COUNT = 9
HALF_SIZE = 10
LEAST_DISTANCE = 18
BORDER = 11
CLASSES: tuple[str, ...] = tuple(str(digit) for digit in range(10))
VOCABULARY = Vocabulary(CLASSES)
Split = Literal["all", "train", "test"]

_DARTS = 160
_STROKE = 64
_PURPOSE_DIGIT, _PURPOSE_PLACE = 1, 1000


def split_range(total: int, split: Split) -> tuple[int, int]:
    """Return the first digit and the one after the last: test digits are the last sixth.

    Of MNIST's 60 000 that leaves 50 000 for training; no digit is in both.
    """
    border = total - total // 6
    return {"all": (0, total), "train": (0, border), "test": (border, total)}[split]


def generate(
    count: int,
    *,
    seed: int,
    first_index: int = 0,
    digits: Path | None = None,
    split: Split = "all",
) -> SampleBatch:
    """Make pictures ``first_index`` to ``first_index + count - 1`` of the set ``seed``.

    Args:
        count: pictures, N.
        seed: of the set.
        first_index: number of the first picture.
        digits: NPZ or IDX file to take digits from; None takes the bundled ones.
        split: use all digits, or those for training or testing alone.

    Returns:
        N pictures of 80×80 with J = 9 objects; a category is a digit.

    Raises:
        SourceError: if ``digits`` cannot be read.
    """
    glyphs, labels = load_digits(digits)
    start, stop = split_range(len(glyphs), split)
    pictures = np.arange(first_index, first_index + count, dtype=np.int64)
    numbers = uniform(seed, pictures, _PURPOSE_DIGIT, COUNT)
    chosen = start + (numbers * (stop - start)).astype(np.int64)
    corners = _places(seed, pictures)
    grey, masks = _pasted(glyphs, chosen, corners)
    inset = GLYPH // 2 - HALF_SIZE
    sides = np.full_like(corners, 2 * HALF_SIZE)
    return SampleBatch(
        images=np.repeat(grey[..., None], 3, axis=3),
        masks=masks,
        present=np.ones((count, COUNT), np.bool_),
        xy=(corners + (GLYPH - 1) / 2).astype(np.float32),
        boxes=np.concatenate([corners + inset, sides], axis=2).astype(np.float32),
        categories=labels[chosen].astype(np.int32),
        attributes={},
        vocabulary=VOCABULARY,
    )


def _places(seed: int, pictures: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (N, 9, 2) corners of the glyphs, (x, y), their middles apart and off the border."""
    middles = np.zeros((len(pictures), COUNT, 2), np.int64)
    pending = np.arange(len(pictures))
    attempt = 0
    while pending.size:
        numbers = uniform(seed, pictures[pending], _PURPOSE_PLACE + attempt, 2 * _DARTS)
        darts = BORDER + (numbers * (SIZE - 2 * BORDER + 1)).astype(np.int64)
        thrown, filled = _darts_kept(darts.reshape(-1, _DARTS, 2))
        middles[pending] = thrown
        pending = pending[filled < COUNT]
        attempt += 1
    return middles - GLYPH // 2


def _darts_kept(darts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keep of (N, T, 2) darts the first nine that are far from those kept before.

    Returns:
        (N, 9, 2) darts and (N,) how many of them are set.
    """
    far = 10_000
    kept = np.full((len(darts), COUNT, 2), far, np.int64)
    filled = np.zeros(len(darts), np.int64)
    for t in range(darts.shape[1]):
        dart = darts[:, t]
        gap = ((kept - dart[:, None]) ** 2).sum(axis=2).min(axis=1)
        good = np.flatnonzero((gap >= LEAST_DISTANCE**2) & (filled < COUNT))
        kept[good, filled[good]] = dart[good]
        filled[good] += 1
    return kept, filled


def _pasted(
    glyphs: NDArray[np.uint8], chosen: NDArray[np.int64], corners: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Paste (N, 9) glyphs at (N, 9, 2) corners; returns (N, 80, 80) pictures and masks.

    A pixel belongs to the digit that is brightest there, if that is a stroke at all.
    """
    margin = GLYPH // 2
    side = SIZE + 2 * margin
    canvas = np.zeros((len(chosen), side, side), np.uint8)
    masks = np.zeros_like(canvas)
    step = np.arange(GLYPH)
    picture = np.arange(len(chosen))[:, None, None]
    for j in range(COUNT):
        rows = (margin + corners[:, j, 1])[:, None, None] + step[:, None]
        columns = (margin + corners[:, j, 0])[:, None, None] + step[None, :]
        glyph = glyphs[chosen[:, j]]
        below = canvas[picture, rows, columns]
        brighter = glyph > below
        canvas[picture, rows, columns] = np.maximum(glyph, below)
        owner = masks[picture, rows, columns]
        masks[picture, rows, columns] = np.where(brighter & (glyph >= _STROKE), j + 1, owner)
    inside = slice(margin, margin + SIZE)
    return (
        np.ascontiguousarray(canvas[:, inside, inside]),
        np.ascontiguousarray(masks[:, inside, inside]),
    )
