"""Layers sorted twice, by colour and by form, without labels.

One kind for each combination of colour, shape and size needs many kinds, and each gets few
examples. What a layer shows can be taken apart: its mean colour, and its outline with how its
colour varies inside, as large as the layer. Saturation tells a coloured thing from its shadow,
which keeps the grey of the ground.

Shapes: P pictures, K layers, h x w canvas, S side of a crop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from tusk_core.evaluation.clustering import fit_kmeans, nearest_centre
from tusk_core.geometry.grids import pixel_grid, to_pixels, to_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

SIDE = 16
# Half a crop's side, in radii of the circle that has the layer's area; at least so many pixels.
REACH, LEAST_RADIUS = 1.9, 2.0
NUM_SORTS = 24
NUM_COMPONENTS = 24
# Below this mean saturation pictures count as grey, and brightness takes the place of saturation.
GREY = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class LayerParts:
    """What layers show, taken apart.

    Attributes:
        colours: (P, K, C) mean colour, [0, 1].
        forms: (P, K, 2 S S) share, and saturation relative to the layer's mean, of a crop.
    """

    colours: NDArray[np.float32]
    forms: NDArray[np.float32]


def layer_parts(pictures: NDArray[np.uint8], shares: NDArray[np.floating]) -> LayerParts:
    """Return the parts of every layer.

    Args:
        pictures: (P, h, w, C), C = 1 or 3.
        shares: (P, K, h, w) of each layer after blending, [0, 1].
    """
    images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255
    weights = torch.from_numpy(np.asarray(shares, np.float32)).clamp(min=0)
    areas = weights.sum((2, 3)).clamp(min=1e-3)
    colours = torch.einsum("pkhw,pchw->pkc", weights, images) / areas[..., None]
    vivid = images.amax(1) - images.amin(1)
    if vivid.mean() < GREY:
        vivid = images.amax(1)
    mean = torch.einsum("pkhw,phw->pk", weights, vivid) / areas
    relative = weights * vivid[:, None] / mean.clamp(min=0.02)[..., None, None]
    forms = _cropped(torch.stack([weights, relative], dim=2), weights, areas)
    return LayerParts(colours.numpy(), forms.flatten(2).numpy())


def _cropped(maps: Tensor, weights: Tensor, areas: Tensor) -> Tensor:
    """Return crops (P, K, 2, S, S) of maps (P, K, 2, h, w) around each layer, as large as it."""
    P, K, _, h, w = maps.shape
    grid = to_pixels(pixel_grid((w, h)), (w, h))
    middles = torch.einsum("pkhw,hwd->pkd", weights, grid) / areas[..., None]
    reach = REACH * (areas / torch.pi).sqrt().clamp(min=LEAST_RADIUS)
    steps = pixel_grid((SIDE, SIDE)) * SIDE / (SIDE - 1)
    places = middles[:, :, None, None] + reach[..., None, None, None] * steps
    crops = F.grid_sample(
        maps.flatten(0, 1), to_unit(places, (w, h)).flatten(0, 1), align_corners=False
    )
    return crops.view(P, K, 2, SIDE, SIDE)


def sort_layers(parts: Sequence[LayerParts], seed: int) -> dict[str, NDArray[np.int64]]:
    """Return for ``colour`` and ``form`` the cluster (P, K) of every layer, of at most 24 each."""
    found = {
        "colour": np.concatenate([part.colours for part in parts]),
        "form": np.concatenate([part.forms for part in parts]),
    }
    return {name: _sorted(values.astype(np.float64), seed) for name, values in found.items()}


def _sorted(values: NDArray[np.float64], seed: int) -> NDArray[np.int64]:
    flat = values.reshape(-1, values.shape[-1])
    flat = flat - flat.mean(0)
    if flat.shape[1] > NUM_COMPONENTS:
        # The axes of the covariance: as many as there are numbers in a layer, however many layers.
        _, axes = np.linalg.eigh(flat.T @ flat)
        flat = flat @ axes[:, -NUM_COMPONENTS:]
    centres = fit_kmeans(flat, min(NUM_SORTS, len(flat)), seed=seed)
    return nearest_centre(flat, centres).reshape(values.shape[:2])
