"""The detection protocol: are all things found, is every keypoint on a thing, and are kinds apart?

A keypoint is on a thing if it lies in the middle half of both sides of its box, or within a radius
of its centre. One keypoint counts for one thing, and keypoints and things are paired so that as
many as possible are found.

Shapes: P pictures, G things and K keypoints in a picture (padded), M kinds, C classes, T
thresholds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.evaluation.accuracy import confusion_matrix, held_out_hits
from tusk_core.evaluation.matching import mask_padding, match_optimally
from tusk_core.evaluation.multiple_instances import Pairs, halves
from tusk_core.evaluation.scores import Scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.evaluation.collect import Points
    from tusk_core.evaluation.truth import ObjectTable

NUM_THRESHOLDS = 20
CURVE = "threshold × found and right"
CURVE_COLUMNS = ("score from", "found %", "right %", "F1 %", "keypoints")


@dataclass(frozen=True, slots=True)
class DetectionRule:
    """What counts as found.

    Attributes:
        radius: a keypoint within this many pixels of a centre is on the thing; 0 goes by the
            middle half of the boxes.
        min_score: keypoints below it are left out, [0, 1].
    """

    radius: float = 0.0
    min_score: float = 0.0


def closeness(points: Points, truth: ObjectTable, radius: float = 0.0) -> NDArray[np.float64]:
    """Return how near each keypoint is to the middle of each thing.

    Args:
        points: P pictures with K keypoints.
        truth: the same pictures with G things.
        radius: see ``DetectionRule``.

    Returns:
        (P, G, K): 1 in the middle, 0 on the border of what counts, -1 beyond it or for padding.
    """
    if radius > 0:
        away = points.xy[:, None] - truth.xy[:, :, None]
        far = np.linalg.norm(away, axis=-1) / radius
    else:
        sides = truth.boxes[..., 2:]
        # The middle of a box of whole pixels; the first pixel's centre is at 0.
        centres = truth.boxes[..., :2] + (sides - 1) / 2
        away = np.abs(points.xy[:, None] - centres[:, :, None])
        far = (away / np.maximum(sides / 4, 1e-9)[:, :, None]).max(axis=-1)
    near = np.where(far <= 1, 1 - far, -1.0)
    return mask_padding(near, truth.present, points.valid)


def keep_above(points: Points, min_score: float) -> Points:
    """Return the points without those that score below ``min_score``."""
    return replace(points, valid=points.valid & (points.scores >= min_score))


def pair_up(points: Points, near: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the keypoint of each thing, (P, G), -1 for none; as many pairs as possible.

    Args:
        points: only valid ones take part.
        near: (P, G, K) as ``closeness`` gives it.
    """
    return match_optimally(np.where(points.valid[:, None], near, -1.0), threshold=0.0)


def as_pairs(matches: NDArray[np.int64], points: Points, truth: ObjectTable) -> Pairs:
    """Return matches (P, G) as a list of pairs of kind and class."""
    picture, index = np.nonzero(matches >= 0)
    return Pairs(
        picture.astype(np.int64),
        points.labels[picture, matches[picture, index]],
        truth.categories[picture, index],
        truth.present.sum(1).astype(np.int64),
    )


def score_detection(
    points: Points, truth: ObjectTable, num_labels: int, rule: DetectionRule, *, seed: int
) -> Scores:
    """Score what is found, what is right and whether kinds tell classes apart.

    Args:
        points: every keypoint of the model, weak ones as well: the curve needs them.
        truth: things with boxes, or with centres if ``rule.radius`` is given.
        num_labels: M.
        rule: what counts.
        seed: of the halves and the resampling.
    """
    scores = Scores(seed=seed)
    near = closeness(points, truth, rule.radius)
    kept = keep_above(points, rule.min_score)
    matches = pair_up(kept, near)
    _add_found(scores, matches, kept, near, truth)
    _add_kinds(scores, as_pairs(matches, kept, truth), truth, num_labels)
    _add_curve(scores, points, near, truth, rule)
    scores.counts |= {
        "pictures": len(points),
        "objects": int(truth.present.sum()),
        "keypoints": int(kept.valid.sum()),
        "objects_found": int((matches >= 0).sum()),
        "prototypes": num_labels,
        "prototypes_used": len(np.unique(kept.labels[kept.valid])),
        "classes": len(truth.category_names),
    }
    return scores


def add_found(
    scores: Scores,
    prefix: str,
    matches: NDArray[np.int64],
    num_points: NDArray[np.integer],
    truth: ObjectTable,
) -> None:
    """Add found, right, their F1 and found for each class.

    Args:
        scores: takes them.
        prefix: of the names.
        matches: (P, G) keypoint of each thing, -1 for none.
        num_points: (P,) keypoints of each picture.
        truth: the things.
    """
    is_found = matches >= 0
    totals, found = truth.present.sum(1), is_found.sum(1)
    scores.add_ratio(f"{prefix}found", found, totals)
    scores.add_ratio(f"{prefix}right", found, num_points)
    # 2 · pairs / (things + keypoints) is the harmonic mean of both.
    scores.add_ratio(f"{prefix}f1", 2.0 * found, totals + num_points)
    if len(truth.category_names) < 2:
        return
    for number, name in enumerate(truth.category_names):
        of_class = truth.present & (truth.categories == number)
        scores.add_ratio(
            f"{prefix}found_{name.replace(' ', '_')}",
            (is_found & of_class).sum(1),
            of_class.sum(1),
        )


