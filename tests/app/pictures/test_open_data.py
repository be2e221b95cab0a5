"""The summary page's choices reach everything that reads the pictures afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QCheckBox, QPlainTextEdit, QPushButton

from tests.app.training.test_training_shape import press, summary_page, training_dialog
from tests.support.screen import named, says
from tusk_core.data.cache import build_cache

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QDialog

    from tusk_app.app import Program


@pytest.fixture
def nested_folder(picture_folder: Path) -> Path:
    """The six pictures, and three more in a folder among them that sorts before them."""
    inside = picture_folder / "0 older"
    inside.mkdir()
    for number in range(3):
        copy = inside / f"{number}.png"
        copy.write_bytes((picture_folder / f"{number}.png").read_bytes())
    return picture_folder


def box(dialog: QDialog) -> QCheckBox:
    return next(b for b in dialog.findChildren(QCheckBox) if "folders inside" in b.text())


def test_folders_inside_can_be_left_out_of_everything(
    qtbot, program: Program, nested_folder: Path
) -> None:
    page = summary_page(qtbot, program, nested_folder)
    assert page.facts["Pictures"] == "9 pictures"
    box(page).click()
    qtbot.waitUntil(lambda: page.facts["Pictures"] == "6 pictures")
    press(page, "Open and train…")
    dialog = training_dialog(qtbot, program)
    source = f"flat:{nested_folder}"
    document = program.workbench.document
    assert document.source is not None
    assert (document.source.source, len(document.source)) == (source, 7)
    config = dialog.config()
    assert config is not None
    assert config.data.source == source
    assert source in dialog.copy_command()
    qtbot.waitUntil(lambda: says(dialog.origin, "6 pictures"))
    assert len(build_cache(config.data)) == 6
    everything = config.data.model_copy(update={"source": str(nested_folder)})
    assert len(build_cache(everything)) == 9
    dialog.close()


def test_a_folder_opened_flat_is_opened_so_again(
    qtbot, program: Program, nested_folder: Path
) -> None:
    source = f"flat:{nested_folder}"
    program.workbench.sources.open_paths([source])
    qtbot.waitUntil(lambda: program.workbench.document.picture is not None)
    assert program.workbench.document.num_pictures == 7
    assert ("pictures", source) in program.workbench.settings.recent()
    assert "pictures" in program.window.windowTitle()
    page = summary_page(qtbot, program, nested_folder)
    assert box(page).isChecked()
    page.close()


def test_a_flat_folder_that_is_gone_is_told_and_forgotten(
    qtbot, program: Program, tmp_path: Path
) -> None:
    source = f"flat:{tmp_path / 'gone'}"
    program.workbench.settings.add_recent("pictures", source)
    with qtbot.waitSignal(program.workbench.sources.refused) as refused:
        program.workbench.sources.open_paths([source])
    assert "gone" in refused.args[0]
    assert not program.workbench.settings.recent()


def test_a_folder_with_pictures_only_inside_says_so_when_unticked(
    qtbot, program: Program, picture_folder: Path
) -> None:
    page = summary_page(qtbot, program, picture_folder.parent)
    assert page.can_open
    box(page).click()
    qtbot.waitUntil(lambda: "no pictures" in page.facts["Pictures"])
    assert not page.can_open
    box(page).click()
    qtbot.waitUntil(lambda: page.can_open)
    assert next(b for b in page.findChildren(QPushButton) if b.text() == "Open").isEnabled()
    page.close()


def test_one_picture_is_counted_as_one_and_copies_say_when_there_are_more(
    qtbot, program: Program, picture_folder: Path
) -> None:
    one = picture_folder / "one"
    one.mkdir()
    content = (picture_folder / "1.png").read_bytes()
    (one / "only.png").write_bytes(content)
    page = summary_page(qtbot, program, one)
    assert page.facts["Pictures"] == "1 picture"
    page.close()
    many = picture_folder / "many"
    many.mkdir()
    for number in range(1200):
        (many / f"{number}.png").write_bytes(content)
    page = summary_page(qtbot, program, many)
    assert page.facts["Duplicates"] == "at least 1,000 pairs with the same content"
    assert (
        named(page, "Files with problems", QPlainTextEdit)
        .toPlainText()
        .endswith("… and 800 more with the same content")
    )
    page.close()
