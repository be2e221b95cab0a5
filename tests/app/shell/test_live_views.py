"""What moves by itself in the real window: the trail on the map, the picture under an edit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from tests.support import explore_bench, screen
from tests.support.explore_bench import ShapesPredictor
from tests.support.explore_values import ShapesSource
from tusk_app.layers.dock import ReconstructionDock
from tusk_app.map.dock import EmbeddingDock
from tusk_app.state.display import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from tusk_app.app import Program
    from tusk_app.outside import Outside

LEFT, PATIENT = Qt.MouseButton.LeftButton, 60_000


@pytest.fixture
def predictor() -> ShapesPredictor:
    return ShapesPredictor()


@pytest.fixture
def outside(predictor: ShapesPredictor) -> Outside:
    return explore_bench.shapes_outside(predictor)


@pytest.fixture
def shapes(
    qtbot: QtBot, program: Program, predictor: ShapesPredictor
) -> Iterator[tuple[Program, ShapesPredictor]]:
    """The real window with pictures and a model, everything analysed."""
    bench = program.workbench
    source = ShapesSource(6)
    explore_bench.use_pictures(bench, source)
    program.window.resize(1280, 800)
    explore_bench.open_everything(bench, source, qtbot)
    qtbot.waitUntil(lambda: bench.document.shown is not None, timeout=PATIENT)
    yield program, predictor
    bench.playback.pause()


def test_what_plays_leaves_a_trail_on_the_map_until_that_is_switched_off(
    qtbot: QtBot, shapes: tuple[Program, ShapesPredictor]
) -> None:
    program, _ = shapes
    window, bench = program.window, program.workbench
    window.layouts.switch("Explore")
    panel = window.panel(EmbeddingDock)
    scatter, button = panel.scatter, panel.bar.live_button
    qtbot.waitUntil(lambda: len(scatter.state.points.xy) > 0, timeout=PATIENT)
    qtbot.waitUntil(lambda: not bench.embedding.is_busy, timeout=PATIENT)
    still = scatter.grab().toImage()
    assert scatter.state.live is None
    bench.actions.trigger("go.play")
    qtbot.waitUntil(
        lambda: scatter.state.live is not None and len(scatter.state.live.trail) > 0,
        timeout=PATIENT,
    )
    live = scatter.state.live
    assert button.isChecked()
    assert live.dims
    assert len(live.xy) == len(bench.document.shown.keypoints.scores)
    dim = scatter.grab().toImage()
    assert colourfulness(dim) < 0.8 * colourfulness(still)
    bench.actions.trigger("go.play")
    qtbot.waitUntil(lambda: not scatter.state.live.dims, timeout=PATIENT)  # it rests, and stays
    bench.actions.trigger("go.play")
    QTest.mouseClick(button, LEFT)
    assert scatter.state.live is None
    bench.actions.trigger("go.play")
    bench.actions.trigger("go.play")
    assert not button.isChecked()  # as it was left
    assert scatter.state.live is None


def colourfulness(image) -> float:
    """Return how much colour a picture has: mean distance of the channels."""
    picture = image.convertToFormat(image.Format.Format_RGBA8888)
    pixels = np.frombuffer(picture.constBits(), np.uint8).reshape(-1, 4)[:, :3].astype(int)
    return float((pixels.max(axis=1) - pixels.min(axis=1)).mean())


def test_an_edit_is_drawn_on_the_picture_itself(
    qtbot: QtBot, shapes: tuple[Program, ShapesPredictor]
) -> None:
    program, _ = shapes
    window, bench = program.window, program.workbench
    document, display, canvas = bench.document, bench.display, window.canvas.canvas
    bench.actions.trigger("edit.keypoints")
    assert not display.layer(Layer.RECONSTRUCTION).visible
    before = canvas.rendered(1, with_keypoints=False)
    x, y = document.shown.keypoints.xy[0].tolist()
    start = QPointF(*canvas.view.to_widget(x, y)).toPoint()
    QTest.mousePress(canvas, LEFT, Qt.KeyboardModifier.NoModifier, start)
    end = QPointF(*canvas.view.to_widget(x + 12, y + 6)).toPoint()
    QTest.mouseMove(canvas, end)
    QTest.mouseRelease(canvas, LEFT, Qt.KeyboardModifier.NoModifier, end)
    qtbot.waitUntil(lambda: display.layer(Layer.RECONSTRUCTION).visible, timeout=PATIENT)
    qtbot.waitUntil(lambda: document.reconstruction is not None, timeout=PATIENT)
    assert canvas.rendered(1, with_keypoints=False) != before
    bench.actions.trigger("edit.reset-keypoints")
    assert not display.layer(Layer.RECONSTRUCTION).visible
    assert canvas.rendered(1, with_keypoints=False) == before


def test_a_model_that_does_not_redraw_says_so_when_it_is_asked_only(
    qtbot: QtBot, program: Program, predictor: ShapesPredictor
) -> None:
    window, bench = program.window, program.workbench
    source = ShapesSource(3)
    explore_bench.use_pictures(bench, source)
    mute = explore_bench.replace_config(predictor.info.config, {"kind": "none"})
    predictor.info = replace(predictor.info, config=mute)
    told: list[str] = []
    bench.notices.toast_posted.connect(lambda toast: told.append(toast.text))
    window.layouts.switch("Explore")
    explore_bench.open_everything(bench, source, qtbot)
    window.layouts.show_dock("reconstruction")
    bench.actions.trigger("go.next")
    qtbot.waitUntil(lambda: bench.document.shown is not None, timeout=PATIENT)
    panel = window.panel(ReconstructionDock)
    qtbot.waitUntil(lambda: screen.says(panel, "This model does not redraw"), timeout=PATIENT)
    assert not [text for text in told if "redraw" in text]
    bench.actions.trigger("view.reconstruction")
    assert "not taught to redraw" in told[-1]
    assert not bench.actions.get("view.reconstruction").isChecked()
    assert not bench.display.layer(Layer.RECONSTRUCTION).visible
    bench.actions.trigger("view.split")
    assert not bench.display.is_split
    assert predictor.reconstructions == 0
