"""Starting: entry points, preflight, logs, hooks; what must not be imported."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import qWarning

from tusk_app import __main__ as entry
from tusk_app import preflight
from tusk_app.shell import logs
from tusk_app.shell.logs import ErrorHooks, LogBook, start_logging

if TYPE_CHECKING:
    import pytest


def test_no_display_is_said_in_words() -> None:
    text = preflight.display_problem({}, lambda _name: True, "linux")
    assert text is not None
    assert "no display" in text
    assert preflight.display_problem({"QT_QPA_PLATFORM": "offscreen"}, platform="linux") is None
    assert preflight.display_problem({}, platform="win32") is None


def test_a_missing_library_gives_the_line_to_type() -> None:
    text = preflight.display_problem(
        {"DISPLAY": ":0"}, lambda name: name != "libxcb-cursor.so.0", "linux"
    )
    assert text is not None
    assert "apt-get install -y --no-install-recommends libxcb-cursor0" in text
    problem = ImportError("libEGL.so.1: cannot open shared object file: No such file")
    assert preflight.is_system_library(problem)
    assert "libegl1" in preflight.library_advice(str(problem))
    assert "libodd.so.3" in preflight.library_advice("libodd.so.3: cannot open shared object file")


def test_options_that_are_not_there_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.open_window(["--nonsense"]) == 2
    assert "--nonsense" in capsys.readouterr().err


def test_a_mistyped_command_is_told_from_a_path(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert entry.open_window(["reconstrct", "model"]) == 2
    assert "Did you mean `tusk reconstruct`?" in capsys.readouterr().err
    assert "Did you mean" not in (entry.mistyped_command(["qqqq"]) or "")
    assert "There is no command" in (entry.mistyped_command(["qqqq"]) or "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    for opened in ("pictures", "sample:tetrominoes", "gone.png", "/gone"):
        assert entry.mistyped_command([opened]) is None


def test_the_broken_qt_is_refused_on_old_pythons() -> None:
    assert "PySide6-Essentials<6.12" in (entry.version_problem((3, 11), "6.12.0") or "")
    assert entry.version_problem((3, 11), "6.11.3") is None
    assert entry.version_problem((3, 12), "6.12.0") is None
    assert entry.version_problem() is None


def test_commands_of_the_engine_load_no_qt() -> None:
    code = (
        "import sys; sys.argv = ['tusk', 'presets']\n"
        "from tusk_app.__main__ import console\n"
        "status = console()\n"
        "assert not [m for m in sys.modules if m.startswith('PySide6')], 'Qt was loaded'\n"
        "sys.exit(status)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_window_starts_without_the_heavy_libraries() -> None:
    code = (
        "import sys, tusk_app.app\n"
        "heavy = {'torch', 'umap', 'cv2', 'numba', 'sklearn', 'openTSNE', 'scipy', 'pyqtgraph'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_log_reaches_file_and_book(tmp_path: Path) -> None:
    running = start_logging(tmp_path, echo=False)
    try:
        logging.getLogger("test").warning("something odd")
        lines = running.book.since(0)
        assert [line.text for line in lines if line.logger == "test"] == ["something odd"]
        assert "something odd" in (tmp_path / logs.LOG_NAME).read_text()
    finally:
        running.stop()


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    running = start_logging(tmp_path / "file" / "logs", echo=False)
    try:
        assert running.folder is None
    finally:
        running.stop()


def test_the_trace_of_a_crash_is_found_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / logs.FAULT_NAME).write_text("Fatal Python error: Segmentation fault")
    running = start_logging(tmp_path, echo=False)
    running.stop()
    assert "Segmentation fault" in running.previous_crash
    assert (tmp_path / f"previous-{logs.FAULT_NAME}").is_file()


def test_the_book_is_announced_once_until_it_is_read(qtbot) -> None:
    book = LogBook()
    told: list[int] = []
    book.grown.connect(lambda: told.append(1))
    for number in range(5):
        book.append(0.0, logging.INFO, "test", str(number))
    assert len(told) == 1
    assert [line.text for line in book.since(3)] == ["3", "4"]
    book.append(0.0, logging.INFO, "test", "5")
    assert len(told) == 2


def test_hooks_catch_python_threads_and_qt(qtbot, caplog: pytest.LogCaptureFixture) -> None:
    hooks = ErrorHooks()
    caught: list[str] = []
    hooks.caught.connect(lambda line, _trace: caught.append(line))
    hooks.install()
    try:
        sys.excepthook(ValueError, ValueError("first"), None)
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: len(caught) == 2)
        qWarning("from Qt")
    finally:
        hooks.remove()
    assert caught == ["ValueError: first", "ZeroDivisionError: division by zero"]
    assert "from Qt" in caplog.text


def test_home_is_shortened_in_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs.Path, "home", lambda: Path("/home/somebody"))
    assert logs.shorten_home("/home/somebody/x") == "~/x"
