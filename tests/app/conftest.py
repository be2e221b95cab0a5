"""Fixtures for tests with a QApplication: no thread or timer outlives its test."""

from __future__ import annotations

import contextlib
import gc
import traceback
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QThread, QTimer
from PySide6.QtGui import QColor, QImage

from tusk_app.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tests.support.explore_values import ShapesSource
    from tests.support.media_bench import MadeUp
    from tusk_app.app import Program
    from tusk_app.gallery.dock import GalleryDock
    from tusk_app.outside import Outside
    from tusk_app.shell.main_window import MainWindow
    from tusk_app.shell.workshop import Workshop


@pytest.fixture(autouse=True)
def collected_between_tests() -> Iterator[None]:
    """Collect garbage between tests only.

    Windows kept alive by reference cycles would else be freed in the middle of an event loop,
    which crashes PySide6 now and then.
    """
    gc.disable()
    yield
    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    gc.enable()


def _origin() -> str:
    return "".join(traceback.format_list(traceback.extract_stack(limit=6)[:-2]))


@pytest.fixture(autouse=True)
def no_dangling_threads(
    monkeypatch: pytest.MonkeyPatch, collected_between_tests: None
) -> Iterator[None]:
    """Fail a test that leaves a QThread running or a QTimer ticking, and say where it began."""
    threads: list[tuple[QThread, str]] = []
    timers: list[tuple[QTimer, str]] = []
    start_thread, start_timer = QThread.start, QTimer.start

    def thread_start(self: QThread, *args: object) -> None:
        threads.append((self, _origin()))
        start_thread(self, *args)

    def timer_start(self: QTimer, *args: object) -> None:
        timers.append((self, _origin()))
        start_timer(self, *args)

    monkeypatch.setattr(QThread, "start", thread_start)
    monkeypatch.setattr(QTimer, "start", timer_start)
    yield
    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [*_running(threads), *_ticking(timers)]
    assert not left, "left behind:\n" + "\n".join(left)


def _running(threads: list[tuple[QThread, str]]) -> list[str]:
    left = []
    for thread, origin in threads:
        try:
            if thread.isRunning():
                left.append(f"thread {thread.objectName()!r} started at\n{origin}")
                thread.quit()
                thread.wait(5000)
        except RuntimeError:  # its C++ object is gone: fine
            continue
    return left


def _ticking(timers: list[tuple[QTimer, str]]) -> list[str]:
    left = []
    for timer, origin in timers:
        try:
            if timer.isActive():
                left.append(f"timer of {timer.interval()} ms started at\n{origin}")
                timer.stop()
        except RuntimeError:
            continue
    return left


@contextlib.contextmanager
def running(settings: Settings, outside: Outside | None = None) -> Iterator[Program]:
    """The whole program with its real window; the engine is not loaded before a test asks."""
    from tusk_app.app import Program, make_application
    from tusk_app.measure.window import wait_until

    make_application(["tusk"])
    made = Program(settings, outside=outside)
    made.window.closer.ask = lambda *_words: True
    made.window.show()
    assert wait_until(lambda: made.window.windowHandle().isExposed(), 30)
    yield made
    made.window.closer.force()
    assert wait_until(lambda: made.window.closer.is_down, 30)
    made.window.close()
    # Window first: it still asks the controllers while it goes.
    for each in (made.window, made):
        each.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def outside() -> Outside | None:
    """Engine and cameras of ``program``; None takes the real ones."""
    return None


@pytest.fixture
def program(qtbot: QtBot, settings: Settings, outside: Outside | None) -> Iterator[Program]:
    """The whole program, new for each test."""
    with running(settings, outside) as made:
        yield made


@pytest.fixture(scope="class")
def resting(qapp: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The whole program for a class of tests that only look at it."""
    home = tmp_path_factory.mktemp("resting")
    store = QSettings(str(home / "settings.ini"), QSettings.Format.IniFormat)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TUSK_HOME", str(home))
        with running(Settings(store)) as made:
            yield made


@pytest.fixture
def window(program: Program) -> MainWindow:
    """The real window."""
    return program.window


@pytest.fixture
def made_up() -> MadeUp:
    """Engine and cameras of ``bench``."""
    from tests.support.media_bench import MadeUp

    return MadeUp()


@pytest.fixture
def bench(qtbot: QtBot, settings: Settings, made_up: MadeUp) -> Iterator[Workshop]:
    """A workbench whose engine is made up; pictures come from ``media_bench``."""
    from tests.support.media_bench import close
    from tusk_app.app import compose

    made = compose(settings, made_up.outside())
    yield made
    made_up.predictor.gate.set()
    close(made)


@pytest.fixture
def gallery(
    qtbot: QtBot, settings: Settings
) -> Iterator[tuple[GalleryDock, Workshop, ShapesSource]]:
    """A shown gallery with everything open."""
    from tests.support.explore_bench import shown_dock
    from tests.support.explore_values import ShapesSource
    from tusk_app.gallery.dock import GalleryDock

    with shown_dock(qtbot, settings, GalleryDock, ShapesSource(20), (900, 500)) as shown:
        dock, made, _predictor, source = shown
        yield dock, made, source


@pytest.fixture
def picture_folder(tmp_path: Path) -> Path:
    """A folder with six small pictures, one of them grey and one not readable."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        image = QImage(40, 30, QImage.Format.Format_RGB32)
        image.fill(QColor.fromHsv(60 * number, 0 if number == 0 else 200, 180))
        image.save(str(folder / f"{number}.png"))
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings in a file of this test."""
    return Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
