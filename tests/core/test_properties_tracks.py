"""What must hold for all tracks, corrections, bouts, regions and edits of kinds.

The examples are the same in every run; where one fails, hypothesis shows the smallest.
"""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tusk_core.kind_edits import FILE_NAME, KindEdit, KindEdits, edits_beside
from tusk_core.merge_steps import MergeSteps
from tusk_core.prototype_names import read_prototype_names
from tusk_core.results import Analysis, SourceError, TuskError
from tusk_core.source_text import is_flat, path_text, without_subfolders
from tusk_core.tracking.bouts import find_bouts
from tusk_core.tracking.edits import edited, read_edits, write_edits
from tusk_core.tracking.regions import inside
from tusk_core.tracking.smooth import smoothed
from tusk_core.tracks import NOBODY, Region, TrackEdit, Tracks

every = settings(max_examples=40, deadline=None, derandomize=True, database=None)
# The engine lets the processor treat the smallest numbers as 0, as networks want it.
numbers = functools.partial(st.floats, allow_subnormal=False)
LENGTH = 3  # of the descriptors of the kinds here
names = st.text(st.sampled_from('ab é漢"\\\n'), max_size=6)
coordinates = numbers(-1e4, 1e4)


def told(function, *arguments):
    """What a function returns, or the sentence with which it refuses."""
    try:
        return function(*arguments)
    except TuskError as error:
        return str(error)


@st.composite
def tracked(draw) -> tuple[Analysis, Tracks]:
    """Up to 30 detections of up to four individuals; in a frame each has a kind once at most."""
    seen = st.tuples(st.integers(0, 9), st.integers(0, 3), st.integers(0, 1))
    rows = sorted(draw(st.sets(seen, max_size=30)))
    table = np.array(rows, np.int32).reshape(-1, 3)
    count, rng = len(table), np.random.default_rng(draw(st.integers(0, 99)))
    analysis = Analysis(
        model_fingerprint="m", source="made", picture_names=tuple("0123456789"),
        picture_sizes=np.full((10, 2), 64, np.int32), times=np.arange(10.0),
        picture_errors=np.full(10, np.nan, np.float32), picture=table[:, 0],
        xy=rng.uniform(0, 64, (count, 2)).astype("f4"),
        scores=rng.random(count).astype(np.float32), labels=table[:, 2],
        descriptors=np.zeros((count, LENGTH), np.float16), classes=np.full(count, -1, np.int32),
        class_names=(), prototypes=np.eye(2, LENGTH, dtype=np.float32),
    )  # fmt: skip
    who = np.where(rng.random(count) < 0.2, NOBODY, table[:, 1]).astype(np.int32)
    margins = np.where(who >= 0, np.float32(0.5), np.float32("nan"))
    return analysis, Tracks(who, margins, ("a", "b", "c", "d"))


edits = st.builds(
    TrackEdit,
    kind=st.sampled_from(["swap", "join", "split", "delete", "name", "lock"]),
    individual=st.integers(-1, 5),
    other=st.integers(-1, 5),
    frame=st.integers(0, 10),
    name=names,
)


@every
@given(tracked(), st.lists(edits, max_size=6))
def test_corrections_lose_no_detection_and_leave_what_came_before(made, wanted) -> None:
    analysis, tracks = made
    before = tracks.individuals.copy()
    after = told(edited, analysis, tracks, wanted)
    if isinstance(after, str):
        assert after.endswith(".")
        return
    assert np.array_equal(tracks.individuals, before)
    assert after.individuals.shape == before.shape
    assert after.individuals.max(initial=NOBODY) < len(after.names)
    assert np.array_equal(np.isnan(after.margins), after.individuals == NOBODY)
    assert len(set(after.names)) >= len(set(tracks.names)) - sum(e.kind == "name" for e in wanted)


@every
@given(tracked(), st.integers(0, 3), st.integers(0, 3), st.integers(0, 10))
def test_to_swap_twice_changes_nothing(made, one, two, frame) -> None:
    analysis, tracks = made
    if one == two:
        return
    swap = TrackEdit("swap", one, two, frame)
    assert np.array_equal(edited(analysis, tracks, [swap, swap]).individuals, tracks.individuals)


@every
@given(tracked(), st.integers(0, 3), st.integers(0, 3))
def test_a_joined_individual_has_each_kind_once_in_a_frame(made, one, two) -> None:
    analysis, tracks = made
    if one == two:
        return
    after = edited(analysis, tracks, [TrackEdit("join", one, two)])
    assert not (after.individuals == two).any()
    mine = after.individuals == one
    seen = list(zip(analysis.picture[mine].tolist(), analysis.labels[mine].tolist(), strict=True))
    assert len(seen) == len(set(seen))


@every
@given(tracked(), st.lists(edits, max_size=6))
def test_corrections_come_back_from_their_file(made, wanted) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.h5.edits.json"
        write_edits(path, made[1], wanted)
        assert read_edits(path, made[1]) == tuple(wanted)


@every
@given(tracked(), st.sampled_from([3, 5, 7]))
def test_smoothing_keeps_a_straight_way_and_touches_nobody(made, window) -> None:
    analysis, tracks = made
    straight = np.stack([2.0 * analysis.picture, 9.0 - analysis.picture], 1).astype(np.float32)
    object.__setattr__(analysis, "xy", straight)
    found = smoothed(analysis, tracks, window=window)
    assert np.allclose(found, straight, atol=1e-3)
    nobody = tracks.individuals < 0
    assert np.array_equal(found[nobody], straight[nobody])


