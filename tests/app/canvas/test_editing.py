"""Keypoints moved by hand on the real canvas: the decoder draws anew, and everything is undone."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow

from tests.support import explore_bench, screen
from tests.support.explore_values import ShapesSource, prototypes, reconstruct
from tusk_app.canvas import editing
from tusk_app.canvas.area import CanvasArea
from tusk_app.gallery.dock import GalleryDock
from tusk_app.layers.dock import ReconstructionDock
from tusk_app.layers.model import LayerBlend, LayerStates, layer_box, layer_order, opacities
from tusk_app.layers.widgets.heads import LayerHeads
from tusk_app.parts import theme, tones

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class Editor:
    """Canvas and inspector in one window."""

    def __init__(self, qtbot, settings, *, layered: bool = True) -> None:
        self.bench, self.predictor, source = explore_bench.make_bench(
            settings, ShapesSource(3), layered=layered
        )
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.area = CanvasArea(self.bench, self.window)
        self.canvas = self.area.canvas
        self.window.setCentralWidget(self.area)
        self.dock = ReconstructionDock(self.bench, self.window)
        self.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.window.resize(1100, 800)
        with qtbot.waitExposed(self.window):
            self.window.show()
        explore_bench.open_everything(self.bench, source, qtbot)
        self.settle(qtbot)

    def settle(self, qtbot) -> None:
        """Wait until the inspector shows the newest keypoints."""
        document = self.bench.document

        def is_shown() -> bool:
            built, found = document.reconstruction, document.shown
            return (
                built is not None
                and found is not None
                and not self.bench.engine.is_busy
                and len(built.contributions) == len(found.keypoints.scores)
                and len(self.dock.grid.rows) == len(found.keypoints.scores)
                and not screen.is_waiting(self.dock)
            )

        qtbot.waitUntil(is_shown, timeout=20_000)

    @property
    def points(self):
        return self.bench.document.shown.keypoints

    def drag(self, index: int, dx: int, dy: int) -> None:
        start = self.canvas.position_of(index).toPoint()
        QTest.mousePress(self.canvas, LEFT, NONE, start)
        for share in (0.4, 0.7, 1.0):
            QTest.mouseMove(self.canvas, start + QPoint(round(dx * share), round(dy * share)))
        QTest.mouseRelease(self.canvas, LEFT, NONE, start + QPoint(dx, dy))


@pytest.fixture
def editor(qtbot, settings):
    made = Editor(qtbot, settings)
    made.bench.actions.get("edit.keypoints").setChecked(True)
    yield made
    made.window.close()
    explore_bench.close(made.bench)


def test_dragging_draws_the_picture_anew(qtbot, editor) -> None:
    before, picture = editor.points.xy.copy(), editor.bench.document.reconstruction.composite
    editor.drag(0, 60, 40)
    editor.settle(qtbot)
    scale = editor.canvas.view.scale
    moved = editor.points.xy[0] - before[0]
    assert np.allclose(moved, [60 / scale, 40 / scale], atol=1.0)
    assert np.array_equal(editor.points.xy[1:], before[1:])
    drawn = editor.bench.document.reconstruction
    assert not np.array_equal(drawn.composite, picture)
    expected = reconstruct(editor.bench.document.picture, editor.points)
    assert np.array_equal(drawn.composite, expected.composite)


def test_one_drag_is_one_step_and_the_chain_is_undone_in_order(qtbot, editor) -> None:
    actions, stack = editor.bench.actions, editor.bench.editing.stack
    start = editor.points
    editor.drag(0, 50, 0)
    editor.drag(0, 0, 50)
    assert stack.count() == 2
    after_drags = editor.points
    editor.bench.selection.select_keypoint(1, "test")
    editor.canvas.setFocus()
    QTest.keyClick(editor.canvas, Qt.Key.Key_Delete)
    assert len(editor.points.scores) == len(start.scores) - 1
    for _ in range(3):
        actions.trigger("edit.undo")
    assert editing.same(editor.points, start)
    assert not actions.get("edit.undo").isEnabled()
    actions.trigger("edit.redo")
    actions.trigger("edit.redo")
    assert editing.same(editor.points, after_drags)
    editor.settle(qtbot)


def test_arrows_nudge_by_a_pixel(qtbot, editor) -> None:
    editor.bench.selection.select_keypoint(1, "test")
    editor.canvas.setFocus()
    before = editor.points.xy[1].copy()
    QTest.keyClick(editor.canvas, Qt.Key.Key_Right)
    QTest.keyClick(editor.canvas, Qt.Key.Key_Down)
    assert np.allclose(editor.points.xy[1] - before, [1, 1])
    editor.settle(qtbot)


def test_double_click_adds_and_reset_goes_back(qtbot, editor) -> None:
    start = editor.points
    at = QPointF(*editor.canvas.view.to_widget(40, 40)).toPoint()
    QTest.mouseDClick(editor.canvas, LEFT, NONE, at)
    assert len(editor.points.scores) == len(start.scores) + 1
    assert np.allclose(editor.points.xy[-1], [40, 40], atol=1.0)
    assert editor.bench.selection.keypoint == len(start.scores)
    editor.bench.actions.trigger("edit.reset-keypoints")
    assert editing.same(editor.points, start)
    assert not editor.bench.editing.is_edited
    editor.bench.actions.trigger("edit.undo")
    assert len(editor.points.scores) == len(start.scores) + 1
    editor.settle(qtbot)


def test_a_prototype_dropped_on_a_keypoint_is_drawn_there(qtbot, editor) -> None:
    gallery = GalleryDock(editor.bench, editor.window)
    model = gallery.tiles.prototypes
    data = model.mimeData([model.index(model.row_of(7))])
    event = QDropEvent(editor.canvas.position_of(0), Qt.DropAction.CopyAction, data, LEFT, NONE)
    editor.canvas.dropEvent(event)
    assert int(editor.points.labels[0]) == 7
    np.testing.assert_allclose(editor.points.descriptors[0], prototypes()[7], atol=1e-6)
    editor.settle(qtbot)


def test_the_slider_goes_from_one_prototype_to_another(qtbot, editor) -> None:
    bar, table = editor.dock.interpolation, prototypes()
    editor.bench.selection.select_keypoint(0, "test")
    bar.first.setCurrentIndex(bar.first.findData(2))
    bar.second.setCurrentIndex(bar.second.findData(5))
    bar.slider.setValue(50)
    expected = editing.between(table[2], table[5], 0.5)
    np.testing.assert_allclose(editor.points.descriptors[0], expected, atol=1e-6)
    bar.slider.setValue(100)
    np.testing.assert_allclose(editor.points.descriptors[0], table[5], atol=1e-6)
    assert int(editor.points.labels[0]) == 5
    editor.settle(qtbot)


def test_the_blend_begins_at_the_keypoints_own_prototype_whatever_was_merged(qtbot, editor) -> None:
    bench, bar = editor.bench, editor.dock.interpolation
    bench.selection.select_keypoint(1, "test")
    own, num = int(editor.points.labels[1]), bench.prototypes.num
    for index in range(1, num):
        bench.prototypes.merge(index, 0)
    qtbot.waitUntil(lambda: screen.says(bar, "no other"))
    assert not bar.slider.isEnabled()
    bench.prototypes.set_merges({})
    qtbot.waitUntil(bar.slider.isEnabled)
    assert bar.first.currentData() == own
    assert bar.second.currentData() != own
    editor.settle(qtbot)


def test_another_picture_forgets_the_steps(qtbot, editor) -> None:
    editor.drag(0, 30, 0)
    with qtbot.waitSignal(editor.bench.document.picture_changed, timeout=20_000):
        editor.bench.document.go_to(1)
    assert editor.bench.editing.stack.count() == 0
    qtbot.waitUntil(lambda: editor.bench.document.shown is not None, timeout=20_000)
    assert not editor.bench.editing.is_edited
    editor.settle(qtbot)


def test_a_locked_layer_stays_where_it_is(qtbot, editor) -> None:
    grid = editor.dock.grid
    position = next(i for i, row in enumerate(grid.rows) if row.keypoint == 0)
    QTest.mouseClick(grid.viewport(), LEFT, NONE, grid.switch_rect(position, 2).center())
    before = editor.points.xy.copy()
    editor.drag(0, 60, 40)
    assert np.array_equal(editor.points.xy, before)
    editor.settle(qtbot)


def test_mute_shows_the_change_of_the_error(qtbot, editor) -> None:
    dock, grid = editor.dock, editor.dock.grid
    full = dock.blend_tile.image
    assert dock.mask_tile.isVisible()
    editor.bench.selection.select_keypoint(grid.rows[0].keypoint, "test")
    QTest.mouseClick(grid.viewport(), LEFT, NONE, grid.switch_rect(0, 1).center())
    assert grid.accessibleDescription() == f"{grid.rows[0].name}, muted, opacity 100%"
    assert dock.blend_tile.image != full
    assert "against all" in screen.tips(dock)
    assert screen.says(dock, "span")
    assert dock.blend_tile.caption == "Rebuilt, 2 of 3"
    QTest.mouseClick(dock.reset_button, LEFT)
    assert dock.blend_tile.image == full


@pytest.mark.parametrize("colours", [theme.DARK, theme.LIGHT])
def test_the_change_of_the_error_follows_the_theme(qtbot, editor, colours) -> None:
    dock, grid = editor.dock, editor.dock.grid
    QTest.mouseClick(grid.viewport(), LEFT, NONE, grid.switch_rect(0, 1).center())
    assert screen.says(dock, "span")
    dock.setPalette(theme.qt_palette(colours))
    tones_of_it = [tones.tone(dock.palette(), name).name() for name in ("success", "danger")]
    qtbot.waitUntil(lambda: any(screen.says(dock, tone) for tone in tones_of_it))


@pytest.mark.parametrize("width", [300, 320, 480, 700])
def test_nothing_of_a_layer_is_cut_off(qtbot, editor, width) -> None:
    grid = editor.dock.grid
    grid.setParent(None)
    qtbot.addWidget(grid)
    grid.resize(width, 400)
    grid.show()
    room = grid.viewport().width()
    parts = [grid.tile_rect(0, column) for column in range(3)]
    parts += [grid.switch_rect(0, number) for number in range(3)]
    parts.append(grid.slider_rect(0))
    heads = grid.findChild(LayerHeads)  # words over the pictures, above the first line
    assert heads.isVisible()
    assert heads.geometry().bottom() < grid.viewport().geometry().top()
    line = QRect(0, 0, room, grid.geometry_of_lines.pitch)
    for number, part in enumerate(parts):
        assert line.contains(part), f"{part} of {line}"
        assert not any(part.intersects(other) for other in parts[number + 1 :])
    with qtbot.waitSignal(grid.toggled) as told:
        QTest.mouseClick(grid.viewport(), LEFT, NONE, grid.switch_rect(1, 2).center())
    assert told.args == ["lock", grid.rows[1].keypoint]
    with qtbot.waitSignal(grid.opacity_changed) as told:
        QTest.mouseClick(grid.viewport(), LEFT, NONE, grid.slider_rect(1).center())
    assert told.args[1] == pytest.approx(0.5, abs=0.05)


def test_solo_and_opacity_by_keyboard(qtbot, editor) -> None:
    dock, grid = editor.dock, editor.dock.grid
    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_Down)
    QTest.keyClick(grid, Qt.Key.Key_S)
    assert dock.blend_tile.caption == "Rebuilt, 1 of 3"
    QTest.keyClick(grid, Qt.Key.Key_Minus)
    assert grid.accessibleDescription() == f"{grid.rows[0].name}, solo, opacity 90%"


@pytest.mark.parametrize("key", ["score", "area", "effect", "prototype"])
def test_layers_can_be_sorted(qtbot, editor, key) -> None:
    editor.dock.sort.setCurrentIndex(editor.dock.sort.findData(key))
    editor.settle(qtbot)
    result = editor.bench.document.reconstruction
    values = {
        "score": editor.points.scores,
        "area": result.alpha.mean(axis=(1, 2)),
        "effect": result.contributions,
        "prototype": -editor.points.labels,
    }[key]
    shown = values[[row.keypoint for row in editor.dock.grid.rows]]
    assert (np.diff(shown) <= 1e-9).all()


def test_a_model_without_layers_is_drawn_anew_without_the_muted(qtbot, settings) -> None:
    made = Editor(qtbot, settings, layered=False)
    try:
        grid = made.dock.grid
        assert all(row.pictures == () for row in grid.rows)
        assert made.dock.mask_tile.isHidden()
        grid.setFocus()
        QTest.keyClick(grid, Qt.Key.Key_Down)
        QTest.keyClick(grid, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        before = made.predictor.reconstructions
        QTest.mouseClick(grid.viewport(), LEFT, NONE, grid.switch_rect(0, 1).center())
        qtbot.waitUntil(lambda: made.predictor.reconstructions > before, timeout=20_000)
        qtbot.waitUntil(lambda: "against all" in screen.tips(made.dock), timeout=20_000)
        assert len(made.points.scores) == 3
        made.settle(qtbot)
    finally:
        made.window.close()
        explore_bench.close(made.bench)


def test_between_two_descriptors_lies_the_arc() -> None:
    first, second = np.eye(4, dtype=np.float32)[:2]
    middle = editing.between(first, second, 0.5)
    assert np.allclose(middle, [2**-0.5, 2**-0.5, 0, 0], atol=1e-6)
    assert np.allclose(editing.between(first, first, 0.3), first)
    assert np.isclose(np.linalg.norm(editing.between(first, -first, 0.4)), 1.0)


def test_opacities_are_found_from_the_shares() -> None:
    rng = np.random.default_rng(0)
    alpha = rng.uniform(0, 0.9, (4, 6, 5)) * (rng.uniform(size=(4, 6, 5)) > 0.4)
    behind = np.prod(1 - alpha, axis=0)
    total = np.maximum(alpha.sum(axis=0), 1e-12)
    shares = (alpha / total * (1 - behind)).astype(np.float32)
    made = opacities(shares, behind.astype(np.float32))
    np.testing.assert_allclose(made, alpha, atol=2e-3)


def test_all_layers_on_is_the_picture_itself() -> None:
    source = ShapesSource(1)
    predictor = explore_bench.ShapesPredictor()
    result = predictor.reconstruct(source.read(0))
    blend = LayerBlend(result, "softmax")
    picture, error = blend.blend(np.ones(3, np.float32))
    assert picture is result.composite
    assert error == result.error
    nothing, _ = blend.blend(np.zeros(3, np.float32))
    assert nothing.max() == 0


def test_states_keep_locked_layers_when_another_is_solo() -> None:
    states = LayerStates.all_on(3).toggled("lock", 2).toggled("solo", 0)
    assert states.weights.tolist() == [1, 0, 1]
    assert states.toggled("mute", 2).weights.tolist() == [1, 0, 0]
    assert states.fitted(4).weights.tolist() == [1, 1, 1, 1]


def test_layer_box_is_a_square_around_what_is_drawn() -> None:
    alpha = np.zeros((40, 60), np.float32)
    alpha[10:14, 50:59] = 1
    left, top, right, bottom = layer_box(alpha)
    assert right - left == bottom - top
    assert left <= 50
    assert right >= 59
    assert layer_box(np.zeros((40, 60), np.float32)) == (0, 0, 60, 40)


def test_order_without_layers_falls_back_to_scores() -> None:
    scores = np.array([0.2, 0.9], np.float32)
    empty = np.zeros(0, np.float32)
    order = layer_order("area", scores, np.array([1, 0]), empty, empty)
    assert order.tolist() == [1, 0]
