"""``tusk bench ui``: how promptly the real window answers, with the real engine behind it.

Everything runs in a throw-away folder and, without a display, on Qt's offscreen platform. Times
are of this machine as it is now: close other programs before you compare.
"""

from __future__ import annotations

import functools
import os
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_app.measure import rate as bench_rate
from tusk_app.measure.made_up import made_up_analysis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tusk_app.app import Program
    from tusk_core.results import Reconstruction

TICK_MS = 16
CAMERA_SIZE, NETWORK_SIZE = (640, 480), (160, 120)
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """How long to measure.

    Attributes:
        warm_up_s: training before the first measured tick.
        training_s: seconds of ticks while training.
        camera_s: seconds of camera.
        num_drags: moves of a keypoint.
        num_selections: changes of the selection from each panel.
        num_clicks: pictures chosen in the list.
        steps: of the run; it is stopped before.
        num_training_pictures: what the run learns from.
        num_pictures: opened while keypoints are edited and pictures chosen.
        num_detections: shown by every panel while something is selected.
        track_frames: of the video whose tracks are shown.
        track_individuals: in every frame of it.
        settle_s: given to the camera, and to panels that fill, before they are measured.
    """

    warm_up_s: float = 10.0
    training_s: float = 60.0
    camera_s: float = 15.0
    num_drags: int = 60
    num_selections: int = 20
    num_clicks: int = 30
    steps: int = 100_000
    num_training_pictures: int = 2000
    num_pictures: int = 12_500
    num_detections: int = 100_000
    track_frames: int = 100_000
    track_individuals: int = 100
    settle_s: float = 3.0


@dataclass(slots=True, weakref_slot=True, eq=False)
class Gaps:
    """Times between two ticks of a timer on the GUI thread, by some clock."""

    clock: Callable[[], float] = time.perf_counter
    last: float = 0.0
    milliseconds: list[float] = field(default_factory=list)

    def tick(self) -> None:
        """Note a tick."""
        now = self.clock()
        if self.last:
            self.milliseconds.append(1000 * (now - self.last))
        self.last = now


def percentiles(values: list[float]) -> dict[str, float]:
    """Return p50, p95, p99 and the largest of some milliseconds; NaN without any."""
    if not values:
        return dict.fromkeys(("p50_ms", "p95_ms", "p99_ms", "max_ms"), _NAN)
    low, high, highest = np.percentile(values, (50, 95, 99)).tolist()
    return {"p50_ms": low, "p95_ms": high, "p99_ms": highest, "max_ms": max(values)}


def run_bench(plan: BenchPlan | None = None) -> dict[str, Any]:
    """Measure everything that can be measured here; returns plain numbers by part."""
    with throw_away_home() as home, window_of_bench() as program:
        return _Bench(program, plan or BenchPlan(), home).run()


@contextmanager
def throw_away_home() -> Iterator[Path]:
    """Yield a folder that is the program's home meanwhile and goes afterwards."""
    before = os.environ.get("TUSK_HOME")
    with tempfile.TemporaryDirectory(prefix="tusk-bench-", ignore_cleanup_errors=True) as folder:
        os.environ["TUSK_HOME"] = folder
        try:
            yield Path(folder)
        finally:
            if before is None:
                del os.environ["TUSK_HOME"]
            else:
                os.environ["TUSK_HOME"] = before


@contextmanager
def window_of_bench() -> Iterator[Program]:
    """Yield a program with its window shown; both end afterwards."""
    has_display = any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if sys.platform.startswith("linux") and not has_display:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QCoreApplication, QEvent

    from tusk_app.app import Program, make_application
    from tusk_app.settings import Settings

    make_application(["tusk-bench"])
    program = Program(Settings())
    program.show()
    try:
        yield program
    finally:
        _close(program)
        program.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _close(program: Program) -> None:
    """Close the window; a part that is still busy gets a few chances to end."""
    for _ in range(20):
        program.window.closer.force()
        if wait_until(lambda: program.window.closer.is_down, 3):
            return


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Let the window live until something is so; False if it was not in time."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, timer, ends = QEventLoop(), QTimer(), time.perf_counter() + seconds

    def look() -> None:
        if condition() or time.perf_counter() > ends:
            loop.quit()

    timer.timeout.connect(look)
    timer.start(2)
    if not condition():
        loop.exec()
    timer.stop()
    return condition()


