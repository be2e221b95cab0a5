"""The first minute: what the window proposes for pictures, and what it says to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.app.training.test_training_shape import summary_page, training_dialog
from tests.support.fake_predictor import model_info
from tests.support.screen import button, press, says
from tusk_core.data.pictures import write_picture
from tusk_core.results import DataProposal

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.app import Program

PROPOSAL = DataProposal(12, 5, 7, 24, 0.1, (192, 128))


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Two noisy pictures, as cameras make them."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(2):
        picture = rng.normal(120, 30, (72, 96, 3)).clip(0, 255).astype(np.uint8)
        write_picture(folder / f"{number}.png", picture)
    return folder


def open_source(qtbot, program: Program, source: str) -> None:
    with qtbot.waitSignal(program.workbench.sources.opened, timeout=20_000):
        program.workbench.sources.open_pictures(source)


def test_photographs_are_offered_discovery_first(
    qtbot, program: Program, photographs: Path
) -> None:
    bar, bench = program.window.canvas.next_step, program.workbench
    assert not bar.title
    open_source(qtbot, program, str(photographs))
    qtbot.waitUntil(lambda: bool(bar.title))
    assert bar.title == "2 pictures. What recurs in them?"
    assert button(bar, "Discover").property("primary")
    assert not button(bar, "Train…").property("primary")
    press(bar, "Train…")
    dialog = training_dialog(qtbot, program)
    dialog.close()
    assert bar.title  # nothing was begun
    bench.document.set_model(model_info())
    qtbot.waitUntil(lambda: not bar.title)
    bench.document.set_model(None)
    qtbot.waitUntil(lambda: bool(bar.title))
    press(bar, "Hide this")
    assert not bar.title


def test_generated_pictures_are_offered_training_first(qtbot, program: Program) -> None:
    bar = program.window.canvas.next_step
    open_source(qtbot, program, "sample:tetrominoes?count=9")
    qtbot.waitUntil(lambda: bool(bar.title))
    assert button(bar, "Train…").property("primary")
    assert not button(bar, "Discover").property("primary")


def test_while_a_job_works_nothing_else_is_offered(
    qtbot, program: Program, photographs: Path
) -> None:
    bar, jobs = program.window.canvas.next_step, program.workbench.jobs
    open_source(qtbot, program, str(photographs))
    qtbot.waitUntil(lambda: bool(bar.title))
    waiting = [True]

    def work(control):
        while waiting and not control.stop_requested:
            yield from ()

    job = jobs.start("Something long", work)
    qtbot.waitUntil(lambda: not bar.title)
    job.cancel()
    qtbot.waitUntil(lambda: bool(bar.title))


def test_the_summary_page_shows_what_the_pictures_ask_for(
    qtbot, program: Program, photographs: Path
) -> None:
    page = summary_page(qtbot, program, photographs)
    assert button(page, "Open and discover").isDefault()
    without = page.preview.grab().toImage()
    program.workbench.sources.proposal_ready.emit(PROPOSAL)
    assert page.proposals.rows == {
        "Points per picture": "7",
        "Kinds": "24, since 5 kinds recur clearly",
        "Size of a point": "10 px, 10% of a picture's width",
        "Size to work at": "192×128 px",
    }
    assert says(page, "Measured on 12 pictures")
    assert page.preview.grab().toImage() != without  # the circle
    page.proposals.take(on=True)
    press(page, "Open and train…")
    config = training_dialog(qtbot, program).config()
    assert config is not None
    assert (config.keypoints.num_keypoints, config.prototypes.num_prototypes) == (7, 24)
    program.window.openers.close_all()


def test_nothing_of_a_proposal_is_used_unasked(qtbot, program: Program, photographs: Path) -> None:
    page = summary_page(qtbot, program, photographs)
    program.workbench.sources.proposal_ready.emit(PROPOSAL)
    press(page, "Open and train…")
    dialog = training_dialog(qtbot, program)
    config = dialog.config()
    assert config is not None
    assert config.keypoints.num_keypoints == 8
    dialog.close()


def test_drawn_pictures_are_trained_on_and_a_look_that_fails_says_why(
    qtbot, program: Program, picture_folder: Path
) -> None:
    page = summary_page(qtbot, program, picture_folder)
    assert button(page, "Open and train…").isDefault()
    program.workbench.sources.proposal_failed.emit("The disk is gone.")
    assert says(page, "Nothing can be proposed: The disk is gone.")
    page.close()


def test_the_look_is_taken_for_real(qtbot, program: Program, photographs: Path) -> None:
    page = summary_page(qtbot, program, photographs)
    assert says(page, "Taking a first look")
    qtbot.waitUntil(lambda: page.proposal is not None, timeout=60_000)
    assert page.proposal is not None
    assert page.proposal.num_pictures == 2
    page.close()
