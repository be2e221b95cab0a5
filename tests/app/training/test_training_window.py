"""The real window with the real engine: open, train, pause, resume, stop, inspect, close."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from tests.support.screen import says
from tusk_app.training.controller import RunState
from tusk_app.training.dialog.dialog import TrainingDialog
from tusk_core import api

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.app import Program

pytestmark = pytest.mark.slow

TINY = {
    "data.width": 24,
    "data.height": 24,
    "encoder.widths": (8, 16),
    "decoder.patch_size": 12,
    "prototypes.num_prototypes": 6,
    "prototypes.bank_size": 64,
    "prototypes.num_steps": 1,
    "optim.batch_size": 4,
    "run.checkpoint_every": 100_000,
    "run.preview_every": 0,
}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    list(api.make_sample_data("tetrominoes", count=12, seed=1, out=folder))
    return folder


def asked(qtbot, program: Program) -> TrainingDialog:
    """The training dialog, asked for as a user does."""
    program.workbench.actions.trigger("model.train")
    dialog = program.window.openers.opened("training-dialog")
    assert isinstance(dialog, TrainingDialog)
    return dialog


def start(qtbot, program: Program, pictures: Path) -> None:
    program.workbench.sources.open_paths([str(pictures)])
    qtbot.waitUntil(lambda: program.workbench.document.picture is not None, timeout=20_000)
    dialog = asked(qtbot, program)
    assert str(pictures) in dialog.origin.source_edit.text()
    dialog.estimate.cancel()
    for path, value in TINY.items():
        dialog.form.rows[path].set_value(value)
    dialog.estimate.cancel()
    qtbot.mouseClick(dialog.start_button, Qt.MouseButton.LeftButton)


def test_train_pause_resume_stop_inspect(qtbot, program, pictures) -> None:
    training, actions = program.workbench.training, program.workbench.actions
    view = program.window.docks["training"].view
    start(qtbot, program, pictures)
    assert training.is_busy
    qtbot.waitUntil(view.isVisible, timeout=20_000)
    qtbot.waitUntil(lambda: training.state is RunState.RUNNING, timeout=60_000)
    actions.trigger("model.pause")
    assert says(view.header, "Pausing after this step…")
    qtbot.waitUntil(lambda: training.state is RunState.PAUSED, timeout=20_000)
    assert says(view.header, "Paused at step")
    assert says(view.header, "The model stays in memory")
    assert program.window.status.message.startswith("Paused at step")
    shown = actions.entry("model.pause")
    assert (shown.title, shown.icon) == ("Resume the run", "play")
    held_at = len(training.record.history)
    actions.trigger("model.pause")
    qtbot.waitUntil(lambda: len(training.record.history) > held_at, timeout=20_000)
    assert not says(view.header, "Paused")
    assert not says(view.header, "Pausing")
    assert actions.entry("model.pause").icon == "pause"
    with qtbot.waitSignal(training.run_ended, timeout=20_000) as blocker:
        actions.trigger("model.stop")
    assert blocker.args == ["stopped"]
    assert view.card.isVisible()
    with qtbot.waitSignal(program.workbench.engine.model_opened, timeout=60_000):
        view.card.button("inspect").click()
    assert program.window.layouts.current == "Data"
    assert program.workbench.document.model is not None


def test_closing_the_window_keeps_what_was_learnt(qtbot, program, pictures) -> None:
    training = program.workbench.training
    asked_for: list[str] = []
    program.window.closer.ask = lambda title, *_: not asked_for.append(title)
    start(qtbot, program, pictures)
    qtbot.waitUntil(lambda: training.state is RunState.RUNNING, timeout=60_000)
    with qtbot.waitSignal(training.run_ended, timeout=30_000):
        assert not program.window.close()
    qtbot.waitUntil(lambda: program.window.closer.is_down, timeout=30_000)
    assert asked_for == ["A run is in progress"]
    (summary,) = api.list_runs(training.run_root)
    assert summary.status == "stopped"
    assert summary.checkpoints
