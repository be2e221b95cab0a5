"""The training size chosen on the summary page reaches the training dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QPushButton, QSpinBox

from tests.support.screen import box, named
from tusk_app.pictures.open_data import OpenDataDialog
from tusk_app.training.dialog.dialog import TrainingDialog
from tusk_app.training.dialog.presets import all_presets

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QDialog

    from tusk_app.app import Program


def press(dialog: QDialog, text: str) -> None:
    next(b for b in dialog.findChildren(QPushButton) if b.text() == text).click()


def opened(qtbot, program: Program, name: str) -> QDialog:
    openers = program.window.openers
    qtbot.waitUntil(lambda: openers.opened(name) is not None)
    dialog = openers.opened(name)
    assert dialog is not None
    return dialog


def summary_page(qtbot, program: Program, folder: Path) -> OpenDataDialog:
    program.window.openers.open_data(str(folder))
    dialog = opened(qtbot, program, "open-data-dialog")
    assert isinstance(dialog, OpenDataDialog)
    qtbot.waitUntil(lambda: dialog.facts["Pictures"] != "…")
    return dialog


def training_dialog(qtbot, program: Program) -> TrainingDialog:
    dialog = opened(qtbot, program, "training-dialog")
    assert isinstance(dialog, TrainingDialog)
    dialog.estimate.cancel()
    return dialog


def choose_shape(page: OpenDataDialog, width: int, height: int, fit: str) -> None:
    """Set the training size on the summary page."""
    named(page, "Training width", QSpinBox).setValue(width)
    named(page, "Training height", QSpinBox).setValue(height)
    fits = box(page, "How pictures are brought to the training size")
    fits.setCurrentIndex(fits.findData(fit))


def test_the_chosen_size_is_the_one_that_is_trained(
    qtbot, program: Program, picture_folder: Path
) -> None:
    page = summary_page(qtbot, program, picture_folder)
    choose_shape(page, 64, 48, "pad")
    press(page, "Open and train…")
    dialog = training_dialog(qtbot, program)
    config = dialog.config()
    assert config is not None
    assert (config.data.width, config.data.height, config.data.fit) == (64, 48, "pad")
    rows = dialog.form.rows
    assert all(rows[path].is_changed for path in ("data.width", "data.height", "data.fit"))
    assert "changed" in dialog.form.groups["data"].mark
    dialog.origin.set_values("sample:tetrominoes", "cpu")
    dialog.cards.chosen.emit(all_presets()[0])
    assert not rows["data.width"].is_changed
    dialog.close()


def test_a_size_nobody_chose_leaves_it_to_the_preset(
    qtbot, program: Program, picture_folder: Path
) -> None:
    page = summary_page(qtbot, program, picture_folder)
    press(page, "Open")
    document = program.workbench.document
    qtbot.waitUntil(lambda: document.source is not None)
    assert program.workbench.training.wish.of(str(picture_folder)).shape is None


def test_the_size_holds_after_opening_and_for_these_pictures_only(
    qtbot, program: Program, picture_folder: Path
) -> None:
    page = summary_page(qtbot, program, picture_folder)
    choose_shape(page, 32, 32, "stretch")
    press(page, "Open")
    document = program.workbench.document
    qtbot.waitUntil(lambda: document.picture is not None)
    program.workbench.actions.trigger("model.train")
    dialog = training_dialog(qtbot, program)
    config = dialog.config()
    assert config is not None
    assert config.data.fit == "stretch"
    assert program.workbench.training.wish.of("elsewhere").shape is None
    dialog.close()


def test_pictures_held_out_on_the_page_are_held_out_in_training(
    qtbot, program: Program, picture_folder: Path
) -> None:
    page = summary_page(qtbot, program, picture_folder)
    assert page.held_out == 0
    named(page, "Share of the pictures held out of training", QSpinBox).setValue(20)
    press(page, "Open and train…")
    dialog = training_dialog(qtbot, program)
    config = dialog.config()
    assert config is not None
    assert config.data.held_out == 0.2
    assert dialog.form.rows["data.held_out"].is_changed
    assert "data.held_out=0.2" in dialog.copy_command()
    assert not dialog.form.rows["data.width"].is_changed
    dialog.close()
    again = summary_page(qtbot, program, picture_folder)
    assert again.held_out == 0.2
    again.close()


def test_training_does_not_follow_the_opening_after_a_refused_one(
    qtbot, program: Program, picture_folder: Path, tmp_path: Path
) -> None:
    page = summary_page(qtbot, program, picture_folder)
    sources = program.workbench.sources
    with qtbot.waitSignal(sources.refused):
        page.train_wanted.emit(str(tmp_path / "gone"))
    with qtbot.waitSignal(sources.completed):
        sources.open_pictures(str(picture_folder))
    assert program.window.openers.opened("training-dialog") is None
    with qtbot.waitSignal(sources.completed):
        page.train_wanted.emit(str(picture_folder))
    training_dialog(qtbot, program).close()
