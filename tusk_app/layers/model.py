"""Layers of a rebuilt picture: which are on, and what the picture is without the others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.results import Reconstruction

BlendKind = Literal["cover", "softmax", "none"]
SortLayers = Literal["score", "area", "prototype", "effect"]

_NEWTON_STEPS = 12
_FAINT = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class LayerStates:
    """Switches of K layers.

    Attributes:
        solo: (K,) bool; if any is set, only these and the locked ones are on.
        mute: (K,) bool, switched off.
        lock: (K,) bool, keeps its own switch whatever the others do; its keypoint stays put.
        opacity: (K,) float32 in [0, 1].
    """

    solo: NDArray[np.bool_]
    mute: NDArray[np.bool_]
    lock: NDArray[np.bool_]
    opacity: NDArray[np.float32]

    @classmethod
    def all_on(cls, count: int) -> LayerStates:
        """Return the switches of ``count`` layers, all on."""
        off = np.zeros(count, np.bool_)
        return cls(off, off.copy(), off.copy(), np.ones(count, np.float32))

    @property
    def weights(self) -> NDArray[np.float32]:
        """(K,) float32: opacity of the layers that are on, 0 for the others."""
        on = ~self.mute
        if self.solo.any():
            on = np.where(self.lock, ~self.mute, self.solo)
        return np.where(on, self.opacity, 0).astype(np.float32)

    @property
    def is_plain(self) -> bool:
        """True if everything is fully on."""
        return bool((self.weights == 1).all())

    def toggled(self, name: str, index: int) -> LayerStates:
        """Return these with one ``solo``, ``mute`` or ``lock`` switched over."""
        values = np.array(getattr(self, name))
        values[index] = ~values[index]
        return replace(self, **{name: values})

    def with_opacity(self, index: int, opacity: float) -> LayerStates:
        """Return these with another opacity of one layer."""
        values = self.opacity.copy()
        values[index] = min(max(opacity, 0.0), 1.0)
        return replace(self, opacity=values)

    def fitted(self, count: int) -> LayerStates:
        """Return these for ``count`` layers: the same if that many, else all on."""
        return self if len(self.mute) == count else LayerStates.all_on(count)


class LayerBlend:
    """Blends the layers of one reconstruction with weights of the user's choice.

    ``cover``: layers lie on a background and cover 1 - Π(1 - a); ``softmax``: layers share out
    each pixel. The shares of the reconstruction follow one of the two rules, and so does what is
    left when some are switched off.
    """

    def __init__(self, result: Reconstruction, kind: BlendKind) -> None:
        self.kind: BlendKind = kind if len(result.rgb) else "none"
        self._result = result
        self._is_prepared = False

    def _prepare(self) -> None:
        """Do what only switched layers need: while keypoints are dragged, all are on."""
        result = self._result
        self._is_prepared = True
        self._target = result.target.astype(np.float32) / 255
        self._rgb = result.rgb.astype(np.float32) / 255
        self._background = result.background.astype(np.float32) / 255
        self._behind = np.clip(1 - result.alpha.sum(axis=0), 0, 1)
        self._parts = result.alpha
        if self.kind == "cover":
            self._parts = opacities(result.alpha, self._behind)
        # Layers cross the door as bytes; what rounding adds to the error is taken off again.
        plain = self._mixed(np.ones(len(result.rgb), np.float32))
        self._rounding = float(np.square(plain - self._target).mean()) - result.error

    def blend(self, weights: NDArray[np.float32]) -> tuple[NDArray[np.uint8], float]:
        """Return the picture, (h, w, 3) uint8, with these weights, (K,), and its squared error."""
        if self.kind == "none" or bool((weights == 1).all()):
            return self._result.composite, self._result.error
        if not self._is_prepared:
            self._prepare()
        made = self._mixed(weights)
        picture = np.clip(np.rint(255 * made), 0, 255).astype(np.uint8)
        error = float(np.square(made - self._target).mean()) - self._rounding
        return picture, max(error, 0.0)

    def _mixed(self, weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the blend with these weights, (h, w, 3) float32 in [0, 1]."""
        parts = self._parts * weights[:, None, None]
        colour = np.einsum("khw,khwc->hwc", parts, self._rgb)
        total = parts.sum(axis=0)
        if self.kind == "cover":
            uncovered = np.prod(1 - parts, axis=0)
            share = (1 - uncovered) / np.maximum(total, 1e-6)
            made = colour * share[..., None] + self._background * uncovered[..., None]
            return np.asarray(made, np.float32)
        left = total + self._behind
        mixed = colour + self._background * self._behind[..., None]
        made = np.where(
            left[..., None] > 1e-6, mixed / np.maximum(left, 1e-6)[..., None], self._background
        )
        return np.asarray(made, np.float32)


def opacities(shares: NDArray[np.float32], behind: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the opacities a, (K, h, w), of which blending made these shares.

    With u = Π(1 - a) behind, each share is a (1 - u) / Σa: all opacities of a pixel are its
    shares times one number t, which Newton's method finds where layers overlap.

    Args:
        shares: (K, h, w) in [0, 1].
        behind: (h, w) share of the background, u.
    """
    made = shares.astype(np.float32).copy()
    if len(shares) < 2:
        return made
    overlap = (shares > _FAINT).sum(axis=0) > 1
    if not overlap.any():
        return made
    own = shares[:, overlap].astype(np.float64)
    rest = np.log(np.maximum(behind[overlap].astype(np.float64), 1e-6))
    most = (1 - 1e-6) / np.maximum(own.max(axis=0), 1e-9)
    scale = np.minimum(1.0, most)
    for _ in range(_NEWTON_STEPS):
        left = np.maximum(1 - own * scale, 1e-9)
        value = np.log(left).sum(axis=0) - rest
        slope = -(own / left).sum(axis=0)
        scale = np.clip(scale - value / np.minimum(slope, -1e-9), 1.0, most)
    made[:, overlap] = np.clip(own * scale, 0, 1)
    return made


def areas(alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the share of the picture each layer covers, (K,) float32; empty without layers."""
    return alpha.mean(axis=(1, 2)) if len(alpha) else np.zeros(0, np.float32)


def layer_order(
    key: SortLayers,
    scores: NDArray[np.float32],
    labels: NDArray[np.integer],
    area: NDArray[np.float32],
    effect: NDArray[np.float32],
) -> NDArray[np.intp]:
    """Return the order in which K layers are listed: largest first, prototypes ascending."""
    if key == "prototype":
        return np.lexsort((-scores, labels))
    values = {"score": scores, "area": area, "effect": effect}[key]
    if len(values) != len(scores):
        values = scores
    return np.argsort(-values, kind="stable")


def layer_box(alpha: NDArray[np.float32], margin: int = 2) -> tuple[int, int, int, int]:
    """Return the square (left, top, right, bottom) that holds what a layer, (h, w), draws."""
    height, width = alpha.shape
    seen = alpha > 0.04
    if not seen.any():
        return 0, 0, width, height
    columns, rows = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
    left, right = int(columns[0]) - margin, int(columns[-1]) + 1 + margin
    top, bottom = int(rows[0]) - margin, int(rows[-1]) + 1 + margin
    side = min(max(right - left, bottom - top, 8), width, height)
    left = min(max((left + right - side) // 2, 0), width - side)
    top = min(max((top + bottom - side) // 2, 0), height - side)
    return left, top, left + side, top + side
