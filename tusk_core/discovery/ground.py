"""The plain ground that things lie on, where pictures have one: slides, plates, tables, sky.

Kinds of gaps between things recur and are compact as the things are; what tells them apart is that
they have the ground's colour.

Shapes: P pictures, M kinds, h x w map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEPS = 16
_SAME = 0.08
# Half the pictures must have so much of one colour: smears of cells have 0.48, faces 0.26.
_PLAIN = 0.35


def ground_contrast(
    images: NDArray[np.uint8], kinds: NDArray[np.integer], num_kinds: int
) -> NDArray[np.float64] | None:
    """Return (M,) how far each kind's places are from the ground's colour, 1 for the usual place.

    None where the pictures have no plain ground.

    Args:
        images: (P, H, W, 1 or 3).
        kinds: (P, h, w) kind at each place; negative where none is.
        num_kinds: M.
    """
    h, w = kinds.shape[1:]
    away, shares = np.empty(kinds.shape, np.float32), np.empty(len(images))
    for number, image in enumerate(images):
        small = cv2.resize(np.asarray(image), (w, h), interpolation=cv2.INTER_AREA)
        colours = np.asarray(small, np.float32).reshape(h, w, -1) / 255
        away[number], shares[number] = _away_from_ground(colours)
    if float(np.median(shares)) < _PLAIN:
        return None
    inside = kinds.reshape(-1) >= 0
    kind = kinds.reshape(-1)[inside].astype(np.int64)
    number_of = np.maximum(np.bincount(kind, minlength=num_kinds), 1)
    mean = np.bincount(kind, away.reshape(-1)[inside], num_kinds) / number_of
    return np.asarray(mean / max(float(away.mean()), 1e-6), np.float64)


def _away_from_ground(picture: NDArray[np.floating]) -> tuple[NDArray[np.floating], float]:
    """Return (h, w) the distance from the commonest colour, and the share of places that have it.

    Args:
        picture: (h, w, 1 or 3) in [0, 1].
    """
    colours = picture.reshape(-1, picture.shape[-1])
    steps = (colours * (_STEPS - 1)).astype(np.int64)
    key = steps @ (_STEPS ** np.arange(colours.shape[1]))
    _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    ground = colours[inverse == counts.argmax()].mean(0)
    away = np.linalg.norm(colours - ground, axis=1)
    return away.reshape(picture.shape[:2]), float((away < _SAME).mean())