@every
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), max_size=40),
       st.integers(0, 3), st.integers(1, 4))  # fmt: skip
def test_bouts_hold_every_sighting_once_and_are_apart(seen, gap, least) -> None:
    what, frames = (np.array(column, np.int64) for column in zip(*seen, strict=True)) if seen else (
        np.zeros(0, np.int64), np.zeros(0, np.int64))  # fmt: skip
    every_bout = find_bouts(what, frames, max_gap=gap)
    assert every_bout.seen.sum() == len(set(seen))
    long = find_bouts(what, frames, max_gap=gap, min_length=least)
    assert ((long.stop - long.start + 1) >= least).all()
    for bouts in (every_bout, long):
        assert (bouts.seen <= bouts.stop - bouts.start + 1).all()
        same = bouts.what[1:] == bouts.what[:-1]
        assert (bouts.start[1:] - bouts.stop[:-1] > gap + 1)[same].all()


@every
@given(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=8), coordinates,
       coordinates, numbers(1, 500), numbers(1, 500))  # fmt: skip
def test_a_rectangle_as_a_polygon_holds_what_a_rectangle_holds(points, x, y, w, h) -> None:
    corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
    xy = np.array([*points, *corners, (x + w / 2, y + h / 2)])
    found = inside(Region((corners,)), xy)
    wanted = (xy[:, 0] >= x) & (xy[:, 0] <= x + w) & (xy[:, 1] >= y) & (xy[:, 1] <= y + h)
    edge = np.minimum(abs(xy[:, :1] - (x, x + w)).min(1), abs(xy[:, 1:] - (y, y + h)).min(1)) < 1e-3
    assert np.array_equal(found[~edge], wanted[~edge])
    assert found[-5:].all(), "corners and middle"
    turned = (*corners[2:], *corners[:2])
    assert np.array_equal(inside(Region((turned,)), xy)[~edge], found[~edge])


descriptors = st.tuples(*[numbers(-1, 1, width=32)] * LENGTH)
said = st.one_of(
    st.builds(KindEdit, does=st.just("new"), picture=names, xy=st.tuples(coordinates, coordinates),
              descriptor=descriptors, name=names),
    st.builds(KindEdit, does=st.just("more"), kind=st.integers(0, 8), picture=names,
              descriptor=descriptors),
    st.builds(KindEdit, does=st.just("not"), picture=names, descriptor=descriptors),
    st.builds(KindEdit, does=st.sampled_from(["keep", "ignore"]), kind=st.integers(0, 8)),
)  # fmt: skip


@every
@given(st.lists(said, max_size=8))
def test_what_was_said_of_kinds_comes_back_from_its_file_and_can_be_undone(wanted) -> None:
    made = KindEdits(4)
    for edit in wanted:
        grown = told(made.added, edit)
        if isinstance(grown, str):
            assert grown.endswith(".")
        else:
            assert grown.undone() == made
            made = grown
    assert made.num_new == len({e.kind for e in made.edits if e.does == "new"})
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE_NAME).write_text(made.as_json(), encoding="utf-8")
        assert edits_beside(Path(folder), 4, LENGTH) == made
        with pytest.raises(SourceError):
            edits_beside(Path(folder), 5, LENGTH)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers() | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["schema", "num_kinds", "edits", "does", "names", "merged", "hidden", "0", "x"]), inner),
    max_leaves=10,
)  # fmt: skip


@every
@given(json_values)
def test_foreign_json_beside_a_model_is_read_or_refused_in_a_sentence(values) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE_NAME
        path.write_text(json.dumps(values), encoding="utf-8")
        found = told(edits_beside, Path(folder), 4, LENGTH)
        assert FILE_NAME in found if isinstance(found, str) else found.num_kinds == 4
        said = told(read_prototype_names, path)
        assert (
            FILE_NAME in said
            if isinstance(said, str)
            else all(isinstance(name, str) for name in said.names.values())
        )


@every
@given(st.text(st.sampled_from("ab/:\\ .é"), max_size=12))
def test_a_flat_source_is_the_same_place_said_once(text) -> None:
    flat = without_subfolders(path_text(text))
    assert is_flat(flat)
    assert path_text(flat) == path_text(text)


@every
@given(st.integers(1, 12), st.integers(0, 99))
def test_joining_kinds_leaves_as_many_groups_as_were_asked_for(num, seed) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.permutation(np.arange(1, num + 1))
    left, kept, joined = list(rng.permutation(num)), [], []
    while len(left) > 1:
        one, two = left.pop(), left.pop()
        one, two = (one, two) if counts[one] > counts[two] else (two, one)
        kept.append(one)
        joined.append(two)
        left.insert(0, one)
    costs = np.sort(rng.random(len(kept)))
    steps = MergeSteps(np.array(kept, np.int64), np.array(joined, np.int64), costs, counts)
    assert steps.num_used == num
    assert 1 <= steps.likely_number() <= num
    for number in range(1, num + 1):
        groups = steps.groups(number)
        assert len(set(groups.tolist())) == number
        assert all(groups[leader] == leader for leader in set(groups.tolist()))
