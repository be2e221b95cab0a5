"""Settings that the data asks for: picture size before, everything else after kinds are found.

Shapes: M kinds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from tusk_core.discovery.motion import MOVES, telling_score
from tusk_core.discovery.ranking import facts_of
from tusk_core.nn.kind_peaks import find_kind_peaks, joined_maps
from tusk_core.nn.kind_scores import filling_kinds
from tusk_core.nn.middle_votes import WIDER, MiddleVotes, learned_votes
from tusk_core.nn.shared_blobs import LEVEL, blob_labels, blur_for, radius_of, share_out
from tusk_core.nn.trunk import TRUNK_STRIDE
from tusk_core.nn.window_maps import blurred

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from tusk_core.discovery.blobs import Blobs
    from tusk_core.discovery.ranking import KindStatistics, Leaders
    from tusk_core.nn.kind_peaks import KindPeaks

# Small pictures are enlarged to the first, so that a cell is not a large part of one; large ones
# are brought down to the second, or to the third where they are so few that all of them together
# have no more than the fourth.
SMALLEST_AREA, USUAL_AREA, LARGEST_AREA = 192 * 192, 384 * 288, 640 * 480
ALL_AREAS = 60e6
# Crops of large pictures are seen at this size.
CROP_CANVAS = (320, 320)
_CELL_PX = 4
# Every keypoint is a layer that a decoder draws in training: more than the second are slow there.
_FEWEST_KEYPOINTS, _MOST_KEYPOINTS = 4, 48
_MOST_KEPT = 16
# What is kept to begin with fills so many keypoints, if it is worth a share of the best.
_FILLED, _WORTH = 12, 0.3
_WORTH_THING = 0.5
# In shares of a thing's radius: how far from another its middle lies, how its map is blurred, and
# how far around a peak its centre of mass is taken.
_APART, _BLUR, _REFINE = 0.6, 0.17, 0.3
_LEAST_BLUR = 0.6  # cells
# How far from a place the middle of its thing may be, in shares of the radius: rims and a bit more.
_REACH = 1.4
# Areas of blobs: their spread for one number of things, how much rarer one thing more is, how many
# things at most, how likely a blob is something else, how many areas are tried.
_AREA_WIDTH, _TOGETHER, _MOST_TOGETHER, _STRAY, _AREAS = 0.15, 0.4, 6, 0.02, 300
_FIRST_BLUR, _FEWEST_BLOBS, _MOST_BEYOND = 0.8, 8, 0.1  # cells, blobs, share
_SHIFT_REACH = 2.0  # in radii of a disc of a thing's area: how far its middle may be from a blob's
_LOWEST, _HIGHEST, _PLAIN_SCORE, _FAINT = 0.2, 0.5, 0.5, 0.05


@dataclass(frozen=True, slots=True)
class Proposal:
    """What to set for these pictures.

    Attributes:
        num_keypoints: K that nearly every picture's kept kinds need.
        keypoint_size: diameter of a typical blob, pixels of the network's input.
        nms_window: odd side of a kind's neighbourhood, cells.
        refine_window: odd side of the window whose centre of mass is the place, cells.
        min_score: keypoints that score less are taken for nothing, [0, 1].
        joined_blur: deviation by which the one map of all kinds is blurred where one thing has one
            keypoint, cells; 0 reads each kind's own map.
        thing_area: of one thing, where blobs are shared out among several, cells; 0 where not.
        thing_shift: (x, y) from the middle of a blob's part to that of its thing, cells.
        votes: how places vote for the middles of their things; None where they do not.
    """

    num_keypoints: int
    keypoint_size: float
    nms_window: int
    refine_window: int
    min_score: float = _PLAIN_SCORE
    joined_blur: float = 0.0
    thing_area: float = 0.0
    thing_shift: tuple[float, float] = (0.0, 0.0)
    votes: MiddleVotes | None = None


def working_size(
    sizes: Sequence[tuple[int, int]], side: int = 0, count: int = 0
) -> tuple[int, int]:
    """Return the (width, height) to work at: the usual shape, sides multiples of 16.

    Args:
        sizes: (width, height) of some of the pictures.
        side: longer side wanted; 0 decides by the pictures' own size.
        count: how many there are; 0 for many.
    """
    shape = np.asarray(sizes, np.float64)
    ratio = float(np.exp(np.median(np.log(shape[:, 0] / shape[:, 1]))))
    ratio = min(4.0, max(0.25, ratio))
    most = float(np.clip(ALL_AREAS / count if count else 0, USUAL_AREA, LARGEST_AREA))
    area = float(np.clip(np.median(shape.prod(axis=1)), SMALLEST_AREA, most))
    if side:
        area = side * side / max(ratio, 1 / ratio)

    def rounded(length: float) -> int:
        return max(2, round(length / TRUNK_STRIDE)) * TRUNK_STRIDE

    return rounded((area * ratio) ** 0.5), rounded((area / ratio) ** 0.5)


def kept_kinds(
    kinds: KindStatistics, scores: NDArray[np.float64], leaders: Leaders
) -> NDArray[np.bool_]:
    """Return (M,) which kinds to begin with: the best, none that only goes with a better one.

    They are chosen as at the end of a training, for more keypoints where one kind needs more.
    """
    alone = torch.from_numpy(np.where(leaders.leader < 0, scores, 0.0))
    repeats = torch.zeros(len(scores), len(scores), dtype=torch.bool)
    room = max(_FILLED, round(float(kinds.count[int(scores.argmax())])))
    return filling_kinds(facts_of(kinds), alone, repeats, room, worth=_WORTH).numpy()


def propose(
    blobs: Blobs, kinds: KindStatistics, kept: NDArray[np.bool_], num_pictures: int
) -> Proposal:
    """Return the settings for the kinds that are kept.

    Args:
        blobs: the sure ones, of all pictures.
        kinds: their statistics.
        kept: (M,).
        num_pictures: P.
    """
    counts = np.bincount(blobs.picture[kept[blobs.kind]], minlength=num_pictures)
    wanted = int(np.percentile(counts, 90)) if len(counts) else 0
    weights = kinds.presence[kept] * kinds.count[kept]
    areas = kinds.area[kept]
    area = float((areas * weights).sum() / weights.sum()) if weights.sum() > 0 else 9.0
    diameter = 2 * (max(area, 1.0) / np.pi) ** 0.5
    window = 2 * round(min(10.0, max(2.0, 1.25 * diameter))) + 1
    return Proposal(
        num_keypoints=min(_MOST_KEYPOINTS, max(_FEWEST_KEYPOINTS, wanted)),
        keypoint_size=round(diameter * _CELL_PX, 1),
        nms_window=window,
        refine_window=window + 2,
    )


def kept_things(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (M,) which kinds are the middles of things on a ground; at least the best."""
    order = np.argsort(-scores, kind="stable")[:_MOST_KEPT]
    kept = np.zeros(len(scores), bool)
    kept[order[scores[order] >= _WORTH_THING]] = True
    kept[order[0]] = True
    return kept


