"""Correspondence, equivariance, raster, live map, time machine and exports of the map."""

from __future__ import annotations

import contextlib
import csv
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtTest import QTest

from tests.support import explore_bench, screen
from tests.support.explore_values import (
    ShapesSource,
    analysis_of,
    detection_of,
    made_analysis,
    pca_map,
    prototypes,
)
from tusk_app.compare.correspondence_dock import CorrespondenceDock
from tusk_app.compare.equivariance_dock import EquivarianceDock
from tusk_app.compare.warping import PictureWarp, WarpField, random_bends
from tusk_app.engine.matching import match_keypoints, measure_drift
from tusk_app.map.dock import EmbeddingDock
from tusk_app.map.placement import MapPlacement, Trail
from tusk_app.parts import theme, tones
from tusk_app.timeline.controller import write_tracks
from tusk_app.timeline.raster_dock import RasterDock
from tusk_app.timeline.tracking import presence_table, track_rows
from tusk_app.training import run_moments
from tusk_app.training.history.dock import TimeMachineDock
from tusk_app.training.history.time_map import plane_of
from tusk_app.training.widgets.probe_view import ProbeView
from tusk_core.control import Cancelled, RunControl
from tusk_core.events import CheckpointSaved, PreviewReady
from tusk_core.results import Keypoints

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def show(qtbot, settings):
    """Show one dock with everything open."""
    with contextlib.ExitStack() as stack:

        def make(dock_class, source=None):
            chosen = source or ShapesSource(8)
            return stack.enter_context(
                explore_bench.shown_dock(qtbot, settings, dock_class, chosen)
            )

        yield make


# Correspondence


def pairs_shown(dock, bench, predictor, source):
    """Return the pairs of the two pictures, as the panel should show them."""
    other = predictor.detect(source.read(dock.number.value() - 1)).keypoints
    return match_keypoints(bench.document.shown.keypoints, other)


def test_lines_join_the_same_prototype(qtbot, show) -> None:
    dock, bench, predictor, source = show(CorrespondenceDock)
    dock.threshold.setValue(100)
    qtbot.waitUntil(lambda: screen.says(dock, "of the same kind"), timeout=20_000)
    pairs = pairs_shown(dock, bench, predictor, source)
    assert screen.says(dock, f"{len(pairs.first)} pair")
    before = dock.number.value()
    screen.press(dock, "Next picture on the right")
    assert dock.number.value() == before % 8 + 1
    qtbot.waitUntil(lambda: screen.says(dock, "of the same kind"), timeout=20_000)


def test_a_click_on_a_line_selects_its_keypoint(qtbot, show) -> None:
    dock, bench, predictor, source = show(CorrespondenceDock)
    dock.threshold.setValue(100)

    def has_lines() -> bool:
        if screen.says(dock, "0 pairs"):
            screen.press(dock, "Next picture on the right")
            return False
        return screen.says(dock, "of the same kind")

    qtbot.waitUntil(has_lines, timeout=30_000)
    start, end = dock.view.ends(0)
    middle = ((start + end) / 2).toPoint()
    QTest.mouseClick(dock.view, LEFT, NONE, middle)
    pairs = pairs_shown(dock, bench, predictor, source)
    assert bench.selection.keypoint == int(pairs.first[0])


def test_most_alike_goes_to_the_picture_that_shares_most(qtbot, show) -> None:
    dock, bench, predictor, source = show(CorrespondenceDock)
    bench.document.set_analysis(explore_bench.found_by(predictor, source))
    labels = [set(predictor.detect(source.read(i)).keypoints.labels.tolist()) for i in range(8)]
    shared = [len(labels[0] & labels[i]) if i else 0 for i in range(8)]
    QTest.mouseClick(dock.alike, LEFT)
    assert shared[dock.number.value() - 1] == max(shared)
    first = dock.number.value()
    QTest.mouseClick(dock.alike, LEFT)
    assert dock.number.value() != first or sum(n > 0 for n in shared) == 1


