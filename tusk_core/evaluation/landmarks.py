"""Landmarks from keypoints by linear regression (paper section 4.3).

Shapes: P pictures, K keypoints, M prototypes, T landmarks. Positions are (x, y).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

STRENGTHS = tuple(float(value) for value in np.logspace(-6, 3, 19))
# Body joints of the Human3.6M skeleton that come in (left, right) pairs.
BODY_PAIRS = (
    *((6, 1), (7, 2), (8, 3), (9, 4), (10, 5), (16, 24), (17, 25), (18, 26), (19, 27)),
    *((20, 28), (21, 29), (22, 30), (23, 31)),
)
SWAP_SHARE = 0.67


def block_tensor(
    xy: NDArray[np.floating],
    labels: NDArray[np.integer],
    num_prototypes: int,
    valid: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Return the regression's input: each prototype has K places, filled from left to right.

    Args:
        xy: (P, K, 2).
        labels: (P, K) prototype of each keypoint.
        num_prototypes: M.
        valid: (P, K) False leaves a keypoint out; None keeps all.

    Returns:
        (P, M, K, 2); places without a keypoint are 0.
    """
    P, K = labels.shape
    present = np.ones((P, K), dtype=bool) if valid is None else valid
    # Absent keypoints go to a prototype of their own, cut off at the end.
    block = np.where(present, labels, num_prototypes).astype(np.int64)
    by_x = np.argsort(xy[..., 0], axis=1, kind="stable")
    block = np.take_along_axis(block, by_x, axis=1)
    ordered = np.take_along_axis(np.asarray(xy, dtype=np.float64), by_x[..., None], axis=1)
    # How many keypoints of the same prototype stand further left.
    same = block[:, :, None] == block[:, None, :]
    place = (same & np.tri(K, k=-1, dtype=bool)).sum(-1)
    tensor = np.zeros((P, num_prototypes + 1, K, 2))
    tensor[np.arange(P)[:, None], block, place] = ordered
    blocks: NDArray[np.float64] = tensor[:, :num_prototypes]
    return blocks


def fit_ridge(
    inputs: NDArray[np.floating], targets: NDArray[np.floating], strength: float
) -> NDArray[np.float64]:
    """Return the bias-free least-squares map with a penalty on its size, in closed form.

    Args:
        inputs: (P, D).
        targets: (P, E).
        strength: λ in min ‖X W − Y‖² + λ ‖W‖².

    Returns:
        W: (D, E).
    """
    first: NDArray[np.float64] = ridge_path(inputs, targets, (strength,))[0]
    return first


def ridge_path(
    inputs: NDArray[np.floating], targets: NDArray[np.floating], strengths: tuple[float, ...]
) -> NDArray[np.float64]:
    """Return the maps (S, D, E) of several strengths from one decomposition."""
    inputs = np.asarray(inputs, dtype=np.float64)
    # Kinds that never occur leave columns of zeros, whose weights are zero. With them the
    # decomposition fails on several threads where the smallest numbers are taken as zero.
    filled = inputs.any(axis=0)
    u, singular, vt = np.linalg.svd(inputs[:, filled], full_matrices=False)
    projected = u.T @ np.asarray(targets, dtype=np.float64)
    # A direction the data do not span must not be divided by rounding noise.
    spanned = singular > singular.max(initial=0.0) * max(inputs.shape) * np.finfo(float).eps
    kept = np.where(spanned, singular, 0.0)
    penalty = np.asarray(strengths)[:, None]
    below = kept**2 + penalty
    shrink = np.divide(kept, below, out=np.zeros_like(below), where=spanned & (below > 0))
    maps = np.zeros((len(strengths), inputs.shape[1], projected.shape[1]))
    maps[:, filled] = vt.T @ (shrink[:, :, None] * projected)
    return maps


def fold_of_groups(
    groups: NDArray[np.integer], num_folds: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return (P,) folds such that all pictures of one group (person) are in one fold."""
    names, index = np.unique(groups, return_inverse=True)
    folds = np.arange(len(names)) % num_folds
    fold: NDArray[np.int64] = generator.permutation(folds)[index]
    return fold


def choose_strength(
    inputs: NDArray[np.floating],
    targets: NDArray[np.floating],
    groups: NDArray[np.integer],
    *,
    seed: int,
    strengths: tuple[float, ...] = STRENGTHS,
    num_folds: int = 5,
) -> float:
    """Return the strength with the smallest error on people left out of the fit.

    Args:
        inputs: (P, D).
        targets: (P, E).
        groups: (P,) person of each picture.
        seed: of the folds.
        strengths: candidates.
        num_folds: parts the people are divided into; fewer where there are fewer people.
    """
    num_folds = min(num_folds, len(np.unique(groups)))
    if num_folds < 2:
        return strengths[len(strengths) // 2]
    folds = fold_of_groups(groups, num_folds, np.random.default_rng(seed))
    errors = np.zeros(len(strengths))
    for fold in range(num_folds):
        inside = folds != fold
        maps = ridge_path(inputs[inside], targets[inside], strengths)
        residuals = inputs[~inside] @ maps - targets[~inside]
        errors += (residuals**2).sum((1, 2))
    return strengths[int(errors.argmin())]


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkErrors:
    """Distances between predicted and true landmarks.

    Attributes:
        distances: (P, T), in the unit of the positions.
        scale: (P,) what one picture's distances are divided by.
    """

    distances: NDArray[np.float64]
    scale: NDArray[np.float64]

    @property
    def relative(self) -> NDArray[np.float64]:
        """(P, T) distances over the picture's scale."""
        return self.distances / self.scale[:, None]


def landmark_errors(
    predicted: NDArray[np.floating],
    true: NDArray[np.floating],
    eyes: tuple[int, int] | None,
) -> LandmarkErrors:
    """Return the errors, relative to the distance of the eyes or to a unit square.

    Args:
        predicted: (P, T, 2).
        true: (P, T, 2), in the same unit; for ``eyes = None`` shares of width and height.
        eyes: the two landmarks whose true distance is the scale; None for the image's size.
    """
    distances = np.linalg.norm(np.asarray(predicted, dtype=np.float64) - true, axis=-1)
    scale = np.ones(len(distances))
    if eyes is not None:
        scale = np.linalg.norm(true[:, eyes[0]] - true[:, eyes[1]], axis=-1)
    return LandmarkErrors(distances, scale)


def swap_sides(
    landmarks: NDArray[np.floating], pairs: tuple[tuple[int, int], ...] = BODY_PAIRS
) -> NDArray[np.float64]:
    """Return the landmarks with left and right by the picture's side, not by the body's.

    Where the right one of a pair lies further right for more than 67 % of the pairs, the picture
    stays as it is; else all its pairs are swapped.

    Args:
        landmarks: (P, T, 2).
        pairs: (left, right) indices.
    """
    swapped = np.array(landmarks, dtype=np.float64)
    if not pairs:
        return swapped
    left, right = (list(side) for side in zip(*pairs, strict=True))
    is_right = swapped[:, right, 0] > swapped[:, left, 0]
    turn = is_right.mean(1) <= SWAP_SHARE
    turned = swapped[turn]
    turned[:, left + right] = turned[:, right + left]
    swapped[turn] = turned
    return swapped