def propose_things(
    readings: Callable[[], Iterable[Tensor]],
    kinds: KindStatistics,
    kept: NDArray[np.bool_],
    *,
    moving: NDArray[np.float32] | None = None,
) -> Proposal:
    """Return the settings where one thing has one keypoint, from the peaks of the kinds' one map.

    Args:
        readings: gives the memberships (b, M, h, w) of some pictures, as often as it is called.
        kinds: their statistics, with a ground.
        kept: (M,).
        moving: (P, h, w) how surely each place of those pictures moves, [0, 1]; where it is known,
            what moves says which scores are clear.
    """
    assert kinds.radius is not None
    number = (kinds.presence * kinds.count)[kept]
    order = np.argsort(kinds.radius[kept])
    middle = int(np.searchsorted(np.cumsum(number[order]), number.sum() / 2))
    radius = float(kinds.radius[kept][order][min(middle, len(order) - 1)])
    area = 0.0
    if moving is not None:
        area, usual = _areas(readings, kept)
        radius = radius_of(usual) if usual else radius
    # One kind alone is blurred as several are: without that a thing has two peaks more often.
    blur = max(_LEAST_BLUR, _BLUR * radius)
    window = 2 * max(2, round(_APART * radius)) + 1
    has_votes = kept.sum() > 1 and moving is None
    votes = _votes(readings(), kept, radius) if has_votes else None
    tops, moves, around, seen = [], [], [], 0
    for part in readings():
        total = _read(part, kept, blur_for(area) if area else blur, votes)
        if area:
            found = share_out(total, _MOST_KEYPOINTS, area)
        else:
            count = min(4 * _MOST_KEYPOINTS, total[0].numel())
            found = find_kind_peaks(total, count, window=window, refine=1)
        tops.append(found.scores.cpu().numpy())
        if moving is not None:
            of_part = moving[seen : seen + len(part)]
            flat = of_part.reshape(len(part), -1)
            if area:
                around += windows_around(of_part, found, round(_SHIFT_REACH * radius_of(area)))
            moves.append(np.take_along_axis(flat, found.cells.cpu().numpy(), 1) >= MOVES)
        seen += len(part)
    scores = np.concatenate(tops)
    clear = scores > _FAINT
    told = telling_score(scores[clear], np.concatenate(moves)[clear]) if moves else None
    threshold = valley(scores[clear]) if told is None else told
    wanted = int(np.percentile((scores >= threshold).sum(axis=1), 98))
    # By area no more are found than there are, and the number of them all can still be said.
    wanted *= 2 if area else 1
    return Proposal(
        num_keypoints=min(_MOST_KEYPOINTS, max(_FEWEST_KEYPOINTS, wanted)),
        keypoint_size=round(2 * radius * _CELL_PX, 1),
        nms_window=window,
        refine_window=2 * max(1, round(_REFINE * radius)) + 1,
        min_score=threshold,
        joined_blur=round(blur, 2),
        thing_area=area,
        thing_shift=shift_to_what_moves(around, radius_of(area)),
        votes=votes,
    )


