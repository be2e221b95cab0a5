"""Find more like this: from a keypoint or a detection, ranked, in every panel."""

from __future__ import annotations

import numpy as np

from tests.support.screen import says
from tusk_app.gallery.model import LEAST_ALIKE, likeness, rows_like


def test_a_keypoint_finds_its_like_and_the_gallery_ranks_them(qtbot, gallery) -> None:
    dock, bench, _ = gallery
    analysis = bench.document.analysis
    qtbot.waitUntil(lambda: bench.document.keypoints is not None)
    bench.selection.select_keypoint(0, "test")
    look = bench.document.keypoints.descriptors[0]
    bench.actions.trigger("analyze.alike")
    found = bench.selection.detections
    assert found.tolist() == rows_like(analysis, look).tolist()
    assert len(found) > 1
    qtbot.waitUntil(lambda: says(dock, "<b>Like this one</b>"))
    shown = dock.grid.rows
    alike = likeness(analysis, shown, look)
    assert (np.diff(alike) <= 0).all()
    assert alike.min() >= LEAST_ALIKE
    bench.selection.clear("test")
    qtbot.waitUntil(lambda: says(dock, "<b>All detections</b>"))


def test_without_a_selection_it_says_what_to_do(qtbot, gallery) -> None:
    _, bench, _ = gallery
    bench.selection.clear("test")
    told = []
    bench.notices.status_posted.connect(told.append)
    bench.actions.trigger("analyze.alike")
    assert "Select a point first" in told[0]
    assert len(bench.selection.detections) == 0


def test_one_detection_is_enough(gallery) -> None:
    _, bench, _ = gallery
    bench.selection.select_keypoints((), "test")
    bench.selection.select_detections([0], "test")
    bench.selection.select_keypoints((), "test")
    bench.actions.trigger("analyze.alike")
    assert 0 in bench.selection.detections
