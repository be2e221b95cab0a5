"""One selection through canvas, map, gallery, inspector, raster: both ways, at any size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow

from tests.support import explore_bench, screen
from tests.support.explore_values import ShapesSource, large_analysis
from tests.support.screen import says
from tusk_app.canvas.area import CanvasArea
from tusk_app.gallery.dock import GalleryDock
from tusk_app.layers.dock import ReconstructionDock
from tusk_app.map.dock import EmbeddingDock
from tusk_app.shell.analysis_commands import AnalysisCommands
from tusk_app.shell.go_commands import GoCommands
from tusk_app.timeline.dock import TimelineDock
from tusk_app.timeline.raster_dock import RasterDock

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


class Panels:
    """Canvas and docks in one window."""

    def __init__(self, bench, qtbot, predictors) -> None:
        self.bench = bench
        # What the engine opens beside its own, by name.
        self.predictors = predictors
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.area = CanvasArea(bench, self.window)
        self.window.setCentralWidget(self.area)
        self.map = EmbeddingDock(bench, self.window)
        self.gallery = GalleryDock(bench, self.window)
        self.layers = ReconstructionDock(bench, self.window)
        self.raster = RasterDock(bench, self.window)
        for dock in (self.map, self.gallery, self.raster):
            self.window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        self.window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.layers)
        AnalysisCommands(self.window, bench)
        GoCommands(self.window, bench)
        self.timeline = TimelineDock(bench, self.window)
        self.window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.timeline)
        self.window.resize(1500, 1000)
        with qtbot.waitExposed(self.window):
            self.window.show()

    def timeline_values(self, name: str) -> set[int]:
        """The frames in which the strip of this name has something."""
        (strip,) = [each for each in self.timeline.bar.strips if each.name == name]
        return set(np.flatnonzero(np.nan_to_num(strip.values) > 0).tolist())


@pytest.fixture
def panels(qtbot, settings):
    """Everything open and analysed; the analysis is what the model says of each picture."""
    others = {}
    bench, predictor, source = explore_bench.make_bench(settings, ShapesSource(10), others=others)
    made = Panels(bench, qtbot, others)
    explore_bench.open_everything(bench, source, qtbot)
    bench.document.set_analysis(explore_bench.found_by(predictor, source))
    qtbot.waitUntil(lambda: bench.embedding.map is not None, timeout=20_000)
    qtbot.waitUntil(lambda: bench.document.reconstruction is not None, timeout=20_000)
    qtbot.waitUntil(lambda: len(made.layers.grid.rows) == 3, timeout=20_000)
    qtbot.waitUntil(lambda: bench.tracking.tables is not None, timeout=20_000)
    yield made
    made.window.close()
    explore_bench.close(bench)


def _click(widget, at: QPoint, keys=NONE) -> None:
    QTest.mouseClick(widget, LEFT, keys, at)


def is_current(panels: Panels, keypoint: int) -> bool:
    """Tell whether the line of this keypoint is the current layer."""
    grid = panels.layers.grid
    (name,) = [row.name for row in grid.rows if row.keypoint == keypoint]
    return grid.accessibleDescription().startswith(f"{name},")


def _assert_everywhere(panels: Panels, row: int) -> None:
    """The row, its keypoint and its prototype are selected in every panel."""
    bench = panels.bench
    analysis = bench.document.analysis
    assert bench.selection.detections.tolist() == [row]
    assert bench.selection.prototype == int(analysis.labels[row])
    keypoint = bench.selection.keypoint
    assert keypoint is not None
    places = bench.document.detection.keypoints.xy
    assert np.allclose(places[keypoint], analysis.xy[row], atol=0.5)
    assert panels.area.canvas.selected == keypoint
    assert is_current(panels, keypoint)
    state = panels.map.scatter.state
    assert state.points.rows[state.selected].tolist() == [row]
    assert panels.gallery.tiles.selected_prototypes() == [int(analysis.labels[row])]
    assert row in panels.gallery.grid.rows.tolist()
    raster = panels.raster.raster
    assert raster.accessibleDescription() == bench.prototypes.name(int(analysis.labels[row]))


def test_click_on_the_canvas(qtbot, panels) -> None:
    canvas = panels.area.canvas
    _click(canvas, canvas.position_of(1).toPoint())
    _assert_everywhere(panels, panels.bench.links.row_of_keypoint(1))


def test_click_on_the_map_opens_the_picture(qtbot, panels) -> None:
    bench = panels.bench
    row = int(np.flatnonzero(bench.document.analysis.picture == 4)[1])
    scatter = panels.map.scatter
    scatter.set_stars(type(scatter.state.stars)(np.zeros((0, 2), np.float32),
        np.zeros((0, 3), np.uint8), (), np.zeros(0, bool)))  # fmt: skip
    place = scatter.place_of(row)
    scatter.zoom(30, place.toPointF())
    _click(scatter, scatter.place_of(row))
    assert bench.document.index == 4
    qtbot.waitUntil(lambda: bench.selection.keypoint is not None, timeout=20_000)
    qtbot.waitUntil(lambda: is_current(panels, bench.selection.keypoint))
    _assert_everywhere(panels, row)


def test_click_on_a_patch_opens_the_picture(qtbot, panels) -> None:
    bench, grid = panels.bench, panels.gallery.grid
    row = int(grid.rows[2])
    _click(grid.viewport(), grid.place_of(2).center())
    assert bench.document.index == int(bench.document.analysis.picture[row])
    qtbot.waitUntil(lambda: bench.selection.keypoint is not None, timeout=20_000)
    qtbot.waitUntil(lambda: is_current(panels, bench.selection.keypoint))
    _assert_everywhere(panels, row)


def test_click_on_a_layer(qtbot, panels) -> None:
    grid = panels.layers.grid
    _click(grid.viewport(), grid.tile_rect(0, 0).center())
    keypoint = grid.rows[0].keypoint
    assert panels.bench.selection.keypoint == keypoint
    _assert_everywhere(panels, panels.bench.links.row_of_keypoint(keypoint))


def test_click_on_a_prototype_selects_all_of_it(qtbot, panels) -> None:
    bench, tiles = panels.bench, panels.gallery.tiles
    label = int(bench.document.analysis.labels[0])
    index = tiles.prototypes.index(tiles.prototypes.row_of(label))
    tiles.scrollTo(index)
    _click(tiles.viewport(), tiles.visualRect(index).center())
    rows = np.flatnonzero(bench.document.analysis.labels == label)
    assert bench.selection.detections.tolist() == rows.tolist()
    assert panels.gallery.grid.rows.tolist() != []
    assert set(panels.gallery.grid.rows.tolist()) == set(rows.tolist())
    assert panels.map.scatter.state.star == label


def test_click_in_the_raster_seeks_and_selects(qtbot, panels) -> None:
    raster = panels.raster.raster
    x = round(raster.frame_x(6.5))
    _click(raster.viewport(), QPoint(x, raster.row_y(0) + 6))
    assert panels.bench.document.index == 6
    assert panels.bench.selection.prototype == int(raster.rows.prototypes[0])


def test_hover_goes_from_the_canvas_to_the_map_and_back(qtbot, panels) -> None:
    bench, canvas, scatter = panels.bench, panels.area.canvas, panels.map.scatter
    QTest.mouseMove(canvas, QPoint(3, 3))
    before = screen.drawn(panels.layers.grid)
    QTest.mouseMove(canvas, canvas.position_of(2).toPoint())
    row = bench.links.row_of_keypoint(2)
    assert bench.selection.hovered == row
    assert scatter.state.points.rows[scatter.state.hovered] == row
    assert screen.drawn(panels.layers.grid) != before
    bench.selection.hover(bench.links.row_of_keypoint(0), "map")
    assert bench.selection.hovered_keypoint == 0


def test_control_a_selects_all_of_the_same_prototype(qtbot, panels) -> None:
    canvas, bench = panels.area.canvas, panels.bench
    _click(canvas, canvas.position_of(0).toPoint())
    assert len(bench.selection.detections) == 1
    bench.actions.trigger("edit.select-prototype")
    label = bench.selection.prototype
    rows = np.flatnonzero(bench.document.analysis.labels == label)
    assert bench.selection.detections.tolist() == rows.tolist()


def test_lasso_adds_and_removes(qtbot, panels) -> None:
    selection, dock = panels.bench.selection, panels.map
    dock.scatter.enclosed.emit(np.array([1, 2, 3]), "replace")
    dock.scatter.enclosed.emit(np.array([3, 5]), "add")
    assert selection.detections.tolist() == [1, 2, 3, 5]
    dock.scatter.enclosed.emit(np.array([2]), "remove")
    assert selection.detections.tolist() == [1, 3, 5]
    assert "3 selected" in dock.footer.text
    QTest.keyClick(dock.scatter, Qt.Key.Key_Escape)
    assert len(selection.detections) == 0


def test_a_lasso_rules_gallery_tiles_table_and_timeline(qtbot, panels) -> None:
    bench, gallery = panels.bench, panels.gallery
    analysis = bench.document.analysis
    own = np.flatnonzero(analysis.picture == bench.document.index)
    others = (analysis.picture > 0) & (analysis.labels != analysis.labels[own[0]])
    other = np.flatnonzero(others)[0]
    there = int(analysis.picture[other])
    chosen = np.append(own[:2], other)
    panels.map.scatter.enclosed.emit(chosen, "replace")
    assert sorted(gallery.grid.rows.tolist()) == chosen.tolist()
    assert says(gallery, "<b>Selected</b> · 3")
    kinds = np.unique(analysis.labels[chosen]).tolist()
    assert sorted(gallery.tiles.selected_prototypes()) == kinds
    assert len(bench.selection.keypoints) == 2
    assert panels.timeline_values("Selected") == {bench.document.index, there}
    # Also in the picture that is shown next.
    bench.document.go_to(there)
    qtbot.waitUntil(lambda: len(bench.selection.keypoints) == 1, timeout=20_000)
    # Back to everything, by what the gallery itself offers.
    _click(gallery.all_button, gallery.all_button.rect().center())
    assert len(gallery.grid.rows) == len(analysis.labels)
    assert not panels.map.scatter.state.selected.any()


def test_the_gallery_rules_the_map_and_end_takes_it_along(qtbot, panels) -> None:
    bench, tiles = panels.bench, panels.gallery.tiles
    tiles.setFocus()
    QTest.keyClick(tiles, Qt.Key.Key_Home)
    first = bench.selection.prototype
    QTest.keyClick(tiles, Qt.Key.Key_End)
    last = tiles.selected_prototypes()
    assert [bench.selection.prototype] == last != [first]
    assert says(panels.gallery, f"<b>{bench.prototypes.name(last[0])}</b>")
    # Two tiles: the map and the patches are of both.
    row = int(bench.document.analysis.labels[0])
    tiles.select([row])
    keys = Qt.KeyboardModifier.ControlModifier
    twin = int(bench.document.analysis.labels[bench.document.analysis.labels != row][0])
    at = tiles.visualRect(tiles.prototypes.index(tiles.prototypes.row_of(twin)))
    tiles.scrollTo(tiles.prototypes.index(tiles.prototypes.row_of(twin)))
    at = tiles.visualRect(tiles.prototypes.index(tiles.prototypes.row_of(twin)))
    _click(tiles.viewport(), at.center(), keys)
    expected = np.flatnonzero(np.isin(bench.document.analysis.labels, [row, twin]))
    assert bench.selection.detections.tolist() == expected.tolist()
    assert sorted(panels.gallery.grid.rows.tolist()) == expected.tolist()


def test_what_belonged_to_a_model_goes_with_it(qtbot, panels) -> None:
    bench, gallery = panels.bench, panels.gallery
    last = len(bench.document.model.prototypes) - 1
    bench.prototypes.rename(last, "old name")
    bench.document.set_num_keypoints(2)
    bench.selection.select_prototype(last, "test")
    panels.map.legend.topLevelItem(0)
    _click(panels.map.legend.viewport(), panels.map.legend.visualItemRect(
        panels.map.legend.topLevelItem(0)).center())  # fmt: skip
    assert panels.map.legend.hidden
    smaller = explore_bench.ShapesPredictor(num_prototypes=6)
    smaller.info = replace(smaller.info, path=Path("another"), fingerprint="another")
    panels.predictors["another"] = smaller
    with qtbot.waitSignal(bench.engine.model_opened, timeout=20_000):
        bench.engine.open_model("another")
    assert bench.document.analysis is None
    assert bench.document.num_keypoints is None
    assert bench.selection.prototype is None
    assert len(bench.selection.detections) == 0
    assert bench.prototypes.num == 6
    assert gallery.tiles.prototypes.rowCount() == 6
    assert not says(gallery, "</b> ·")
    assert panels.timeline_values("Kind") == set()
    assert panels.raster.stack.is_empty
    # The next analysis starts afresh in every panel.
    found = explore_bench.found_by(smaller, ShapesSource(10))
    bench.document.set_analysis(replace(found, model_fingerprint="another"))
    qtbot.waitUntil(lambda: bench.embedding.map is not None, timeout=20_000)
    assert panels.map.legend.hidden == frozenset()
    assert says(gallery, "<b>All detections</b>")
    assert len(gallery.grid.rows) == len(found.labels)


def test_legend_hides_and_solos(qtbot, panels) -> None:
    legend, scatter = panels.map.legend, panels.map.scatter
    first, second = legend.topLevelItem(0), legend.topLevelItem(1)
    _click(legend.viewport(), legend.visualItemRect(first).center())
    assert legend.hidden == {legend.groups()[0]}
    assert not scatter.state.shown[scatter.state.points.groups == legend.groups()[0]].any()
    at = legend.visualItemRect(second).center()
    _click(legend.viewport(), at)
    QTest.mouseDClick(legend.viewport(), LEFT, NONE, at)
    assert legend.hidden == set(legend.groups()) - {legend.groups()[1]}
    legend.show_all()
    assert scatter.state.shown.all()


def test_a_prototype_hidden_everywhere_leaves_map_and_gallery(qtbot, panels) -> None:
    bench = panels.bench
    label = int(bench.document.analysis.labels[0])
    bench.prototypes.set_hidden(label)
    index = bench.analysis.index
    assert label not in index.labels[panels.map.scatter.state.points.rows]
    assert not panels.map.scatter.state.stars.shown[label]
    assert label not in index.labels[panels.gallery.grid.rows]


def test_a_hundred_thousand_detections_are_looked_up_not_searched(qtbot, settings) -> None:
    bench, _, _ = explore_bench.make_bench(settings)
    try:
        analysis = large_analysis()
        bench.prototypes.reset(len(analysis.prototypes))
        dock = EmbeddingDock(bench)
        qtbot.addWidget(dock)
        bench.document.set_analysis(analysis)
        qtbot.waitUntil(lambda: bench.embedding.map is not None, timeout=60_000)
        bench.selection.select_prototype(1, "test")
        expected = np.flatnonzero(analysis.labels == 1)
        assert np.array_equal(bench.selection.detections, expected)
        assert "of 100" in dock.footer.text
        assert "sampled" in dock.footer.text
    finally:
        explore_bench.close(bench)


def test_a_panel_behind_another_catches_up_when_it_comes_to_the_front(qtbot, panels) -> None:
    window, bench = panels.window, panels.bench
    window.tabifyDockWidget(panels.map, panels.gallery)
    panels.gallery.raise_()
    qtbot.waitUntil(
        lambda: (
            not panels.gallery.visibleRegion().isEmpty() and panels.map.visibleRegion().isEmpty()
        )
    )
    label = int(bench.document.analysis.labels[0])
    bench.selection.select_prototype(label, "test")
    assert panels.gallery.tiles.selected_prototypes() == [label]
    assert not panels.map.scatter.state.selected.any()
    panels.map.raise_()
    qtbot.waitUntil(lambda: bool(panels.map.scatter.state.selected.any()))
    state = panels.map.scatter.state
    assert np.array_equal(np.sort(state.points.rows[state.selected]), bench.selection.detections)


def test_the_pictures_of_other_results_are_offered(qtbot, panels) -> None:
    bench = panels.bench
    toasts, opened = [], []
    bench.notices.toast_posted.connect(toasts.append)
    bench.document.set_analysis(replace(bench.document.analysis, source="elsewhere"))
    with qtbot.waitSignal(bench.links.pictures_wanted) as wanted:
        bench.links.open_detection(0, "test")
    assert wanted.args == ["elsewhere"]
    assert toasts[-1].action_text == "Open pictures"
    bench.sources.open_pictures = opened.append
    toasts[-1].action()
    assert opened == ["elsewhere"]
