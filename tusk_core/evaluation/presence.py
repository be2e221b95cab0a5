"""The presence protocol: does the best score tell pictures with the subject from those without?

Shapes: P pictures with the subject, N without, K keypoints in a picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from tusk_core.evaluation.bootstrap import NUM_RESAMPLES, interval, picture_weights
from tusk_core.evaluation.scores import Scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.evaluation.collect import Points

SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
TABLE = "best score × with and without"


def best_scores(points: Points) -> NDArray[np.float64]:
    """Return (P,) the best score of each picture; 0 where nothing was found."""
    if not points.valid.shape[1]:
        return np.zeros(len(points))
    best: NDArray[np.float64] = np.where(points.valid, points.scores, 0.0).max(axis=1)
    return best


def area_under_curve(
    with_subject: NDArray[np.floating],
    without: NDArray[np.floating],
    weights: tuple[NDArray[np.number], NDArray[np.number]] | None = None,
) -> float:
    """Return the area under the ROC curve: how often a score of the first beats one of the second.

    Equal scores count one half (Mann and Whitney, 1947). NaN where one side is empty.

    Args:
        with_subject: (P,) scores.
        without: (N,) scores.
        weights: how often each counts, (P,) and (N,); None counts each once.
    """
    above, below = weights or (np.ones(len(with_subject)), np.ones(len(without)))
    total = float(above.sum()) * float(below.sum())
    if total == 0:
        return float("nan")
    ranks = rankdata(np.concatenate([with_subject, without]), method="dense") - 1
    num = int(ranks.max()) + 1
    first = np.bincount(ranks[: len(with_subject)].astype(np.int64), above, num)
    second = np.bincount(ranks[len(with_subject) :].astype(np.int64), below, num)
    lower = np.cumsum(second) - second
    return float((first * (lower + second / 2)).sum() / total)


def score_presence(with_subject: Points, without: Points, *, min_score: float, seed: int) -> Scores:
    """Score how well the best score tells the two apart, and what a threshold makes of them.

    Args:
        with_subject: keypoints of pictures that show the subject.
        without: keypoints of pictures that do not.
        min_score: the model's threshold, [0, 1].
        seed: of the resampling.
    """
    scores = Scores(seed=seed)
    first, second = best_scores(with_subject), best_scores(without)
    _add_area(scores, first, second)
    for name, hits in (
        ("subject_seen", first >= max(min_score, 1e-12)),
        ("empty_left_empty", second < max(min_score, 1e-12)),
    ):
        scores.add_ratio(name, hits.astype(np.float64), np.ones(len(hits)))
    columns = [np.quantile(s, SHARES) if s.size else np.zeros(len(SHARES)) for s in (first, second)]
    scores.tables[TABLE] = np.column_stack([np.array(SHARES) * 100, *columns]).tolist()
    scores.columns[TABLE] = ("per cent of pictures", "with", "without")
    scores.losses = (first[:, None] <= second[None]).mean(axis=1) if second.size else first * 0
    scores.counts |= {
        "pictures": len(first),
        "empty_pictures": len(second),
        "keypoints": int(with_subject.valid.sum()),
        "keypoints_in_empty": int(without.valid.sum()),
    }
    return scores


def _add_area(scores: Scores, first: NDArray[np.float64], second: NDArray[np.float64]) -> None:
    scores.metrics["area_under_curve"] = 100 * area_under_curve(first, second)
    generator = np.random.default_rng(scores.seed)
    drawn = [picture_weights(len(side), NUM_RESAMPLES, generator) for side in (first, second)]
    areas = [area_under_curve(first, second, pair) for pair in zip(*drawn, strict=True)]
    low, high = interval(100 * np.array(areas))
    scores.intervals["area_under_curve"] = (low, high)