def _areas(
    readings: Callable[[], Iterable[Tensor]], kept: NDArray[np.bool_]
) -> tuple[float, float]:
    """Return the area of one thing and that of a usual blob, cells; 0 where neither can be told."""
    area, usual, blur = 0.0, 0.0, _FIRST_BLUR
    for _ in range(2):
        sizes = np.concatenate([_blob_sizes(_read(part, kept, blur, None)) for part in readings()])
        # Specks are no things: whatever has less than an eighth of what half of all cells have.
        sizes = np.sort(sizes).astype(np.float64)
        if len(sizes):
            usual = float(sizes[np.searchsorted(np.cumsum(sizes), sizes.sum() / 2)])
            sizes = sizes[sizes >= usual / 8]
        if len(sizes) < _FEWEST_BLOBS:
            return 0.0, 0.0
        area = area_of_one(sizes)
        blur = blur_for(area)
    # Of things as different in size as near and far cars the smallest would be the one.
    if sizes[sizes > (_MOST_TOGETHER + 0.5) * area].sum() > _MOST_BEYOND * sizes.sum():
        return 0.0, usual
    return round(area, 1), usual


def windows_around(
    moving: NDArray[np.float32], found: KindPeaks, reach: int
) -> list[NDArray[np.float32]]:
    """Return what moves (2 reach + 1, 2 reach + 1) around each keypoint that something moves near.

    Args:
        moving: (b, h, w) as ``moving_places`` gives it.
        found: in the same pictures.
        reach: of a window [cells].
    """
    wide = np.pad(moving, ((0, 0), (reach, reach), (reach, reach)))
    side = 2 * reach + 1
    windows = []
    for picture, xy, scores in zip(wide, found.xy.cpu(), found.scores.cpu(), strict=True):
        for x, y in xy[scores > 0].round().int().tolist():
            window = picture[y : y + side, x : x + side]
            if (window >= MOVES).any():
                windows.append(window)
    return windows