def live_for(seconds: float) -> None:
    """Let the window live for a while."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


class _Bench:
    """One round of measurements on one window."""

    def __init__(self, program: Program, plan: BenchPlan, home: Path) -> None:
        self._program, self._plan, self._home = program, plan, home
        self._bench = program.workbench
        self._model: Path | None = None

    def run(self) -> dict[str, Any]:
        from tusk_app.engine.engine import EngineState

        numbers: dict[str, Any] = {"cpu_count": os.cpu_count() or 0}
        if hasattr(os, "getloadavg"):
            numbers["load_before"] = os.getloadavg()[0]
        began = time.perf_counter()
        wait_until(lambda: self._bench.engine.state is EngineState.READY, 120)
        numbers["engine_ready_s"] = time.perf_counter() - began
        numbers["training"] = self._training()
        numbers["camera"] = self._camera()
        numbers["keypoint_drag"] = self._keypoint_drag()
        numbers["selection"] = self._selection()
        numbers["first_overlay"] = self._first_overlay()
        numbers["tracks"] = measure_tracks(self._plan)
        return numbers

    # Training

    def _training(self) -> dict[str, Any]:
        """Gaps between ticks while the quick preset trains, and how soon buttons answer."""
        from tusk_app.training.controller import SAMPLE_PRESET, SAMPLE_SOURCE, RunState
        from tusk_app.training.request import TrainingRequest
        from tusk_core.config import load_preset, replaced

        training = self._bench.training
        source = f"{SAMPLE_SOURCE}?count={self._plan.num_training_pictures}"
        changes = {"data.source": source, "optim.steps": self._plan.steps}
        config = replaced(load_preset(SAMPLE_PRESET), changes)
        self._program.window.layouts.switch("Train")
        training.start_request(TrainingRequest("new", self._home / "runs", config))
        if not wait_until(lambda: training.state is RunState.RUNNING, 300):
            return {"problem": "training did not begin"}
        live_for(self._plan.warm_up_s)
        first = self._moment()
        gaps = self._gaps(self._plan.training_s)
        rate = bench_rate.rates(first, self._moment(), config.optim.batch_size)
        numbers: dict[str, Any] = {"gaps": percentiles(gaps), "ticks": len(gaps), **rate}
        numbers["pause_acknowledged_ms"] = self._acknowledged(training.pause)
        wait_until(lambda: training.state is RunState.PAUSED, 60)
        training.resume()
        live_for(0.5)
        numbers["stop_acknowledged_ms"] = self._acknowledged(training.stop_and_keep)
        wait_until(lambda: training.state is RunState.IDLE, 120)
        self._model = training.record.run_dir
        times = self._plan.warm_up_s, self._plan.training_s
        alone = bench_rate.measure_command_line(
            SAMPLE_PRESET, changes, config.optim.batch_size, self._home / "alone", times, live_for
        )
        if alone is not None:
            numbers["command_line"] = alone
            numbers.update(bench_rate.cost(rate, alone))
        return numbers

    def _moment(self) -> bench_rate.Moment:
        """How far the run of the window is."""
        last = self._bench.training.record.last_step
        steps = last.step if last is not None else 0
        return bench_rate.Moment(steps, time.perf_counter(), time.process_time())

    def _gaps(self, seconds: float) -> list[float]:
        from PySide6.QtCore import Qt, QTimer

        gaps, timer = Gaps(), QTimer()
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.timeout.connect(gaps.tick)
        timer.start(TICK_MS)
        live_for(seconds)
        timer.stop()
        return gaps.milliseconds

    def _acknowledged(self, press: Callable[[], None]) -> float:
        """Return the time from a press, which may wait in the queue, to the words on the screen."""
        from PySide6.QtCore import QTimer

        training, told = self._bench.training, list[float]()
        training.acknowledged.connect(lambda _text: told.append(0.0))
        began = time.perf_counter()
        QTimer.singleShot(0, press)
        wait_until(lambda: bool(told), 10)
        self._program.window.repaint()
        return 1000 * (time.perf_counter() - began)

    # Camera

    def _camera(self) -> dict[str, Any]:
        """Frames a second and latency with the test pattern and the model at hand."""
        from dataclasses import replace

        from tusk_app.camera.devices import PATTERN
        from tusk_core.resources import bundled_models

        bundled = sorted(bundled_models())
        model: str | Path | None = bundled[0] if bundled else self._model
        for name in bundled:
            model = name if "tetromino" in name else model
        if model is None or not self._open(model):
            return {"problem": "there is no model to look with"}
        camera = self._bench.camera
        self._program.window.layouts.switch("Data")
        camera.set_network_size(NETWORK_SIZE)
        camera.start(replace(PATTERN, size=CAMERA_SIZE))
        wait_until(lambda: self._bench.live.newest is not None, 60)
        live_for(self._plan.settle_s)
        stats = []
        for _ in range(max(round(self._plan.camera_s), 1)):
            live_for(1.0)
            stats.append(camera.stats())
        camera.stop()
        wait_until(lambda: not camera.is_on, 30)
        median = {
            name: float(np.nanmedian([getattr(s, name) for s in stats]))
            for name in ("camera_fps", "shown_fps", "latency_ms", "network_ms")
        }
        return {**median, "model": str(model), "network_size": f"{NETWORK_SIZE}"}

    def _open(self, model: str | Path) -> bool:
        inference = self._bench.engine
        opened: list[bool] = []
        inference.model_opened.connect(lambda: opened.append(True))
        inference.model_failed.connect(lambda _text: opened.append(False))
        inference.open_model(model, "cpu")
        wait_until(lambda: bool(opened), 120)
        return bool(opened) and opened[0]

    # Editing and selecting

    def _keypoint_drag(self) -> dict[str, Any]:
        """Time from a move of a keypoint to the new picture from the decoder."""
        from tusk_app.state.display import Layer

        document, editing = self._bench.document, self._bench.editing
        if document.model is None:
            return {"problem": "there is no model to draw with"}
        self._bench.sources.open_pictures(
            f"sample:tetrominoes?count={self._plan.num_pictures}&seed=3"
        )
        self._bench.display.change_layer(Layer.RECONSTRUCTION, visible=True)
        if not wait_until(lambda: document.reconstruction is not None, 60):
            return {"problem": "no keypoint was found"}
        assert document.shown is not None
        x, y = document.shown.keypoints.xy[0].tolist()
        times = []
        for number in range(self._plan.num_drags):
            built, began = document.reconstruction, time.perf_counter()
            editing.move(0, x + 3 * np.sin(number / 5), y + 3 * np.cos(number / 5))
            wait_until(functools.partial(self._is_rebuilt, built), 10)
            self._program.window.canvas.repaint()
            times.append(1000 * (time.perf_counter() - began))
        return percentiles(times)

    def _is_rebuilt(self, before: Reconstruction | None) -> bool:
        return self._bench.document.reconstruction is not before

    def _selection(self) -> dict[str, Any]:
        """Time until every panel shows a selection, with many detections."""
        from tusk_app.measure.selection import SelectionBench

        document = self._bench.document
        if document.model is None or document.source is None:
            return {"problem": "there is no model"}
        model = document.model
        analysis = made_up_analysis(
            model.prototypes,
            (model.fingerprint, document.source.source),
            len(document.source),
            self._plan.num_detections,
        )
        document.set_analysis(analysis)
        self._program.window.layouts.switch("Explore")
        live_for(self._plan.settle_s)
        times = SelectionBench(self._program, live_for).run(self._plan.num_selections)
        every = [value for values in times.values() for value in values]
        by_panel = {name: _with_own(values) for name, values in times.items()}
        return {**_with_own(every), "detections": self._plan.num_detections, "from": by_panel}

    def _first_overlay(self) -> dict[str, Any]:
        """Time from a click on a picture to its keypoints."""
        from tusk_app.measure.overlay import time_overlays

        if self._bench.document.model is None:
            return {"problem": "there is no model"}
        folder = self._home / "pictures"
        return _with_own(time_overlays(self._program, folder, self._plan.num_clicks, wait_until))


def measure_tracks(plan: BenchPlan) -> dict[str, Any]:
    """Return how soon the Tracks panel answers; see ``tusk_app.measure.tracks``."""
    from tusk_app.measure.tracks import TracksBench

    bench = TracksBench(live_for, wait_until)
    told = bench.run(plan.track_frames, plan.track_individuals, plan.num_selections)
    if "times" not in told:
        return told
    times = told["times"]
    every = [value for values in times.values() for value in values]
    return {
        **_with_own(every),
        "frames": plan.track_frames,
        "individuals": plan.track_individuals,
        "opened_s": told["opened_s"],
        "acts": {name: _with_own(values) for name, values in times.items()},
    }


def _with_own(times: list[tuple[float, float]]) -> dict[str, float]:
    """Return percentiles of times, and of what was computed in them."""
    own = percentiles([value for _, value in times])
    computed = {"cpu_p50_ms": own["p50_ms"], "cpu_p95_ms": own["p95_ms"]}
    return {**percentiles([value for value, _ in times]), **computed}
