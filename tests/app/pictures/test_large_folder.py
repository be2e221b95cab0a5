"""A folder with very many pictures: the first are there at once, the rest takes their place."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtWidgets import QTableView

from tests.support import screen
from tusk_app.pictures.dock import SourceDock
from tusk_app.pictures.picture_list import PICTURE_ROLE
from tusk_core import api
from tusk_core.data import folders
from tusk_core.data.pictures import write_picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from tusk_app.app import Program
    from tusk_core.control import RunControl

NUM_FILES, NUM_FIRST = 40, 12


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Pictures that differ, of which the first page holds a few."""
    folder = tmp_path / "large"
    folder.mkdir()
    for number in range(NUM_FILES):
        picture = np.full((20, 30, 3), 5 * number, np.uint8)
        write_picture(folder / f"frame_{number}.png", picture)
    return folder


@pytest.fixture
def rest(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The disk is slow: after the first page it waits until this is set."""
    release, open_watched = threading.Event(), api.open_watched

    def slowly(source: str, tell, control: RunControl, *, wanted: str = "") -> object:
        def told(so_far: object) -> None:
            tell(so_far)
            while not release.wait(0.01) and not control.stop_requested:
                pass

        return open_watched(source, told, control, wanted=wanted)

    monkeypatch.setattr(folders, "FIRST_AFTER_S", 0.0)
    monkeypatch.setattr(folders, "FIRST_PICTURES", NUM_FIRST)
    monkeypatch.setattr(api, "open_watched", slowly)
    yield release
    release.set()


@pytest.fixture
def page(qtbot: QtBot, program: Program, large: Path, rest: threading.Event) -> SourceDock:
    """The list while the folder is still being read."""
    del rest
    bench = program.workbench
    bench.sources.open_pictures(str(large))
    qtbot.waitUntil(lambda: bench.document.picture is not None, timeout=20_000)
    assert not bench.document.is_whole
    return program.window.panel(SourceDock)


def table(dock: SourceDock) -> QTableView:
    return screen.named(dock, "Pictures", QTableView)


def wait_for_chosen(qtbot: QtBot, program: Program) -> None:
    """Let the window live until the picture that is chosen is shown, told by its colour."""
    document = program.workbench.document
    assert document.source is not None
    number = int(document.source.name(document.index).removesuffix(".png").rpartition("_")[2])

    def is_shown() -> bool:
        return document.picture is not None and document.picture[0, 0, 0] == 5 * number

    qtbot.waitUntil(is_shown, timeout=20_000)


def top_of(dock: SourceDock, picture: int) -> int:
    """Return how far below the upper edge of the list a picture stands [px]."""
    view = table(dock)
    rows = range(view.model().rowCount())
    row = next(r for r in rows if view.model().index(r, 0).data(PICTURE_ROLE) == picture)
    return view.rowViewportPosition(row)


def test_what_was_chosen_stays_when_the_rest_is_there(
    qtbot: QtBot, program: Program, page: SourceDock, rest: threading.Event
) -> None:
    document = program.workbench.document
    assert page.num_shown == NUM_FIRST
    assert screen.says(page, " so far")
    page.choose(9)
    wait_for_chosen(qtbot, program)
    assert document.source is not None
    name, picture = document.source.name(9), document.picture
    stood = top_of(page, 9)
    rest.set()
    qtbot.waitUntil(lambda: document.is_whole, timeout=20_000)
    assert page.num_shown == document.num_pictures == NUM_FILES
    assert document.source.name(document.index) == name == f"frame_{document.index}.png"
    assert document.picture is picture, "it is not read again"
    number = table(page).currentIndex().data(PICTURE_ROLE)
    assert number == document.index
    top, lowest = top_of(page, number), table(page).verticalScrollBar().maximum()
    at_an_end = table(page).verticalScrollBar().value() in (0, lowest)
    assert top == stood or at_an_end
    assert not screen.says(page, "so far")
    assert screen.says(page, f"{number + 1} of {NUM_FILES}")
    page.choose(number + 1 if number + 1 < NUM_FILES else 0)
    wait_for_chosen(qtbot, program)


def test_nothing_takes_the_first_page_for_the_folder(
    qtbot: QtBot, program: Program, page: SourceDock, rest: threading.Event
) -> None:
    bench, actions = program.workbench, program.workbench.actions
    toasts: list[str] = []
    bench.notices.toast_posted.connect(lambda toast: toasts.append(toast.text))
    before = bench.document.index
    for command in ("go.to", "go.last", "model.discover"):
        toasts.clear()
        actions.trigger(command)
        assert any("first pictures of this folder" in text for text in toasts), command
    assert bench.document.index == before
    assert not bench.jobs.running
    assert bench.analysis.problem
    assert not actions.get("go.play").isEnabled()
    page.set_filter(f"frame_{NUM_FILES - 1}")
    rest.set()
    qtbot.waitUntil(lambda: bench.document.is_whole, timeout=20_000)
    qtbot.waitUntil(lambda: page.num_shown == 1)  # looked for among all
    actions.trigger("go.last")
    assert bench.document.index == NUM_FILES - 1
    assert actions.get("go.play").isEnabled()


def test_reading_can_be_given_up_and_taken_up_again(
    qtbot: QtBot, program: Program, page: SourceDock, rest: threading.Event
) -> None:
    document = program.workbench.document
    page.choose(4)
    wait_for_chosen(qtbot, program)
    assert document.source is not None
    name = document.source.name(4)
    screen.press(page, "Cancel")
    assert screen.says(page, f"Only the first {NUM_FIRST} found")
    assert not document.is_whole
    assert program.workbench.analysis.problem, "nothing counts them as the whole folder"
    rest.set()
    screen.press(page, "Read on")
    qtbot.waitUntil(lambda: document.is_whole and document.picture is not None, timeout=20_000)
    assert document.num_pictures == NUM_FILES
    assert document.source.name(document.index) == name


def test_a_command_that_was_to_follow_waits_for_the_whole_folder(
    qtbot: QtBot, program: Program, large: Path, rest: threading.Event
) -> None:
    sources, document = program.workbench.sources, program.workbench.document
    seen: list[int] = []
    sources.completed.connect(lambda: seen.append(document.num_pictures))
    with qtbot.waitSignal(sources.opened, timeout=20_000):
        sources.open_pictures(str(large))
    assert not seen
    rest.set()
    qtbot.waitUntil(lambda: seen == [NUM_FILES], timeout=20_000)
