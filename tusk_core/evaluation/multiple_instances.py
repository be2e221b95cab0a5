"""The MNIST-Hard protocol (paper section 4.1): find every instance, and name its class.

Shapes: P pictures, G true objects and K keypoints per picture (padded), M prototypes, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.evaluation.accuracy import (
    RULES,
    adjusted_rand_index,
    agreement,
    confusion_matrix,
    held_out_hits,
    normalised_mutual_information,
)
from tusk_core.evaluation.matching import (
    box_overlaps,
    boxes_around,
    mask_padding,
    match_greedily,
    match_optimally,
)
from tusk_core.evaluation.scores import Scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.evaluation.collect import Points
    from tusk_core.evaluation.truth import ObjectTable

# Paper, Table 1; "classification" is of the instances that were found.
REFERENCE = {
    "localisation": 99.9,
    "classification_bipartite": 92.1,
    "both_bipartite": 92.1,
    "released_localisation": 99.9,
    "released_classification": 92.1,
    "released_both": 92.1,
}
NUM_DIGITS = 10
OVERLAP = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Objects that were found, one keypoint each.

    Attributes:
        picture: (n,) picture.
        labels: (n,) prototype of the keypoint.
        classes: (n,) class of the object.
        totals: (P,) objects of each picture, found or not.
    """

    picture: NDArray[np.int64]
    labels: NDArray[np.int64]
    classes: NDArray[np.int64]
    totals: NDArray[np.int64]

    def found(self) -> NDArray[np.float64]:
        """Return (P,) how many objects of each picture were found."""
        return self.per_picture(np.ones(len(self.labels), dtype=bool))

    def per_picture(self, hits: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return (P,) how many of the pairs marked in ``hits`` (n,) each picture has."""
        counts = np.bincount(self.picture, weights=hits, minlength=len(self.totals))
        return counts.astype(np.float64)


def truth_boxes(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return corner boxes (..., 4) of COCO boxes (first column, first row, columns, rows)."""
    corner = np.asarray(boxes[..., :2], dtype=np.float64) - 0.5
    return np.concatenate([corner, corner + boxes[..., 2:]], axis=-1)


def pair_up(points: Points, truth: ObjectTable, *, rule: str) -> Pairs:
    """Match keypoints to objects by boxes of the objects' usual size.

    Args:
        points: what the model found.
        truth: objects with boxes.
        rule: ``paper`` (at least 0.5, greedy), ``released`` (more than 0.5, greedy) or
            ``optimal`` (at least 0.5, as many as possible).
    """
    present = truth.present
    sides = np.sqrt(truth.boxes[..., 2:].prod(-1))[present]
    side = float(np.median(sides)) if sides.size else 1.0
    overlaps = box_overlaps(truth_boxes(truth.boxes), boxes_around(points.xy, side))
    overlaps = mask_padding(overlaps, present, points.valid)
    if rule == "optimal":
        matches = match_optimally(overlaps, threshold=OVERLAP)
    else:
        matches = match_greedily(overlaps, threshold=OVERLAP, strict=rule == "released")
    picture, index = np.nonzero(matches >= 0)
    return Pairs(
        picture.astype(np.int64),
        points.labels[picture, matches[picture, index]],
        truth.categories[picture, index],
        present.sum(1).astype(np.int64),
    )


def halves(num_pictures: int, seed: int) -> NDArray[np.bool_]:
    """Return (P,) True for the pictures of the first half of a random division."""
    order = np.random.default_rng(seed).permutation(num_pictures)
    first = np.zeros(num_pictures, dtype=bool)
    first[order[: num_pictures // 2]] = True
    return first


def score_instances(points: Points, truth: ObjectTable, num_labels: int, *, seed: int) -> Scores:
    """Score localisation and classification by every rule.

    The mappings of prototypes to classes are chosen on one half of the pictures and scored on
    the other, both ways round; ``released_*`` counts as the released code does: mapping chosen
    on the pictures it is scored on, many to one, boxes that overlap by more than half.
    """
    scores = Scores(seed=seed)
    shape = (num_labels, len(truth.category_names))
    pairs = pair_up(points, truth, rule="paper")
    found = pairs.found()
    scores.add_ratio("localisation", found, pairs.totals)
    _add_classification(scores, pairs, shape)
    optimal = pair_up(points, truth, rule="optimal")
    scores.add_ratio("localisation_optimal", optimal.found(), pairs.totals)
    _add_released(scores, pair_up(points, truth, rule="released"), shape)
    add_partition_scores(scores, pairs, shape)
    scores.tables["prototype × class"] = confusion_matrix(
        pairs.labels, pairs.classes, *shape
    ).tolist()
    scores.columns["prototype × class"] = truth.category_names
    scores.counts |= {
        "pictures": len(points),
        "objects": int(pairs.totals.sum()),
        "keypoints": int(points.valid.sum()),
        "objects_found": len(pairs.labels),
        "prototypes": num_labels,
        "prototypes_used": len(np.unique(points.labels[points.valid])),
        "classes": shape[1],
    }
    return scores


def _add_classification(scores: Scores, pairs: Pairs, shape: tuple[int, int]) -> None:
    first_half = halves(len(pairs.totals), scores.seed)[pairs.picture]
    for rule in RULES:
        hits = held_out_hits(pairs.labels, pairs.classes, first_half, shape, rule)
        right = pairs.per_picture(hits)
        name = rule.replace("-", "_")
        scores.add_ratio(f"classification_{name}", right, pairs.found())
        scores.add_ratio(f"both_{name}", right, pairs.totals)
        if rule == "bipartite":
            scores.losses = pairs.totals - right


def _add_released(scores: Scores, pairs: Pairs, shape: tuple[int, int]) -> None:
    correct = agreement(confusion_matrix(pairs.labels, pairs.classes, *shape), "many-to-one")
    right = pairs.per_picture(correct[pairs.labels, pairs.classes])
    scores.add_ratio("released_localisation", pairs.found(), pairs.totals)
    scores.add_ratio("released_classification", right, pairs.found())
    scores.add_ratio("released_both", right, pairs.totals)


def add_partition_scores(scores: Scores, pairs: Pairs, shape: tuple[int, int]) -> None:
    """Add NMI and ARI of prototypes against classes, which need no mapping, in per cent."""
    cells = pairs.labels * shape[1] + pairs.classes
    size = shape[0] * shape[1]

    def nmi(weights: NDArray[np.float64]) -> float:
        counts = np.bincount(cells, weights, minlength=size).reshape(shape)
        return normalised_mutual_information(counts)

    def ari(weights: NDArray[np.float64]) -> float:
        counts = np.bincount(cells, weights, minlength=size).reshape(shape)
        return float(adjusted_rand_index(counts))

    scores.add_counted("nmi", nmi, pairs.picture, len(pairs.totals))
    scores.add_counted("ari", ari, pairs.picture, len(pairs.totals))


def reference_for(truth: ObjectTable) -> dict[str, float]:
    """Return the paper's figures where the data have ten classes, as digits do."""
    return dict(REFERENCE) if len(truth.category_names) == NUM_DIGITS else {}
