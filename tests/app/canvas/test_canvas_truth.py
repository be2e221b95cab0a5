"""The ground truth of samples and annotated data sets on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.support.media_bench import piece_source, shown_area
from tusk_app.canvas.overlay_dock import OverlayDock
from tusk_app.state.display import Layer
from tusk_core import api

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.canvas.area import CanvasArea

SAMPLE = "sample:tetrominoes?count=4&seed=2"


@pytest.fixture
def area(bench, qtbot) -> CanvasArea:
    return shown_area(bench, qtbot, (400, 400))


def test_truth_is_read_once_it_is_wanted(bench, area, qtbot) -> None:
    document = bench.document
    document.set_source(api.open_source(SAMPLE))
    qtbot.waitUntil(lambda: document.picture is not None)
    assert document.truth is None
    assert not area.canvas.has_layer(Layer.TRUTH)
    plain = area.canvas.grab().toImage()
    bench.actions.trigger("view.ground-truth")
    qtbot.waitUntil(lambda: document.truth is not None)
    assert area.canvas.has_layer(Layer.TRUTH)
    assert area.canvas.grab().toImage() != plain
    first = document.truth
    assert len(first.xy) == len(first.boxes) == len(first.names) > 0
    assert not first.xy.flags.writeable
    document.go_to(1)
    qtbot.waitUntil(lambda: document.index == 1 and document.truth not in {None, first})
    bench.actions.trigger("view.ground-truth")
    with qtbot.waitSignal(document.picture_changed):
        document.go_to(2)
    assert document.truth is None


def test_boxes_and_centres_agree(tmp_path: Path) -> None:
    list(api.make_sample_data("tetrominoes", count=2, seed=3, out=tmp_path))
    source = api.open_source(str(tmp_path))
    try:
        assert api.has_ground_truth(source)
        truth = api.ground_truth(source, 0)
    finally:
        source.close()
    assert truth is not None
    x, y, width, height = truth.boxes.T
    inside = (truth.xy[:, 0] >= x - 0.5) & (truth.xy[:, 0] <= x + width)
    inside &= (truth.xy[:, 1] >= y - 0.5) & (truth.xy[:, 1] <= y + height)
    assert np.all(inside)


def test_the_switch_is_off_without_ground_truth(bench, area, qtbot) -> None:
    dock = OverlayDock(bench)
    qtbot.addWidget(dock)
    assert not dock.rows[Layer.TRUTH].isEnabled()
    bench.document.set_source(api.open_source(SAMPLE))
    qtbot.waitUntil(lambda: bench.document.picture is not None)
    assert dock.rows[Layer.TRUTH].isEnabled()
    assert bench.actions.get("view.ground-truth").isEnabled()
    bench.document.set_source(piece_source(2))
    qtbot.waitUntil(lambda: bench.document.picture is not None)
    assert not dock.rows[Layer.TRUTH].isEnabled()
    assert not bench.actions.get("view.ground-truth").isEnabled()
