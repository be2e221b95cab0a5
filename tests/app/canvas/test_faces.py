"""Kinds have faces: what the decoder draws, else the place the model is surest of."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QIcon

from tests.support.explore_bench import ShapesPredictor, close, make_bench, open_everything
from tusk_app.canvas.inspector_dock import InspectorDock
from tusk_app.map.dock import EmbeddingDock
from tusk_app.parts.scatter.faces import place_faces
from tusk_app.shell.centre import make_centre
from tusk_app.timeline.dock import TimelineDock
from tusk_app.timeline.raster_dock import RasterDock


@pytest.fixture
def bench(qtbot, settings):
    bench, _, source = make_bench(settings)
    yield bench, source
    close(bench)


def test_a_kind_looks_as_the_decoder_draws_it(bench, qtbot) -> None:
    bench, source = bench
    bench.faces.want()
    open_everything(bench, source, qtbot)
    qtbot.waitUntil(lambda: bench.faces.image(0) is not None)
    assert bench.faces.image(0) != bench.faces.image(1)
    assert bench.gallery.decoded is bench.faces.decoded


def test_without_a_decoder_it_is_the_surest_place(bench, qtbot, monkeypatch) -> None:
    bench, source = bench
    monkeypatch.setattr(
        ShapesPredictor, "decode_prototypes", lambda *_a: np.zeros((12, 8, 8, 3), np.uint8)
    )
    open_everything(bench, source, qtbot)
    kind = int(bench.document.analysis.labels[0])
    unseen = next(k for k in range(12) if k not in set(bench.document.analysis.labels.tolist()))
    assert bench.faces.image(unseen) is None
    qtbot.waitUntil(lambda: bench.faces.image(kind) is not None)


def test_faces_go_with_their_model(bench, qtbot) -> None:
    bench, source = bench
    open_everything(bench, source, qtbot)
    qtbot.waitUntil(lambda: bench.faces.image(0) is not None)
    told = []
    bench.faces.changed.connect(lambda: told.append(bench.faces.decoded))
    bench.document.set_model(None)
    assert told
    assert set(told) == {None}


def test_inspector_and_map_show_them(bench, qtbot) -> None:
    bench, source = bench
    inspector, dock = InspectorDock(bench), EmbeddingDock(bench)
    for widget in (inspector, dock):
        qtbot.addWidget(widget)
        widget.show()
    open_everything(bench, source, qtbot)
    bench.document.go_to(1)
    qtbot.waitUntil(lambda: widest_icon(inspector) > 40, timeout=10_000)
    qtbot.waitUntil(lambda: any(dock.scatter.state.stars.faces), timeout=10_000)
    qtbot.waitUntil(lambda: widest(dock.legend.topLevelItem(0).icon(0)) > 40)


def widest_icon(inspector: InspectorDock) -> int:
    return widest(inspector.table.model().index(0, 0).data(1))


def widest(icon: QIcon | None) -> int:
    return 0 if icon is None else max(size.width() for size in icon.availableSizes())


def test_faces_on_the_map_do_not_cover_each_other(bench, qtbot) -> None:
    bench, source = bench
    dock = EmbeddingDock(bench)
    qtbot.addWidget(dock)
    dock.show()
    open_everything(bench, source, qtbot)
    qtbot.waitUntil(lambda: any(dock.scatter.state.stars.faces), timeout=10_000)
    stars = dock.scatter.state.stars
    places = np.array([[30.0, 30.0], [34.0, 32.0], [90.0, 90.0], *[[300.0, 300.0]] * 9])
    used = np.flatnonzero(~stars.faint) if stars.faint is not None else np.arange(12)
    layout = place_faces(stars, places, used, (400, 400))
    drawn = np.array([*layout.places.values()])
    with_faces = [i for i in used.tolist() if stars.faces[i] is not None]
    assert len(drawn) == len(with_faces) > len(layout.at_home)
    apart = np.abs(drawn[:, None] - drawn[None]).max(axis=2)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() >= 2 * layout.half
    assert (drawn >= layout.half).all()
    assert (drawn <= 400 - layout.half).all()
    for star, at in layout.aside.items():
        assert layout.star_at(*at) == star
    # Where there is not enough room, the rest stay stars.
    assert len(place_faces(stars, places, used, (70, 70)).places) < 4


def test_canvas_labels_and_timeline_rows_show_them(bench, qtbot) -> None:
    bench, source = bench
    area = make_centre(bench)
    timeline, raster = TimelineDock(bench), RasterDock(bench)
    for widget in (area, timeline, raster):
        qtbot.addWidget(widget)
        widget.resize(700, 400)
        widget.show()
    open_everything(bench, source, qtbot)
    qtbot.waitUntil(lambda: any(area.canvas.marks.faces), timeout=10_000)
    kind = int(bench.document.detection.keypoints.labels[0])
    assert area.canvas.marks.faces[0] == bench.faces.image(kind)
    plain = area.canvas.grab().toImage()
    bench.display.change_overlay(labels=True)
    assert area.canvas.grab().toImage() != plain
    qtbot.waitUntil(lambda: raster.raster.rows is not None and all(raster.raster.rows.faces))
    first = int(raster.raster.rows.prototypes[0])
    assert raster.raster.rows.faces[0] == bench.faces.image(first)
    bench.selection.select_prototype(kind, "test")
    assert timeline.bar.strips[-1].face == bench.faces.image(kind)


def test_a_merged_kind_has_the_face_of_the_one_it_was_joined_to(bench, qtbot) -> None:
    bench, source = bench
    area = make_centre(bench)
    qtbot.addWidget(area)
    open_everything(bench, source, qtbot)
    qtbot.waitUntil(lambda: any(area.canvas.marks.faces), timeout=10_000)
    kind = int(bench.document.detection.keypoints.labels[0])
    other = (kind + 1) % 12
    bench.prototypes.merge(kind, other)
    assert area.canvas.marks.faces[0] == bench.faces.image(other)
