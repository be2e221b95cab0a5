"""What must hold for every selection, sample, curve, view and edit: pure parts of the window.

The examples are the same in every run; where one fails, hypothesis shows the smallest.
"""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from tusk_app.canvas import editing
from tusk_app.canvas.widgets.view_transform import ViewTransform
from tusk_app.compare.warping import PictureWarp, WarpField, random_bends
from tusk_app.layers.model import LayerStates
from tusk_app.parts.sampling import stratified_sample
from tusk_app.pictures.summary_texts import counted, describe_sizes
from tusk_app.state.selection import SelectionModel
from tusk_app.state.wants import Want, Wants
from tusk_app.threads.mailbox import AllValues, LatestValue, Queue
from tusk_app.training.loss_history import LossHistory, smoothed, thinned
from tusk_core.events import StepDone
from tusk_core.results import Keypoints

every = settings(max_examples=40, deadline=None, derandomize=True, database=None)
# The engine lets the processor treat the smallest numbers as 0, as networks want it.
numbers = functools.partial(st.floats, allow_subnormal=False)
rows = st.lists(st.integers(0, 30), max_size=12)
places = numbers(-1e3, 1e3)
curves = st_numpy.arrays(np.float64, st.integers(0, 60), elements=st.one_of(
    numbers(-1e3, 1e3), st.just(float("nan"))))  # fmt: skip


@every
@given(st.lists(st.integers(0, 40), max_size=200), st.integers(1, 60), st.integers(0, 5))
def test_a_sample_is_within_its_limit_and_keeps_rare_kinds(labels, limit, seed) -> None:
    labels = np.array(labels, np.int64)
    chosen = stratified_sample(labels, limit, seed=seed)
    kinds = np.unique(labels)
    assert len(chosen) == min(len(labels), limit) or len(chosen) > limit - len(kinds)
    assert len(chosen) <= limit or len(labels) <= limit
    assert (np.diff(chosen) > 0).all()
    assert len(np.unique(labels[chosen])) == min(len(kinds), limit)
    assert np.array_equal(chosen, stratified_sample(labels, limit, seed=seed))


@every
@given(st.lists(st.tuples(rows, st.none() | st.integers(0, 9), rows), max_size=6))
def test_a_selection_says_only_what_changed_and_all_is_in_place(changes) -> None:
    model = SelectionModel()
    heard: list[str] = []
    model.detections_changed.connect(lambda _o: heard.append("detections"))
    model.prototype_changed.connect(lambda _o: heard.append("prototype"))
    model.keypoint_changed.connect(lambda _o: heard.append("keypoint"))
    model.keypoints_changed.connect(lambda _o: heard.append("keypoints"))
    before = ([], None, None, frozenset())
    for detections, prototype, keypoints in changes:
        heard.clear()
        model.select(detections, prototype, keypoints, "test")
        after = (model.detections.tolist(), model.prototype, model.keypoint, model.keypoints)
        assert after[0] == sorted(set(detections))
        assert (model.keypoint is None) == (len(set(keypoints)) != 1)
        names = ("detections", "prototype", "keypoint", "keypoints")
        assert heard == [n for n, a, b in zip(names, before, after, strict=True) if a != b]
        before = after
    model.clear()
    assert (model.detections.tolist(), model.prototype, model.keypoints) == ([], None, frozenset())


@every
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(list(Want)), st.booleans())))
def test_something_is_made_while_anybody_wants_it(steps) -> None:
    wants, said = Wants(), []
    wants.changed.connect(said.append)
    held: dict[Want, set[str]] = {want: set() for want in Want}
    for who, want, wanted in steps:
        before = bool(held[want])
        (held[want].add if wanted else held[want].discard)(who)
        said.clear()
        wants.set(who, want, wanted)
        assert wants.has(want) == bool(held[want])
        assert said == ([want] if bool(held[want]) != before else [])


@every
@given(st.lists(st.integers(), max_size=12), st.integers(1, 5))
def test_mailboxes_keep_the_newest_all_or_the_oldest(values, limit) -> None:
    latest, together, queue = LatestValue(), AllValues(), Queue(limit)
    for number, value in enumerate(values):
        assert latest.put(value) == (number == 0)
        assert together.put(value) == (number == 0)
        queue.put(value)
    assert latest.take() == (values[-1] if values else None)
    assert latest.take() is None
    assert together.take() == tuple(values)
    assert together.take() == ()
    assert [queue.take() for _ in values[:limit]] == values[:limit]
    assert queue.num_dropped == max(0, len(values) - limit)
    assert queue.take() is None


@every
@given(curves, st.integers(1, 20))
def test_a_smoothed_curve_is_the_mean_of_what_it_looks_back_on(values, window) -> None:
    found = smoothed(values, window)
    assert np.array_equal(np.isnan(found), np.isnan(values))
    for place in np.flatnonzero(np.isfinite(values)):
        seen = values[max(0, place - window + 1) : place + 1]
        assert found[place] == pytest.approx(np.nanmean(seen), rel=1e-6, abs=1e-8)


@every
@given(curves, st.integers(2, 20))
def test_a_thinned_curve_keeps_its_peaks_and_its_order(values, half) -> None:
    x = np.arange(len(values))
    kept_x, kept_y = thinned(x, values, 2 * half)
    finite = np.isfinite(values)
    assert len(kept_x) <= min(2 * half, finite.sum())
    assert (np.diff(kept_x) >= 0).all()
    assert np.array_equal(values[kept_x.astype(int)], kept_y)
    if finite.any():
        assert (kept_y.min(), kept_y.max()) == (np.nanmin(values), np.nanmax(values))


