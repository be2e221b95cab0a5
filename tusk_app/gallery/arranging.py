"""The order of the tiles: by number, by use, by colour or by form of what they show.

A model may have a kind for each combination of colour and form; side by side by one of the two,
what differs is the other.
"""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_app.gallery.model import PrototypeTile

TileOrder = Literal["number", "count", "colour", "form"]
ORDERS: tuple[tuple[TileOrder, str], ...] = (
    ("number", "by &number"),
    ("count", "by how &often they are found"),
    ("colour", "by &colour of what they show"),
    ("form", "by size and &form of what they show"),
)
# More than these are not compared pair by pair while the window waits.
MOST_COMPARED = 600
_SIDE = 16
# Mean colours less saturated than this count as grey and come first, dark to light.
_GREY = 0.15
# What stands out less from its ground counts as nothing.
_LEAST = 0.1


def arranged(
    tiles: tuple[PrototypeTile, ...], looks: NDArray[np.uint8] | None, order: TileOrder
) -> tuple[PrototypeTile, ...]:
    """Return the tiles in an order; as they were where nothing is known of their looks.

    Args:
        tiles: of all kinds, merged ones left out.
        looks: (M, h, w, 3) what each kind shows; None while it is not known.
        order: what to go by.
    """
    if order == "count":
        return tuple(sorted(tiles, key=lambda tile: -tile.count))
    if order == "number" or looks is None or any(tile.index >= len(looks) for tile in tiles):
        return tiles
    shown = looks[[tile.index for tile in tiles]].astype(np.float64) / 255
    seen = _standing_out(shown).max(axis=(1, 2)) > _LEAST
    some, none = np.flatnonzero(seen), np.flatnonzero(~seen).tolist()
    how = _hue_order if order == "colour" else _form_order
    # Kinds that show nothing come last.
    return tuple(tiles[i] for i in (*some[how(shown[some])].tolist(), *none))


def _mean_colours(shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (M, 3) the colour of what stands out from the corners, [0, 1]."""
    weights = _standing_out(shown)
    sums = np.einsum("mhw,mhwc->mc", weights, shown)
    return np.asarray(sums / np.maximum(weights.sum((1, 2)), 1e-6)[:, None])


def _standing_out(shown: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (M, h, w) how far each pixel is from the mean of its picture's corners."""
    corners = shown[:, ::-1, ::-1][:, [0, 0, -1, -1], [0, -1, 0, -1]].mean(axis=1)
    far: NDArray[np.float64] = np.abs(shown - corners[:, None, None]).max(axis=-1)
    return far


def _hue_order(shown: NDArray[np.float64]) -> list[int]:
    keys = [_hue(colour) for colour in _mean_colours(shown)]
    return sorted(range(len(keys)), key=keys.__getitem__)


def _hue(colour: NDArray[np.float64]) -> tuple[float, float]:
    hue, saturation, value = colorsys.rgb_to_hsv(*colour.tolist())
    return (-1.0, value) if saturation < _GREY else (hue, value)


def _form_order(shown: NDArray[np.float64]) -> list[int]:
    """Return the order in which each look stands beside those of its form."""
    if len(shown) < 3 or len(shown) > MOST_COMPARED:
        return list(range(len(shown)))
    from scipy.cluster.hierarchy import leaves_list, linkage

    weights = _standing_out(shown)
    rows, columns = (
        np.linspace(0, side - 1, _SIDE).round().astype(int) for side in shown.shape[1:3]
    )
    forms = weights[:, rows[:, None], columns].reshape(len(shown), -1)
    forms = forms / np.maximum(forms.max(axis=1, keepdims=True), 1e-6)
    return [int(i) for i in leaves_list(linkage(forms, "average", optimal_ordering=True))]
