"""The map process: phases, progress, cancel in every phase, death, and maps kept on disk."""

from __future__ import annotations

import multiprocessing
import os
import signal

import numpy as np
import pytest

from tests.support import map_children
from tests.support.analyses import clustered_analysis
from tests.support.explore_values import ShapesSource, analysis_of
from tusk_app.map import cache as map_cache
from tusk_app.map.child import MapRequest, child_main
from tusk_app.map.controller import EmbeddingController
from tusk_app.map.model import MapSettings
from tusk_app.map.process import EmbeddingProcess
from tusk_app.state.document import Document
from tusk_app.state.notices import Notices

SLOW = 60_000


@pytest.fixture
def start(tmp_path, qtbot):
    """Make processes that are ended with the test."""
    made: list[EmbeddingProcess] = []

    def make(main) -> EmbeddingProcess:
        process = EmbeddingProcess(tmp_path / "numba", main=main)
        made.append(process)
        return process

    yield make
    for process in made:
        process.shutdown()


def _request(method: str = "umap", points: int = 50) -> MapRequest:
    return MapRequest(clustered_analysis(200), MapSettings(method, points))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("main", "phase"),
    [(map_children.stuck_in_import, "import"), (map_children.stuck_in_fit, "fit")],
)
def test_cancel_kills_in_every_phase(qtbot, start, main, phase) -> None:
    process = start(main)
    phases: list[str] = []
    process.phase_changed.connect(phases.append)
    process.request(_request())
    qtbot.waitUntil(lambda: phase in phases, timeout=SLOW)
    pid = process.pid
    with qtbot.waitSignal(process.cancelled):
        process.cancel()
    assert not process.is_busy
    assert process.pid is None
    qtbot.waitUntil(lambda: not _runs(pid), timeout=5000)


def test_cancel_before_the_process_has_started(qtbot, start) -> None:
    process = start(map_children.simple_map)
    process.request(_request())
    assert process.is_busy
    process.cancel()
    assert not process.is_busy
    with qtbot.waitSignal(process.done, timeout=SLOW):
        process.request(_request())


def test_a_real_import_can_be_cancelled(qtbot, start) -> None:
    process = start(child_main)
    phases: list[str] = []
    process.phase_changed.connect(phases.append)
    process.request(_request("umap"))
    qtbot.waitUntil(lambda: "import" in phases, timeout=SLOW)
    pid = process.pid
    process.cancel()
    qtbot.waitUntil(lambda: not _runs(pid), timeout=5000)
    assert "fit" not in phases


@pytest.mark.slow
def test_a_real_fit_moves_and_can_be_cancelled(qtbot, start) -> None:
    process = start(child_main)
    with qtbot.waitSignal(process.partial, timeout=110_000) as moved:
        process.request(MapRequest(clustered_analysis(120), MapSettings("tsne", 120)))
    assert moved.args[0].points.shape == (120, 2)
    pid = process.pid
    process.cancel()
    qtbot.waitUntil(lambda: not _runs(pid), timeout=5000)


def test_progress_and_maps_arrive(qtbot, start) -> None:
    process = start(map_children.simple_map)
    with qtbot.waitSignals([process.partial, process.done], timeout=SLOW, order="strict"):
        process.request(_request(points=30))
    assert not process.is_busy
    first = process.pid
    with qtbot.waitSignal(process.done, timeout=SLOW):
        process.request(_request())
    assert process.pid == first, "the process is kept warm"


def test_a_newer_request_replaces_one_that_is_stuck(qtbot, start) -> None:
    process = start(map_children.stuck_in_fit)
    seen: list[int] = []
    process.progress.connect(lambda done, _total, _text: seen.append(done))
    process.request(_request())
    qtbot.waitUntil(lambda: bool(seen), timeout=SLOW)
    old = process.pid
    process.request(_request())
    qtbot.waitUntil(lambda: len(seen) == 2, timeout=SLOW)
    assert process.pid != old


