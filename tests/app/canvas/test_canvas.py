"""The canvas with real mouse and keys: zoom, pan, point, select, compare, edit, save."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.support import screen
from tests.support.pictures import detection_of, pieces, reconstruction_of
from tusk_app.canvas.widgets import keypoint_overlay, symbols, view_transform
from tusk_app.canvas.widgets.hand import PROTOTYPE_MIME
from tusk_app.canvas.widgets.image_canvas import ImageCanvas, PixelReading
from tusk_app.canvas.widgets.keypoint_overlay import KeypointMarks
from tusk_app.canvas.widgets.view_transform import ViewTransform
from tusk_app.parts import layer_images, palette
from tusk_app.state.display import DisplayModel, Layer, LayerStyle, OverlayStyle

LEFT = Qt.MouseButton.LeftButton


def marks_for(detection) -> KeypointMarks:
    points = detection.keypoints
    labels = points.labels.tolist()
    return KeypointMarks(
        points.xy, points.scores, palette.colours(32)[points.labels],
        tuple(palette.symbol(i) for i in labels), tuple(f"prototype {i}" for i in labels),
        np.ones(len(labels), np.bool_),
    )  # fmt: skip


@pytest.fixture
def scene():
    picture, centres, kinds, mask = pieces(3)
    return picture, detection_of(picture, centres, kinds), mask


@pytest.fixture
def canvas(qtbot, scene) -> ImageCanvas:
    picture, detection, mask = scene
    canvas = ImageCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(640, 560)
    with qtbot.waitExposed(canvas):
        canvas.show()
    canvas.set_picture(picture)
    built = reconstruction_of(picture, mask, len(detection.keypoints.scores))
    canvas.set_reconstruction(built.composite, built.target, built.mask)
    canvas.set_heat_map(detection.heat_map)
    canvas.set_marks(marks_for(detection))
    canvas.setFocus()
    return canvas


def wheel(canvas: ImageCanvas, at: QPointF, steps: int) -> None:
    event = QWheelEvent(
        at, canvas.mapToGlobal(at), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def drag(canvas: ImageCanvas, start: QPoint, end: QPoint, button=LEFT) -> None:
    QTest.mousePress(canvas, button, Qt.KeyboardModifier.NoModifier, start)
    for share in (0.3, 0.7, 1.0):
        QTest.mouseMove(canvas, start + (end - start) * share)
    QTest.mouseRelease(canvas, button, Qt.KeyboardModifier.NoModifier, end)


def colour_at(canvas: ImageCanvas, x: float, y: float) -> QColor:
    place = canvas.view.to_widget(x, y)
    image = canvas.grab().toImage()
    ratio = image.devicePixelRatio()
    return image.pixelColor(round(place[0] * ratio), round(place[1] * ratio))


# View


def test_picture_is_fitted_and_centred(canvas) -> None:
    left, top = canvas.view.to_widget(-0.5, -0.5)
    right, bottom = canvas.view.to_widget(79.5, 79.5)
    assert left == pytest.approx(640 - right)
    assert top == pytest.approx(560 - bottom)
    assert top >= 0


def test_wheel_zooms_about_the_pointer(canvas) -> None:
    at = QPointF(200, 180)
    before, scale = canvas.view.to_picture(200, 180), canvas.view.scale
    wheel(canvas, at, 3)
    assert canvas.view.scale > scale
    assert canvas.view.to_picture(200, 180) == pytest.approx(before)
    wheel(canvas, at, -3)
    assert canvas.view.scale == pytest.approx(scale)


def test_dragging_pans_and_fit_brings_it_back(canvas) -> None:
    before = canvas.view
    drag(canvas, QPoint(20, 20), QPoint(80, 60))
    assert canvas.view.left == pytest.approx(before.left + 60)
    assert canvas.view.top == pytest.approx(before.top + 40)
    canvas.fit()
    assert canvas.view == before


def test_picture_cannot_be_lost_out_of_sight(canvas) -> None:
    for _ in range(10):
        canvas.pan_by(-5000, -5000)
    right, bottom = canvas.view.to_widget(79.5, 79.5)
    assert right > 0
    assert bottom > 0


def test_fitted_picture_stays_fitted_when_the_window_grows(canvas, qtbot) -> None:
    canvas.resize(900, 800)
    assert canvas.view == view_transform.fitted((80, 80), (900.0, 800.0))
    canvas.zoom_by(2)
    scale = canvas.view.scale
    canvas.resize(700, 600)
    assert canvas.view.scale == scale


def test_actual_size_is_one_device_pixel(canvas) -> None:
    canvas.show_actual_size()
    assert canvas.zoom == pytest.approx(1.0)
    assert canvas.view.scale == pytest.approx(1 / canvas.devicePixelRatioF())


def test_view_is_kept_between_pictures_of_one_size(canvas, scene) -> None:
    canvas.zoom_by(2.5)
    kept = canvas.view
    canvas.set_picture(pieces(9)[0])
    assert canvas.view == kept
    canvas.set_picture(pieces(9, size=60)[0])
    assert canvas.view == view_transform.fitted((60, 60), (640.0, 560.0))


def test_pixels_are_squares_when_zoomed_in(canvas, scene) -> None:
    picture = scene[0]
    canvas.set_marks(keypoint_overlay.NO_MARKS)
    row, column = np.argwhere(picture.any(axis=2))[0]
    expected = QColor(*picture[row, column].tolist())
    assert canvas.zoom >= 4
    # Also close to the pixel's edge: nothing is blended.
    for offset in (-0.4, 0.0, 0.4):
        assert colour_at(canvas, column + offset, row) == expected


def test_transform_round_trip() -> None:
    view = ViewTransform(3.5, 10.0, -4.0)
    assert view.to_picture(*view.to_widget(12.25, 7.5)) == pytest.approx((12.25, 7.5))
    assert view.to_widget(-0.5, -0.5) == (10.0, -4.0)


# Pointing and choosing


def test_hover_and_click_tell_the_keypoint(canvas, qtbot) -> None:
    place = canvas.position_of(2).toPoint()
    with qtbot.waitSignal(canvas.keypoint_hovered) as hovered:
        QTest.mouseMove(canvas, place)
    assert hovered.args == [2]
    with qtbot.waitSignal(canvas.keypoint_clicked) as clicked:
        QTest.mouseClick(canvas, LEFT, Qt.KeyboardModifier.NoModifier, place)
    assert clicked.args == [2]
    with qtbot.waitSignal(canvas.keypoint_clicked) as nothing:
        QTest.mouseClick(canvas, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(5, 5))
    assert nothing.args == [-1]


def test_escape_selects_nothing(canvas, qtbot) -> None:
    with qtbot.waitSignal(canvas.keypoint_clicked) as clicked:
        QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert clicked.args == [-1]


def test_pixel_under_the_pointer_is_told(canvas, scene, qtbot) -> None:
    x, y = canvas.view.to_widget(40, 41)
    readings = []
    canvas.pixel_hovered.connect(readings.append)
    QTest.mouseMove(canvas, QPoint(round(x), round(y)))
    assert readings[-1] == PixelReading(40, 41, tuple(scene[0][41, 40].tolist()))
    QTest.mouseMove(canvas, QPoint(3, 3))
    assert readings[-1] is None


def test_hidden_keypoints_cannot_be_hit(canvas, scene) -> None:
    weak = len(scene[1].keypoints.scores) - 1
    place = canvas.position_of(weak)
    assert canvas.keypoint_under(place) == weak
    canvas.set_overlay_style(OverlayStyle(min_score=0.5, below="hide"))
    assert canvas.keypoint_under(place) is None
    canvas.set_overlay_style(OverlayStyle(min_score=0.5, below="dim"))
    assert canvas.keypoint_under(place) == weak


def test_highlights_are_drawn(canvas) -> None:
    before = canvas.grab().toImage()
    canvas.set_highlights(hovered=None, selected=1)
    assert canvas.grab().toImage() != before
    assert canvas.selected == 1


def test_pulse_ends_by_itself(canvas, qtbot) -> None:
    still = screen.drawn(canvas)
    canvas.pulse_keypoint(0)
    qtbot.waitUntil(lambda: screen.drawn(canvas) != still, timeout=5000)
    qtbot.waitUntil(lambda: screen.drawn(canvas) == still, timeout=5000)


def test_labels_are_drawn_on_demand(canvas) -> None:
    before = canvas.grab().toImage()
    canvas.set_overlay_style(OverlayStyle(labels=True))
    assert canvas.grab().toImage() != before


# Layers, hiding, comparing


@pytest.mark.parametrize("layer", [Layer.HEAT_MAP, Layer.SEGMENTATION, Layer.ERROR])
def test_each_layer_changes_what_is_seen(canvas, layer) -> None:
    assert canvas.has_layer(layer)
    before = canvas.grab().toImage()
    canvas.set_layer_styles({layer: LayerStyle(visible=True, opacity=0.8)})
    assert canvas.grab().toImage() != before


def test_opacity_blends(canvas, scene) -> None:
    picture = scene[0]
    canvas.set_marks(keypoint_overlay.NO_MARKS)
    row, column = np.argwhere(picture.any(axis=2))[5]
    canvas.set_layer_styles({Layer.PICTURE: LayerStyle(visible=False)})
    ground = colour_at(canvas, column, row)
    canvas.set_layer_styles({Layer.PICTURE: LayerStyle(visible=True, opacity=0.5)})
    blended = colour_at(canvas, column, row)
    expected = (ground.red() + int(picture[row, column, 0])) / 2
    assert abs(blended.red() - expected) <= 2


def test_holding_h_hides_everything_over_the_picture(canvas) -> None:
    canvas.set_layer_styles({Layer.HEAT_MAP: LayerStyle(visible=True, opacity=1.0)})
    shown = canvas.grab().toImage()
    QTest.keyPress(canvas, Qt.Key.Key_H)
    assert canvas.grab().toImage() != shown
    QTest.keyRelease(canvas, Qt.Key.Key_H)
    assert canvas.grab().toImage() == shown


def test_tab_flips_and_stays_free_without_a_reconstruction(canvas) -> None:
    QTest.keyClick(canvas, Qt.Key.Key_Tab)
    assert canvas.is_flipped
    QTest.keyClick(canvas, Qt.Key.Key_Tab)
    assert not canvas.is_flipped
    canvas.set_reconstruction(None)
    QTest.keyClick(canvas, Qt.Key.Key_Tab)
    assert not canvas.is_flipped


def test_divider_is_dragged(canvas, scene) -> None:
    canvas.set_split(0.5)
    canvas.set_marks(keypoint_overlay.NO_MARKS)
    x = round(canvas.divider_x())
    drag(canvas, QPoint(x, 300), QPoint(x - 150, 300))
    width = 80 * canvas.view.scale
    assert canvas.split == pytest.approx(0.5 - 150 / width, abs=0.01)
    # Left of it lies the input, right of it the reconstruction.
    picture, mask = scene[0], scene[2]
    composite = reconstruction_of(picture, mask, 2).composite
    border = int(canvas.split * 80)
    right = next(
        (r, c)
        for r, c in np.argwhere((composite != picture).any(axis=2))
        if c > border + 6 and 6 < r < 70
    )
    assert colour_at(canvas, right[1], right[0]) == QColor(*composite[right].tolist())
    canvas.set_split(2.0)
    assert canvas.split == 1.0
    canvas.set_split(None)
    assert canvas.divider_x() is None


def test_crop_and_pad_cover_the_right_part() -> None:
    crop = layer_images.covered_rect((100, 60), (40, 40), "crop")
    assert (crop.left(), crop.top(), crop.width(), crop.height()) == (19.5, -0.5, 60, 60)
    pad = layer_images.covered_rect((100, 60), (40, 40), "pad")
    assert (pad.left(), pad.top(), pad.width(), pad.height()) == (-0.5, -20.5, 100, 100)
    small = layer_images.covered_rect((20, 10), (40, 40), "pad")
    assert (small.width(), small.height()) == (40, 40)
    whole = layer_images.covered_rect((100, 60), (40, 40), "stretch")
    assert (whole.width(), whole.height()) == (100, 60)


def test_mask_takes_the_keypoints_colours() -> None:
    mask = np.array([[0, 1], [2, 3]], np.uint8)
    image = layer_images.mask_image(mask, np.array([[255, 0, 0], [0, 255, 0]], np.uint8))
    assert image.pixelColor(0, 0).alpha() == 0
    assert image.pixelColor(1, 0) == QColor(255, 0, 0)
    assert image.pixelColor(0, 1) == QColor(0, 255, 0)
    assert image.pixelColor(1, 1).alpha() == 0


# Markers


def test_size_and_colour_follow_the_style(scene) -> None:
    marks = marks_for(scene[1])
    by_score = keypoint_overlay.marker_sizes(marks, OverlayStyle(size=20, size_by="score"))
    assert by_score[0] > by_score[-1]
    fixed = keypoint_overlay.marker_sizes(marks, OverlayStyle(size=20, size_by="fixed"))
    assert np.all(fixed == 20)
    one = keypoint_overlay.marker_colours(marks, OverlayStyle(colour_by="one"))
    assert len(np.unique(one, axis=0)) == 1
    scores = keypoint_overlay.marker_colours(marks, OverlayStyle(colour_by="score"))
    assert len(np.unique(scores, axis=0)) == len(marks)
    own = keypoint_overlay.marker_colours(marks, OverlayStyle())
    assert np.array_equal(own, marks.colours)


def test_every_symbol_is_a_shape_of_its_own() -> None:
    paths = [symbols.symbol_path(name) for name in palette.SYMBOLS]
    assert all(not path.isEmpty() for path in paths)
    rects = {(p.elementCount(), round(p.boundingRect().top(), 3)) for p in paths}
    assert len(rects) >= len(palette.SYMBOLS) - 2


# Editing


def test_dragging_moves_a_keypoint_only_when_editable(canvas, qtbot) -> None:
    place = canvas.position_of(0).toPoint()
    moved = []
    canvas.keypoint_moved.connect(lambda *values: moved.append(values))
    drag(canvas, place, place + QPoint(30, 10))
    assert not moved
    canvas.fit()
    canvas.set_editable(True)
    place = canvas.position_of(0).toPoint()
    with qtbot.waitSignal(canvas.keypoint_move_finished) as finished:
        drag(canvas, place, place + QPoint(36, 12))
    assert finished.args == [0]
    expected = canvas.view.to_picture(place.x() + 36, place.y() + 12)
    assert moved[-1] == pytest.approx((0, *expected))
    assert canvas.marks.xy[0].tolist() == pytest.approx(expected, rel=1e-5)


def test_keypoints_stay_inside_the_picture(canvas) -> None:
    canvas.set_editable(True)
    moved = []
    canvas.keypoint_moved.connect(lambda *values: moved.append(values))
    drag(canvas, canvas.position_of(0).toPoint(), QPoint(-50, -50))
    assert moved[-1] == (0, 0.0, 0.0)


def test_arrows_nudge_and_delete_removes(canvas, qtbot) -> None:
    canvas.set_editable(True)
    canvas.set_highlights(hovered=None, selected=1)
    x, y = canvas.marks.xy[1].tolist()
    with qtbot.waitSignal(canvas.keypoint_move_finished):
        QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.marks.xy[1].tolist() == pytest.approx([x + 1, y])
    QTest.keyClick(canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.marks.xy[1].tolist() == pytest.approx([x + 1, max(y - 10, 0)])
    with qtbot.waitSignal(canvas.keypoint_deleted) as deleted:
        QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert deleted.args == [1]


def test_double_click_adds_or_fits(canvas, qtbot) -> None:
    corner = QPoint(*(round(v) for v in canvas.view.to_widget(3, 75)))
    assert canvas.keypoint_under(QPointF(corner)) is None
    canvas.zoom_by(1.2)
    QTest.mouseDClick(canvas, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(320, 500))
    assert canvas.view == view_transform.fitted((80, 80), (640.0, 560.0))
    canvas.set_editable(True)
    with qtbot.waitSignal(canvas.keypoint_added) as added:
        QTest.mouseDClick(canvas, LEFT, Qt.KeyboardModifier.NoModifier, corner)
    assert added.args == pytest.approx(canvas.view.to_picture(corner.x(), corner.y()))


def test_prototype_is_dropped_on_a_keypoint(canvas, qtbot) -> None:
    data = QMimeData()
    data.setData(PROTOTYPE_MIME, b"5")
    place = canvas.position_of(3)
    action, buttons = Qt.DropAction.CopyAction, LEFT
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(place.toPoint(), action, data, buttons, none)
    QApplication.sendEvent(canvas, enter)
    assert not enter.isAccepted()
    canvas.set_editable(True)
    enter = QDragEnterEvent(place.toPoint(), action, data, buttons, none)
    QApplication.sendEvent(canvas, enter)
    assert enter.isAccepted()
    with qtbot.waitSignal(canvas.prototype_dropped) as dropped:
        QApplication.sendEvent(canvas, QDropEvent(place, action, data, buttons, none))
    assert dropped.args == [3, 5]


# Saving


def test_saved_picture_has_native_size_times_n(canvas, scene) -> None:
    plain = canvas.rendered(1, with_keypoints=False)
    assert (plain.width(), plain.height()) == (80, 80)
    row, column = np.argwhere(scene[0].any(axis=2))[0]
    assert plain.pixelColor(int(column), int(row)) == QColor(*scene[0][row, column].tolist())
    large = canvas.rendered(8)
    assert (large.width(), large.height()) == (640, 640)
    assert large != canvas.rendered(8, with_keypoints=False)


def test_empty_canvas_says_what_to_do(qtbot) -> None:
    canvas = ImageCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 300)
    blank = canvas.grab().toImage()
    canvas.set_placeholder("No picture is open", "Open a folder.")
    assert canvas.grab().toImage() != blank
    assert canvas.rendered(1).isNull()


# What is remembered


def test_display_remembers_style_but_not_layers(settings) -> None:
    display = DisplayModel(settings)
    display.change_overlay(size=30.0, colour_by="score", labels=True)
    display.change_layer(Layer.HEAT_MAP, visible=True)
    again = DisplayModel(settings)
    assert again.overlay.size == 30.0
    assert again.overlay.colour_by == "score"
    assert not again.overlay.labels
    assert not again.layer(Layer.HEAT_MAP).visible
    settings.set_value("overlay/colour_by", "nonsense")
    settings.set_value("overlay/size", 4000.0)
    assert DisplayModel(settings).overlay.colour_by == "prototype"
    assert DisplayModel(settings).overlay.size == 64.0


def test_display_knows_when_a_reconstruction_is_needed() -> None:
    display = DisplayModel()
    assert not display.needs_reconstruction
    display.set_split(True)
    assert display.needs_reconstruction
    display.set_split(False)
    display.change_layer(Layer.ERROR, visible=True)
    assert display.needs_reconstruction


@pytest.mark.parametrize("fit", ["stretch", "crop", "pad"])
@pytest.mark.parametrize("size", [(100, 60), (61, 203), (40, 40), (33, 20)])
def test_reconstruction_lies_where_the_engine_took_it_from(fit, size) -> None:
    from tusk_core.data.fitting import place

    network = (40, 32)
    rect = layer_images.covered_rect(size, network, fit)
    placement = place(size, network, fit)
    # The corners of the network's input, as places of the original picture.
    corners = np.array([[-0.5, -0.5], [network[0] - 0.5, network[1] - 0.5]], np.float32)
    (left, top), (right, bottom) = placement.to_original(corners).tolist()
    # The engine rounds to whole pixels of both pictures.
    slack = 1.0 + max(size[0] / network[0], size[1] / network[1])
    assert rect.left() == pytest.approx(left, abs=slack)
    assert rect.top() == pytest.approx(top, abs=slack)
    assert rect.right() == pytest.approx(right, abs=slack)
    assert rect.bottom() == pytest.approx(bottom, abs=slack)


def test_large_pictures_are_seen_in_small_without_skipping_pixels(qtbot) -> None:
    # Stripes of one pixel: taking every n-th would give black or white, the mean is grey.
    picture = np.zeros((2000, 2400, 3), np.uint8)
    picture[:, ::2] = 255
    canvas = ImageCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(320, 260)
    canvas.set_picture(picture)
    assert canvas.zoom < 0.25
    colour = colour_at(canvas, 1200, 1000)
    assert 100 < colour.red() < 156
    canvas.zoom_by(400)
    assert colour_at(canvas, 1200, 1000).red() in {0, 255}


def test_heat_map_of_a_large_picture_lies_in_place(qtbot) -> None:
    canvas = ImageCanvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 400)
    canvas.set_picture(np.zeros((2100, 2100, 3), np.uint8))
    values = np.zeros((2100, 2100), np.float32)
    values[1400:1500, 600:700] = 1.0
    canvas.set_heat_map(values)
    canvas.set_layer_styles({Layer.HEAT_MAP: LayerStyle(visible=True, opacity=1.0)})
    assert colour_at(canvas, 650, 1450).red() > 200
    assert colour_at(canvas, 560, 1450).red() < 30
    assert colour_at(canvas, 740, 1450).red() < 30
