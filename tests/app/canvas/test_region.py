"""Regions drawn on the real canvas: both tools, changed, undone, kept beside the pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.support.media_bench import close, make_media_bench, open_model, piece_source, shown_area
from tusk_app.canvas.widgets import region_shapes
from tusk_core import api
from tusk_core.tracks import Region

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.canvas.area import CanvasArea

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def bench(qtbot, settings):
    bench, _predictor = make_media_bench(settings)
    yield bench
    close(bench)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pictures"
    made.mkdir()
    return made


@pytest.fixture
def area(bench, qtbot, folder: Path) -> CanvasArea:
    area = shown_area(bench, qtbot, (620, 560))
    open_model(bench, qtbot)
    bench.document.set_source(piece_source(3, source=str(folder)))
    qtbot.waitUntil(lambda: bench.document.detection is not None)
    bench.actions.trigger("edit.region")
    return area


def at(area: CanvasArea, x: float, y: float) -> QPoint:
    """Return where a place of the picture, as shares of its sides, lies on the canvas."""
    width, height = area.canvas.picture_size
    return QPointF(*area.canvas.view.to_widget(x * width - 0.5, y * height - 0.5)).toPoint()


def drag(area: CanvasArea, start: QPoint, end: QPoint) -> None:
    """Drag with the button held, which QTest's own moves forget."""
    canvas = area.canvas
    QTest.mousePress(canvas, LEFT, NONE, start)
    for share in (0.4, 1.0):
        place = QPointF(start + (end - start) * share)
        event = QMouseEvent(
            QEvent.Type.MouseMove, place, canvas.mapToGlobal(place), Qt.MouseButton.NoButton,
            LEFT, NONE,
        )  # fmt: skip
        QApplication.sendEvent(canvas, event)
    QTest.mouseRelease(canvas, LEFT, NONE, end)


def saved(folder: Path) -> Region | None:
    return api.own_region(str(folder))


def test_a_rectangle_is_drawn_moved_bent_undone_and_saved(bench, area, qtbot, folder) -> None:
    assert area.region_bar.isVisible()
    everything = len(area.canvas.marks)
    drag(area, at(area, 0.1, 0.1), at(area, 0.5, 0.9))
    (drawn,) = bench.document.region.polygons
    width, height = area.canvas.picture_size
    assert np.allclose(drawn[0], (0.1 * width - 0.5, 0.1 * height - 0.5), atol=1)
    assert np.allclose(drawn[2], (0.5 * width - 0.5, 0.9 * height - 0.5), atol=1)
    inside = api.inside_region(bench.document.region, bench.document.keypoints.xy)
    assert inside.all()
    assert len(area.canvas.marks) < everything
    qtbot.waitUntil(lambda: saved(folder) is not None)
    assert np.allclose(saved(folder).polygons[0], drawn, atol=0.01)

    drag(area, at(area, 0.3, 0.5), at(area, 0.4, 0.5))
    (moved,) = bench.document.region.polygons
    assert np.allclose(np.subtract(moved, drawn), (0.1 * width, 0), atol=1)
    drag(area, at(area, 0.6, 0.9), at(area, 0.9, 0.95))
    (bent,) = bench.document.region.polygons
    assert region_shapes.is_rectangle(bent)
    assert np.allclose(bent[2], (0.9 * width - 0.5, 0.95 * height - 0.5), atol=1.5)
    assert bent[0] == pytest.approx(moved[0])

    bench.actions.trigger("edit.undo")
    assert bench.document.region.polygons == (moved,)
    bench.actions.trigger("edit.undo")
    bench.actions.trigger("edit.undo")
    assert bench.document.region is None
    assert len(area.canvas.marks) == everything
    bench.actions.trigger("edit.redo")
    assert bench.document.region.polygons == (drawn,)


def test_a_polygon_is_clicked_closed_given_a_corner_and_deleted(bench, area, qtbot) -> None:
    QTest.mouseClick(area.region_bar.tools["polygon"], LEFT)
    for x, y in ((0.1, 0.1), (0.9, 0.1), (0.9, 0.8)):
        QTest.mouseClick(area.canvas, LEFT, NONE, at(area, x, y))
    assert bench.document.region is None
    QTest.mouseClick(area.canvas, LEFT, NONE, at(area, 0.1, 0.1))
    (polygon,) = bench.document.region.polygons
    assert len(polygon) == 3
    QTest.mouseDClick(area.canvas, LEFT, NONE, at(area, 0.5, 0.1))
    assert len(bench.document.region.polygons[0]) == 4

    for x, y in ((0.1, 0.6), (0.3, 0.9), (0.1, 0.9)):
        QTest.mouseClick(area.canvas, LEFT, NONE, at(area, x, y))
    QTest.keyClick(area.canvas, Qt.Key.Key_Backspace)
    QTest.mouseClick(area.canvas, LEFT, NONE, at(area, 0.15, 0.95))
    QTest.keyClick(area.canvas, Qt.Key.Key_Return)
    assert len(bench.document.region.polygons) == 2
    QTest.keyClick(area.canvas, Qt.Key.Key_Delete)
    assert len(bench.document.region.polygons) == 1
    QTest.mouseClick(area.region_bar.clear, LEFT)
    assert bench.document.region is None


def test_escape_gives_up_what_is_begun_then_leaves(bench, area) -> None:
    QTest.mouseClick(area.region_bar.tools["polygon"], LEFT)
    QTest.mouseClick(area.canvas, LEFT, NONE, at(area, 0.2, 0.2))
    QTest.keyClick(area.canvas, Qt.Key.Key_Escape)
    assert area.region_bar.isVisible()
    QTest.keyClick(area.canvas, Qt.Key.Key_Escape)
    assert not area.region_bar.isVisible()
    assert not bench.actions.get("edit.region").isChecked()
    before = bench.document.region
    drag(area, at(area, 0.2, 0.2), at(area, 0.6, 0.6))
    assert bench.document.region is before


def test_the_region_comes_back_with_its_pictures_and_not_with_others(
    bench, area, qtbot, folder, tmp_path
) -> None:
    drag(area, at(area, 0.1, 0.1), at(area, 0.5, 0.9))
    kept = bench.document.region
    qtbot.waitUntil(lambda: saved(folder) is not None)
    other = tmp_path / "other"
    other.mkdir()
    bench.document.set_source(piece_source(2, source=str(other)))
    assert bench.document.region is None
    bench.document.set_source(piece_source(3, source=str(folder)))
    qtbot.waitUntil(lambda: bench.document.region is not None)
    assert np.allclose(bench.document.region.polygons, kept.polygons, atol=0.01)
    qtbot.waitUntil(lambda: bench.document.keypoints is not None)
    assert api.inside_region(kept, bench.document.keypoints.xy).all()
    bench.actions.trigger("edit.clear-region")
    qtbot.waitUntil(lambda: saved(folder) is None)


def test_a_damaged_region_is_told_and_everything_counts(bench, area, qtbot, folder, tmp_path):
    said: list[str] = []
    bench.notices.problem_posted.connect(lambda problem: said.append(str(problem)))
    (tmp_path / "pictures.regions.json").write_text("{", encoding="utf-8")
    bench.document.set_source(piece_source(3, source=str(folder)))
    qtbot.waitUntil(lambda: bool(said))
    assert "does not hold regions" in said[0]
    assert bench.document.region is None
