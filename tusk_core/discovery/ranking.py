"""Which kinds are things that recur, and which are scenery, rims and gaps; no labels needed.

Shapes: P pictures, M kinds, S blobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tusk_core.nn.kind_scores import KindFacts, steadiness
from tusk_core.nn.kind_scores import kind_scores as score_facts

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from tusk_core.discovery.blobs import Blobs
    from tusk_core.discovery.ground import StandOut

SURE = 0.5  # membership from which a place counts as a kind's
_MOST_COMPANIONS = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class KindStatistics:
    """What is known of each kind; every array is (M,).

    Attributes:
        presence: share of pictures that have one, [0, 1].
        count: blobs in a picture that has one.
        area: typical size of a blob, cells.
        unevenness: deviation of the logarithm of its size.
        roundness: mean of its blobs', [0, 1].
        border: share of its blobs that touch the picture's edge.
        strength: mean of its blobs' largest membership, [0, 1].
        motion: how much its places change in a video against the mean place; 1 elsewhere.
        contrast: how far its places are from a plain ground, against the mean place; 1 where
            pictures have none.
        drop: how much more of that there is within its blobs than beside them on the fullest side;
            None where pictures have no plain ground.
        radius: at which it drops most, cells; None likewise.
        steadiness: 1 where every picture that has one has as many, less the more they differ.
    """

    presence: NDArray[np.float64]
    count: NDArray[np.float64]
    area: NDArray[np.float64]
    unevenness: NDArray[np.float64]
    roundness: NDArray[np.float64]
    border: NDArray[np.float64]
    strength: NDArray[np.float64]
    motion: NDArray[np.float64]
    contrast: NDArray[np.float64]
    drop: NDArray[np.float64] | None
    radius: NDArray[np.float64] | None
    steadiness: NDArray[np.float64]

    @property
    def are_things(self) -> bool:
        """Whether several whole things of a kind lie on the ground; see ``KindFacts``."""
        return facts_of(self).are_things


def sure_blobs(blobs: Blobs) -> NDArray[np.bool_]:
    """Return (S,) whether a blob is of its kind beyond doubt."""
    return blobs.strength >= SURE


def kind_statistics(
    blobs: Blobs,
    num_pictures: int,
    num_kinds: int,
    motion: NDArray[np.float64] | None = None,
    ground: StandOut | None = None,
) -> KindStatistics:
    """Return the statistics of every kind over its sure blobs.

    Args:
        blobs: of all pictures.
        num_pictures: P.
        num_kinds: M.
        motion: (M,) as ``KindStatistics`` has it; None where there is no video.
        ground: how kinds lie on it; None where there is no plain ground.
    """
    sure = sure_blobs(blobs)
    kind, logs = blobs.kind[sure], np.log(np.maximum(blobs.area[sure], 1))
    number = np.bincount(kind, minlength=num_kinds).astype(np.float64)
    numbers = np.zeros((num_pictures, num_kinds))
    np.add.at(numbers, (blobs.picture[sure], kind), 1)
    present = numbers > 0
    pictures = np.maximum(present.sum(axis=0), 1)

    def mean(values: NDArray[np.generic]) -> NDArray[np.float64]:
        return np.bincount(kind, values, num_kinds) / np.maximum(number, 1)

    centre = mean(logs)
    return KindStatistics(
        presence=present.mean(axis=0),
        count=number / pictures,
        area=np.exp(centre),
        unevenness=np.sqrt(np.maximum(mean(logs**2) - centre**2, 0)),
        roundness=mean(np.minimum(blobs.roundness[sure], 1)),
        border=mean(blobs.at_border[sure]),
        strength=mean(blobs.strength[sure]),
        motion=np.ones(num_kinds) if motion is None else motion,
        contrast=np.ones(num_kinds) if ground is None else ground.contrast,
        drop=None if ground is None else ground.drop,
        radius=None if ground is None else ground.radius,
        steadiness=_steadiness(number / pictures, (numbers**2).sum(axis=0) / pictures),
    )


def _steadiness(mean: NDArray[np.float64], mean_square: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(steadiness(torch.from_numpy(mean), torch.from_numpy(mean_square)).numpy())


def facts_of(kinds: KindStatistics) -> KindFacts:
    """Return the facts by which kinds are chosen, here and in training."""

    def tensor(values: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(values)

    return KindFacts(
        presence=tensor(kinds.presence),
        count=tensor(kinds.count),
        inner=tensor(1 - kinds.border),
        agreement=torch.ones(len(kinds.presence), dtype=torch.float64),
        compactness=tensor(kinds.roundness / (1 + kinds.unevenness)),
        steadiness=tensor(kinds.steadiness),
        moving=tensor(kinds.motion),
        contrast=tensor(kinds.contrast),
        drop=None if kinds.drop is None else tensor(kinds.drop),
    )


def kind_scores(kinds: KindStatistics) -> NDArray[np.float64]:
    """Return (M,) how much each kind is like a thing that recurs, [0, 1]."""
    return np.asarray(score_facts(facts_of(kinds)).numpy(), np.float64)


def companions(blobs: Blobs, scores: NDArray[np.float64], areas: NDArray[np.float64]) -> Leaders:
    """Return which kinds only ever occur beside a better one, and beside which.

    Kinds are taken by falling score. One is a companion if most of its blobs lie within the radius
    of a blob of a kind taken before.

    Args:
        blobs: of all pictures.
        scores: (M,) of the kinds.
        areas: (M,) typical blob area, cells.
    """
    shares = beside_shares(blobs, areas)
    order = np.argsort(-scores, kind="stable")
    leader = np.full(len(scores), -1)
    taken: list[int] = []
    for kind in order.tolist():
        beside = [other for other in taken if shares[kind, other] >= _MOST_COMPANIONS]
        if beside:
            leader[kind] = max(beside, key=lambda other: shares[kind, other])
        else:
            taken.append(kind)
    return Leaders(order[leader[order] < 0], leader)


@dataclass(frozen=True, slots=True, eq=False)
class Leaders:
    """Kinds that stand for themselves, and the others' leaders.

    Attributes:
        order: (L,) kinds by falling score, without companions.
        leader: (M,) the kind that a companion goes with; -1 for a kind of its own.
    """

    order: NDArray[np.int64]
    leader: NDArray[np.int64]


def beside_shares(blobs: Blobs, areas: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (M, M): share of kind i's blobs that lie within the radius of a blob of kind j.

    The radius is that of a disc of kind j's typical area, and one cell more.
    """
    num_kinds = len(areas)
    sure = sure_blobs(blobs)
    kind, picture, xy = blobs.kind[sure], blobs.picture[sure], blobs.xy[sure]
    number = np.maximum(np.bincount(kind, minlength=num_kinds), 1)
    radius = np.sqrt(areas / np.pi) + 1
    shares = np.zeros((num_kinds, num_kinds))
    order = np.argsort(picture, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(picture[order])) + 1):
        apart = np.linalg.norm(xy[part, None] - xy[None, part], axis=-1)
        first, second = np.nonzero(apart <= radius[kind[part]])
        # A blob counts once for each other kind, however many of its blobs are near.
        keys = np.unique(first * num_kinds + kind[part][second])
        np.add.at(shares, (kind[part][keys // num_kinds], keys % num_kinds), 1.0)
    shares /= number[:, None]
    np.fill_diagonal(shares, 0)
    return shares
