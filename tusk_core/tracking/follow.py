"""First pass: bodies of each frame are given to the individuals whose motion they continue.

A constant-velocity Kalman filter says where each individual should be (R. E. Kalman, 1960), the
Hungarian method gives the bodies out (H. W. Kuhn, 1955). All individuals are rows of arrays; a
frame costs a few small matrix operations, and nothing is kept of frames that are past.

Shapes: T individuals alive, D bodies of a frame, S slots, C length of a look.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.tracking.border import frames_to_leave
from tusk_core.tracking.fragments import Fragments

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_core.config import TrackConfig
    from tusk_core.tracking.bodies import Bodies
    from tusk_core.tracking.measure import Motion

# The velocity of an individual that is not seen fades: it does not run through walls.
_FADE = 0.85
# So many times the reach is the most, however long an individual was unseen.
_WIDEST = 2.5
_LOOK_MEMORY = 0.9
_SHAPE_MEMORY = 0.7
_HEADING_MEMORY = 0.9
# Sightings after which the velocity at the start of a track is noted.
_WARM = 4
_YOUNG_GAP = 3
# After a longer gap one sighting alone may be a false detection; a second one makes it sure.
_SURE_GAP = 3


@dataclass(slots=True, eq=False)
class Living:
    """The individuals that are followed at present, one row each.

    Attributes:
        number: (T,) name of the track.
        xy: (T, 2) place, and ``velocity`` (T, 2), pixels a frame.
        spread: (3, T) variances of place, of both, of velocity; the same for both axes.
        offsets: (T, S, 2) of each slot from the place, NaN where never seen.
        looks: (T, C).
        kinds: (T,) last kind.
        unseen: (T,) frames since the last sighting.
        seen: (T,) sightings.
        heading: (T, 2) mean velocity of late.
        last: (T, 6) place, velocity and heading at the last sure sighting.
        sure: (T,) frame of that.
    """

    number: NDArray[np.int64]
    xy: NDArray[np.float64]
    velocity: NDArray[np.float64]
    spread: NDArray[np.float64]
    offsets: NDArray[np.float64]
    looks: NDArray[np.float32]
    kinds: NDArray[np.int64]
    unseen: NDArray[np.int64]
    seen: NDArray[np.int64]
    heading: NDArray[np.float64]
    last: NDArray[np.float64]
    sure: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.number)

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Leave out the rows that are false."""
        for item in fields(self):
            value = getattr(self, item.name)
            kept = value[:, rows] if item.name == "spread" else value[rows]
            setattr(self, item.name, kept)

    def append(self, other: Living) -> None:
        """Add the rows of another."""
        for item in fields(self):
            both = (getattr(self, item.name), getattr(other, item.name))
            setattr(self, item.name, np.concatenate(both, axis=-1 if item.name == "spread" else 0))


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Who the bodies of a frame are.

    Attributes:
        numbers: (D,) track of each body, -1 for none.
        margins: (D,) float32 in [0, 1]; 1 where nothing else came into question.
    """

    numbers: NDArray[np.int64]
    margins: NDArray[np.float32]


class Follower:
    """Follows bodies frame by frame.

    Args:
        config: how.
        motion: how far things move, from the data.
        num_slots: S.
        num_looks: C.
    """

    def __init__(
        self, config: TrackConfig, motion: Motion, *, num_slots: int, num_looks: int
    ) -> None:
        self._config, self._motion = config, motion
        self._frame = -1
        self.fragments = Fragments()
        self._living = Living(
            np.zeros(0, np.int64),
            np.zeros((0, 2)),
            np.zeros((0, 2)),
            np.zeros((3, 0)),
            np.zeros((0, num_slots, 2)),
            np.zeros((0, num_looks), np.float32),
            np.zeros(0, np.int64),
            np.zeros(0, np.int64),
            np.zeros(0, np.int64),
            np.zeros((0, 2)),
            np.zeros((0, 6)),
            np.zeros(0, np.int64),
        )

    def take(self, bodies: Bodies) -> Given:
        """Follow the bodies of successive frames; returns the track of each."""
        ends = np.cumsum(bodies.counts)
        numbers = np.full(len(bodies.xy), -1, np.int64)
        margins = np.ones(len(bodies.xy), np.float32)
        for stop, count in zip(ends.tolist(), bodies.counts.tolist(), strict=True):
            rows = slice(stop - count, stop)
            self._frame += 1
            self._predict()
            if count:
                numbers[rows], margins[rows] = self._frame_of(_cut(bodies, rows))
            self._bury()
        return Given(numbers, margins)

    def finish(self) -> Fragments:
        """End every track and return what is known of all of them."""
        self._note(np.ones(len(self._living), bool))
        return self.fragments

    def _predict(self) -> None:
        living = self._living
        if not len(living):
            return
        living.unseen += 1
        long_unseen = living.unseen > 1
        living.velocity[long_unseen] *= _FADE
        living.xy += living.velocity
        place, both, speed = living.spread
        noise = self._motion.change**2
        place += 2 * both + speed + noise / 4
        both += speed + noise / 2
        speed += noise

    def _frame_of(self, found: Bodies) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        living, count = self._living, len(found.xy)
        numbers, margins = np.full(count, -1, np.int64), np.ones(count, np.float32)
        if len(living):
            costs = self._costs(found)
            rows, columns = assigned(costs)
            numbers[columns] = living.number[rows]
            margins[columns] = margins_of(costs, rows, columns)
            self._update(found, rows, columns)
        fresh = np.flatnonzero(numbers < 0)
        if len(fresh) and self._config.num_individuals:
            fresh = self._recovered(found, fresh, numbers, margins)
        if len(fresh):
            numbers[fresh] = self._begin(found, fresh)
        return numbers, margins

    def _distances(self, found: Bodies) -> NDArray[np.float64]:
        """Return how far (T, D) each body is from where each individual should be, pixels."""
        living = self._living
        middle = np.hypot(
            living.xy[:, None, 0] - found.xy[None, :, 0],
            living.xy[:, None, 1] - found.xy[None, :, 1],
        )
        if living.offsets.shape[1] == 1:
            return middle
        expected = living.xy[:, None] + living.offsets
        gaps = expected[:, None] - found.slots[None]
        squares = (gaps * gaps).sum(axis=3)
        is_common = np.isfinite(squares)
        common = is_common.sum(axis=2)
        total = np.where(is_common, squares, 0.0).sum(axis=2)
        return np.where(common > 0, np.sqrt(total / np.maximum(common, 1)), middle)

    def _costs(self, found: Bodies) -> NDArray[np.float64]:
        """Return the cost (T, D) of each assignment; 1 and more is too far."""
        living, motion = self._living, self._motion
        reach = motion.reach * np.minimum(np.sqrt(1 + living.unseen - 1.0), _WIDEST)
        distance = self._distances(found) / reach[:, None]
        costs = distance * distance
        is_far = distance > 1
        if motion.look_weight:
            costs += motion.look_weight * _unlike(living.looks, found.looks) / motion.look_spread
        if self._config.kind:
            costs += self._config.kind * (living.kinds[:, None] != found.kinds[None])
        # An individual of many sightings is surer than one that has just begun.
        costs += (0.05 * (living.seen < _WARM))[:, None]
        costs[is_far] = 1.0
        return np.asarray(np.minimum(costs, 1.0))

    def _update(self, found: Bodies, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> None:
        living = self._living
        seen_slots, offsets = found.slots[columns], living.offsets[rows]
        if offsets.shape[1] == 1:
            measured = found.xy[columns]
        else:
            measured = _middle_by_shape(seen_slots, offsets, found.xy[columns])
        place, both, speed = living.spread[:, rows]
        total = place + self._motion.noise**2
        gain, gain_speed = place / total, both / total
        error = measured - living.xy[rows]
        living.xy[rows] += gain[:, None] * error
        living.velocity[rows] += gain_speed[:, None] * error
        rest = 1 - gain
        living.spread[:, rows] = rest * place, rest * both, speed - gain_speed * both
        if offsets.shape[1] > 1:
            now = seen_slots - living.xy[rows][:, None]
            mixed = _SHAPE_MEMORY * offsets + (1 - _SHAPE_MEMORY) * now
            living.offsets[rows] = np.where(
                np.isfinite(mixed), mixed, np.where(np.isfinite(now), now, offsets)
            )
        living.looks[rows] += (1 - _LOOK_MEMORY) * (found.looks[columns] - living.looks[rows])
        living.kinds[rows] = found.kinds[columns]
        rate = np.maximum(1 - _HEADING_MEMORY, 1 / living.seen[rows])[:, None]
        living.heading[rows] += rate * (living.velocity[rows] - living.heading[rows])
        sure = rows[living.unseen[rows] <= _SURE_GAP]
        living.last[sure, :2] = living.xy[sure]
        living.last[sure, 2:4] = living.velocity[sure]
        living.last[sure, 4:] = living.heading[sure]
        living.sure[sure] = self._frame
        living.unseen[rows] = 0
        living.seen[rows] += 1
        warm = rows[living.seen[rows] == _WARM]
        if len(warm):
            self.fragments.columns["start_velocity"][living.number[warm]] = living.velocity[warm]

    def _recovered(
        self,
        found: Bodies,
        fresh: NDArray[np.int64],
        numbers: NDArray[np.int64],
        margins: NDArray[np.float32],
    ) -> NDArray[np.int64]:
        """Give bodies to individuals lost long ago where their number is known; returns the rest.

        Bodies beyond that number are nobody.
        """
        living, most = self._living, self._config.num_individuals
        # A body far from where somebody was a moment ago is more likely a false detection.
        is_lost = (living.unseen > _SURE_GAP) & (living.seen >= self._config.min_length)
        lost = np.flatnonzero(is_lost)
        if len(lost):
            far = np.hypot(*(living.xy[lost, None] - found.xy[None, fresh]).transpose(2, 0, 1))
            near = self._motion.reach * (2 + living.unseen[lost])
            costs = np.minimum(far / near[:, None], 1.0)
            rows, columns = assigned(costs)
            numbers[fresh[columns]] = living.number[lost[rows]]
            margins[fresh[columns]] = 0.5 * margins_of(costs, rows, columns)
            self._update(found, lost[rows], fresh[columns])
            fresh = np.setdiff1d(fresh, fresh[columns])
        free = max(0, most - len(living))
        order = np.argsort(-found.scores[fresh], kind="stable")
        return np.sort(fresh[order[:free]])

    def _begin(self, found: Bodies, fresh: NDArray[np.int64]) -> NDArray[np.int64]:
        count = len(fresh)
        xy = found.xy[fresh]
        still = np.zeros((count, 2))
        ones = np.ones(count, np.int64)
        frames = np.full(count, self._frame)
        numbers = self.fragments.add(
            count,
            first=frames,
            last=frames,
            seen=ones,
            start=xy,
            start_velocity=still,
            end=xy,
            end_velocity=still,
            end_heading=still,
            look=found.looks[fresh],
        )
        motion = self._motion
        spread = np.tile([[motion.noise**2], [0.0], [motion.speed**2]], (1, count))
        offsets = found.slots[fresh] - xy[:, None]
        self._living.append(
            Living(
                numbers,
                xy.copy(),
                still,
                spread,
                offsets,
                found.looks[fresh],
                found.kinds[fresh],
                np.zeros(count, np.int64),
                ones,
                still.copy(),
                np.concatenate([xy, still, still], axis=1),
                frames,
            )
        )
        return numbers

    def _bury(self) -> None:
        """Leave out the individuals that were not seen for too long or have left the picture."""
        living, config = self._living, self._config
        if not len(living) or not living.unseen.any():
            return
        young = living.seen < config.min_length
        limit = np.where(young, min(_YOUNG_GAP, config.max_gap), config.max_gap)
        gone = living.unseen > limit
        if config.num_individuals:
            gone &= young
        else:
            left = frames_to_leave(living.last[:, :2], living.last[:, 4:], self._motion)
            gone |= living.unseen > left.min(axis=1)
        if gone.any():
            self._note(gone)
            living.keep(~gone)

    def _note(self, rows: NDArray[np.bool_]) -> None:
        living, columns = self._living, self.fragments.columns
        if not rows.any():
            return
        numbers = living.number[rows]
        columns["last"][numbers] = living.sure[rows]
        columns["seen"][numbers] = living.seen[rows]
        columns["end"][numbers] = living.last[rows, :2]
        columns["end_velocity"][numbers] = living.last[rows, 2:4]
        columns["end_heading"][numbers] = living.last[rows, 4:]
        columns["look"][numbers] = living.looks[rows]


def _cut(bodies: Bodies, rows: slice) -> Bodies:
    return type(bodies)(
        bodies.counts,
        bodies.xy[rows],
        bodies.slots[rows],
        bodies.kinds[rows],
        bodies.scores[rows],
        bodies.looks[rows],
    )


def _unlike(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the squared distances (T, D) of looks."""
    squares = (one * one).sum(axis=1)[:, None] + (other * other).sum(axis=1)[None]
    return np.asarray(np.maximum(squares - 2 * one @ other.T, 0.0), np.float32)


def _middle_by_shape(
    slots: NDArray[np.float64], offsets: NDArray[np.float64], middles: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return where the middle is (R, 2), by the keypoints seen now and before.

    A body whose head is not seen now would otherwise seem to jump towards its tail.
    """
    told = slots - offsets
    is_known = np.isfinite(told[..., 0])
    count = is_known.sum(axis=1)
    total = np.where(is_known[..., None], told, 0.0).sum(axis=1)
    return np.where(count[:, None] > 0, total / np.maximum(count, 1)[:, None], middles)


def assigned(costs: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns of the cheapest assignment; costs of 1 stay unassigned."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - slow to import

    rows, columns = linear_sum_assignment(costs)
    good = costs[rows, columns] < 1.0
    return rows[good], columns[good]


def margins_of(
    costs: NDArray[np.float64], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return how much worse the next best choice of each pair is, (P,) in [0, 1].

    Small where another individual could as well have this body, or this one another body.
    """
    rest = costs.copy()
    rest[rows, columns] = 1.0
    other = np.minimum(rest[rows].min(axis=1), rest[:, columns].min(axis=0))
    return np.asarray(np.clip(other - costs[rows, columns], 0.0, 1.0), np.float32)