@every
@given(st.integers(1, 40), st.integers(1, 45), st.integers(1, 30))
def test_a_resumed_run_joins_its_past_without_a_gap_or_a_step_twice(end, start, more) -> None:
    def steps(first: int, last: int, loss: float) -> LossHistory:
        history = LossHistory()
        history.extend([StepDone(s, {"total": loss}, 0.1, 1.0, float(s), None)
                        for s in range(first, last + 1)])  # fmt: skip
        return history

    start = min(start, end + 1)
    joined = steps(1, end, 1.0).joined(steps(start, start + more, 2.0))
    assert joined.steps.tolist() == list(range(1, start + more + 1))
    assert (joined.values("total")[: start - 1] == 1).all()
    assert (joined.values("total")[start - 1 :] == 2).all()
    assert joined.index_at(start, by_time=False) == start - 1


views = st.builds(ViewTransform, numbers(0.05, 20), places, places)


@every
@given(views, places, places, numbers(0.2, 5), places, places)
def test_the_place_under_the_pointer_stays_while_zooming(view, x, y, factor, dx, dy) -> None:
    assert view.to_picture(*view.to_widget(x, y)) == pytest.approx((x, y), abs=1e-6)
    pointer = view.to_widget(x, y)
    assert view.zoomed(factor, *pointer).to_picture(*pointer) == pytest.approx((x, y), abs=1e-5)
    assert view.moved(dx, dy).moved(-dx, -dy).left == pytest.approx(view.left, abs=1e-6)
    near = view.kept_near((640, 480), (800, 600))
    assert near.kept_near((640, 480), (800, 600)) == near
    assert near.left <= 800
    assert near.left + 640 * near.scale >= 0


@every
@given(numbers(-60, 60), numbers(0.5, 2), numbers(-0.2, 0.2), st.integers(0, 9))
def test_points_go_where_the_pixels_go(turn, zoom, shift, seed) -> None:
    warp = PictureWarp(turn, zoom, (shift, -shift), random_bends(0.03, seed))
    field = WarpField(warp, 80, 60)
    points = np.random.default_rng(seed).uniform(10, 50, (12, 2))
    assert np.allclose(field.origins(field.targets(points)), points, atol=0.05)
    assert not PictureWarp().dragged(0.1, 0).dragged(-0.1, 0).shift[0]


@every
@given(st.lists(st.tuples(st.sampled_from(["solo", "mute", "lock"]), st.integers(0, 4))),
       st.integers(0, 4), numbers(-1, 2))  # fmt: skip
def test_switches_of_layers_come_back_and_weights_stay_shares(steps, index, opacity) -> None:
    states = LayerStates.all_on(5)
    assert states.is_plain
    for name, which in steps:
        assert np.array_equal(
            states.toggled(name, which).toggled(name, which).weights, states.weights
        )
        states = states.toggled(name, which)
    states = states.with_opacity(index, opacity)
    assert ((states.weights >= 0) & (states.weights <= 1)).all()
    assert (states.weights[states.mute & ~states.solo] == 0).all()
    assert states.fitted(5) is states
    assert states.fitted(3).is_plain


@st.composite
def keypoints(draw) -> Keypoints:
    count, rng = draw(st.integers(1, 6)), np.random.default_rng(draw(st.integers(0, 99)))
    descriptors = rng.normal(size=(count, 4)).astype(np.float32)
    return Keypoints(
        rng.uniform(0, 50, (count, 2)).astype(np.float32), np.sort(rng.random(count))[::-1],
        rng.integers(0, 3, count).astype(np.int32), descriptors, np.ones(count, np.float32),
    )  # fmt: skip


@every
@given(keypoints(), st.data())
def test_an_edit_changes_one_keypoint_and_never_those_it_was_made_from(points, data) -> None:
    index = data.draw(st.integers(0, len(points.scores) - 1))
    before = points.xy.copy()
    moved = editing.moved(points, index, 1.0, 2.0)
    assert np.array_equal(points.xy, before)
    assert np.array_equal(np.delete(moved.xy, index, 0), np.delete(before, index, 0))
    assert moved.xy[index].tolist() == [1, 2]
    assert not moved.xy.flags.writeable
    added = editing.with_added(points, 3.0, 4.0, points.descriptors[0], 1)
    assert editing.same(editing.without(added, len(points.scores)), points)
    changed = editing.with_descriptor(points, index, points.descriptors[0], 2)
    assert changed.labels[index] == 2
    assert np.array_equal(changed.xy, before)


@every
@given(st.integers(0, 99), numbers(0, 1))
def test_between_two_descriptors_is_a_unit_vector_in_their_plane(seed, share) -> None:
    first, second = np.random.default_rng(seed).normal(size=(2, 5)).astype(np.float32)
    found = editing.between(first, second, share)
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)
    plane = np.linalg.qr(np.stack([first, second], 1).astype(np.float64))[0]
    assert np.linalg.norm(found - plane @ (plane.T @ found)) < 1e-4
    assert np.allclose(editing.between(first, second, 0), editing.unit(first), atol=1e-5)
    assert np.allclose(editing.between(first, second, 1), editing.unit(second), atol=1e-5)


@every
@given(st.lists(st.tuples(st.integers(1, 4000), st.integers(1, 4000), st.integers(1, 99)),
                max_size=20, unique_by=lambda size: size[:2]))  # fmt: skip
def test_sizes_are_told_from_the_smallest_to_the_largest(sizes) -> None:
    words = describe_sizes(tuple(sizes))
    areas = sorted(sizes, key=lambda size: size[0] * size[1])
    if len(sizes) > 1:
        assert words.startswith(f"{areas[0][0]}×{areas[0][1]} to {areas[-1][0]}×{areas[-1][1]}")
        assert f"({len(sizes)}" in words
    assert counted(1, "file") == "1 file"
    assert counted(1200, "file") == "1,200 files"
