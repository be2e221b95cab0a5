"""Dialogs of the window: opening data, errors, log, preferences, tour, system information."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QMessageBox, QPushButton, QTreeWidget

from tests.support.screen import button, named, press, says
from tests.support.screen import dialog as dialog_over
from tests.support.small_models import write_model
from tusk_app.pictures.open_data import OpenDataDialog
from tusk_app.pictures.summary_texts import describe_sizes
from tusk_app.pictures.widgets.crop_preview import used_part
from tusk_app.shell import openers
from tusk_app.shell.about import bundled_parts
from tusk_app.shell.error_dialog import ErrorCenter, report_text
from tusk_app.shell.logs import ErrorHooks, LogBook
from tusk_app.shell.recovery import Recovery
from tusk_app.shell.status_bar import StatusBar
from tusk_app.shell.tour import Tour, place_beside
from tusk_app.state.notices import NoticeButton, Problem
from tusk_app.threads.latest_task import LatestTask
from tusk_app.training.dialog.dialog import make_training_dialog
from tusk_core import api
from tusk_core.results import RunSummary

if TYPE_CHECKING:
    from tusk_app.app import Program


def surveyed(qtbot, program: Program, folder: Path) -> OpenDataDialog:
    program.window.openers.open_data(str(folder))
    dialog = program.window.openers.opened("open-data-dialog")
    assert isinstance(dialog, OpenDataDialog)
    qtbot.waitUntil(lambda: dialog.facts["Pictures"] != "…")
    return dialog


def test_the_summary_page_tells_all(qtbot, program: Program, picture_folder: Path) -> None:
    (picture_folder / "copy.png").write_bytes((picture_folder / "2.png").read_bytes())
    dialog = surveyed(qtbot, program, picture_folder)
    facts = dialog.facts
    assert facts["Pictures"] == "7 pictures"
    assert facts["Sizes"] == "all 40×30"
    assert facts["Unreadable"].startswith("1 file")
    assert facts["Duplicates"].startswith("1 pair")
    assert dialog.can_open
    assert dialog.width() <= 1000
    assert dialog.height() <= 680


def test_black_and_white_of_deep_pictures_can_be_chosen(
    qtbot, program: Program, tmp_path: Path
) -> None:
    folder = tmp_path / "deep"
    folder.mkdir()
    for number, brightest in enumerate((900, 3000)):
        counts = np.full((30, 40), 100, np.uint16)
        counts[:10] = brightest
        tifffile.imwrite(folder / f"{number}.tif", counts)
    dialog = surveyed(qtbot, program, folder)
    assert dialog.facts["Brightness"].startswith("black is 0, white is 4095")
    assert dialog.shown_as is None
    button(dialog, "Black and white at").click()
    named(dialog, "Value shown as black", QDoubleSpinBox).setValue(50)
    named(dialog, "Value shown as white", QDoubleSpinBox).setValue(900)
    next(b for b in dialog.findChildren(QPushButton) if b.text() == "Open").click()
    qtbot.waitUntil(lambda: program.workbench.document.picture is not None)
    picture = program.workbench.document.picture
    assert picture[29, 0, 0] == round((100 - 50) * 255 / (900 - 50))
    training = make_training_dialog(program.workbench, program.window)
    data = training.config().data
    assert (data.brightness, data.brightness_low, data.brightness_high) == ("range", 50, 900)
    training.reject()


def test_opening_from_the_summary_page(qtbot, program: Program, picture_folder: Path) -> None:
    dialog = surveyed(qtbot, program, picture_folder)
    next(b for b in dialog.findChildren(QPushButton) if b.text() == "Open").click()
    qtbot.waitUntil(lambda: program.workbench.document.picture is not None)
    assert program.window.openers.opened("open-data-dialog") is None


def test_a_folder_without_pictures_cannot_be_opened(
    qtbot, program: Program, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("x")
    dialog = surveyed(qtbot, program, tmp_path)
    assert not dialog.can_open
    dialog.close()


@pytest.mark.parametrize(("sizes", "words"), [
    ((), "unknown"),
    (((64, 48, 10),), "all 64×48"),
    (((10, 10, 5), (20, 20, 1), (5, 5, 1)), "5×5 to 20×20, median 10×10 (3 different)"),
])  # fmt: skip
def test_sizes_in_words(sizes: tuple[tuple[int, int, int], ...], words: str) -> None:
    assert describe_sizes(sizes) == words


def test_the_part_that_reaches_the_network() -> None:
    assert used_part(200, 100, 1.0, "crop") == (50, 0, 100, 100)
    assert used_part(100, 200, 2.0, "crop") == (0, 75, 100, 50)
    assert used_part(200, 100, 1.0, "stretch") == (0, 0, 200, 100)


def test_an_error_is_shown_with_its_ways_out(qtbot, program: Program) -> None:
    tried: list[str] = []
    program.workbench.notices.error(
        "The GPU ran out of memory.", "Batch 64 needed 9 GB.", "Try a smaller batch.", "trace",
        [("Retry with 32", lambda: tried.append("32"))],
    )  # fmt: skip
    dialog = program.window.errors.dialog
    assert dialog is not None
    assert not dialog.isModal()
    retry = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Retry with 32")
    assert retry.width() >= retry.sizeHint().width(), "the words are cut off"
    retry.click()
    assert tried == ["32"]
    assert program.window.errors.dialog is None


def test_the_report_names_problem_and_machine(qtbot, program: Program) -> None:
    program.workbench.notices.error("It broke.", details="Traceback: boom")
    dialog = program.window.errors.dialog
    assert dialog is not None
    dialog.copy_report()
    text = QGuiApplication.clipboard().text()
    for part in ("It broke.", "Traceback: boom", "TUSK", "Python", "torch"):
        assert part in text
    program.window.errors.close()


def test_a_flood_of_errors_does_not_bury_the_user(qtbot, program: Program) -> None:
    now = [0.0]
    centre = ErrorCenter(program.window, clock=lambda: now[0])
    hushed: list[str] = []
    centre.hushed.connect(hushed.append)
    for _ in range(100):
        centre.show(Problem("same"))
    for number in range(100):
        centre.show(Problem(f"other {number}"))
    assert centre.dialog is not None
    assert centre.num_waiting == 20
    assert "100 times" in centre.dialog.windowTitle()
    centre.close()
    centre.show(Problem("again"))
    centre.close()
    now[0] = 5.0
    centre.show(Problem("again"))
    assert hushed == ["again"]
    now[0] = 60.0
    centre.show(Problem("again"))
    assert centre.dialog is not None
    centre.close()


def test_problems_come_one_after_another(qtbot, program: Program) -> None:
    centre = ErrorCenter(program.window)
    centre.show(Problem("first", buttons=(NoticeButton("A", lambda: None),)))
    centre.show(Problem("second"))
    assert centre.dialog is not None
    centre.dialog.close()
    assert centre.dialog is not None
    assert centre.dialog.problem is not None
    assert centre.dialog.problem.title == "second"
    centre.close()


def test_the_home_folder_is_not_in_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/somebody"))
    assert "/home/somebody" not in report_text(Problem("x", details="/home/somebody/a"), "")


def test_the_log_dock_follows_filters_and_copies(qtbot, program: Program) -> None:
    book = LogBook()
    dock = program.window.docks["log"]
    dock.set_book(book)
    program.workbench.actions.trigger("tools.log")
    book.append(0.0, logging.INFO, "a", "opened pictures")
    book.append(0.0, logging.ERROR, "a", "disk full\nTraceback")
    qtbot.waitUntil(lambda: "disk full" in dock.text())
    dock.set_filter("DISK")
    assert "opened" not in dock.text()
    dock.set_filter("")
    dock.findChild(QComboBox).setCurrentIndex(2)
    assert "opened" not in dock.text()
    dock.copy()
    assert "disk full" in QGuiApplication.clipboard().text()


def test_preferences_act_at_once(qtbot, program: Program, tmp_path: Path) -> None:
    program.workbench.actions.trigger("file.preferences")
    dialog = program.window.openers.opened("preferences-dialog")
    dialog.theme.setCurrentIndex(dialog.theme.findData("dark"))
    assert program.workbench.settings.theme == "dark"
    dialog.run_root.setText(str(tmp_path / "runs"))
    dialog.run_root.editingFinished.emit()
    assert program.workbench.training.run_root == tmp_path / "runs"
    dialog.run_root.setText("not absolute")
    dialog.run_root.editingFinished.emit()
    assert program.workbench.settings.run_root == tmp_path / "runs"
    dialog.theme.setCurrentIndex(dialog.theme.findData("light"))
    dialog.close()


@pytest.mark.parametrize("command", ["help.about", "help.licences", "help.system-information"])
def test_help_dialogs_fit_a_laptop(program: Program, command: str) -> None:
    program.workbench.actions.trigger(command)
    name = {"help.system-information": "system-information-dialog"}.get(command, "about-dialog")
    dialog = program.window.openers.opened(name)
    assert dialog is not None
    assert dialog.width() <= 1000
    assert dialog.height() <= 680
    dialog.close()


def test_the_about_box_lists_everything_the_program_is_built_on(program: Program) -> None:
    rows = {name: (version, licence) for name, version, _use, licence in bundled_parts()}
    assert rows["Python"][1] == "PSF-2.0"
    for name in ("torch", "pyside6-essentials", "numpy", "umap-learn", "opencv-python-headless"):
        version, licence = rows[name]
        assert version[0].isdigit()
        assert licence
    assert len(rows) > 30
    program.workbench.actions.trigger("help.about")
    dialog = program.window.openers.opened("about-dialog")
    (tree,) = dialog.findChildren(QTreeWidget)
    assert tree.topLevelItemCount() == len(rows)
    dialog.close()


def test_a_dialog_opens_once(program: Program) -> None:
    program.workbench.actions.trigger("help.shortcuts")
    first = program.window.openers.opened("shortcuts-dialog")
    program.workbench.actions.trigger("help.shortcuts")
    second = program.window.openers.opened("shortcuts-dialog")
    assert second is not None
    assert second is not first
    second.close()


def test_the_sample_shows_what_a_model_finds(qtbot, program: Program, monkeypatch) -> None:
    document, window = program.workbench.document, program.window
    monkeypatch.setattr(openers, "SAMPLE", "sample:digits?count=6&seed=99")
    press(window.welcome, "Try the sample")
    qtbot.waitUntil(lambda: document.analysis is not None, timeout=100_000)
    assert document.model is not None
    assert document.model.name == "digits"
    assert document.source is not None
    assert len(document.analysis.picture_names) == len(document.source) == 6
    assert window.layouts.current == "Explore"
    for name in ("embedding", "gallery", "reconstruction"):
        assert not window.docks[name].visibleRegion().isEmpty()
    qtbot.waitUntil(lambda: program.workbench.embedding.map is not None, timeout=60_000)


def test_a_trained_model_is_one_click_away(qtbot, program: Program) -> None:
    welcome = program.window.welcome
    button = welcome.findChild(QPushButton, "project-digits")
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    document = program.workbench.document
    qtbot.waitUntil(lambda: document.detection is not None, timeout=60_000)
    assert document.model is not None
    assert document.model.name == "digits"
    assert document.source is not None
    assert document.source.source.startswith("sample:digits")


def test_the_tour_leads_over_the_real_window(qtbot, program: Program) -> None:
    program.workbench.sources.open_paths(["sample:tetrominoes?count=4"])
    qtbot.waitUntil(lambda: program.workbench.document.picture is not None)
    program.workbench.actions.trigger("help.tour")
    tour = program.window.findChild(Tour)
    assert tour is not None
    assert tour.num_steps == 6
    seen = [tour.current]
    for _ in range(5):
        tour.card.onward.emit()
        seen.append(tour.current)
        assert program.window.rect().contains(tour.card.geometry())
    assert seen == [0, 1, 2, 3, 4, 5]
    tour.card.onward.emit()
    assert tour.current == -1
    assert not tour.card.isVisible()


def test_escape_ends_the_tour(qtbot, program: Program) -> None:
    program.workbench.sources.open_paths(["sample:tetrominoes?count=4"])
    qtbot.waitUntil(lambda: program.workbench.document.picture is not None)
    program.window.openers.tour()
    tour = program.window.findChild(Tour)
    assert tour is not None
    qtbot.keyClick(tour.card, Qt.Key.Key_Escape)
    assert tour.current == -1


@pytest.mark.parametrize("around", [
    QRect(0, 0, 50, 50), QRect(900, 10, 90, 600), QRect(0, 0, 1000, 700), QRect(300, 0, 650, 40),
])  # fmt: skip
def test_the_card_stays_in_the_window(around: QRect) -> None:
    whole = QRect(0, 0, 1000, 700)
    corner = place_beside(around, (340, 160), whole)
    assert whole.contains(QRect(corner, QRect(0, 0, 340, 160).size()))
    assert isinstance(corner, QPoint)


def test_toasts_stack_inside_the_window_and_do_not_repeat(program: Program) -> None:
    window, calls = program.window, []
    for text in ("one", "two", "one", "three", "four", "five"):
        window.toasts.show(text, "info", "Do it", lambda: calls.append(1))
    texts = [card.text for card in window.toasts.cards]
    assert texts == ["one", "three", "four", "five"]
    for card in window.toasts.cards:
        assert window.rect().contains(card.geometry())
    window.toasts.cards[-1].findChild(QPushButton).click()
    assert calls == [1]
    assert len(window.toasts.cards) == 3


def test_the_status_bar_forgets_after_a_while(qtbot, program: Program) -> None:
    bar = program.window.status
    assert isinstance(bar, StatusBar)
    program.workbench.notices.status("Opened 12 pictures.")
    assert bar.message == "Opened 12 pictures."
    qtbot.waitUntil(lambda: bar.message == "", timeout=8000)


def test_the_device_chip_tells_the_reason(qtbot, program: Program) -> None:
    assert says(program.window.status, "Preparing")
    program.workbench.engine.prepare()
    qtbot.waitUntil(lambda: not says(program.window.status, "Preparing"), timeout=60_000)
    assert program.window.status.device_reason


def test_an_error_that_nobody_handled_is_shown_and_the_program_goes_on(
    qtbot, program: Program
) -> None:
    hooks = ErrorHooks()
    hooks.caught.connect(program.report, Qt.ConnectionType.QueuedConnection)
    hooks.install()
    try:
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: program.window.errors.dialog is not None)
    finally:
        hooks.remove()
    problem = program.window.errors.dialog.problem
    assert problem.why == "ZeroDivisionError: division by zero"
    assert "Traceback" in problem.details
    program.window.errors.close()


def crashed_run(folder: Path) -> RunSummary:
    return RunSummary(
        folder, "tetrominoes", "crashed", 120, 500, "2026-11-22T10:00:00", 60.0, (100,), 100,
        "quick-tetrominoes", "sample:tetrominoes",
    )  # fmt: skip


@pytest.fixture
def found_runs(monkeypatch: pytest.MonkeyPatch) -> list[RunSummary]:
    """What lies in the folder of runs."""
    found: list[RunSummary] = []
    monkeypatch.setattr(api, "list_runs", lambda _root: tuple(found))
    return found


def look_for_runs(qtbot, program: Program) -> None:
    """Let the program look for runs that crashed, as it does after its start."""
    recovery = Recovery(program.window, program.workbench, program)
    recovery.look()
    task = recovery.findChild(LatestTask)
    qtbot.waitUntil(lambda: not task.is_busy, timeout=10_000)


def test_a_crashed_run_is_offered_once(
    qtbot, program: Program, tmp_path: Path, found_runs: list[RunSummary]
) -> None:
    found_runs.append(crashed_run(tmp_path))
    look_for_runs(qtbot, program)
    question = dialog_over(program.window, QMessageBox)
    assert question is not None
    assert not question.isModal()
    assert "120 of 500" in question.informativeText()
    words = [button.text() for button in question.buttons()]
    assert sorted(words) == ["Dismiss", "Open what was learned", "Resume"]
    question.reject()
    look_for_runs(qtbot, program)
    assert dialog_over(program.window, QMessageBox) is None


def test_what_a_killed_run_learned_can_be_looked_at(
    qtbot, program: Program, tmp_path: Path, found_runs: list[RunSummary]
) -> None:
    run = crashed_run(write_model(tmp_path / "run"))
    found_runs.append(run)
    document, layouts = program.workbench.document, program.window.layouts
    layouts.switch("Train")
    look_for_runs(qtbot, program)
    press(dialog_over(program.window, QMessageBox), "Open what was learned")
    qtbot.waitUntil(lambda: document.detection is not None, timeout=40_000)
    assert document.model.path == document.run_dir == run.path
    assert document.source.source == "sample:tetrominoes"
    assert layouts.current == "Data"
    # It was answered: the run itself is left as it is, and not offered again.
    assert not program.workbench.training.is_busy
    look_for_runs(qtbot, program)
    assert dialog_over(program.window, QMessageBox) is None
