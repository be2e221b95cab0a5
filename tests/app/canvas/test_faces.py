"""Kinds have faces: what the decoder draws, else the place the model is surest of."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.explore_bench import ShapesPredictor, close, make_bench, open_everything
from tusk_app.canvas.inspector_dock import InspectorDock
from tusk_app.map.dock import EmbeddingDock
from tusk_app.parts.scatter.stars import _faces_that_fit, face_half


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
    assert told == [None]


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
    qtbot.waitUntil(lambda: any(entry for entry in dock.legend._faces.values()))


def widest_icon(inspector: InspectorDock) -> int:
    icon = inspector.table.model().index(0, 0).data(1)
    return 0 if icon is None else max(size.width() for size in icon.availableSizes())


def test_faces_on_the_map_do_not_cover_each_other(bench, qtbot) -> None:
    bench, source = bench
    dock = EmbeddingDock(bench)
    qtbot.addWidget(dock)
    dock.show()
    open_everything(bench, source, qtbot)
    qtbot.waitUntil(lambda: any(dock.scatter.state.stars.faces), timeout=10_000)
    state = dock.scatter.state
    places = np.array([[10.0, 10.0], [14.0, 12.0], [90.0, 90.0], *[[300.0, 300.0]] * 9])
    used = np.flatnonzero(~state.stars.faint) if state.stars.faint is not None else np.arange(12)
    chosen = _faces_that_fit(state, places, used, 9.0)
    for i in chosen:
        for j in chosen:
            assert i == j or np.abs(places[i] - places[j]).max() >= 2 * face_half(9.0)