def test_a_picture_is_not_compared_with_itself(qtbot, show) -> None:
    dock, bench, predictor, source = show(CorrespondenceDock)
    bench.document.set_analysis(None)
    bench.document.go_to(1)
    qtbot.waitUntil(lambda: dock.number.value() == 3)  # nothing is analysed: the next one
    bench.document.go_to(7)
    qtbot.waitUntil(lambda: dock.number.value() == 1)
    qtbot.waitUntil(lambda: screen.says(dock, "of the same kind"), timeout=20_000)
    bench.document.set_analysis(explore_bench.found_by(predictor, source))
    found = [set(predictor.detect(source.read(i)).keypoints.labels.tolist()) for i in range(8)]
    shared = [len(found[7] & found[i]) for i in range(7)]
    assert shared[dock.number.value() - 1] == max(shared)
    dock.number.setValue(4)
    bench.document.go_to(5)
    qtbot.waitUntil(lambda: bench.document.picture is not None)
    assert dock.number.value() == 4, "what was chosen stays"
    bench.document.go_to(3)
    qtbot.waitUntil(lambda: dock.number.value() != 4)


def test_the_threshold_hides_poor_pairs(qtbot, show) -> None:
    dock, bench, predictor, source = show(CorrespondenceDock)
    bench.document.set_analysis(explore_bench.found_by(predictor, source))
    QTest.mouseClick(dock.alike, LEFT)
    dock.threshold.setValue(100)
    qtbot.waitUntil(lambda: screen.says(dock, "of the same kind"), timeout=20_000)
    pairs = pairs_shown(dock, bench, predictor, source)
    found = bench.document.shown.keypoints
    bench.document.set_edited(replace(found, descriptors=-found.descriptors))
    dock.threshold.setValue(90)
    assert screen.says(dock, "0 pairs")
    assert screen.says(dock, f"{len(pairs.first)} more differ too much")


def _keypoints(xy, labels, descriptors) -> Keypoints:
    count = len(labels)
    return Keypoints(
        np.array(xy, np.float32), np.ones(count, np.float32), np.array(labels, np.int32),
        np.array(descriptors, np.float32), np.ones(count, np.float32),
    )  # fmt: skip


def test_matching_is_the_cheapest_inside_each_prototype() -> None:
    first = _keypoints(np.zeros((3, 2)), [0, 0, 1], [[1, 0], [0, 1], [1, 0]])
    second = _keypoints(np.zeros((3, 2)), [0, 0, 2], [[0, 1], [1, 0], [1, 0]])
    pairs = match_keypoints(first, second)
    assert sorted(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)) == [(0, 1), (1, 0)]
    assert np.allclose(pairs.distance, 0)
    merged = match_keypoints(first, second, np.array([0, 2, 2]))
    assert len(merged.first) == 3
    nothing = _keypoints(np.zeros((0, 2)), [], np.zeros((0, 2)))
    assert len(match_keypoints(first, nothing).first) == 0


# Equivariance


def test_sliders_warp_the_picture_and_measure_the_drift(qtbot, show) -> None:
    dock, bench, _, _ = show(EquivarianceDock)
    qtbot.waitUntil(lambda: dock.drift is not None, timeout=20_000)
    assert dock.drift.mean == pytest.approx(0, abs=1e-3)
    dock.zoom.setValue(90)
    qtbot.waitUntil(lambda: not bench.engine.is_busy and not screen.is_waiting(dock))
    qtbot.waitUntil(lambda: dock.drift.mean > 0, timeout=20_000)
    # Centres of area follow a scaling to a fraction of a pixel.
    assert dock.drift.mean < 1.0
    assert len(dock.drift.pairs) == 3
    assert dock.bars.bars
    QTest.mouseClick(dock.reset_button, LEFT)
    assert (dock.warp.turn, dock.warp.zoom, dock.warp.shift) == (0, 1, (0, 0))
    assert dock.warp.bends is None or not dock.warp.bends.any()


def test_the_drift_follows_the_theme(qtbot, show) -> None:
    dock, _, _, _ = show(EquivarianceDock)
    qtbot.waitUntil(lambda: dock.drift is not None, timeout=20_000)
    for colours in (theme.DARK, theme.LIGHT):
        dock.setPalette(theme.qt_palette(colours))
        assert screen.says(dock, tones.tone(dock.palette(), "success").name())


def test_dragging_the_picture_shifts_it(qtbot, show) -> None:
    dock, bench, _, _ = show(EquivarianceDock)
    qtbot.waitUntil(lambda: dock.drift is not None, timeout=20_000)
    height, width = bench.document.picture.shape[:2]
    start = dock.after.to_widget(np.array([width / 2, height / 2]))
    end = dock.after.to_widget(np.array([0.6 * width, height / 2])).toPoint()
    start = start.toPoint()
    QTest.mousePress(dock.after, LEFT, NONE, start)
    QTest.mouseMove(dock.after, end)
    QTest.mouseRelease(dock.after, LEFT, NONE, end)
    assert dock.warp.shift[0] == pytest.approx(0.1, abs=0.01)
    assert dock.warp.shift[1] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("bend", [0.0, 0.1])