@pytest.mark.parametrize("main", [map_children.killed_in_fit, map_children.dies_at_start])
def test_a_dead_process_is_told_in_a_sentence(qtbot, start, main) -> None:
    process = start(main)
    with qtbot.waitSignal(process.failed, timeout=SLOW) as failed:
        process.request(_request())
    sentence = failed.args[0]
    reason = "it was killed" if main is map_children.killed_in_fit else "ended with code 3"
    assert reason in sentence
    assert "PCA" in sentence
    assert not process.is_busy


def test_a_process_killed_while_idle_is_started_again(qtbot, start) -> None:
    process = start(map_children.simple_map)
    with qtbot.waitSignal(process.done, timeout=SLOW):
        process.request(_request())
    pid = process.pid
    os.kill(pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not multiprocessing.active_children(), timeout=5000)
    with qtbot.waitSignal(process.done, timeout=SLOW):
        process.request(_request())
    assert process.pid != pid


def test_child_reports_a_bug_of_the_engine(qtbot, start) -> None:
    process = start(child_main)
    analysis = clustered_analysis(200)
    broken = MapRequest(analysis, MapSettings("nonsense", 50))  # type: ignore[arg-type]
    with qtbot.waitSignal(process.failed, timeout=SLOW) as failed:
        process.request(broken)
    assert "could not be made" in failed.args[0]
    assert "Traceback" in failed.args[1]


@pytest.fixture
def controller(tmp_path, qtbot):
    """A controller with an analysis, whose process answers at once."""
    document, notices = Document(), Notices()
    made = EmbeddingController(document, notices, tmp_path / "maps", main=map_children.simple_map)
    yield made, document, notices
    assert made.shutdown()


def test_pca_comes_by_itself_and_maps_are_kept(qtbot, controller, tmp_path) -> None:
    made, document, _ = controller
    analysis = analysis_of(ShapesSource(20))
    document.set_analysis(analysis)
    qtbot.waitUntil(lambda: made.map is not None, timeout=20_000)
    assert made.map.method == "pca"
    settings = MapSettings("umap", 40)
    made.compute(settings)
    qtbot.waitUntil(lambda: made.map.method == "umap" and made.is_final, timeout=SLOW)
    path = map_cache.map_path(tmp_path / "maps", analysis, settings)
    qtbot.waitUntil(path.is_file, timeout=5000)
    first = made.map
    made.process.shutdown()
    made.compute(MapSettings("pca"))
    qtbot.waitUntil(lambda: made.map.method == "pca", timeout=20_000)
    made.compute(settings)
    qtbot.waitUntil(lambda: made.map.method == "umap", timeout=20_000)
    assert made.process.pid is None, "a kept map needs no process"
    np.testing.assert_array_equal(made.map.points, first.points)


def test_cancel_brings_the_map_before_back(qtbot, controller) -> None:
    made, document, _ = controller
    document.set_analysis(analysis_of(ShapesSource(20)))
    qtbot.waitUntil(lambda: made.map is not None, timeout=20_000)
    before = made.map
    with qtbot.waitSignal(made.process.partial, timeout=SLOW):
        made.compute(MapSettings("tsne", 40))
    made.cancel()
    assert made.is_final
    qtbot.waitUntil(lambda: not made.is_busy)
    assert made.map is before or made.map.method == "tsne"


def test_kept_maps_depend_on_model_and_settings(tmp_path) -> None:
    source = ShapesSource(8)
    one, other = analysis_of(source), analysis_of(source, fingerprint="another")
    base = map_cache.map_path(tmp_path, one, MapSettings("umap"))
    assert base == map_cache.map_path(tmp_path, one, MapSettings("umap"))
    assert base != map_cache.map_path(tmp_path, other, MapSettings("umap"))
    assert base != map_cache.map_path(tmp_path, one, MapSettings("umap", seed=1))


def test_a_spoilt_kept_map_is_made_again(tmp_path) -> None:
    path = tmp_path / "umap_1.npz"
    path.write_bytes(b"PK\x03\x04 spoilt")
    assert map_cache.load_map(path) is None
    assert map_cache.load_map(tmp_path / "missing.npz") is None
