"""Canvas, map and gallery without a mouse: every step by keys, in the real window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QTreeWidget

from tests.support import explore_bench
from tests.support.explore_values import ShapesSource
from tusk_app.gallery.dock import GalleryDock
from tusk_app.map.dock import EmbeddingDock
from tusk_app.parts.scatter.walk import step_from
from tusk_app.shell.shortcuts import KEYS, ShortcutsDialog

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tusk_app.app import Program
    from tusk_app.outside import Outside

Key, PATIENT = Qt.Key, 60_000
TAB = Qt.FocusReason.TabFocusReason


@pytest.fixture
def outside() -> Outside:
    return explore_bench.shapes_outside(explore_bench.ShapesPredictor())


@pytest.fixture
def opened(qtbot: QtBot, program: Program) -> Program:
    """The real window in Explore, everything analysed and on the map."""
    bench, window = program.workbench, program.window
    source = ShapesSource(6)
    explore_bench.use_pictures(bench, source)
    window.resize(1280, 800)
    window.layouts.switch("Explore")
    explore_bench.open_everything(bench, source, qtbot)
    window.activateWindow()
    scatter = window.panel(EmbeddingDock).scatter
    qtbot.waitUntil(lambda: len(scatter.state.points.xy) > 0, timeout=PATIENT)
    qtbot.waitUntil(lambda: not bench.embedding.is_busy, timeout=PATIENT)
    return program


@pytest.mark.qt_log_ignore("does not support grabbing the keyboard", extend=True)
def test_the_picture(qtbot: QtBot, opened: Program) -> None:
    bench, canvas = opened.workbench, opened.window.canvas.canvas
    document, selection = bench.document, bench.selection
    num = len(document.shown.keypoints.scores)
    bare = canvas.grab().toImage()
    canvas.setFocus(TAB)
    assert canvas.grab().toImage() != bare  # it shows that it has the keyboard
    for expected in (0, 1, 2, 0)[: num + 1]:
        QTest.keyClick(canvas, Key.Key_Down)
        assert selection.keypoint == expected
    QTest.keyClick(canvas, Key.Key_Up)
    assert selection.keypoint == num - 1
    QTest.keyClick(canvas, Key.Key_Return)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert "Select" in [action.text() for action in menu.actions()]
    menu.close()
    # The Menu key opens the same, at the point and not in the middle of the picture.
    asked: list[tuple[object, int]] = []
    canvas.menu_requested.connect(lambda at, index: asked.append((at, index)))
    middle = canvas.rect().center()
    QApplication.sendEvent(
        canvas, QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, middle, middle)
    )
    QApplication.activePopupWidget().close()
    x, _ = canvas.view.to_widget(*document.shown.keypoints.xy[num - 1].tolist())
    assert asked[0][1] == num - 1
    assert abs(canvas.mapFromGlobal(asked[0][0]).x() - x) <= 1
    # Editing: the arrows move, Page Down chooses, Insert adds, Delete takes away.
    bench.actions.trigger("edit.keypoints")
    before = document.shown.keypoints.xy[num - 1].copy()
    QTest.keyClick(canvas, Key.Key_Left)
    assert document.shown.keypoints.xy[num - 1][0] == pytest.approx(before[0] - 1)
    QTest.keyClick(canvas, Key.Key_PageDown)
    assert selection.keypoint == 0
    QTest.keyClick(canvas, Key.Key_Insert)
    assert len(document.shown.keypoints.scores) == num + 1
    QTest.keyClick(canvas, Key.Key_Delete)
    assert len(document.shown.keypoints.scores) == num


def test_the_map_and_the_gallery(qtbot: QtBot, opened: Program) -> None:
    bench, window = opened.workbench, opened.window
    scatter, document, selection = (
        window.panel(EmbeddingDock).scatter,
        bench.document,
        bench.selection,
    )
    scatter.setFocus(TAB)
    QTest.keyClick(scatter, Key.Key_Right)  # the point in the middle first
    first = scatter.state.hovered
    assert first >= 0
    walked = {first}
    for key in (Key.Key_Right, Key.Key_Left, Key.Key_Up, Key.Key_Down):
        for _ in range(3):
            QTest.keyClick(scatter, key)
            walked.add(scatter.state.hovered)
    assert len(walked) > 2
    row = int(scatter.state.points.rows[scatter.state.hovered])
    QTest.keyClick(scatter, Key.Key_Space)
    assert row in selection.detections.tolist()
    QTest.keyClick(scatter, Key.Key_Return)
    qtbot.waitUntil(lambda: document.index == int(document.analysis.picture[row]), timeout=PATIENT)
    QTest.keyClick(scatter, Key.Key_PageDown)
    QTest.keyClick(scatter, Key.Key_Return)
    assert selection.prototype is not None

    gallery = window.panel(GalleryDock)
    window.layouts.show_dock("gallery")
    gallery.tiles.setFocus(TAB)
    QTest.keyClick(gallery.tiles, Key.Key_Home)
    chosen = selection.prototype
    QTest.keyClick(gallery.tiles, Key.Key_Right)
    assert selection.prototype != chosen
    qtbot.waitUntil(lambda: len(gallery.grid.rows) > 1, timeout=PATIENT)
    gallery.grid.setFocus(TAB)
    QTest.keyClick(gallery.grid, Key.Key_Right)
    assert len(selection.detections) == 1
    seen = int(selection.detections[0])
    QTest.keyClick(gallery.grid, Key.Key_Return)
    qtbot.waitUntil(lambda: document.index == int(document.analysis.picture[seen]), timeout=PATIENT)


def test_the_nearest_on_that_side_is_next() -> None:
    places = np.array([[0.0, 0], [10, 1], [30, 0], [2, 9], [-5, 0]])
    assert step_from(places, (0, 0), (1, 0)) == 1
    assert step_from(places, (0, 0), (0, 1)) == 3
    assert step_from(places, (0, 0), (-1, 0)) == 4
    assert step_from(places, (30, 0), (1, 0)) == -1


def test_the_page_of_keys_lists_them(qtbot: QtBot, program: Program) -> None:
    dialog = ShortcutsDialog(program.workbench.actions, program.workbench.settings)
    qtbot.addWidget(dialog)
    (tree,) = dialog.findChildren(QTreeWidget)
    titles = [tree.topLevelItem(row).text(0) for row in range(tree.topLevelItemCount())]
    assert [title for title, _ in KEYS] == [t for t in titles if t.startswith("Keys")]