def test_points_go_where_their_pixels_go(bend) -> None:
    warp = PictureWarp(turn=25, zoom=1.2, shift=(0.05, -0.1), bends=random_bends(bend, 3))
    field = WarpField(warp, 120, 90)
    points = np.array([[40.0, 30.0], [70.0, 50.0], [60.0, 45.0]])
    np.testing.assert_allclose(field.origins(field.targets(points)), points, atol=0.05)


def test_a_warped_dot_is_found_at_its_target() -> None:
    image = np.zeros((90, 120, 3), np.uint8)
    image[44:47, 69:72] = 255
    field = WarpField(PictureWarp(turn=30, bends=random_bends(0.08, 1)), 120, 90)
    out = field.picture(image)[..., 0].astype(float)
    y, x = np.mgrid[:90, :120]
    found = np.array([(out * x).sum(), (out * y).sum()]) / out.sum()
    np.testing.assert_allclose(found, field.targets(np.array([[70.0, 45.0]]))[0], atol=0.4)
    assert not field.picture(image).flags.writeable


def test_drift_counts_lost_and_leaves_out_what_leaves_the_picture() -> None:
    before = _keypoints([[10, 10], [50, 50], [90, 90]], [0, 1, 2], np.eye(3))
    after = _keypoints([[12, 10]], [5], np.eye(3)[:1])
    expected = np.array([[10.0, 10.0], [50.0, 50.0], [130.0, 90.0]])
    drift = measure_drift(expected, before, after, (100, 100))
    assert drift.pairs.tolist() == [[0, 0]]
    assert drift.mean == pytest.approx(2.0)
    assert not drift.followed[0]
    assert drift.lost.tolist() == [1]


# Raster and tracks


