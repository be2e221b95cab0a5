"""Keypoints are selected in boxes on the canvas, and every panel follows."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTreeWidget

from tests.support import screen
from tests.support.analyses import clustered_analysis
from tusk_app.canvas.inspector_dock import InspectorDock

if TYPE_CHECKING:
    from tusk_app.app import Program
    from tusk_app.canvas.area import CanvasArea
    from tusk_core.results import Analysis

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def analysis_of(bench) -> Analysis:
    """Return an analysis whose first picture holds the keypoints on the canvas."""
    found = bench.document.detection.keypoints.xy
    made = clustered_analysis(60, num_pictures=6)
    picture = np.repeat(np.arange(6, dtype=np.int32), 10)
    picture[len(found) : 10] = 1
    xy = made.xy.copy()
    xy[: len(found)] = found
    source = bench.document.source.source
    return dataclasses.replace(made, source=source, picture=picture, xy=xy)


def places(area: CanvasArea) -> list[QPoint]:
    return [area.canvas.position_of(i).toPoint() for i in range(len(area.canvas.marks))]


def box(area: CanvasArea, start: QPoint, end: QPoint, keys=SHIFT, *, let_go: bool = True) -> None:
    """Drag with keys held all the while, which QTest's own moves forget."""
    canvas = area.canvas
    QTest.mousePress(canvas, LEFT, keys, start)
    for share in (0.3, 0.7, 1.0):
        event_move(canvas, start + (end - start) * share, keys)
    if let_go:
        QTest.mouseRelease(canvas, LEFT, keys, end)


def event_move(canvas, place: QPoint, keys) -> None:
    at = QPointF(place)
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, canvas.mapToGlobal(at), Qt.MouseButton.NoButton, LEFT, keys
    )
    QApplication.sendEvent(canvas, event)


def around(area: CanvasArea, index: int) -> tuple[QPoint, QPoint]:
    at = places(area)[index]
    return at - QPoint(17, 17), at + QPoint(17, 17)


def whole(area: CanvasArea) -> tuple[QPoint, QPoint]:
    return QPoint(1, 1), QPoint(area.canvas.width() - 2, area.canvas.height() - 2)


def test_a_box_selects_what_lies_in_it_and_the_picture_stays(bench, area) -> None:
    before, looked = area.canvas.view, screen.drawn(area.canvas)
    box(area, *whole(area))
    assert bench.selection.keypoints == frozenset(range(6))
    assert bench.selection.keypoint is None
    assert area.canvas.view == before
    looks = screen.drawn(area.canvas)
    assert all(screen.changed(looked, looks, place) for place in places(area))


def test_shift_adds_alt_takes_out_escape_clears(bench, area) -> None:
    box(area, *around(area, 0))
    assert bench.selection.keypoint == 0
    box(area, *around(area, 1))
    assert bench.selection.keypoints == {0, 1}
    QTest.mouseClick(area.canvas, LEFT, SHIFT, places(area)[2])
    assert bench.selection.keypoints == {0, 1, 2}
    box(area, *around(area, 1), keys=ALT)
    assert bench.selection.keypoints == {0, 2}
    QTest.mouseClick(area.canvas, LEFT, ALT, places(area)[0])
    assert bench.selection.keypoint == 2
    box(area, *whole(area))
    QTest.keyClick(area.canvas, Qt.Key.Key_Escape)
    assert not bench.selection.keypoints


def test_escape_gives_up_a_box_without_touching_the_selection(bench, area) -> None:
    bench.selection.select_keypoint(3)
    box(area, *whole(area), let_go=False)
    QTest.keyClick(area.canvas, Qt.Key.Key_Escape, SHIFT)
    QTest.mouseRelease(area.canvas, LEFT, SHIFT, whole(area)[1])
    assert bench.selection.keypoint == 3


def test_a_plain_drag_still_pans_and_selects_nothing(bench, area) -> None:
    area.canvas.zoom_by(3)
    before = area.canvas.view
    box(area, QPoint(300, 300), QPoint(340, 330), keys=NONE)
    assert area.canvas.view != before
    assert not bench.selection.keypoints


def test_what_is_hidden_is_not_selected(bench, area) -> None:
    label = int(bench.document.detection.keypoints.labels[0])
    bench.prototypes.set_hidden(label)
    box(area, *whole(area))
    labels = bench.document.detection.keypoints.labels
    assert bench.selection.keypoints == {i for i in range(6) if labels[i] != label}


def test_another_picture_begins_with_nothing_selected(bench, area, qtbot) -> None:
    box(area, *whole(area))
    bench.document.go_to(1)
    assert not bench.selection.keypoints


def test_the_inspector_lists_and_sums_up_the_selection(bench, area, qtbot) -> None:
    dock = InspectorDock(bench)
    qtbot.addWidget(dock)
    dock.show()
    qtbot.waitUntil(lambda: dock.table.model().rowCount() == 6)
    box(area, *whole(area))
    assert len(dock.table.selectionModel().selectedRows()) == 6
    assert screen.says(dock, "6 points, mean score")
    dock.table.setFocus()
    row = dock.table.visualRect(dock.table.model().index(1, 0)).center()
    QTest.mouseClick(dock.table.viewport(), LEFT, NONE, row)
    assert bench.selection.keypoint == 1
    QTest.keyClick(dock.table, Qt.Key.Key_Down, SHIFT)
    assert bench.selection.keypoints == {1, 2}


def test_the_analysis_follows_and_leads(bench, area) -> None:
    bench.document.set_analysis(analysis_of(bench))
    rows = bench.analysis.index.rows_of_picture(0)
    box(area, *whole(area))
    assert set(bench.selection.detections) == set(rows)
    bench.selection.clear()
    bench.selection.select_detections(rows[1:4], "map")
    assert len(bench.selection.keypoints) == 3


def test_it_can_be_found_and_done_by_key(bench, area) -> None:
    QTest.keyClick(area.canvas, Qt.Key.Key_A, SHIFT)
    assert len(bench.selection.keypoints) == 6


def test_the_shortcut_list_names_the_mouse(program: Program) -> None:
    program.workbench.actions.trigger("help.shortcuts")
    dialog = program.window.openers.opened("shortcuts-dialog")
    tree = dialog.findChild(QTreeWidget)
    found = tree.findItems("Shift+Drag", Qt.MatchFlag.MatchRecursive, 1)
    assert len(found) == 1
    tree.setCurrentItem(found[0])
    dialog.close()
