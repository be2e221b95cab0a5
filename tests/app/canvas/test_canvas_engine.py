"""Canvas, analysis, export and camera with the real engine and a tiny untrained model."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from tests.support.media_bench import close
from tests.support.small_models import write_model
from tusk_app.app import compose
from tusk_app.camera.controller import CameraState
from tusk_app.camera.devices import PATTERN
from tusk_app.canvas.area import CanvasArea
from tusk_app.export.commands import ExportCommands
from tusk_app.state.display import Layer

SOURCE = "sample:tetrominoes?count=6&seed=2"
PATIENCE_MS = 60_000  # loading the engine alone takes seconds on a busy machine


@pytest.fixture
def bench(qtbot, settings):
    bench = compose(settings)
    yield bench
    close(bench)


@pytest.fixture
def area(bench, qtbot, tmp_path) -> CanvasArea:
    area = CanvasArea(bench)
    qtbot.addWidget(area)
    area.resize(520, 460)
    area.show()
    with qtbot.waitSignal(bench.engine.model_opened, timeout=PATIENCE_MS):
        bench.engine.open_model(str(write_model(tmp_path / "model")), "cpu")
    bench.prototypes.reset(len(bench.document.model.prototypes))
    bench.sources.open_pictures(SOURCE)
    qtbot.waitUntil(lambda: bench.document.detection is not None, timeout=PATIENCE_MS)
    return area


@pytest.mark.slow
def test_picture_keypoints_layers_export_and_camera(bench, area, qtbot, tmp_path) -> None:
    document = bench.document
    num = len(document.detection.keypoints.scores)
    assert 0 < num <= 4
    assert len(area.canvas.marks) == num

    # Every layer, of the real decoder and of the ground truth, lands on the canvas.
    for layer in Layer:
        bench.display.change_layer(layer, visible=True)
    qtbot.waitUntil(
        lambda: all(area.canvas.has_layer(layer) for layer in Layer), timeout=PATIENCE_MS
    )
    assert document.reconstruction.composite.shape == (24, 32, 3)
    assert area.canvas.rendered(4).width() == 4 * document.picture.shape[1]

    # More keypoints than in training are asked of the network again.
    bench.document.set_num_keypoints(12)
    qtbot.waitUntil(lambda: len(document.detection.keypoints.scores) > num, timeout=PATIENCE_MS)
    bench.document.set_num_keypoints(None)

    # Analyse everything, then export what was found.
    path = tmp_path / "all.csv"
    ExportCommands(bench, area).export_to("csv", path)
    qtbot.waitUntil(path.is_file, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: not bench.jobs.running, timeout=PATIENCE_MS)
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(document.analysis.labels)
    assert len({row["image"] for row in rows}) <= 6
    assert bench.detections.frames.known.all()

    # The camera shares model and thread with all of that.
    bench.camera.set_network_size((64, 48))
    bench.camera.start(replace(PATTERN, size=(160, 120)))
    qtbot.waitUntil(
        lambda: bench.live.newest is not None and bench.live.newest.detection is not None,
        timeout=PATIENCE_MS,
    )
    assert bench.live.newest.detection.size == (160, 120)
    bench.camera.stop()
    qtbot.waitUntil(lambda: bench.camera.state is CameraState.OFF, timeout=PATIENCE_MS)


@pytest.mark.slow
def test_folder_that_is_no_model_is_refused_in_words(bench, qtbot, tmp_path) -> None:
    problems = []
    bench.notices.problem_posted.connect(problems.append)
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with qtbot.waitSignal(bench.engine.model_failed, timeout=PATIENCE_MS):
        bench.engine.open_model(str(tmp_path), "cpu")
    assert problems[0].title == "The model could not be opened."
    assert problems[0].why
    assert problems[0].details == ""