def test_click_in_the_raster_seeks(qtbot, show, tmp_path) -> None:
    source = ShapesSource(60, kind="video", fps=25.0)
    dock, bench, _, _ = show(RasterDock, source)
    qtbot.waitUntil(lambda: bench.tracking.tables is not None, timeout=20_000)
    raster = dock.raster
    at = QPoint(round(raster.frame_x(30.5)), raster.row_y(1) + 8)
    QTest.mouseClick(raster.viewport(), LEFT, NONE, at)
    assert bench.document.index == 30
    assert bench.selection.prototype == int(raster.rows.prototypes[1])
    assert dock.trails.paths
    path = tmp_path / "tracks.csv"
    bench.tracking.save(path)
    qtbot.waitUntil(path.is_file, timeout=20_000)
    qtbot.waitUntil(lambda: path.stat().st_size > 0)
    qtbot.waitUntil(
        lambda: len(path.read_text().splitlines()) == 1 + len(bench.document.analysis.labels)
    )
    with path.open(newline="", encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    assert first["time_s"] == "0.0000"
    assert float(first["x"]) == pytest.approx(float(bench.document.analysis.xy[0, 0]), abs=0.01)


@pytest.mark.parametrize("mode", ["x", "y"])
def test_raster_shows_places(qtbot, show, mode) -> None:
    dock, bench, _, _ = show(RasterDock, ShapesSource(30, kind="video", fps=25.0))
    qtbot.waitUntil(lambda: bench.tracking.tables is not None, timeout=20_000)
    dock.mode.setCurrentIndex(dock.mode.findData(mode))
    places = dock.raster.rows.places
    seen = np.isfinite(places)
    assert seen.any()
    assert ((places[seen] >= 0) & (places[seen] <= 1)).all()
    assert not dock.raster.grab().isNull()


def test_tracks_survive_a_gap_and_do_not_jump() -> None:
    source = ShapesSource(6, kind="video", fps=25.0)
    picture = np.array([0, 0, 1, 2, 2, 4, 4])
    xy = np.array([[10, 10], [60, 60], [12, 10], [14, 10], [60, 62], [16, 10], [30, 60]], float)
    made = made_analysis(picture, xy, np.zeros(7, int), prototypes(), source)
    tracks = track_rows(made, made.labels)
    assert tracks[0] == tracks[2] == tracks[3] == tracks[5]
    assert tracks[1] == tracks[4]
    assert tracks[6] not in tracks[:6]
    table = presence_table(made, made.labels)
    assert table.counts[0].tolist() == [2, 1, 2, 0, 2, 0]
    assert np.isnan(table.xy[0, 3]).all()


def test_tracks_end_when_nobody_waits_for_them(tmp_path) -> None:
    source = ShapesSource(6, kind="video", fps=25.0)
    xy = np.zeros((2, 2))
    made = made_analysis(np.array([0, 1]), xy, np.zeros(2, int), prototypes(), source)
    control = RunControl()
    control.request_stop()
    with pytest.raises(Cancelled):
        track_rows(made, made.labels, control=control)
    path = tmp_path / "tracks.csv"
    with pytest.raises(Cancelled):
        write_tracks(path, made, made.labels, np.zeros(2, int), {}, control)
    assert list(tmp_path.iterdir()) == []
    write_tracks(path, made, made.labels, np.zeros(2, int), {})
    assert len(path.read_text().splitlines()) == 3


# Live map


def test_new_descriptors_are_placed_beside_their_like() -> None:
    analysis = analysis_of(ShapesSource(60))
    layout = pca_map(analysis)
    placement = MapPlacement(analysis, layout)
    places = placement.place(analysis.descriptors[:20].astype(np.float32))
    spread = layout.points.std(axis=0).max()
    assert np.median(np.linalg.norm(places - layout.points[:20], axis=1)) < spread
    assert placement.place(np.zeros((0, 16), np.float32)).shape == (0, 2)
    # The only neighbour decides alone, whatever its length.
    one = replace(layout, points=layout.points[:1], indices=layout.indices[:1])
    alone = MapPlacement(analysis, one).place(3 * analysis.descriptors[:1].astype(np.float32))
    assert np.allclose(alone, layout.points[:1])


def test_live_keypoints_move_with_a_trail_and_freeze(qtbot, show) -> None:
    dock, bench, _, _ = show(EmbeddingDock)
    qtbot.waitUntil(lambda: bench.embedding.map is not None, timeout=20_000)
    dock.bar.live_button.setChecked(True)
    analysis = bench.document.analysis
    for picture in (0, 1, 2):
        bench.document.set_detection(detection_of(analysis, picture))
    live = dock.scatter.state.live
    assert len(live.xy) == 3
    assert len(live.trail) >= 6
    QTest.mouseClick(dock.bar.freeze_button, LEFT)
    bench.document.set_detection(detection_of(analysis, 3))
    assert dock.scatter.state.live is live
    dock.bar.live_button.setChecked(False)
    assert dock.scatter.state.live is None


def test_trail_forgets_the_oldest() -> None:
    trail = Trail(frames=2)
    for x in range(5):
        trail.push(np.full((1, 2), x, np.float32), np.zeros((1, 3), np.uint8))
    older, _ = trail.older()
    assert older[:, 0].tolist() == [3, 2]
    assert (np.diff(older[:, 2]) > 0).all()


# Exports of the map


def test_map_is_saved_as_picture_drawing_and_table(qtbot, show, tmp_path) -> None:
    dock, bench, _, _ = show(EmbeddingDock)
    qtbot.waitUntil(lambda: bench.embedding.map is not None, timeout=20_000)
    dock.export(tmp_path / "map.png", "png")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    dock.export(tmp_path / "map.svg", "svg")
    assert "<svg" in (tmp_path / "map.svg").read_text(encoding="utf-8")
    bench.selection.select_detections([3, 1], "test")
    dock.export(tmp_path / "chosen.csv", "csv")
    with (tmp_path / "chosen.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["detection"] for row in rows] == ["1", "3"]
    assert rows[0]["map_x"]
    problems = []
    bench.notices.problem_posted.connect(problems.append)
    dock.export(tmp_path / "missing" / "map.csv", "csv")
    assert problems


@pytest.mark.parametrize("by", ["prototype", "score", "class", "picture"])
def test_colours_and_legend_fit_each_other(qtbot, show, by) -> None:
    dock, bench, _, _ = show(EmbeddingDock)
    qtbot.waitUntil(lambda: bench.embedding.map is not None, timeout=20_000)
    combo = screen.box(dock, "Colour by")
    combo.setCurrentIndex(combo.findData(by))
    state = dock.scatter.state
    assert len(state.points.colours) == len(bench.document.analysis.labels)
    if by in {"prototype", "class"}:
        total = sum(
            int(dock.legend.topLevelItem(i).text(1)) for i in range(dock.legend.topLevelItemCount())
        )
        assert total == len(state.points.rows)
    else:
        assert dock.split.shows_scale


# Time machine


def hasten(owner: QObject, milliseconds: int) -> None:
    """Let what repeats itself do so sooner."""
    for timer in owner.findChildren(QTimer):
        if not timer.isSingleShot():
            timer.setInterval(milliseconds)


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


@pytest.fixture
def run_dir(tmp_path, monkeypatch):
    """A run with three checkpoints, whose prototypes settle, read through the door."""
    run, source = tmp_path / "run", ShapesSource(2)
    events = []
    images = np.stack([source.read(i) for i in range(2)])
    for step in (100, 200, 300):
        folder = run / "checkpoints" / f"step_{step:08d}"
        folder.mkdir(parents=True)
        events.append(
            PreviewReady(
                step, images, images, np.full((2, 1, 2), 20, np.float32),
                np.ones((2, 1), np.float32), np.zeros((2, 1), np.int16),
                np.full(12, 1 / 12, np.float32),
            )
        )  # fmt: skip
        events.append(CheckpointSaved(step, folder, is_best=step == 300))

    def open_predictor(path, *, device="auto"):
        made = explore_bench.ShapesPredictor()
        step = int(path.name.removeprefix("step_"))
        usage = np.full(12, 1 / 11, np.float32)
        usage[step // 100] = 0
        made.info = replace(made.info, step=step, usage=usage)
        return made

    monkeypatch.setattr(run_moments.api, "follow_events", lambda _path, **_options: (events, 0))
    monkeypatch.setattr(run_moments.api, "open_predictor", open_predictor)
    return run


def test_the_slider_travels_through_the_run(qtbot, show, run_dir) -> None:
    dock, bench, _, _ = show(TimeMachineDock)
    assert dock.stack.is_empty
    bench.document.set_run(run_dir)
    machine = bench.time_machine
    qtbot.waitUntil(lambda: machine.moment is not None, timeout=20_000)
    assert machine.step == 300
    assert not dock.stack.is_empty
    assert dock.slider.value() == 2
    dock.slider.setValue(0)
    qtbot.waitUntil(
        lambda: machine.moment is not None and machine.moment.step == 100, timeout=20_000
    )
    assert machine.preview.step == 100
    assert [picture.is_dim for picture in dock.wall.pictures].index(True) == 1
    assert len(dock.map.state.stars.xy) == 12
    assert screen.says(dock, "step 100")
    assert screen.says(dock, "11 of 12")


def test_a_run_that_grows_is_read_again(qtbot, show, run_dir) -> None:
    _dock, bench, _, _ = show(TimeMachineDock)
    machine = bench.time_machine
    bench.document.set_run(run_dir)
    qtbot.waitUntil(lambda: machine.moment is not None, timeout=20_000)
    qtbot.waitUntil(lambda: not machine.is_busy, timeout=20_000)
    hasten(machine, 20)
    with qtbot.waitSignal(machine.moments_changed, timeout=20_000):
        # Longer each time: the first look at the log may come after a line.
        grow = QTimer()
        grow.timeout.connect(lambda: append(run_dir / "events.jsonl", "one more line\n"))
        grow.start(50)
    grow.stop()
    machine.want(wanted=False)


def test_playing_goes_to_the_end_and_stops(qtbot, show, run_dir) -> None:
    dock, bench, _, _ = show(TimeMachineDock)
    bench.document.set_run(run_dir)
    qtbot.waitUntil(lambda: bench.time_machine.moment is not None, timeout=20_000)
    hasten(dock, 10)
    QTest.mouseClick(dock.play_button, LEFT)
    assert dock.slider.value() == 0
    qtbot.waitUntil(lambda: not dock.play_button.isChecked(), timeout=20_000)
    assert dock.slider.value() == 2
    qtbot.waitUntil(lambda: not bench.time_machine.is_busy)


def test_a_deleted_run_is_told(qtbot, show, run_dir, monkeypatch) -> None:
    dock, bench, _, _ = show(TimeMachineDock)
    bench.document.set_run(run_dir)
    qtbot.waitUntil(lambda: bench.time_machine.moment is not None, timeout=20_000)
    shutil.rmtree(run_dir)
    monkeypatch.setattr(run_moments.api, "follow_events", lambda _path, **_options: ([], 0))
    QTest.mouseClick(dock.refresh_button, LEFT)
    qtbot.waitUntil(lambda: screen.says(dock.stack.hint, "deleted"), timeout=20_000)
    assert dock.stack.is_empty


def test_probe_pictures_are_enlarged_and_follow(qtbot, show, run_dir) -> None:
    dock, bench, _, _ = show(TimeMachineDock)
    bench.document.set_run(run_dir)
    qtbot.waitUntil(lambda: bench.time_machine.moment is not None, timeout=20_000)
    dock.probes.setFocus()
    QTest.keyClick(dock.probes, Qt.Key.Key_Right)
    QTest.keyClick(dock.probes, Qt.Key.Key_Return)
    (large,) = dock.findChildren(ProbeView)
    qtbot.waitUntil(large.isVisible)
    assert large.index == 1
    dock.slider.setValue(0)
    assert screen.says(large, "step 100")
    large.close()


def test_the_wall_shows_whole_rows_and_follows_the_arrows(qtbot, show, run_dir) -> None:
    dock, bench, _, _ = show(TimeMachineDock)
    model = bench.document.model
    # Choices are shared where the open model is of the run.
    bench.document.set_model(replace(model, path=run_dir / "checkpoints" / "step_1"))
    bench.document.set_run(run_dir)
    qtbot.waitUntil(lambda: len(dock.wall.pictures) == 12, timeout=20_000)
    for size in ((470, 342), (470, 420), (900, 520)):
        dock.window().resize(*size)
        qtbot.waitUntil(lambda: dock.wall.viewport().height() > 60)
        room = dock.wall.viewport().height()
        first = dock.wall.place_of(0)
        assert first.bottom() <= room, f"caption cut at {size}"
    QTest.keyClick(dock.wall, Qt.Key.Key_Right)
    assert bench.selection.prototype == 0
    QTest.keyClick(dock.wall, Qt.Key.Key_Right)
    assert bench.selection.prototype == 1


def test_a_plane_is_the_same_whatever_the_sign() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(50, 6)) * [5, 3, 1, 1, 1, 1]
    basis = plane_of(values)
    np.testing.assert_allclose(
        basis.project(values), plane_of(values.copy()).project(values), atol=1e-5
    )
    assert basis.project(values).shape == (50, 2)


# What is said when there is nothing to show


def test_too_few_detections_are_told_in_the_panel_not_in_a_dialog(qtbot, show) -> None:
    dock, bench, _, source = show(EmbeddingDock)
    problems = []
    bench.notices.problem_posted.connect(problems.append)
    few = made_analysis(np.array([0, 1]), np.zeros((2, 2)), np.array([0, 1]), prototypes(), source)
    bench.document.set_analysis(few)
    qtbot.waitUntil(lambda: not bench.embedding.is_busy, timeout=20_000)
    assert dock.stack.is_empty
    assert dock.stack.hint.title == "There is no map"
    assert not problems
    bench.document.set_analysis(analysis_of(source))
    qtbot.waitUntil(lambda: bench.embedding.map is not None, timeout=20_000)
    assert not dock.stack.is_empty


@pytest.mark.parametrize(
    "dock_class", [CorrespondenceDock, EquivarianceDock, RasterDock, TimeMachineDock, EmbeddingDock]
)
def test_every_empty_panel_says_what_to_do(qtbot, settings, dock_class) -> None:
    bench, _, _ = explore_bench.make_bench(settings)
    dock = dock_class(bench)
    qtbot.addWidget(dock)
    with qtbot.waitExposed(dock):
        dock.show()
    assert dock.stack.is_empty
    assert dock.stack.hint.title
    assert screen.says(dock.stack.hint, "rain a model")
    dock.close()
    explore_bench.close(bench)


def test_another_run_leaves_nothing_of_the_one_before(qtbot, show, run_dir) -> None:
    dock, bench, _, _ = show(TimeMachineDock)
    bench.document.set_run(run_dir)
    qtbot.waitUntil(lambda: bench.time_machine.moment is not None, timeout=20_000)
    assert len(dock.wall.pictures) == 12
    # The open model is of no run: its names and choices are not those of the run's prototypes.
    bench.prototypes.rename(3, "mine")
    assert "mine" not in " ".join(picture.tip for picture in dock.wall.pictures)
    dock.wall.chosen.emit(3)
    assert bench.selection.prototype is None
    other = run_dir.parent / "other"
    other.mkdir()
    bench.document.set_run(other)
    assert len(dock.wall.pictures) == 0
    assert len(dock.map.state.stars.xy) == 0
    qtbot.waitUntil(lambda: not bench.time_machine.is_busy, timeout=20_000)
