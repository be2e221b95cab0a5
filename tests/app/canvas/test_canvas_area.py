"""The canvas in its place: document, selection, prototypes, layers, panels and jobs."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QSlider, QToolButton

from tests.support import screen
from tests.support.fake_predictor import refuse
from tests.support.media_bench import piece_source
from tusk_app.canvas.inspector_dock import InspectorDock
from tusk_app.canvas.overlay_dock import OverlayDock
from tusk_app.canvas.save_picture_dialog import SavePictureDialog
from tusk_app.canvas.widgets.keypoint_table import KeypointTable
from tusk_app.parts.value_slider import ValueSlider
from tusk_app.state.display import Layer
from tusk_core.events import JobProgress

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


# Document to canvas


def test_canvas_shows_picture_and_keypoints(bench, area) -> None:
    assert area.canvas.picture is bench.document.picture
    assert np.array_equal(area.canvas.marks.xy, bench.document.detection.keypoints.xy)
    assert screen.says(area, "picture_000.png")
    assert screen.says(area, "1 of 6")
    assert screen.says(area, "6 points")


def test_colours_names_and_hiding_come_from_the_prototypes(bench, area) -> None:
    label = int(bench.document.detection.keypoints.labels[0])
    assert area.canvas.marks.colours[0].tolist() == list(bench.prototypes.colour(label))
    bench.prototypes.rename(label, "left hand")
    bench.prototypes.recolour(label, (1, 2, 3))
    assert area.canvas.marks.names[0] == "left hand"
    assert area.canvas.marks.colours[0].tolist() == [1, 2, 3]
    assert area.canvas.marks.shown[0]
    bench.prototypes.set_hidden(label)
    assert not area.canvas.marks.shown[0]


def test_next_picture_replaces_everything(bench, area, qtbot) -> None:
    bench.display.set_split(True)
    qtbot.waitUntil(lambda: area.canvas.has_layer(Layer.RECONSTRUCTION))
    bench.document.go_to(3)
    qtbot.waitUntil(lambda: area.canvas.picture is bench.document.source.pictures[3])
    qtbot.waitUntil(
        lambda: len(area.canvas.marks) == 6 and area.canvas.has_layer(Layer.RECONSTRUCTION)
    )


def test_layers_are_fetched_when_they_are_switched_on(bench, area, qtbot, made_up) -> None:
    assert made_up.predictor.num_reconstructions == 0
    bench.actions.trigger("view.heat-map")
    qtbot.waitUntil(lambda: area.canvas.has_layer(Layer.HEAT_MAP))
    bench.actions.trigger("view.segmentation")
    qtbot.waitUntil(lambda: area.canvas.has_layer(Layer.SEGMENTATION))
    assert area.canvas.has_layer(Layer.ERROR)
    assert bench.actions.get("view.segmentation").isChecked()
    bench.display.change_layer(Layer.SEGMENTATION, visible=False)
    assert not bench.actions.get("view.segmentation").isChecked()


def test_split_and_flip_commands(bench, area, qtbot) -> None:
    bench.actions.trigger("view.split")
    assert area.canvas.split == 0.5
    qtbot.waitUntil(lambda: area.canvas.can_flip)
    bench.actions.trigger("view.split")
    assert area.canvas.split is None
    bench.actions.trigger("view.flip")
    assert area.canvas.is_flipped


def test_zoom_commands_and_menu(bench, area) -> None:
    bench.actions.trigger("view.actual-size")
    assert area.canvas.zoom == pytest.approx(1.0)
    assert screen.named(area, "Zoom", QToolButton).text() == "100 %"
    bench.actions.trigger("view.zoom-in")
    assert area.canvas.zoom == pytest.approx(1.25)
    menu = screen.named(area, "Zoom", QToolButton).menu()
    next(each for each in menu.actions() if each.text() == "400 %").trigger()
    assert area.canvas.zoom == pytest.approx(4.0)
    assert screen.named(area, "Zoom", QToolButton).text() == "400 %"


def test_keys_reach_their_commands_on_the_canvas(bench, area, qtbot) -> None:
    area.activateWindow()
    qtbot.waitUntil(area.canvas.hasFocus)
    QTest.keyClick(area.canvas, Qt.Key.Key_L)
    assert bench.display.overlay.labels
    QTest.keyClick(area.canvas, Qt.Key.Key_M)
    assert bench.display.layer(Layer.HEAT_MAP).visible
    QTest.keyClick(area.canvas, Qt.Key.Key_0)
    assert area.canvas.zoom == pytest.approx(1.0)
    shown = screen.drawn(area.canvas)
    QTest.keyPress(area.canvas, Qt.Key.Key_H)
    assert screen.drawn(area.canvas) != shown
    QTest.keyRelease(area.canvas, Qt.Key.Key_H)


def test_damaged_picture_is_explained_in_its_place(bench, area, qtbot) -> None:
    bench.document.source.broken.add(2)
    bench.document.go_to(2)
    qtbot.waitUntil(lambda: area.canvas.picture is None)
    assert "damaged" in area.canvas.accessibleDescription()


def test_model_that_does_not_open_leaves_the_canvas_as_it_was(bench, area, qtbot, made_up) -> None:
    shown = area.canvas.marks.xy
    made_up.open_model = refuse
    with qtbot.waitSignal(bench.engine.model_failed):
        bench.engine.open_model("/nowhere")
    assert np.array_equal(area.canvas.marks.xy, shown)
    qtbot.waitUntil(lambda: screen.says(area, "points"))


# Selection, both ways


def test_click_selects_keypoint_and_prototype(bench, area) -> None:
    QTest.mouseClick(area.canvas, LEFT, NONE, area.canvas.position_of(1).toPoint())
    assert bench.selection.keypoint == 1
    assert bench.selection.prototype == int(bench.document.detection.keypoints.labels[1])
    assert area.canvas.selected == 1
    QTest.mouseClick(area.canvas, LEFT, NONE, QPoint(3, 3))
    assert bench.selection.keypoint is None


def test_hover_goes_both_ways(bench, area) -> None:
    QTest.mouseMove(area.canvas, area.canvas.position_of(2).toPoint())
    assert bench.selection.hovered_keypoint == 2
    before = screen.drawn(area.canvas)
    bench.selection.hover_keypoint(4, "gallery")
    assert screen.changed(before, screen.drawn(area.canvas), area.canvas.position_of(4))


def test_selection_from_elsewhere_pulses(bench, area, qtbot) -> None:
    bench.selection.select_keypoint(3, "map")
    assert area.canvas.selected == 3
    looks = [screen.drawn(area.canvas)]

    def is_still() -> bool:
        looks.append(screen.drawn(area.canvas))
        return looks[-1] == looks[-2]

    at = area.canvas.position_of(3)
    qtbot.waitUntil(lambda: screen.changed(looks[0], screen.drawn(area.canvas), at, 40))
    qtbot.waitUntil(is_still)


def test_selection_beyond_the_picture_is_ignored(bench, area) -> None:
    bench.selection.select_keypoint(99, "map")
    assert area.canvas.selected is None


def test_keypoints_of_the_selected_prototype_stand_out(bench, area) -> None:
    labels = bench.document.detection.keypoints.labels
    before = screen.drawn(area.canvas)
    bench.selection.select_prototype(int(labels[0]), "gallery")
    after = screen.drawn(area.canvas)
    for index in np.flatnonzero(labels == labels[0]).tolist():
        assert screen.changed(before, after, area.canvas.position_of(index))


def test_selected_keypoint_is_let_go_with_its_picture(bench, area, qtbot) -> None:
    bench.selection.select_keypoint(2, "canvas")
    bench.document.go_to(4)
    assert bench.selection.keypoint is None


def test_trail_shows_where_keypoints_were(bench, area, qtbot) -> None:
    bench.document.set_source(piece_source(6, fps=25.0, source="/video"))
    qtbot.waitUntil(lambda: bench.document.detection is not None)
    for index in (1, 2, 3):
        bench.document.go_to(index)
        qtbot.waitUntil(lambda i=index: bench.detections.cached(i) is not None)
        qtbot.waitUntil(lambda: bench.document.detection is not None)
    before = screen.drawn(area.canvas)
    bench.display.change_overlay(trail=2)
    assert screen.drawn(area.canvas) != before
    bench.document.set_min_score(1.0)
    without = screen.drawn(area.canvas)
    bench.display.change_overlay(trail=0)
    assert screen.drawn(area.canvas) == without, "what scores too little leaves no trail"


def test_pixel_text_goes_to_the_status_bar(bench, area, qtbot) -> None:
    texts = []
    bench.display.hint_changed.connect(texts.append)
    x, y = area.canvas.view.to_widget(40, 30)
    QTest.mouseMove(area.canvas, QPoint(round(x), round(y)))
    assert texts[-1].startswith("x 40  y 30")


# Panels


def test_overlay_sliders_act_at_once(bench, area, qtbot, made_up) -> None:
    dock = OverlayDock(bench)
    qtbot.addWidget(dock)
    number = screen.named(dock, "Points of each picture", QSlider)
    assert number.value() + 1 == 6
    done = made_up.predictor.num_detections
    number.setValue(2)
    assert bench.document.num_keypoints == 3
    assert len(area.canvas.marks) == 3
    screen.named(dock, "Minimum score", QSlider).setValue(70)
    assert bench.document.min_score == pytest.approx(0.7)
    bench.display.change_overlay(below="hide")
    assert area.canvas.shown_keypoints() == {0, 1}
    assert made_up.predictor.num_detections == done
    bench.document.set_num_keypoints(None)
    assert number.value() + 1 == 6


def test_overlay_rows_and_choices(bench, area, qtbot) -> None:
    dock = OverlayDock(bench)
    qtbot.addWidget(dock)
    dock.rows[Layer.PICTURE].eye.click()
    assert not bench.display.layer(Layer.PICTURE).visible
    dock.rows[Layer.HEAT_MAP].eye.click()
    dock.rows[Layer.HEAT_MAP].opacity.setValue(40)
    assert bench.display.layer(Layer.HEAT_MAP).opacity == pytest.approx(0.4)
    box = screen.box(dock, "Marker colour by")
    score = box.findData("score")
    box.setCurrentIndex(score)
    box.activated.emit(score)
    assert bench.display.overlay.colour_by == "score"
    screen.press(dock, "Hollow markers")
    assert not bench.display.overlay.hollow
    bench.display.change_overlay(below="hide")
    assert screen.box(dock, "Points below the minimum score").currentData() == "hide"


def test_layers_wait_for_a_model(bench, qtbot) -> None:
    dock = OverlayDock(bench)
    qtbot.addWidget(dock)
    assert dock.rows[Layer.PICTURE].isEnabled()
    assert not dock.rows[Layer.HEAT_MAP].isEnabled()


def test_inspector_lists_and_explains(bench, area, qtbot) -> None:
    dock = InspectorDock(bench)
    qtbot.addWidget(dock)
    dock.resize(320, 600)
    dock.show()
    assert dock.table.model().rowCount() == 6
    bench.selection.select_keypoint(1, "test")
    assert dock.table.selectionModel().selectedRows()[0].row() == 1
    points = bench.document.detection.keypoints
    assert screen.says(dock, f"{points.scores[1]:.3f}")
    assert dock.alike.rows[0].index == int(points.labels[1])
    assert dock.alike.rows[0].cosine == pytest.approx(1.0)
    with qtbot.waitSignal(bench.selection.prototype_changed):
        QTest.mouseClick(dock.alike, LEFT, NONE, QPoint(20, 30))


def test_inspector_rows_select_and_point(bench, area, qtbot) -> None:
    dock = InspectorDock(bench)
    qtbot.addWidget(dock)
    dock.resize(320, 600)
    area.hide()  # both windows lie at the same place of the offscreen screen
    with qtbot.waitExposed(dock):
        dock.show()
    table = dock.table
    place = table.visualRect(table.model().index(2, 0)).center()
    QTest.mouseMove(table.viewport(), place)
    assert bench.selection.hovered_keypoint == 2
    QTest.mouseClick(table.viewport(), LEFT, NONE, place)
    assert bench.selection.keypoint == 2
    assert area.canvas.selected == 2


def test_inspector_says_what_is_missing(bench, qtbot) -> None:
    dock = InspectorDock(bench)
    qtbot.addWidget(dock)
    assert dock.hint.title == "No picture is open"
    bench.document.set_source(piece_source(2))
    qtbot.waitUntil(lambda: bench.document.picture is not None)
    qtbot.waitUntil(lambda: dock.hint.title == "No model is open")
    assert not dock.hint.button.text()  # the next step is said over the picture, once
    others = {button.text() for button in dock.hint.findChildren(QPushButton)}
    assert {"Train…", "Open model…"} <= others
    asked = []
    bench.actions.add("model.train", "Train", lambda: asked.append("train"), menu="Model")
    next(b for b in dock.hint.findChildren(QPushButton) if b.text() == "Train…").click()
    assert asked == ["train"]


def test_weak_keypoints_are_grey_in_the_table(bench, area, qtbot) -> None:
    table = KeypointTable()
    qtbot.addWidget(table)
    table.set_marks(area.canvas.marks, 0.5)
    model = table.model()
    role = Qt.ItemDataRole.ForegroundRole
    assert model.data(model.index(0, 1), role) is None
    assert model.data(model.index(5, 1), role) is not None
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Score"


def test_value_slider_keeps_both_in_step(qtbot) -> None:
    slider = ValueSlider("Score", 0.0, 1.0, step=0.01, decimals=2)
    qtbot.addWidget(slider)
    values = []
    slider.value_changed.connect(values.append)
    slider.slider.setValue(37)
    assert slider.value == pytest.approx(0.37)
    slider.set_value(0.8)
    assert slider.slider.value() == 80
    assert values == [pytest.approx(0.37)]


# Copying, saving, jobs


def test_picture_is_copied(bench, area) -> None:
    bench.actions.trigger("edit.copy-picture")
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (80, 80)


def test_picture_is_saved_in_the_background(bench, area, qtbot, tmp_path) -> None:
    path = tmp_path / "out"
    with qtbot.waitSignal(bench.jobs.job_finished):
        area.commands.save_to(path, 4)
    image = QImage(str(tmp_path / "out.png"))
    assert (image.width(), image.height()) == (320, 320)


def test_unwritable_place_is_told(bench, area, qtbot, tmp_path) -> None:
    problems = []
    bench.notices.problem_posted.connect(problems.append)
    with qtbot.waitSignal(bench.jobs.job_failed):
        area.commands.save_to(tmp_path / "missing" / "out.png", 1)
    assert "cannot be written" in problems[0].why


def test_save_dialog_suggests_a_readable_size(qtbot) -> None:
    dialog = SavePictureDialog((80, 80))
    qtbot.addWidget(dialog)
    assert dialog.factor == 8
    assert dialog.with_keypoints
    large = SavePictureDialog((6000, 4000))
    qtbot.addWidget(large)
    assert large.factor == 1


def test_jobs_show_below_the_canvas_and_can_be_cancelled(bench, area, qtbot) -> None:
    import threading

    gate = threading.Event()

    def work(control):
        yield JobProgress(3, 10, "frame 3")
        while not control.stop_requested:
            gate.wait(0.01)
            yield JobProgress(4, 10, "frame 4")

    job = bench.jobs.start("Analyse 10 pictures", work)
    qtbot.waitUntil(lambda: "of 10" in area.jobs.rows[job.number].words)
    assert area.jobs.isVisible()
    QTest.mouseClick(area.jobs.rows[job.number].cancel_button, LEFT)
    qtbot.waitUntil(lambda: not area.jobs.rows)
    assert area.jobs.isHidden()


def test_failed_job_is_told(bench, area, qtbot) -> None:
    problems = []
    bench.notices.problem_posted.connect(problems.append)

    def work(_control):
        yield JobProgress(0, 1)
        raise OSError("The disk is full.")

    with qtbot.waitSignal(bench.jobs.job_failed):
        bench.jobs.start("Export", work)
    assert problems[0].title == "Export failed."
    assert problems[0].why == "The disk is full."
    assert not area.jobs.rows
