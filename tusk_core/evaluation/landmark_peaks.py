"""Landmarks read off kinds: the best peak of each of the K best kinds, through a linear map.

Where every kind has peaks of its own, one number pair for each kind is the plainest reading: it
does not depend on which K keypoints of a picture score highest. Kinds are ranked without labels.

Shapes: P pictures, K keypoints, M kinds, N kinds that are read, T landmarks, D numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.evaluation.landmarks import STRENGTHS, fold_of_groups, ridge_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tusk_core.evaluation.collect import Points

_NUM_FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class PeakReading:
    """What is read of kinds.

    Attributes:
        points: keypoints, as many as there are.
        num_kinds: N; fewer where there are fewer kinds.
        rank: (M,) the model's own ranking, higher is better; None ranks by the pictures.
    """

    points: Points
    num_kinds: int
    rank: NDArray[np.floating] | None = None


def best_peaks(points: Points, num_labels: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return place (P, M, 2) and score (P, M) of each kind's best keypoint; zeros where absent."""
    P, _ = points.valid.shape
    xy, scores = np.zeros((P, num_labels, 2)), np.zeros((P, num_labels))
    # By rising score, so that the best one is written last; equal scores keep their order.
    order = np.argsort(np.where(points.valid, points.scores, -1.0), axis=1, kind="stable")
    rows, columns = np.repeat(np.arange(P), order.shape[1]), order.ravel()
    known = points.valid[rows, columns]
    rows, columns = rows[known], columns[known]
    kinds = points.labels[rows, columns]
    xy[rows, kinds] = points.xy[rows, columns]
    scores[rows, kinds] = points.scores[rows, columns]
    return xy, scores


def rank_kinds(scores: NDArray[np.float64], fits: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the kinds (M,) by falling mean of their best score over the pictures of ``fits``.

    A kind that is absent scores 0 there, so that what recurs comes first.
    """
    return np.argsort(-scores[fits].mean(axis=0), kind="stable").astype(np.int64)


def predict_landmarks(
    reading: PeakReading,
    sizes: NDArray[np.float64],
    targets: NDArray[np.float64],
    groups: NDArray[np.integer],
    fits: NDArray[np.bool_],
    *,
    num_labels: int,
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    """Return landmarks (P, T, 2) as ``peaks`` (no bias) and as ``peaks_affine`` predict them.

    Args:
        reading: keypoints, and which kinds are read.
        sizes: (P, 2) width and height of the pictures.
        targets: (P, T, 2) shares of the sides; NaN where unknown, which keeps the picture's other
            landmarks in the fit.
        groups: (P,) person of each picture.
        fits: (P,) pictures that the map is fitted on.
        num_labels: M.
        seed: of the folds that choose the penalty.
    """
    points = reading.points
    xy, scores = best_peaks(points, num_labels)
    order = rank_kinds(scores, fits)
    if reading.rank is not None:
        order = np.argsort(-reading.rank, kind="stable").astype(np.int64)
    chosen = order[: reading.num_kinds]
    filled = scores[:, chosen] > 0
    shares = np.where(filled[..., None], (xy[:, chosen] + 0.5) / sizes[:, None], 0.0)
    inputs = shares.reshape(len(points), -1)
    affine = np.concatenate([inputs, filled], axis=1)
    return {
        "peaks": fit_known(inputs, targets, groups, fits, has_bias=False, seed=seed),
        "peaks_affine": fit_known(affine, targets, groups, fits, has_bias=True, seed=seed),
    }


def fit_known(
    inputs: NDArray[np.float64],
    targets: NDArray[np.float64],
    groups: NDArray[np.integer],
    fits: NDArray[np.bool_],
    *,
    has_bias: bool,
    seed: int,
) -> NDArray[np.float64]:
    """Fit the linear map of each landmark on the pictures that have it; predict all pictures.

    One penalty serves all landmarks: the one with the smallest error on people left out of the fit.

    Args:
        inputs: (P, D).
        targets: (P, T, 2), NaN where unknown.
        groups: (P,) person of each picture.
        fits: (P,) pictures that may be used.
        has_bias: start from the mean, which costs no penalty.
        seed: of the folds.

    Returns:
        (P, T, 2).
    """
    ways = (_strength(inputs[fits], targets[fits], groups[fits], has_bias=has_bias, seed=seed),)
    answers: NDArray[np.float64] = _answers(inputs, targets, fits, ways, has_bias=has_bias)[0]
    return answers


def _strength(
    inputs: NDArray[np.float64],
    targets: NDArray[np.float64],
    groups: NDArray[np.integer],
    *,
    has_bias: bool,
    seed: int,
) -> float:
    num_folds = min(_NUM_FOLDS, len(np.unique(groups)))
    if num_folds < 2:
        return STRENGTHS[len(STRENGTHS) // 2]
    folds = fold_of_groups(groups, num_folds, np.random.default_rng(seed))
    errors = np.zeros(len(STRENGTHS))
    for fold in range(num_folds):
        outside = folds == fold
        answers = _answers(inputs, targets, ~outside, STRENGTHS, has_bias=has_bias)
        errors += np.nansum((answers - targets)[:, outside] ** 2, axis=(1, 2, 3))
    return STRENGTHS[int(errors.argmin())]


def _answers(
    inputs: NDArray[np.float64],
    targets: NDArray[np.float64],
    usable: NDArray[np.bool_],
    strengths: tuple[float, ...],
    *,
    has_bias: bool,
) -> NDArray[np.float64]:
    """Return (S, P, T, 2) what maps of S strengths, fitted on ``usable`` (P,), make of all."""
    answers = np.zeros((len(strengths), *targets.shape))
    for columns, rows in _patterns(targets, usable):
        flat = targets[rows][:, columns].reshape(int(rows.sum()), -1)
        middle = inputs[rows].mean(0) if has_bias else np.zeros(inputs.shape[1])
        answer = flat.mean(0) if has_bias else np.zeros(flat.shape[1])
        maps = ridge_path(inputs[rows] - middle, flat - answer, strengths)
        read = (inputs - middle) @ maps + answer
        answers[:, :, columns] = read.reshape(len(strengths), len(inputs), -1, 2)
    return answers


def _patterns(
    targets: NDArray[np.float64], usable: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Yield landmarks that are known in the same usable pictures, with those pictures (P,)."""
    known = np.isfinite(targets).all(-1) & usable[:, None]
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    for number in range(patterns.shape[1]):
        if patterns[:, number].any():
            yield np.flatnonzero(which.ravel() == number), patterns[:, number]
