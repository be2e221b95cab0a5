"""How well prototypes name classes: mappings between them and what they score.

Shapes: n matched pairs, M prototypes, C classes. A confusion matrix is (M, C): how many pairs
had prototype m and class c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from numpy.typing import NDArray

Rule = Literal["many-to-one", "bipartite", "reverse"]
RULES: tuple[Rule, ...] = ("bipartite", "many-to-one", "reverse")


def confusion_matrix(
    labels: NDArray[np.integer],
    classes: NDArray[np.integer],
    num_labels: int,
    num_classes: int,
) -> NDArray[np.int64]:
    """Return (M, C) counts of the pairs ``labels`` (n,), ``classes`` (n,)."""
    flat = np.asarray(labels, dtype=np.int64) * num_classes + np.asarray(classes, dtype=np.int64)
    counts = np.bincount(flat, minlength=num_labels * num_classes)
    return counts.reshape(num_labels, num_classes)


def agreement(confusion: NDArray[np.integer], rule: Rule) -> NDArray[np.bool_]:
    """Return which cells (M, C) count as correct when the mapping is chosen on ``confusion``.

    - many-to-one: each prototype means its most frequent class (purity).
    - bipartite: one class per prototype and one prototype per class, so as to be right most often.
    - reverse: each class is expected on its most frequent prototype (Table 5, M below C).

    Prototypes (for reverse: classes) that never occurred stay unmapped: they are never right.
    """
    M, C = confusion.shape
    correct = np.zeros((M, C), dtype=bool)
    if rule == "many-to-one":
        correct[np.arange(M), confusion.argmax(axis=1)] = confusion.any(axis=1)
    elif rule == "reverse":
        correct[confusion.argmax(axis=0), np.arange(C)] = confusion.any(axis=0)
    else:
        rows, columns = linear_sum_assignment(confusion, maximize=True)
        correct[rows, columns] = True
    return correct


def accuracy(confusion: NDArray[np.integer], rule: Rule) -> float:
    """Return the share of pairs that are right under the mapping chosen on the same pairs."""
    total = int(confusion.sum())
    if total == 0:
        return 0.0
    return float(confusion[agreement(confusion, rule)].sum() / total)


def held_out_hits(
    labels: NDArray[np.integer],
    classes: NDArray[np.integer],
    in_first_half: NDArray[np.bool_],
    shape: tuple[int, int],
    rule: Rule,
) -> NDArray[np.bool_]:
    """Return (n,) which pairs are right under the mapping chosen on the other half.

    Args:
        labels: (n,) prototypes.
        classes: (n,) classes.
        in_first_half: (n,) the half each pair's picture is in.
        shape: (M, C).
        rule: how the mapping is chosen.
    """
    hits = np.zeros(len(labels), dtype=bool)
    for half in (True, False):
        chosen_on, scored = in_first_half != half, in_first_half == half
        confusion = confusion_matrix(labels[chosen_on], classes[chosen_on], *shape)
        correct = agreement(confusion, rule)
        hits[scored] = correct[labels[scored], classes[scored]]
    return hits


def adjusted_rand_index(confusion: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the adjusted Rand index (Hubert and Arabie, 1985) of each confusion matrix.

    Args:
        confusion: (..., M, C) counts.

    Returns:
        (...) at most 1, about 0 by chance; 1 where both partitions agree trivially; NaN where
        there is nothing to compare.
    """
    counts = np.asarray(confusion, dtype=np.float64)
    n = counts.sum((-2, -1))
    same_both = (counts**2).sum((-2, -1))
    same_class = (counts.sum(-2) ** 2).sum(-1)
    same_label = (counts.sum(-1) ** 2).sum(-1)
    # Ordered pairs of points: together in both, in one only, apart in both.
    together = same_both - n
    class_only, label_only = same_class - same_both, same_label - same_both
    apart = n**2 - same_class - same_label + same_both
    numerator = 2 * (together * apart - class_only * label_only)
    denominator = (together + class_only) * (class_only + apart)
    denominator = denominator + (together + label_only) * (label_only + apart)
    identical = (class_only == 0) & (label_only == 0)
    index = np.divide(
        numerator, denominator, out=np.ones_like(numerator), where=~identical & (denominator != 0)
    )
    return np.where(n > 0, index, np.nan)


def normalised_mutual_information(confusion: NDArray[np.integer]) -> float:
    """Return mutual information over the mean of both entropies, in [0, 1]."""
    counts = np.asarray(confusion, dtype=np.float64)
    total = counts.sum()
    if total == 0:
        return 0.0
    joint = counts / total
    rows, columns = joint.sum(1), joint.sum(0)
    seen = joint > 0
    expected = np.outer(rows, columns)
    information = float((joint[seen] * np.log(joint[seen] / expected[seen])).sum())
    mean_entropy = (_entropy(rows) + _entropy(columns)) / 2
    if mean_entropy == 0:
        return 1.0
    return float(np.clip(information / mean_entropy, 0.0, 1.0))


def _entropy(shares: NDArray[np.float64]) -> float:
    present = shares[shares > 0]
    return float(-(present * np.log(present)).sum())
