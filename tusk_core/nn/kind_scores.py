"""How much each kind is like a thing that recurs: the one rule by which kinds are chosen.

Discovery measures its facts on blobs of clusters, training on the peaks of learned maps in two
views (``kind_rank``); what follows from them is decided here for both.

Shapes: M kinds.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_RARE = 0.03
# A kind that is there so much more rarely than the best does not fill a keypoint.
_RARELY = 0.25
# What never moves where other things do is worth so much of what always does.
_STILL = 0.1
# A thing that is alone on every side drops by so much of the usual distance from the ground.
_ALONE = 0.4
# Things of a rare class count as much as those of a common one from this share of pictures on.
_COMMON = 0.15
# So many of a kind in a picture that has one are several.
_SEVERAL = 1.5


@dataclass(frozen=True, slots=True)
class KindFacts:
    """What is known of each kind; every tensor is (M,) and lies in [0, 1] unless it says else.

    Attributes:
        presence: share of pictures that have one.
        count: how many a picture has that has one, from 1.
        inner: share of them that the picture's edge does not cut off.
        agreement: share of them that are found again in a warped view; 1 where none was seen.
        compactness: how compact they are, and of one size.
        steadiness: 1 where every picture that has one has as many.
        moving: how much their places move in a video, 1 for as much as anything; 1 elsewhere.
        contrast: how far their places are from a plain ground, 1 for the usual place; 1 where
            pictures have none.
        drop: how much more of that distance there is in them than beside them on the fullest side,
            at most 0 for gaps and rims; None where pictures have no plain ground.
    """

    presence: Tensor
    count: Tensor
    inner: Tensor
    agreement: Tensor
    compactness: Tensor
    steadiness: Tensor
    moving: Tensor
    contrast: Tensor
    drop: Tensor | None

    @property
    def are_things(self) -> bool:
        """Whether several whole things of a kind lie on the ground, as cells and animals do.

        One thing then has one keypoint. Where there is one thing in a picture, its parts are what
        keypoints tell.
        """
        if self.drop is None:
            return False
        alone = (self.drop >= _ALONE / 2) & (self.presence >= _RARE)
        weights = torch.where(alone, self.presence, 0.0)
        total = float(weights.sum())
        return total > 0 and float((weights * self.count).sum()) >= _SEVERAL * total


def kind_scores(kinds: KindFacts) -> Tensor:
    """Return how much each kind is like a thing that recurs, (M,) in [0, 1].

    A product, so that one clear fault is enough: rare, at the edge, ragged, of every size or
    number, not found again in a second view, never moving where other things do, or of the ground.
    Things that lie on a plain ground stand alone on it; how ragged the middles of clumped things
    are, how many of them there are, and how many pictures have a rare class of them, counts little.
    """
    scores = kinds.inner * kinds.agreement * kinds.moving.clamp(_STILL, 1)
    if kinds.are_things:
        assert kinds.drop is not None
        scores = (
            scores * (kinds.drop / _ALONE).clamp(0, 1) * (kinds.presence / _COMMON).clamp_max(1)
        )
    else:
        parts = kinds.presence * kinds.compactness * kinds.steadiness
        scores = scores * parts * kinds.contrast.clamp_max(1)
    return torch.where(kinds.presence >= _RARE, scores, 0.0)


def filling_kinds(
    kinds: KindFacts, scores: Tensor, repeats: Tensor, num_keypoints: int, *, worth: float = 0.0
) -> Tensor:
    """Return which kinds (M,) bool fill K keypoints: the best, none that repeats a better one.

    A kind is counted with as many keypoints as it has in the pictures in which it occurs. One that
    no longer fits whole is passed over for a worse one that does: half of a pair says little. One
    that most pictures lack where others have it would leave its keypoint empty.

    Args:
        kinds: their facts.
        scores: (M,) of the kinds, as ``kind_scores`` gives them.
        repeats: (M, M) bool, whether a row's kind mostly lies where the column's does.
        num_keypoints: K.
        worth: share of the best score that a kind must have, [0, 1].
    """
    best = scores.argmax()
    enough = (kinds.presence >= _RARELY * kinds.presence[best]) & (scores >= worth * scores[best])
    worthy = torch.where(enough, scores, 0.0)
    values, each = worthy.tolist(), kinds.count.tolist()
    order = worthy.argsort(descending=True, stable=True).tolist()
    chosen: list[int] = []
    filled = 0.0
    for kind in order:
        if filled >= num_keypoints - 0.5 or not values[kind]:
            break
        fits = filled + each[kind] <= num_keypoints + 0.5
        if not fits or any(bool(repeats[kind, other]) for other in chosen):
            continue
        chosen.append(kind)
        filled += each[kind]
    kept = torch.zeros(len(order), dtype=torch.bool, device=scores.device)
    kept[torch.tensor(chosen or order[:1], device=kept.device)] = True
    return kept


def steadiness(mean: Tensor, mean_square: Tensor) -> Tensor:
    """Return (M,) 1 where every picture that has a kind has as many, less the more they differ.

    Args:
        mean: (M,) how many there are, over pictures that have one.
        mean_square: (M,) of their number's square.
    """
    deviation = (mean_square - mean.square()).clamp_min(0).sqrt()
    return (1 + deviation / mean.clamp_min(1)) ** -2
