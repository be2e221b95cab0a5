"""Names of prototypes where they cannot be kept: told once, not lost, offered another place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QFileDialog

from tests.support.small_models import write_model
from tusk_app import settings as places
from tusk_core.resources import bundled_models

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.app import Program

LONG = 60_000


@pytest.fixture
def no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file stands where the user's data should be, so that nothing can be written there."""
    place = tmp_path / "taken"
    place.write_text("")
    monkeypatch.setattr(places, "data_dir", lambda: place / "tusk")
    return place


def opened(qtbot, program: Program, model: str) -> None:
    before = program.workbench.document.model
    program.workbench.engine.open_model(model)
    qtbot.waitUntil(lambda: program.workbench.document.model is not before, timeout=LONG)


def test_a_home_that_cannot_be_written_is_told_once_and_names_can_go_elsewhere(
    qtbot, program: Program, no_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toasts = []
    program.workbench.notices.toast_posted.connect(toasts.append)
    first, second = list(bundled_models())[:2]
    opened(qtbot, program, first)
    opened(qtbot, program, second)
    told = [toast for toast in toasts if "cannot be kept" in toast.text]
    assert len(told) == 1
    assert "until the window closes" in told[0].text
    book = program.workbench.prototypes
    book.rename(1, "left corner")
    assert book.name(1) == "left corner"

    elsewhere = tmp_path / "names.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: (str(elsewhere), ""))
    told[0].action()
    assert json.loads(elsewhere.read_text())["names"] == {"1": "left corner"}
    book.rename(2, "right corner")
    assert json.loads(elsewhere.read_text())["names"]["2"] == "right corner"
    assert not [toast for toast in toasts if toast.level == "error"]


def test_a_folder_that_refuses_names_later_is_told_too(
    qtbot, program: Program, tmp_path: Path
) -> None:
    toasts = []
    program.workbench.notices.toast_posted.connect(toasts.append)
    model = write_model(tmp_path / "model")
    opened(qtbot, program, str(model))
    (model / "prototypes.json").mkdir()
    book = program.workbench.prototypes
    for name in ("left", "right"):
        book.rename(1, name)
    assert len([toast for toast in toasts if "cannot be kept" in toast.text]) == 1
    assert book.name(1) == "right"
