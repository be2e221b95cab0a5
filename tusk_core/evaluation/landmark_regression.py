"""The landmark protocol (paper sections 4.3 and 4.4): a linear map from keypoints to landmarks.

Shapes: P pictures, K keypoints, M prototypes, T landmarks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.evaluation.landmark_peaks import PeakReading, predict_landmarks
from tusk_core.evaluation.landmarks import (
    BODY_PAIRS,
    block_tensor,
    choose_strength,
    fit_ridge,
    landmark_errors,
    swap_sides,
)
from tusk_core.evaluation.scores import Scores
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.evaluation.collect import Points

# Paper, Table 3: CelebA in the wild, K = 4; Human3.6M, K = 16.
REFERENCE_FACES = {"error_eye_distance": 18.49}
REFERENCE_BODIES = {"error_image_size": 6.88}
BODY_JOINTS = 32
TEST_SHARE = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkTable:
    """True landmarks of many pictures.

    Attributes:
        xy: (P, T, 2) pixels of the original pictures.
        sizes: (P, 2) width and height of the pictures.
        names: of the landmarks.
        groups: (P,) number of the person shown; a person is never on both sides of a division.
        in_test: (P,) True for the data set's own test pictures; None where it has no division.
    """

    xy: NDArray[np.float64]
    sizes: NDArray[np.float64]
    names: tuple[str, ...]
    groups: NDArray[np.int64]
    in_test: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.xy)


def eye_indices(names: tuple[str, ...]) -> tuple[int, int] | None:
    """Return the indices of left and right eye; None where there are no such landmarks."""
    if "left_eye" in names and "right_eye" in names:
        return names.index("left_eye"), names.index("right_eye")
    return None


def divide_people(
    groups: NDArray[np.integer], seed: int, share: float = TEST_SHARE
) -> NDArray[np.bool_]:
    """Return (P,) True for the pictures of a random ``share`` of the people."""
    people, index = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(people))
    chosen = np.zeros(len(people), dtype=bool)
    chosen[order[: max(1, round(share * len(people)))]] = True
    in_test: NDArray[np.bool_] = chosen[index]
    return in_test


def score_landmarks(
    points: Points,
    truth: LandmarkTable,
    num_labels: int,
    *,
    seed: int,
    reading: PeakReading | None = None,
) -> Scores:
    """Fit on some people, score on others.

    Input is the M × K × 2 tensor of keypoints as shares of the picture's sides, from left to
    right within a prototype; the map has no bias, and its penalty is the one that does best on
    people held out of the fit. Bodies (32 joints) have left and right swapped by the paper's
    rule in fit and test.

    A map without bias cannot tell an absent keypoint from one in the corner, nor answer the mean
    shape. ``error_affine`` is that of a map that can: it also sees which places are filled, and
    starts from the mean.

    ``error_peaks`` and ``error_peaks_affine`` read the best peak of each of the best kinds instead;
    see ``landmark_peaks``.

    Args:
        points: the K keypoints of each picture.
        truth: the landmarks.
        num_labels: M.
        seed: of divisions and resampling.
        reading: of kinds; None reads as many as a picture has keypoints from ``points``.
    """
    scores = Scores(seed=seed)
    in_test = truth.in_test if truth.in_test is not None else divide_people(truth.groups, seed)
    truth = replace(truth, in_test=in_test)
    targets = (truth.xy + 0.5) / truth.sizes[:, None]
    is_body = len(truth.names) == BODY_JOINTS
    if is_body:
        targets = swap_sides(targets, BODY_PAIRS)
    shares = (points.xy + 0.5) / truth.sizes[:, None]
    inputs = block_tensor(shares, points.labels, num_labels, points.valid).reshape(len(points), -1)
    flat = targets.reshape(len(points), -1)
    # A picture with a missing landmark has no target to fit; its other landmarks are scored.
    fits = ~in_test & np.isfinite(flat).all(1)
    if not fits.any() or not in_test.any():
        raise SourceError(
            "There are not enough pictures with landmarks: some are needed to fit the map and "
            "others, of other people, to score it."
        )
    strength = choose_strength(inputs[fits], flat[fits], truth.groups[fits], seed=seed)
    weights = fit_ridge(inputs[fits], flat[fits], strength)
    predicted = (inputs[in_test] @ weights).reshape(-1, *targets.shape[1:])
    _add_errors(scores, predicted, targets[in_test], truth, in_test)
    centre = flat[fits].mean(0)
    filled = inputs.reshape(len(inputs), -1, 2).any(-1)
    affine = np.concatenate([inputs, filled], axis=1)
    affine -= affine[fits].mean(0)  # so that the mean costs no penalty
    strength = choose_strength(affine[fits], flat[fits] - centre, truth.groups[fits], seed=seed)
    weights = fit_ridge(affine[fits], flat[fits] - centre, strength)
    offset = (affine[in_test] @ weights).reshape(predicted.shape)
    mean = np.broadcast_to(targets[fits].mean(0), predicted.shape)
    _add_plain(scores, "error_affine", mean + offset, targets[in_test], truth, in_test)
    _add_plain(scores, "mean_shape_error", mean, targets[in_test], truth, in_test)
    reading = reading or PeakReading(points, points.valid.shape[1])
    read = predict_landmarks(
        reading, truth.sizes, targets, truth.groups, ~in_test, num_labels=num_labels, seed=seed
    )
    for name, answer in read.items():
        _add_plain(scores, f"error_{name}", answer[in_test], targets[in_test], truth, in_test)
    if eye_indices(truth.names) is None:
        _add_widths(scores, {**read, "mean_shape": _mean_shape(targets, ~in_test)}, targets, truth)
    scores.counts |= {
        "pictures": int(in_test.sum()),
        "fit_pictures": int(fits.sum()),
        "people": len(np.unique(truth.groups[in_test])),
        "fit_people": len(np.unique(truth.groups[fits])),
        "landmarks": len(truth.names),
        "keypoints": int(points.valid[in_test].sum()),
        "prototypes": num_labels,
        "prototypes_used": len(np.unique(points.labels[points.valid])),
    }
    return scores


def known_mean(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (P,) mean over the landmarks (P, T) that are known; NaN where none is."""
    known = np.isfinite(errors)
    counts = known.sum(1)
    sums = np.where(known, errors, 0.0).sum(1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def _errors(
    predicted: NDArray[np.float64],
    targets: NDArray[np.float64],
    truth: LandmarkTable,
    in_test: NDArray[np.bool_],
) -> dict[str, NDArray[np.float64]]:
    """Return (P, T) errors by each scale there is.

    Faces as in the paper: distances between shares of the picture's sides over the eyes'
    distance in the same shares. Pixels as well, which differ where pictures are not square.
    """
    eyes = eye_indices(truth.names)
    found = {"error_image_size": landmark_errors(predicted, targets, None).relative}
    if eyes is not None:
        sizes = truth.sizes[in_test][:, None]
        found["error_eye_distance"] = landmark_errors(predicted, targets, eyes).relative
        in_pixels = landmark_errors(predicted * sizes, targets * sizes, eyes).relative
        found["error_eye_distance_pixels"] = in_pixels
    return found


def _add_errors(
    scores: Scores,
    predicted: NDArray[np.float64],
    targets: NDArray[np.float64],
    truth: LandmarkTable,
    in_test: NDArray[np.bool_],
) -> None:
    found = _errors(predicted, targets, truth, in_test)
    main = _main_scale(found)
    for name in sorted(found, key=lambda one: one != main):
        scores.add_mean(name, known_mean(found[name]))
    for index, landmark in enumerate(truth.names):
        scores.add_mean(f"error_{landmark}", found[main][:, index])
    scores.losses = np.nan_to_num(known_mean(found[main]))
    known = found[main][np.isfinite(found[main])]
    scores.metrics["error_median"] = 100 * float(np.median(known)) if known.size else float("nan")


def _add_plain(
    scores: Scores,
    name: str,
    predicted: NDArray[np.float64],
    targets: NDArray[np.float64],
    truth: LandmarkTable,
    in_test: NDArray[np.bool_],
) -> None:
    """Add one error by the main scale, such as that of always answering the mean shape."""
    found = _errors(predicted, targets, truth, in_test)
    scores.add_mean(name, known_mean(found[_main_scale(found)]))


def _mean_shape(targets: NDArray[np.float64], fits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the mean (P, T, 2) of the landmarks that are known in the pictures of ``fits``."""
    known = np.isfinite(targets) & fits[:, None, None]
    mean = np.where(known, targets, 0.0).sum(0) / np.maximum(known.sum(0), 1)
    return np.broadcast_to(mean, targets.shape)


def _add_widths(
    scores: Scores,
    answers: dict[str, NDArray[np.float64]],
    targets: NDArray[np.float64],
    truth: LandmarkTable,
) -> None:
    """Add errors in pixels as shares of the picture's width, over the pictures not fitted on."""
    in_test = truth.in_test if truth.in_test is not None else np.ones(len(truth), bool)
    sizes = truth.sizes[in_test][:, None]
    for name, answer in answers.items():
        away = np.linalg.norm((answer[in_test] - targets[in_test]) * sizes, axis=-1)
        scores.add_mean(f"error_{name}_width", known_mean(away / sizes[..., 0]))


def _main_scale(found: dict[str, NDArray[np.float64]]) -> str:
    return "error_eye_distance" if "error_eye_distance" in found else "error_image_size"


def reference_for(names: tuple[str, ...]) -> dict[str, float]:
    """Return the paper's figures for data with these landmarks."""
    if eye_indices(names) is not None:
        return dict(REFERENCE_FACES)
    return dict(REFERENCE_BODIES) if len(names) == BODY_JOINTS else {}
