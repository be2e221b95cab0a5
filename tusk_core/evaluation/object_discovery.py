"""The multi-object protocol (paper section 4.2): segments, and what prototypes say of objects.

Shapes: P pictures, G true objects and K keypoints per picture (padded), M prototypes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.evaluation.accuracy import confusion_matrix, held_out_hits
from tusk_core.evaluation.multiple_instances import Pairs, halves
from tusk_core.evaluation.scores import Scores
from tusk_core.evaluation.segmentation import (
    RELEASED_ALPHA,
    all_hits,
    foreground_ari,
    majority_object,
    one_hit_each,
    region_overlaps,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tusk_core.evaluation.segmentation import ObjectHits
    from tusk_core.evaluation.truth import ObjectTable

# Paper, Table 2: what is known by the kinds of attributes a data set has.
REFERENCES = {
    frozenset({"shape", "colour"}): {"foreground_ari": 99.7, "shape": 91.3, "colour": 100.0},
    frozenset({"shape", "colour", "size"}): {
        "foreground_ari": 98.3,
        "shape": 46.8,
        "colour": 90.7,
        "size": 97.1,
    },
}
# Attributes the paper scores; others a data set may have (material) are scored as well.
JOINT = "joint"


@dataclass(frozen=True, slots=True, eq=False)
class SegmentFacts:
    """What a batch of drawn pictures says, reduced to what the scores need.

    Attributes:
        ari: (P,) foreground ARI with every pixel given to its strongest layer (paper).
        ari_strict: (P,) the same where the background the model draws is one more segment.
        region_overlaps: (P, K, 1 + G) pixels of each layer's region (share above 0.8) on the
            background and on each object.
        segment_overlaps: (P, K, 1 + G) likewise of each layer's segment (strongest at a pixel).
        visible: (P, G) objects with at least one pixel on the canvas.
        labels: (P, K) prototype of each keypoint.
    """

    ari: NDArray[np.float64]
    ari_strict: NDArray[np.float64]
    region_overlaps: NDArray[np.int64]
    segment_overlaps: NDArray[np.int64]
    visible: NDArray[np.bool_]
    labels: NDArray[np.int64]


def segment_facts(
    shares: NDArray[np.floating],
    labels: NDArray[np.integer],
    true: NDArray[np.integer],
    num_objects: int,
) -> SegmentFacts:
    """Compare drawn layers with true masks.

    Args:
        shares: (P, K, h, w) share of each layer after blending; what is missing to 1 is the
            background's.
        labels: (P, K) prototype of each keypoint.
        true: (P, h, w) 1 + index of the object, 0 = background.
        num_objects: G.
    """
    behind = 1.0 - shares.sum(axis=1, keepdims=True)
    segments = np.concatenate([behind, shares], axis=1).argmax(axis=1)  # 0 = background
    is_segment = segments[:, None] == np.arange(1, shares.shape[1] + 1)[:, None, None]
    ids = np.arange(1, num_objects + 1)
    visible = (true.reshape(len(true), 1, -1) == ids[:, None]).any(-1)
    return SegmentFacts(
        foreground_ari(shares.argmax(axis=1), true),
        foreground_ari(segments, true),
        region_overlaps(shares > RELEASED_ALPHA, true, num_objects),
        region_overlaps(is_segment, true, num_objects),
        visible,
        np.asarray(labels, dtype=np.int64),
    )


def join_facts(parts: Sequence[SegmentFacts]) -> SegmentFacts:
    """Return the pictures of all parts as one; parts may differ in K and G."""

    def joined(name: str) -> NDArray[np.generic]:
        arrays = [getattr(part, name) for part in parts]
        sizes = [max(lengths) for lengths in zip(*(a.shape[1:] for a in arrays), strict=True)]
        return np.concatenate([_padded(array, sizes) for array in arrays])

    return SegmentFacts(
        joined("ari").astype(np.float64),
        joined("ari_strict").astype(np.float64),
        joined("region_overlaps").astype(np.int64),
        joined("segment_overlaps").astype(np.int64),
        joined("visible").astype(bool),
        joined("labels").astype(np.int64),
    )


def _padded(array: NDArray[np.generic], sizes: list[int]) -> NDArray[np.generic]:
    missing = [(0, size - have) for size, have in zip(sizes, array.shape[1:], strict=True)]
    return np.pad(array, [(0, 0), *missing])


def score_objects(
    facts: SegmentFacts,
    truth: ObjectTable,
    num_labels: int,
    *,
    seed: int,
    readings: Mapping[str, NDArray[np.int64]] | None = None,
) -> Scores:
    """Score segments and properties by the paper's rule and by a strict one.

    Paper (and released code): a keypoint counts where its region (share above 0.8) lies by more
    than half on one object; others are ignored, and so are objects no keypoint shows; each
    prototype means its most frequent value, chosen on the pictures it is scored on.

    Strict: every visible object counts, at most one keypoint stands for it (by the segments of
    the picture), a missed object is an error, and the meaning of a prototype is chosen on one
    half of the pictures and scored on the other.

    Args:
        facts: of the drawn pictures.
        truth: what is in them.
        num_labels: M.
        seed: of the halves and the resampling.
        readings: other ways to sort the keypoints, such as ``form`` -> (P, K) sort; scored as
            ``shape_by_form`` beside the prototypes.
    """
    scores = Scores(seed=seed)
    totals = (truth.present & facts.visible).sum(1)
    scores.add_mean("foreground_ari", facts.ari)
    scores.add_mean("foreground_ari_strict", facts.ari_strict)
    shown = majority_object(facts.region_overlaps)
    paper = all_hits(shown)
    covered = one_hit_each(shown, facts.region_overlaps)
    scores.add_ratio("coverage", _per_picture(covered.picture, len(totals)), totals)
    properties = _properties(truth)
    for name, (values, count) in properties.items():
        pairs = _pairs(paper, facts.labels, values, totals)
        _add_paper_property(scores, name, pairs, (num_labels, count))
    shown = majority_object(facts.segment_overlaps)
    strict = one_hit_each(shown, facts.segment_overlaps)
    scores.add_ratio("coverage_strict", _per_picture(strict.picture, len(totals)), totals)
    for name, (values, count) in properties.items():
        pairs = _pairs(strict, facts.labels, values, totals)
        _add_strict_property(scores, name, pairs, (num_labels, count))
    for reading, labels in (readings or {}).items():
        size = int(labels.max(initial=0)) + 1
        for name, (values, count) in properties.items():
            pairs = _pairs(paper, labels, values, totals)
            _add_paper_property(scores, f"{name}_by_{reading}", pairs, (size, count), table=False)
            pairs = _pairs(strict, labels, values, totals)
            _add_strict_property(scores, f"{name}_by_{reading}", pairs, (size, count))
    for name, names in truth.attribute_names.items():
        scores.columns[f"prototype × {name}"] = names
    scores.losses = 1.0 - np.nan_to_num(facts.ari_strict, nan=1.0)
    scores.counts |= {
        "pictures": len(totals),
        "objects": int(totals.sum()),
        "keypoints": int(facts.labels.size),
        "keypoints_on_objects": len(paper.picture),
        "prototypes": num_labels,
        "prototypes_used": len(np.unique(facts.labels)),
    }
    return scores


def _properties(truth: ObjectTable) -> dict[str, tuple[NDArray[np.int64], int]]:
    """Return (P, G) values and their number for each attribute, and for all of them jointly."""
    found = {
        name: (values, len(truth.attribute_names[name]))
        for name, values in truth.attributes.items()
    }
    if not found:
        return {"class": (truth.categories, max(1, len(truth.category_names)))}
    joint, size = np.zeros_like(truth.categories), 1
    for values, count in found.values():
        joint, size = joint * count + values, size * count
    return {**found, JOINT: (joint, size)} if len(found) > 1 else found


def _pairs(
    hits: ObjectHits,
    labels: NDArray[np.int64],
    values: NDArray[np.int64],
    totals: NDArray[np.integer],
) -> Pairs:
    return Pairs(
        hits.picture,
        labels[hits.picture, hits.keypoint],
        values[hits.picture, hits.object],
        totals.astype(np.int64),
    )


def _per_picture(picture: NDArray[np.integer], num_pictures: int) -> NDArray[np.float64]:
    return np.bincount(picture, minlength=num_pictures).astype(np.float64)


def _add_paper_property(
    scores: Scores, name: str, pairs: Pairs, shape: tuple[int, int], *, table: bool = True
) -> None:
    confusion = confusion_matrix(pairs.labels, pairs.classes, *shape)
    meaning = confusion.argmax(1)
    right = pairs.per_picture(meaning[pairs.labels] == pairs.classes)
    scores.add_ratio(name, right, pairs.found())
    if table and name != JOINT:
        scores.tables[f"prototype × {name}"] = confusion.tolist()


def _add_strict_property(scores: Scores, name: str, pairs: Pairs, shape: tuple[int, int]) -> None:
    first_half = halves(len(pairs.totals), scores.seed)[pairs.picture]
    hits = held_out_hits(pairs.labels, pairs.classes, first_half, shape, "many-to-one")
    scores.add_ratio(f"{name}_strict", pairs.per_picture(hits), pairs.totals)


def reference_for(truth: ObjectTable) -> dict[str, float]:
    """Return the paper's figures for a data set with these attributes."""
    names = frozenset(truth.attribute_names) - {"material"}
    return dict(REFERENCES.get(names, {}))