def shift_to_what_moves(
    windows: Sequence[NDArray[np.float32]], radius: float
) -> tuple[float, float]:
    """Return (x, y) from keypoints to the middle of what moves around them, on average.

    A kind may be what lies below each animal, or its shadow: always off by the same. Where
    something moves is where the thing is.
    """
    if len(windows) < _FEWEST_BLOBS:
        return 0.0, 0.0
    mean = blurred(torch.from_numpy(np.mean(windows, axis=0))[None, None], radius)
    top = find_kind_peaks(mean, 1, window=mean.shape[-1], refine=3)
    x, y = (top.xy[0, 0] - mean.shape[-1] // 2).tolist()
    return round(x, 2), round(y, 2)


def area_of_one(sizes: NDArray[np.float64]) -> float:
    """Return the area of one thing from those of blobs that are one or several each.

    The most likely one, where a blob of n things has about n times that area, and one thing is
    likelier than two, two than three. Most blobs may be several.

    Args:
        sizes: (n,) areas, > 0.
    """
    logs = np.log(sizes)
    areas = np.linspace(logs.min(), logs.max(), _AREAS)
    number = np.arange(1, _MOST_TOGETHER + 1)
    weights = _TOGETHER**number / (_TOGETHER**number).sum()
    off = (logs[:, None, None] - areas[:, None] - np.log(number)) / _AREA_WIDTH
    density = (weights * np.exp(-0.5 * off**2)).sum(axis=2) / _AREA_WIDTH
    # Larger blobs count more, so that legs seen alone do not make one thing of each leg.
    worth = np.sqrt(sizes)[:, None] * np.log(density + _STRAY)
    return float(np.exp(areas[worth.sum(axis=0).argmax()]))


def _blob_sizes(joined: Tensor) -> NDArray[np.int64]:
    """Return the areas of the blobs of maps (b, 1, h, w) that no edge cuts, cells."""
    h, w = joined.shape[-2:]
    labels = blob_labels(joined > LEVEL)
    sizes = [labels.new_zeros(0)]
    for of_one in labels.view(-1, h, w):
        number = torch.bincount(of_one.flatten(), minlength=h * w + 1)
        number[0] = 0
        for edge in (of_one[0], of_one[-1], of_one[:, 0], of_one[:, -1]):
            number[edge] = 0
        sizes.append(number[number > 0])
    return torch.cat(sizes).cpu().numpy().astype(np.int64)


def _votes(
    readings: Iterable[Tensor], kept: NDArray[np.bool_], radius: float
) -> MiddleVotes | None:
    """Return how places vote for middles; None where the kept kinds have no sure one."""
    wide = [F.avg_pool2d(part, WIDER, ceil_mode=True).cpu() for part in readings]
    reach = round(_REACH * radius / WIDER)
    kernels = learned_votes(
        wide,
        torch.from_numpy(kept),
        blur=_BLUR * radius / WIDER,
        window=2 * max(1, round(_APART * radius / WIDER)) + 1,
        reach=reach,
    )
    if not bool(kernels.any()):
        return None
    votes = MiddleVotes(len(kernels), reach)
    votes.kernels.copy_(kernels)
    votes.kept.copy_(torch.from_numpy(kept))
    return votes


def _read(part: Tensor, kept: NDArray[np.bool_], blur: float, votes: MiddleVotes | None) -> Tensor:
    """Return the one map (b, 1, h, w) of the kept kinds, as the model will read it."""
    chosen = torch.from_numpy(kept.astype(np.float32)).to(part.device)
    joined = joined_maps(part * chosen.view(1, -1, 1, 1), blur)
    if votes is not None:
        joined = votes.to(part.device).sharpened(joined, part)
    return joined.amax(dim=1, keepdim=True)


def valley(scores: NDArray[np.floating]) -> float:
    """Return the score between the faint peaks and the clear ones (Otsu, 1979), [0.2, 0.5].

    Args:
        scores: (n,) in [0, 1].
    """
    if not len(scores):
        return _LOWEST
    steps = np.rint(scores.clip(0, 1) * 255).astype(np.uint8)
    level, _ = cv2.threshold(steps, 0, 255, cv2.THRESH_OTSU)
    return float(np.clip(round(level / 255, 2), _LOWEST, _HIGHEST))
