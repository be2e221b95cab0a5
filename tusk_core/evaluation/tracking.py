"""The tracking protocol: are individuals found, and are they the same all the time?

IDF1 (Ristani and others, 2016), HOTA (Luiten and others, 2021) and identity switches as in CLEAR
MOT (Bernardin and Stiefelhagen, 2008), on points: two that are ``radius`` apart have similarity
1/2, twice as far none.

Shapes: N sightings, G true individuals, T tracks, S true and D tracked sightings of one frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linear_sum_assignment

from tusk_core.evaluation.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ALPHAS = np.arange(0.05, 0.99, 0.05)
_EPSILON = float(np.finfo(np.float64).eps)
# A match that goes on is worth more than any that begins.
_CONTINUED = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Who was where: one entry for each individual in each frame.

    Attributes:
        frame: (N,) int64.
        who: (N,) int64, from 0.
        xy: (N, 2) float64 pixels.
    """

    frame: NDArray[np.int64]
    who: NDArray[np.int64]
    xy: NDArray[np.float64]

    @property
    def num_individuals(self) -> int:
        """Individuals in all."""
        return int(self.who.max(initial=-1)) + 1

    def sorted(self) -> Sightings:
        """Return the same in the order of the frames."""
        order = np.argsort(self.frame, kind="stable")
        return Sightings(self.frame[order], self.who[order], self.xy[order])


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame: who is there in truth, (S,), and in the tracks, (D,), and how near they are."""

    truth: NDArray[np.int64]
    found: NDArray[np.int64]
    similarity: NDArray[np.float64]


def usual_radius(truth: Sightings, side: float) -> float:
    """Return half the usual distance to the nearest other individual, or a part of the picture."""
    nearest = []
    ordered = truth.sorted()
    for start, stop in _runs(ordered.frame):
        xy = ordered.xy[start:stop]
        if len(xy) > 1:
            away = np.linalg.norm(xy[:, None] - xy[None], axis=2)
            np.fill_diagonal(away, np.inf)
            nearest.append(away.min(axis=1))
    if not nearest:
        return 0.05 * side
    return max(1.0, 0.5 * float(np.median(np.concatenate(nearest))))


def _runs(frames: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    ends = np.flatnonzero(np.diff(frames)) + 1
    starts = np.concatenate([[0], ends])
    if len(frames):
        yield from zip(starts.tolist(), [*ends.tolist(), len(frames)], strict=True)


def frames_of(truth: Sightings, found: Sightings, radius: float) -> list[Frame]:
    """Return every frame in which there is anybody, in order."""
    truth, found = truth.sorted(), found.sorted()
    out = []
    for frame in np.union1d(truth.frame, found.frame).tolist():
        one = slice(*np.searchsorted(truth.frame, [frame, frame + 1]))
        two = slice(*np.searchsorted(found.frame, [frame, frame + 1]))
        away = np.linalg.norm(truth.xy[one, None] - found.xy[None, two], axis=2)
        similarity = np.clip(1 - away / (2 * radius), 0, 1)
        out.append(Frame(truth.who[one], found.who[two], similarity))
    return out


def identity_f1(frames: list[Frame], shape: tuple[int, int]) -> float:
    """Return IDF1 in [0, 1]: the best one-to-one naming of tracks, over the whole video."""
    together = np.zeros(shape)
    total = 0
    for frame in frames:
        together[np.ix_(frame.truth, frame.found)] += frame.similarity >= 0.5 - _EPSILON
        total += len(frame.truth) + len(frame.found)
    rows, columns = linear_sum_assignment(-together)
    return float(2 * together[rows, columns].sum() / total) if total else float("nan")


def higher_order(frames: list[Frame], shape: tuple[int, int]) -> tuple[float, float, float]:
    """Return HOTA and its parts for detection and association, each in [0, 1], mean over α."""
    possible, seen, tracked = np.zeros(shape), np.zeros(shape[0]), np.zeros(shape[1])
    for frame in frames:
        both = frame.similarity
        total = both.sum(axis=0)[None] + both.sum(axis=1)[:, None] - both
        possible[np.ix_(frame.truth, frame.found)] += both / np.maximum(total, _EPSILON)
        seen[frame.truth] += 1
        tracked[frame.found] += 1
    alignment = possible / np.maximum(seen[:, None] + tracked[None] - possible, _EPSILON)
    matches, hits = np.zeros((len(ALPHAS), *shape)), np.zeros(len(ALPHAS))
    for frame in frames:
        score = alignment[np.ix_(frame.truth, frame.found)] * frame.similarity
        rows, columns = linear_sum_assignment(-score)
        good = frame.similarity[rows, columns] >= ALPHAS[:, None] - _EPSILON
        hits += good.sum(axis=1)
        matches[:, frame.truth[rows], frame.found[columns]] += good
    joint = matches / np.maximum(seen[:, None] + tracked[None] - matches, 1)
    association = (matches * joint).sum(axis=(1, 2)) / np.maximum(hits, 1)
    detection = hits / np.maximum(seen.sum() + tracked.sum() - hits, 1)
    both_parts = np.sqrt(detection * association)
    return float(both_parts.mean()), float(detection.mean()), float(association.mean())


def identity_switches(frames: list[Frame], shape: tuple[int, int]) -> NDArray[np.int64]:
    """Return how often (frames,) a true individual is taken for another track than before."""
    last = np.full(shape[0], -1)
    before = np.full(shape[0], -1)
    switches = np.zeros(len(frames), np.int64)
    for number, frame in enumerate(frames):
        goes_on = before[frame.truth][:, None] == frame.found[None]
        near = frame.similarity >= 0.5 - _EPSILON
        score = np.where(near, _CONTINUED * goes_on + frame.similarity, 0.0)
        rows, columns = linear_sum_assignment(-score)
        good = score[rows, columns] > 0
        truth, found = frame.truth[rows[good]], frame.found[columns[good]]
        switches[number] = int(((last[truth] >= 0) & (last[truth] != found)).sum())
        last[truth] = found
        before[:] = -1
        before[truth] = found
    return switches


def score_tracking(
    truth: Sightings, found: Sightings, *, radius: float, minutes: float, seed: int
) -> Scores:
    """Score tracks against truth.

    Args:
        truth: who was where.
        found: who was tracked where; individuals have other numbers.
        radius: pixels within which a sighting is right.
        minutes: length of the video.
        seed: noted in the report.
    """
    shape = (truth.num_individuals, found.num_individuals)
    frames = frames_of(truth, found, radius)
    scores = Scores(seed)
    scores.metrics["idf1"] = 100 * identity_f1(frames, shape)
    whole, detection, association = higher_order(frames, shape)
    scores.metrics["hota"] = 100 * whole
    scores.metrics["hota_detection"] = 100 * detection
    scores.metrics["hota_association"] = 100 * association
    switches = identity_switches(frames, shape)
    scores.metrics["swaps_per_minute"] = float(switches.sum()) / max(minutes, 1e-9)
    near = [frame.similarity >= 0.5 - _EPSILON for frame in frames]
    hits = sum(int(one.any(axis=1).sum()) for one in near if one.size)
    scores.metrics["seen"] = 100 * hits / max(1, len(truth.frame))
    scores.counts |= {
        "frames": len(frames),
        "individuals": shape[0],
        "tracks": len(np.unique(found.who)),
        "swaps": int(switches.sum()),
        "radius_px": round(radius),
    }
    scores.losses = switches.astype(np.float64)
    return scores
