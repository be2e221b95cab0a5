"""What a user's hand would make of a model: the best kinds kept and joined, by labels.

A person who looks at the kinds of a model keeps those that matter, joins those that mean one class
and ignores the rest. Here labels of one half of the pictures do that, and the other half is scored.
These numbers say what is in a model, not what it says by itself.

Shapes: P pictures, G things, K keypoints in a picture, M kinds, C classes, n pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.evaluation.detection import (
    add_balanced,
    add_found,
    as_pairs,
    closeness,
    keep_above,
    pair_up,
)
from tusk_core.evaluation.multiple_instances import halves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.evaluation.collect import Points
    from tusk_core.evaluation.detection import DetectionRule
    from tusk_core.evaluation.scores import Scores
    from tusk_core.evaluation.truth import ObjectTable


@dataclass(frozen=True, slots=True, eq=False)
class Steering:
    """Which kinds are kept and what they are joined to.

    Attributes:
        classes: (M,) class that a kind is joined to; -1 where it is ignored.
        reach: (C,) two keypoints of a class nearer than this are one, pixels.
    """

    classes: NDArray[np.int64]
    reach: NDArray[np.float64]


def choose_kinds(
    points: Points, truth: ObjectTable, num_labels: int, rule: DetectionRule
) -> Steering:
    """Choose kinds greedily, so that the F1 of found and right is largest.

    Doubles on one thing are not counted against a kind, since joining removes them.
    """
    near = closeness(points, truth, rule.radius) >= 0
    covered, wrong = _coverage(points, truth, near, num_labels)
    kept = np.zeros(num_labels, dtype=bool)
    seen = np.zeros(len(covered), dtype=bool)
    things, best = int(truth.present.sum()), 0.0
    while not kept.all():
        hits = (covered | seen[:, None]).sum(0)
        misses = wrong[kept].sum() + wrong
        f1 = np.where(kept, -1.0, 2 * hits / np.maximum(1, things + hits + misses))
        chosen = int(f1.argmax())
        if f1[chosen] <= best:
            break
        kept[chosen], best = True, float(f1[chosen])
        seen |= covered[:, chosen]
    classes = truth.categories[truth.present]
    votes = np.zeros((len(truth.category_names), num_labels))
    np.add.at(votes, classes, covered)
    return Steering(np.where(kept, votes.argmax(0), -1), _reach(truth, rule))


def _coverage(
    points: Points, truth: ObjectTable, near: NDArray[np.bool_], num_labels: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return (n, M) which things a kind has a keypoint on, and (M,) keypoints on nothing."""
    picture, thing, keypoint = np.nonzero(near)
    on = np.zeros((*near.shape[:2], num_labels), dtype=bool)
    on[picture, thing, points.labels[picture, keypoint]] = True
    idle = points.valid & ~near.any(axis=1)
    return on[truth.present], np.bincount(points.labels[idle], minlength=num_labels)


def _reach(truth: ObjectTable, rule: DetectionRule) -> NDArray[np.float64]:
    """Return half of the usual side of each class, or the radius where one is given."""
    num = len(truth.category_names)
    if rule.radius > 0:
        return np.full(num, rule.radius)
    sides = np.sqrt(truth.boxes[..., 2:].prod(-1))
    reach = np.zeros(num)
    for number in range(num):
        of_class = sides[truth.present & (truth.categories == number)]
        reach[number] = np.median(of_class) / 2 if of_class.size else 0.0
    return reach


def steer(points: Points, steering: Steering) -> Points:
    """Return the keypoints of the kept kinds, labelled by class, without doubles of a class."""
    labels = steering.classes[points.labels]
    valid = points.valid & (labels >= 0)
    steered = replace(points, labels=np.maximum(labels, 0), valid=valid)
    return replace(steered, valid=without_doubles(steered, steering.reach))


def without_doubles(points: Points, reach: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (P, K) the keypoints that stay when the better of two neighbours of a label does.

    Args:
        points: labels index ``reach``.
        reach: (C,) pixels.
    """
    order = np.argsort(-np.where(points.valid, points.scores, -1.0), axis=1, kind="stable")
    xy = np.take_along_axis(points.xy, order[..., None], axis=1)
    labels = np.take_along_axis(points.labels, order, axis=1)
    left = np.take_along_axis(points.valid, order, axis=1)
    # By falling score: whoever is still there removes those near it.
    for index in range(order.shape[1]):
        away = np.linalg.norm(xy - xy[:, index : index + 1], axis=-1)
        same = labels == labels[:, index : index + 1]
        double = same & (away < reach[labels[:, index]][:, None]) & left[:, index : index + 1]
        double[:, : index + 1] = False
        left &= ~double
    kept = np.zeros_like(left)
    np.put_along_axis(kept, order, left, axis=1)
    return kept


def add_steered(
    scores: Scores, points: Points, truth: ObjectTable, num_labels: int, rule: DetectionRule
) -> None:
    """Add the numbers after steering by the labels of the other half, as ``steered_…``."""
    first = halves(len(points), scores.seed)
    points = keep_above(points, rule.min_score)
    steered = points
    num_kept = []
    for half in (first, ~first):
        steering = choose_kinds(_part(points, half), _table_part(truth, half), num_labels, rule)
        num_kept.append(int((steering.classes >= 0).sum()))
        other = steer(points, steering)
        labels = np.where(half[:, None], steered.labels, other.labels)
        valid = np.where(half[:, None], steered.valid, other.valid)
        steered = replace(steered, labels=labels, valid=valid)
    matches = pair_up(steered, closeness(points, truth, rule.radius))
    add_found(scores, "steered_", matches, steered.valid.sum(1), truth)
    pairs = as_pairs(matches, steered, truth)
    if len(truth.category_names) > 1:
        hits = pairs.labels == pairs.classes
        scores.add_ratio("steered_kinds_majority", pairs.per_picture(hits), pairs.found())
        num_classes = len(truth.category_names)
        add_balanced(scores, "steered_kinds_balanced", hits, pairs, num_classes)
    scores.counts["steered_prototypes"] = max(num_kept, default=0)


def _part(points: Points, chosen: NDArray[np.bool_]) -> Points:
    return replace(
        points,
        xy=points.xy[chosen],
        scores=points.scores[chosen],
        labels=points.labels[chosen],
        valid=points.valid[chosen],
    )


def _table_part(truth: ObjectTable, chosen: NDArray[np.bool_]) -> ObjectTable:
    return replace(
        truth,
        present=truth.present[chosen],
        xy=truth.xy[chosen],
        boxes=truth.boxes[chosen],
        categories=truth.categories[chosen],
        attributes={name: values[chosen] for name, values in truth.attributes.items()},
    )
