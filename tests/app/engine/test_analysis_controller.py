"""Results over all pictures: made as a job by the real engine, kept, reopened, invalidated."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow

from tests.support.explore_values import ShapesSource, analysis_of
from tests.support.pictures import pieces
from tests.support.small_models import write_model
from tusk_app.app import compose
from tusk_app.map.dock import EmbeddingDock
from tusk_app.settings import cache_dir
from tusk_core import api
from tusk_core.inference.analysis_files import write_hdf5

cv2 = pytest.importorskip("cv2")


@pytest.fixture
def opened(qtbot, settings, tmp_path):
    """A real small model and a real folder, open in a workbench with a map dock."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        picture = np.ascontiguousarray(pieces(number)[0][..., ::-1])
        (folder / f"piece_{number}.png").write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    bench = compose(settings)
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = EmbeddingDock(bench, window)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    with qtbot.waitExposed(window):
        window.show()
    bench.document.set_source(api.open_source(str(folder)))
    open_model(bench, qtbot, write_model(tmp_path / "model"))
    yield bench, dock, tmp_path
    window.close()
    close(bench)


def open_model(bench, qtbot, path) -> None:
    """Open a model and wait for it."""
    with qtbot.waitSignal(bench.engine.model_opened, timeout=60_000):
        bench.engine.open_model(path)


def close(bench) -> None:
    """End all threads."""
    source = bench.document.source
    assert bench.shut_down() == []
    source.close()


def test_the_hint_starts_the_job_and_the_file_is_reopened(qtbot, opened) -> None:
    bench, dock, _ = opened
    button = dock.stack.hint.button
    assert dock.stack.is_empty
    assert button.text() == "Analyse all pictures"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert bench.analysis.is_busy
    document = bench.document
    qtbot.waitUntil(lambda: document.analysis is not None, timeout=60_000)
    made = document.analysis
    assert len(made.picture_names) == 6
    assert np.isfinite(made.picture_errors).all()
    assert not dock.stack.is_empty
    qtbot.waitUntil(lambda: bench.embedding.map is not None, timeout=60_000)
    assert len(dock.scatter.state.points.rows) == len(made.labels)
    assert list((cache_dir() / "analyses").rglob("*.h5"))

    # The same pictures opened again: the results are there without a job.
    source = document.source
    document.set_source(None)
    document.set_analysis(None)
    document.set_source(source)
    qtbot.waitUntil(lambda: document.analysis is not None, timeout=20_000)
    assert not bench.jobs.running
    np.testing.assert_array_equal(document.analysis.xy, made.xy)


def test_another_model_invalidates_the_results(qtbot, opened) -> None:
    bench, dock, tmp_path = opened
    bench.analysis.start()
    qtbot.waitUntil(lambda: bench.document.analysis is not None, timeout=60_000)
    first = bench.document.analysis
    kept = next((cache_dir() / "analyses").rglob("*.h5"))
    open_model(bench, qtbot, write_model(tmp_path / "other", seed=5))
    assert bench.document.analysis is None
    assert dock.stack.is_empty
    toasts = []
    bench.notices.toast_posted.connect(toasts.append)
    bench.analysis.open(kept)
    qtbot.waitUntil(lambda: bool(toasts), timeout=20_000)
    assert "another model" in toasts[0].text
    assert bench.document.analysis is None
    open_model(bench, qtbot, tmp_path / "model")
    qtbot.waitUntil(lambda: bench.document.analysis is not None, timeout=20_000)
    np.testing.assert_array_equal(bench.document.analysis.xy, first.xy)


def test_a_file_that_is_no_results_file_is_told(qtbot, opened, tmp_path) -> None:
    bench, _, _ = opened
    broken = tmp_path / "broken.h5"
    broken.write_bytes(b"not HDF5 at all")
    problems = []
    bench.notices.problem_posted.connect(problems.append)
    bench.analysis.open(broken)
    qtbot.waitUntil(lambda: bool(problems), timeout=20_000)
    assert "results file" in problems[0].title
    assert problems[0].why


def test_without_a_model_the_hint_says_what_to_do(qtbot, settings) -> None:
    bench = compose(settings)
    dock = EmbeddingDock(bench)
    qtbot.addWidget(dock)
    assert "model" in bench.analysis.problem
    assert not dock.stack.hint.button.isVisibleTo(dock.stack.hint)
    toasts = []
    bench.notices.toast_posted.connect(toasts.append)
    bench.analysis.start()
    assert toasts[0].level == "warning"
    assert not bench.jobs.running
    assert bench.shut_down() == []


def test_results_can_be_looked_at_without_their_model(qtbot, settings, tmp_path) -> None:
    path = tmp_path / "found.h5"
    analysis = analysis_of(ShapesSource(10))
    write_hdf5(analysis, path)
    bench = compose(settings)
    bench.analysis.open(path)
    qtbot.waitUntil(lambda: bench.document.analysis is not None, timeout=20_000)
    assert bench.prototypes.num == 12
    assert len(bench.gallery.tiles) == 12
    qtbot.waitUntil(lambda: bench.embedding.map is not None, timeout=20_000)
    assert bench.shut_down() == []


def test_a_change_of_kinds_analyses_again_unless_it_was_cancelled(qtbot, opened) -> None:
    bench, _dock, tmp_path = opened
    document = bench.document
    bench.analysis.start()
    qtbot.waitUntil(lambda: document.analysis is not None, timeout=60_000)
    first = document.analysis
    # The same folder with another content: so a kind that is ignored looks from here.
    open_model(bench, qtbot, write_model(tmp_path / "model", seed=1))
    qtbot.waitUntil(lambda: document.analysis not in (None, first), timeout=60_000)
    assert document.analysis.model_fingerprint == document.model.fingerprint

    open_model(bench, qtbot, write_model(tmp_path / "model", seed=2))
    assert document.analysis is None
    assert bench.analysis.is_busy
    with qtbot.waitSignal(bench.jobs.job_cancelled, timeout=20_000):
        bench.jobs.running[-1].cancel()
    open_model(bench, qtbot, write_model(tmp_path / "model", seed=3))
    assert not bench.analysis.is_busy
