"""Random numbers that depend on (seed, picture, purpose) alone, drawn for many pictures at once.

A generator with hidden state would make picture i depend on those before it. Here each number is
a hash of its coordinates, so that any range of a made-up data set can be made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MASK = 2**64 - 1


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the splitmix64 finaliser of every element: each input bit reaches every output bit."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def uniform(
    seed: int, pictures: NDArray[np.int64], purpose: int, count: int
) -> NDArray[np.float64]:
    """Return numbers in [0, 1).

    Args:
        seed: of the data set.
        pictures: (N,) indices of the pictures.
        purpose: which decision of the picture; the same purpose gives the same numbers.
        count: numbers for each picture.

    Returns:
        (N, count) float64.
    """
    key = np.array([(seed * 0xD1342543DE82EF95 + purpose * 0xA0761D6478BD642F) & _MASK], np.uint64)
    rows = _mixed(_mixed(key + _GOLDEN) + pictures.astype(np.uint64) * _GOLDEN)
    columns = np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN
    bits = _mixed(_mixed(rows[:, None] + columns[None, :]) + _GOLDEN)
    return np.asarray((bits >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def integers(
    seed: int, pictures: NDArray[np.int64], purpose: int, count: int, *, below: int
) -> NDArray[np.int64]:
    """Return (N, count) whole numbers from 0 to ``below`` - 1; arguments as in ``uniform``."""
    return (uniform(seed, pictures, purpose, count) * below).astype(np.int64)
