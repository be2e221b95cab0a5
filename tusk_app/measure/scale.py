"""``tusk bench scale``: the window with very many pictures, points on the map and keypoints.

Pictures are a few small files under many names (hard links), so that a million take little room.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_app.engine.engine import EngineState
from tusk_app.measure.made_up import made_up_analysis
from tusk_app.measure.window import (
    TICK_MS,
    Gaps,
    live_for,
    percentiles,
    throw_away_home,
    wait_until,
    window_of_bench,
)
from tusk_app.pictures.picture_list import PICTURE_ROLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QTableView

    from tusk_app.app import Program
    from tusk_app.pictures.thumbnails import ThumbnailStore

_LINKS = 20_000  # file systems allow 65 000 to a file
_MAP_SIZE = (900, 700)
_PANS = 60
_KINDS = 20
_SETTLE_S, _AFTERWARDS_S = 1.0, 2.0


def measure_scale(counts: Sequence[int]) -> dict[str, Any]:
    """Return how soon pictures are there, how the map moves and what keypoints take, by count."""
    numbers: dict[str, Any] = {}
    with throw_away_home(), window_of_bench() as program:
        wait_until(lambda: program.workbench.engine.state is EngineState.READY, 120)
        live_for(_SETTLE_S)
        for count in counts:
            with tempfile.TemporaryDirectory(prefix="tusk-scale-") as folder:
                pictures = make_folder(Path(folder) / "pictures", count)
                opened = _open_folder(program, pictures, count)
            numbers[f"n{count}"] = {
                "folder": opened,
                "map": _pan_map(count),
                "keypoints": _take_keypoints(program, count),
            }
    return numbers


def make_folder(folder: Path, count: int) -> Path:
    """Return a folder of ``count`` pictures, a few small ones under many names."""
    from tusk_app.pictures.thumbnails import to_image

    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    first = ""
    for number in range(count):
        name = str(folder / f"frame_{number}.png")
        if number % _LINKS == 0:
            first = name
            to_image(rng.integers(0, 256, (48, 64, 3), np.uint8)).save(name)
        else:
            os.link(first, name)
    return folder


def _open_folder(program: Program, folder: Path, count: int) -> dict[str, float]:
    """Open a folder in the window; tell when its list shows thumbnails, and when all is there.

    Beside the longest wait between two ticks of the window stands what its thread computed in one.
    """
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QTableView

    sources, document = program.workbench.sources, program.workbench.document
    program.window.layouts.switch("Data")
    gaps, own, timer = Gaps(), Gaps(time.thread_time), QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(gaps.tick)
    timer.timeout.connect(own.tick)
    timer.start(TICK_MS)
    times: dict[str, float] = {}
    tables = program.window.findChildren(QTableView)
    table = next(table for table in tables if table.accessibleName() == "Pictures")
    began = time.perf_counter()
    sources.open_pictures(str(folder))

    def is_done() -> bool:
        now = time.perf_counter() - began
        if document.source is None or document.source.source != str(folder):
            return False
        if "first_thumbnail_s" not in times and _has_thumbnails(table, sources.thumbnails):
            times["first_thumbnail_s"] = now
        if document.num_pictures == count:
            times.setdefault("opened_s", now)
        return len(times) == 2

    wait_until(is_done, 600)
    live_for(_AFTERWARDS_S)
    timer.stop()
    return {
        "opened_s": times.get("opened_s", float("nan")),
        "first_thumbnail_s": times.get("first_thumbnail_s", float("nan")),
        "longest_wait_ms": percentiles(gaps.milliseconds)["max_ms"],
        "longest_own_ms": percentiles(own.milliseconds)["max_ms"],
    }


def _has_thumbnails(table: QTableView, thumbnails: ThumbnailStore) -> bool:
    """Tell whether every row of the list that is on the screen has its small picture."""
    first, last = table.rowAt(0), table.rowAt(table.viewport().height() - 1)
    if not table.isVisible() or first < 0:
        return False
    rows = range(first, (last if last >= 0 else table.model().rowCount() - 1) + 1)
    pictures = [table.model().index(row, 0).data(PICTURE_ROLE) for row in rows]
    return all(thumbnails.get(picture) is not None for picture in pictures)


def _pan_map(count: int) -> dict[str, float]:
    """Drag a map of ``count`` points about; every move is painted."""
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    from tusk_app.parts.scatter.view import ScatterView

    rng = np.random.default_rng(0)
    labels = rng.integers(0, _KINDS, count)
    middles = rng.normal(0, 5, (_KINDS, 2))
    xy = (middles[labels] + rng.normal(0, 1, (count, 2))).astype(np.float32)
    view = ScatterView()
    view.resize(*_MAP_SIZE)
    view.show()
    live_for(_SETTLE_S)
    began = time.perf_counter()
    view.set_points(xy, np.arange(count), strata=labels)
    view.repaint()
    shown = time.perf_counter() - began
    middle, none = Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier

    def send(kind: QEvent.Type, step: int, button: Qt.MouseButton) -> None:
        at = QPointF(200 + 3 * step, 200 + 2 * step)
        QApplication.sendEvent(view, QMouseEvent(kind, at, at, button, middle, none))

    send(QEvent.Type.MouseButtonPress, 0, middle)
    times, own = [], []
    for step in range(_PANS):
        began, computed = time.perf_counter(), time.thread_time()
        send(QEvent.Type.MouseMove, step, Qt.MouseButton.NoButton)
        view.repaint()
        times.append(1000 * (time.perf_counter() - began))
        own.append(1000 * (time.thread_time() - computed))
    view.close()
    view.deleteLater()
    found, own_ms = percentiles(times), percentiles(own)["p50_ms"]
    return {"shown_s": shown, "pan_p50_ms": found["p50_ms"], "pan_p95_ms": found["p95_ms"],
            "pan_fps": 1000 / found["p50_ms"], "pan_own_ms": own_ms}  # fmt: skip


def _take_keypoints(program: Program, count: int) -> dict[str, float]:
    """Give the window an analysis of ``count`` keypoints, every panel of Explore open."""
    document = program.workbench.document
    prototypes = np.eye(_KINDS, 32, dtype=np.float32)
    num_pictures = max(1, count // 8)
    analysis = made_up_analysis(prototypes, ("made up", "made up"), num_pictures, count)
    program.window.layouts.switch("Explore")
    before = _memory_gb("VmRSS")
    began, computed = time.perf_counter(), time.thread_time()
    document.set_analysis(analysis)
    taken = 1000 * (time.perf_counter() - began)
    own = 1000 * (time.thread_time() - computed)
    live_for(_AFTERWARDS_S)
    numbers = {
        "taken_ms": taken,
        "taken_own_ms": own,
        "more_memory_gb": _memory_gb("VmRSS") - before,
        "peak_memory_gb": _memory_gb("VmHWM"),
    }
    document.set_analysis(None)
    return numbers


def _memory_gb(name: str) -> float:
    """Return the memory of this program [GB]; NaN where the system does not tell."""
    if not sys.platform.startswith("linux"):
        return float("nan")
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1e6
    return float("nan")
