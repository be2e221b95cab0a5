"""``tusk self-test``: uses every big part of an installed or stand-alone program once.

Bundles lose files in ways no test of the source can see, so this runs inside the program that is
shipped: trains a few steps, detects, rebuilds, lays out a map in its own process, opens the
window offscreen and closes it. Everything happens in a temporary folder.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tusk_core.results import Analysis

SOURCE = "sample:tetrominoes?count=64"
NUM_STEPS = 10
# The first UMAP compiles its kernels: a minute alone, many minutes on a busy machine.
MAP_SECONDS = 900
WINDOW_SECONDS = 120
QUIT_SECONDS = 10


class SelfTestError(Exception):
    """Something that must work did not."""


def run_self_test(arguments: Sequence[str]) -> int:
    """Run every check and print a line for each; returns the exit status.

    Args:
        arguments: ``--quick`` lays out the map by PCA, which needs no compiling.
    """
    method = "pca" if "--quick" in arguments else "umap"
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tusk-self-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        os.environ["TUSK_HOME"] = name
        os.environ["NUMBA_CACHE_DIR"] = str(folder / "numba")
        checks: list[tuple[str, Callable[[], str]]] = [
            ("bundled files", check_files),
            ("training", lambda: check_training(folder)),
            ("detection", lambda: check_detection(folder)),
            (f"map ({method})", lambda: check_map(folder, method)),
            ("window", check_window),
        ]
        for title, check in checks:
            start = time.monotonic()
            try:
                detail = check()
            except Exception as error:  # noqa: BLE001 - the border of the program
                sys.stdout.write(f"self-test: {title} FAILED: {type(error).__name__}: {error}\n")
                return 1
            sys.stdout.write(f"self-test: {title}: {detail} ({time.monotonic() - start:.1f} s)\n")
            sys.stdout.flush()
    sys.stdout.write(f"self-test: passed in {time.monotonic() - began:.1f} s\n")
    return 0


def check_files() -> str:
    """Find presets, icons, licences and the VGG weights."""
    from tusk_core.config import load_preset, preset_names
    from tusk_core.resources import bundled_models, resource

    weights = ("vgg16", "efficientnet-lite0")
    for name in ("icons/tusk.svg", "licences/THIRD_PARTY.txt", "style/tusk.qss", *weights):
        if not resource(name).exists():
            raise SelfTestError(f"{name} is missing")
    presets = [load_preset(name) for name in preset_names()]
    return f"{len(presets)} presets, {len(bundled_models())} models"


def check_training(folder: Path) -> str:
    """Train a few steps."""
    from tusk_core import api
    from tusk_core.config import load_preset, replaced
    from tusk_core.control import RunControl
    from tusk_core.events import RunFinished

    changes = {"data.source": SOURCE, "optim.steps": NUM_STEPS, "optim.batch_size": 4}
    config = replaced(load_preset("quick-tetrominoes"), changes)
    events = list(api.train(config, RunControl(), run_root=folder / "runs"))
    last = events[-1]
    if not isinstance(last, RunFinished) or last.step != NUM_STEPS:
        raise SelfTestError(f"the run ended with {last}")
    return f"{NUM_STEPS} steps"


def _run(folder: Path) -> Path:
    (run,) = (folder / "runs").iterdir()
    return run


def check_detection(folder: Path) -> str:
    """Detect over a source, rebuild one picture."""
    from tusk_core import api
    from tusk_core.control import RunControl

    run = _run(folder)
    for _ in api.analyse(run, SOURCE, folder / "analysis.h5", RunControl()):
        pass
    found = api.open_analysis(folder / "analysis.h5")
    predictor = api.open_predictor(run)
    source = api.open_source(SOURCE)
    rebuilt = predictor.reconstruct(source.read(0))
    source.close()
    if not len(found.xy) or rebuilt.composite.shape != rebuilt.target.shape:
        raise SelfTestError("nothing was found")
    return f"{len(found.xy)} keypoints on {len(found.picture_names)} pictures"


def check_map(folder: Path, method: str) -> str:
    """Lay out the descriptors in processes of their own; the second finds compiled kernels."""
    start = time.monotonic()
    detail = _map_once(folder, method)
    between = time.monotonic()
    kernels = _kernels(folder)
    if method == "umap" and not kernels:
        raise SelfTestError("no compiled kernel was kept, so every map would compile them again")
    _map_once(folder, method)
    end = time.monotonic()
    new = sorted(_kernels(folder) - kernels)
    if new:
        raise SelfTestError(f"the second map compiled {len(new)} kernels again, such as {new[0]}")
    return f"{detail}, first {between - start:.1f} s, again {end - between:.1f} s"


def _kernels(folder: Path) -> set[str]:
    return {path.name for path in (folder / "numba").rglob("*.nbc")}


def _map_once(folder: Path, method: str) -> str:
    import multiprocessing

    from tusk_app.map.child import MapRequest, child_main
    from tusk_app.map.model import MapSettings
    from tusk_core import api

    analysis = api.open_analysis(folder / "analysis.h5")
    settings = MapSettings(method=method)  # type: ignore[arg-type]
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=child_main, args=(there, folder / "numba"), daemon=True)
    process.start()
    there.close()
    try:
        return _converse(here, MapRequest(analysis, settings), analysis)
    finally:
        with contextlib.suppress(OSError):
            here.send(("quit",))
        here.close()
        process.join(QUIT_SECONDS)
        process.kill()
        process.join()


def _converse(pipe: object, request: object, analysis: Analysis) -> str:
    from multiprocessing.connection import Connection

    assert isinstance(pipe, Connection)
    deadline = time.monotonic() + MAP_SECONDS
    while pipe.poll(max(0.0, deadline - time.monotonic())):
        message = pipe.recv()
        if message[0] == "idle":
            pipe.send(("map", request))
        elif message[0] == "failed":
            raise SelfTestError(str(message[1]))
        elif message[0] == "map":
            return f"{len(message[1].points)} of {len(analysis.xy)} keypoints"
    raise SelfTestError(f"no map within {MAP_SECONDS} s")


def _pass_on(_kind: object, _context: object, text: str) -> None:
    # The offscreen platform says for every window what it cannot do.
    if "propagateSizeHints" not in text:
        sys.stderr.write(f"{text}\n")


def check_window() -> str:
    """Open the window, wait until it is painted and the engine is loaded, close it."""
    from PySide6.QtCore import QElapsedTimer, QEventLoop, QTimer, qInstallMessageHandler

    from tusk_app.app import Program, make_application
    from tusk_app.engine.engine import EngineState
    from tusk_app.settings import Settings

    qInstallMessageHandler(_pass_on)
    make_application(["tusk"])
    clock = QElapsedTimer()
    clock.start()
    program = Program(Settings())
    program.show()
    shown = clock.elapsed() / 1000
    loop, states = QEventLoop(), []
    inference = program.workbench.engine

    def take(state: EngineState) -> None:
        states.append(state)
        if state is not EngineState.PREPARING:
            loop.quit()

    inference.state_changed.connect(take)
    QTimer.singleShot(WINDOW_SECONDS * 1000, loop, loop.quit)
    loop.exec()
    picture = program.window.grab()
    program.window.closed.connect(loop.quit)
    QTimer.singleShot(0, program.window.close)
    QTimer.singleShot(WINDOW_SECONDS * 1000, loop, loop.quit)
    loop.exec()
    if not states or states[-1] is not EngineState.READY or picture.isNull():
        raise SelfTestError(f"the engine did not become ready: {states}")
    return f"{picture.width()} × {picture.height()} px, shown after {shown:.1f} s"