def _add_found(
    scores: Scores,
    matches: NDArray[np.int64],
    kept: Points,
    near: NDArray[np.float64],
    truth: ObjectTable,
) -> None:
    num_points = kept.valid.sum(1)
    add_found(scores, "", matches, num_points, truth)
    on_any = (near >= 0).any(1) & kept.valid if near.shape[1] else np.zeros_like(kept.valid)
    scores.add_ratio("on_any_object", on_any.sum(1), num_points)
    found = (matches >= 0).sum(1)
    scores.losses = (truth.present.sum(1) - found + num_points - found).astype(np.float64)


def _add_kinds(scores: Scores, pairs: Pairs, truth: ObjectTable, num_labels: int) -> None:
    """Add whether kinds tell classes apart, of the things found."""
    shape = (num_labels, len(truth.category_names))
    table = confusion_matrix(pairs.labels, pairs.classes, *shape)
    scores.tables["prototype × class"] = table.tolist()
    scores.columns["prototype × class"] = truth.category_names
    if shape[1] < 2:
        return
    first = halves(len(pairs.totals), scores.seed)[pairs.picture]
    hits = held_out_hits(pairs.labels, pairs.classes, first, shape, "many-to-one")
    scores.add_ratio("kinds_majority", pairs.per_picture(hits), pairs.found())
    add_balanced(scores, "kinds_balanced", hits, pairs, shape[1])


def add_balanced(
    scores: Scores, name: str, hits: NDArray[np.bool_], pairs: Pairs, num_classes: int
) -> None:
    """Add the mean over classes of the share of their pairs that ``hits`` (n,) marks."""

    def balanced(weights: NDArray[np.float64]) -> float:
        totals = np.bincount(pairs.classes, weights, minlength=num_classes)
        right = np.bincount(pairs.classes, weights * hits, minlength=num_classes)
        seen = totals > 0
        return float((right[seen] / totals[seen]).mean()) if seen.any() else float("nan")

    scores.add_counted(name, balanced, pairs.picture, len(pairs.totals))


def _add_curve(
    scores: Scores,
    points: Points,
    near: NDArray[np.float64],
    truth: ObjectTable,
    rule: DetectionRule,
) -> None:
    """Add the curve over thresholds, and both shares at the best one of the other half."""
    thresholds = curve_thresholds(points, rule.min_score)
    shape = (len(thresholds), len(points))
    found, kept = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, threshold in enumerate(thresholds):
        some = keep_above(points, threshold)
        found[row] = (pair_up(some, near) >= 0).sum(1)
        kept[row] = some.valid.sum(1)
    totals = truth.present.sum(1)
    shares = _curve_shares(found, kept, totals, np.ones(len(points), bool))
    in_picture = kept.mean(axis=1) if len(points) else np.zeros(len(thresholds))
    scores.tables[CURVE] = np.column_stack([thresholds, *shares, in_picture]).tolist()
    scores.columns[CURVE] = CURVE_COLUMNS
    first = halves(len(points), scores.seed)
    # The threshold that was best on one half is used on the other.
    best = np.zeros(len(points), np.int64)
    for half in (first, ~first):
        best[~half] = int(np.argmax(_curve_shares(found, kept, totals, half)[2]))
    rows = np.arange(len(points))
    scores.add_ratio("best_found", found[best, rows], totals)
    scores.add_ratio("best_right", found[best, rows], kept[best, rows])
    scores.add_ratio("best_f1", 2.0 * found[best, rows], totals + kept[best, rows])


def curve_thresholds(points: Points, min_score: float) -> NDArray[np.float64]:
    """Return thresholds (T,), evenly spread over the scores there are, and the model's own."""
    known = points.scores[points.valid]
    shares = np.linspace(0, 1, NUM_THRESHOLDS, endpoint=False)
    spread = np.quantile(known, shares) if known.size else np.zeros(0)
    # Rounded down, so that no keypoint falls below its own score.
    return np.unique(np.append(np.floor(spread * 1e4) / 1e4, min_score))


def _curve_shares(
    found: NDArray[np.int64],
    kept: NDArray[np.int64],
    totals: NDArray[np.integer],
    chosen: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], ...]:
    """Return found, right and F1 in per cent, (T,) each, over the pictures of ``chosen`` (P,)."""
    hits, points = found[:, chosen].sum(1), kept[:, chosen].sum(1)
    things = int(totals[chosen].sum())
    return (
        100 * hits / max(1, things),
        100 * hits / np.maximum(1, points),
        200 * hits / np.maximum(1, things + points),
    )
