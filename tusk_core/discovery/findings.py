"""What was found on some pictures: kinds, their statistics, their order and examples.

Shapes: P pictures, M kinds, S blobs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from tusk_core.data.crops import window_of
from tusk_core.data.fitting import place
from tusk_core.data.windows import place_window, window_size
from tusk_core.discovery.blobs import Blobs, find_blobs
from tusk_core.discovery.clusters import Clusters, kind_maps, memberships, motion_maps
from tusk_core.discovery.empties import only_here
from tusk_core.discovery.ground import Places, away_from_ground, stand_out
from tusk_core.discovery.motion import moving_mass, moving_places, moving_shares
from tusk_core.discovery.proposals import (
    Proposal,
    kept_kinds,
    kept_things,
    propose,
    propose_things,
)
from tusk_core.discovery.ranking import (
    KindStatistics,
    Leaders,
    companions,
    kind_scores,
    kind_statistics,
    sure_blobs,
)
from tusk_core.events import KindExample, KindFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.cache_features import Features
    from tusk_core.discovery.clusters import KindMaps

NUM_KINDS = 64
MOST_RANKED = 200
_MOST_READ = 48
_CELL_PX = 4
_EXAMPLES = 12
# A kind of which so much moves is a part of what moves about; of that all such parts are so much.
_MOVES_ABOUT, _COVERED = 0.65, 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """Kinds of a data set.

    Attributes:
        clusters: the kinds as directions of the frozen features.
        blobs: the sure ones on the pictures that were ranked.
        rows: (P,) of those pictures in the cache.
        statistics: of the kinds.
        scores: (M,) how much each is like a thing that recurs, [0, 1].
        leaders: kinds by rank, and the companions of better ones.
        kept: (M,) those to begin with.
        proposal: settings for them.
    """

    clusters: Clusters
    blobs: Blobs
    rows: NDArray[np.int64]
    statistics: KindStatistics
    scores: NDArray[np.float64]
    leaders: Leaders
    kept: NDArray[np.bool_]
    proposal: Proposal


def num_kinds_for(features: Features) -> int:
    """Return M that the pictures ask for.

    Things that lie on plain ground, many in a picture, are looked at more finely: with 64 kinds
    blood platelets had none of their own in two of three draws.
    """
    images = features.pictures.images
    some = images[:: max(1, len(images) // _MOST_READ)]
    size = (images.shape[2] // _CELL_PX, images.shape[1] // _CELL_PX)
    return NUM_KINDS if away_from_ground(some, size) is None else 2 * NUM_KINDS


def find(
    features: Features,
    clusters: Clusters,
    source: BaseSource,
    *,
    crops: int = 0,
    elsewhere: NDArray[np.float64] | None = None,
) -> Findings:
    """Rank the kinds of ``clusters`` on at most 200 of the pictures.

    Args:
        features: of the pictures.
        clusters: their kinds.
        source: the pictures themselves.
        crops: longer side of the crops that are looked at [px]; 0 for whole pictures.
        elsewhere: (M,) the share of pictures without the subject that have one of each kind.
    """
    num_kinds, total = len(clusters.centres), len(features)
    rows = np.unique(np.linspace(0, total - 1, min(total, MOST_RANKED)).round().astype(np.int64))
    maps = kind_maps(features.batches(rows), clusters)
    blobs = find_blobs(maps.kinds, maps.strength)
    sure = chosen_blobs(blobs, sure_blobs(blobs))
    is_video = features.pictures.is_video and len(rows) > 2
    h, w = maps.kinds.shape[1:]
    moving = moving_places(features.pictures, rows, (w, h), source, crops)
    motion = None
    if moving is not None:
        motion = moving_shares(moving, Places(sure.picture, sure.kind, sure.xy), num_kinds)
    elif is_video:
        motion = _motion(features, rows, maps, num_kinds)
    away = away_from_ground(features.pictures.images[rows], (w, h), is_video=is_video)
    ground = None if away is None else stand_out(away, sure, num_kinds)
    statistics = kind_statistics(blobs, len(rows), num_kinds, motion=motion, ground=ground)
    scores = kind_scores(statistics)
    if elsewhere is not None:
        scores = scores * only_here(statistics.presence, elsewhere)
    some = slice(None, None, max(1, len(rows) // _MOST_READ))
    kept = kept_things(scores) if statistics.are_things else None
    if kept is not None and moving is not None:
        moves, covers = moving_mass(_readings(features, rows[some], clusters), moving[some])
        kept = _what_moves(moves, covers, kept)
        scores = scores if kept is not None else scores * (moves >= _MOVES_ABOUT)
    leaders = companions(blobs, scores, statistics.area)
    if kept is not None:
        proposal = propose_things(
            lambda: _readings(features, rows[some], clusters),
            statistics,
            kept,
            moving=None if moving is None else moving[some],
        )
    else:
        kept = kept_kinds(statistics, scores, leaders)
        proposal = propose(sure, statistics, kept, len(rows))
    return Findings(clusters, sure, rows, statistics, scores, leaders, kept, proposal)


def _what_moves(
    moves: NDArray[np.float64], covers: NDArray[np.float64], kept: NDArray[np.bool_]
) -> NDArray[np.bool_] | None:
    """Return the kinds (M,) whose one map shows whole things that move.

    These are all that hardly occur elsewhere, or ``kept`` if there are none. None if most of what
    moves is none of them, as of cars whose paint and glass are those of the street.

    Args:
        moves: (M,) how much of each kind moves.
        covers: (M,) how much of what moves is it.
        kept: (M,) kinds that are kept without knowing.
    """
    parts = moves >= _MOVES_ABOUT
    if not parts.any():
        return kept
    return parts if covers[parts].sum() >= _COVERED else None


def _readings(
    features: Features, rows: NDArray[np.int64], clusters: Clusters
) -> Iterator[torch.Tensor]:
    """Yield the memberships (b, M, h, w) of the pictures of these rows."""
    for batch in features.batches(rows):
        yield memberships(batch, clusters)


def chosen_blobs(blobs: Blobs, which: NDArray[np.bool_]) -> Blobs:
    """Return some of the blobs."""
    return Blobs(**{part.name: getattr(blobs, part.name)[which] for part in fields(Blobs)})


def _motion(
    features: Features, rows: NDArray[np.int64], maps: KindMaps, num_kinds: int
) -> NDArray[np.float64]:
    """Return (M,) how much the places of each kind change over the frames, 1 on average."""
    moving = torch.from_numpy(motion_maps(features.batches(rows))).unsqueeze(1)
    fine = F.interpolate(moving, maps.kinds.shape[-2:], mode="bilinear").squeeze(1).numpy()
    kind = maps.kinds.reshape(-1).astype(np.int64)
    number = np.bincount(kind, minlength=num_kinds)
    total = np.bincount(kind, fine.reshape(-1), num_kinds)
    return np.asarray(total / np.maximum(number, 1), np.float64)


def as_events(
    findings: Findings,
    features: Features,
    source: BaseSource,
    *,
    crops: int = 0,
    is_final: bool,
) -> Iterator[KindFound]:
    """Yield every kind that occurs, the best first.

    Args:
        findings: on the pictures of ``features``.
        features: what was looked at.
        source: the pictures themselves.
        crops: longer side of the crops that were looked at [px]; 0 for whole pictures.
        is_final: no more will come of these kinds.
    """
    ranks = np.argsort(-findings.scores, kind="stable")
    for rank, kind in enumerate(ranks.tolist()):
        if findings.scores[kind] <= 0:
            return
        leader = int(findings.leaders.leader[kind])
        yield KindFound(
            number=kind,
            rank=rank,
            score=float(findings.scores[kind]),
            is_kept=bool(findings.kept[kind]),
            presence=float(findings.statistics.presence[kind]),
            per_picture=float(findings.statistics.count[kind]),
            companion_of=None if leader < 0 else leader,
            examples=_examples(findings, features, source, kind, crops),
            is_final=is_final,
        )


def _examples(
    findings: Findings, features: Features, source: BaseSource, kind: int, crops: int
) -> tuple[KindExample, ...]:
    blobs = findings.blobs
    of_kind = np.flatnonzero(blobs.kind == kind)
    # The clearest of usual size, one from each picture.
    unusual = np.abs(np.log(blobs.area[of_kind] / max(findings.statistics.area[kind], 1.0)))
    order = of_kind[np.argsort(unusual - blobs.strength[of_kind], kind="stable")]
    _, first = np.unique(blobs.picture[order], return_index=True)
    chosen = order[np.sort(first)][:_EXAMPLES]
    return tuple(_example(findings, features, source, blob, crops) for blob in chosen.tolist())


def _example(
    findings: Findings, features: Features, source: BaseSource, blob: int, crops: int
) -> KindExample:
    blobs, pictures = findings.blobs, features.pictures
    row = int(findings.rows[blobs.picture[blob]])
    index = int(pictures.indices[row])
    size, canvas = source.size(index), (pictures.images.shape[2], pictures.images.shape[1])
    window = window_of(pictures.names[row], size, crops, canvas)
    if window is None:
        placement = place(size, canvas, "stretch")
    else:
        placement = place_window(window, window_size(crops, canvas), canvas)
    middle = (blobs.xy[blob] + 0.5) * _CELL_PX - 0.5
    x, y = placement.to_original(middle.astype(np.float32)).tolist()
    diameter = 2 * float(np.sqrt(blobs.area[blob] / np.pi)) * _CELL_PX
    scale = float(np.sqrt(placement.scale[0] * placement.scale[1]))
    return KindExample(index, (x, y), diameter / scale, float(blobs.strength[blob]))
