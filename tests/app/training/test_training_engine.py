"""The panel with the real engine: a few real steps on a few real pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tusk_app.training.controller import RunState
from tusk_app.training.request import TrainingRequest
from tusk_core import api
from tusk_core.config import TrainConfig, load_preset, replaced
from tusk_core.training import loop

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few small pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    list(api.make_sample_data("tetrominoes", count=12, seed=1, out=folder))
    return folder


def tiny(source: Path, **changes: object) -> TrainConfig:
    settings = {
        "data.source": str(source),
        "encoder.widths": [8, 16],
        "prototypes.num_prototypes": 6,
        "prototypes.bank_size": 64,
        "prototypes.num_steps": 1,
        "optim.batch_size": 4,
        "optim.steps": 10,
        "run.checkpoint_every": 5,
        "run.preview_every": 0.0,
        "run.device": "cpu",
    }
    return replaced(load_preset("quick-tetrominoes"), {**settings, **changes})


def test_ten_real_steps(qtbot, bench, dock, pictures, tmp_path) -> None:
    request = TrainingRequest("new", tmp_path / "runs", tiny(pictures))
    with qtbot.waitSignal(bench.training.run_ended, timeout=60_000) as blocker:
        bench.training.start_request(request)
    assert blocker.args == ["done"], bench.training.failure
    record = bench.training.record
    assert record.history.steps.tolist() == list(range(1, 11))
    assert np.isfinite(record.history.values("reconstruction")).all()
    assert record.preview is not None
    assert record.checkpoints
    assert dock.view.card.isVisible()
    assert bench.document.run_dir == record.run_dir

    with qtbot.waitSignal(bench.engine.model_opened, timeout=60_000):
        dock.view.card.button("inspect").click()
    assert bench.document.model is not None
    assert len(bench.document.model.prototypes) == 6


def test_pause_save_resume_stop_and_continue(qtbot, bench, dock, pictures, tmp_path) -> None:
    training = bench.training
    config = tiny(pictures, **{"optim.steps": 100_000, "run.checkpoint_every": 100_000})
    with qtbot.waitSignal(training.record.steps_done, timeout=60_000):
        training.start_request(TrainingRequest("new", tmp_path / "runs", config))
    training.pause()
    qtbot.waitUntil(lambda: training.state is RunState.PAUSED)
    held_at = len(training.record.history)
    with qtbot.waitSignal(training.record.checkpoint_saved, timeout=10_000):
        training.save_now()
    assert training.record.checkpoints[-1].step == held_at
    training.resume()
    qtbot.waitUntil(lambda: len(training.record.history) > held_at)
    with qtbot.waitSignal(training.run_ended, timeout=10_000) as blocker:
        training.stop_and_keep()
    assert blocker.args == ["stopped"]
    stopped_at = int(training.record.history.steps[-1])
    run_dir = training.record.run_dir
    assert run_dir is not None

    with qtbot.waitSignal(training.run_ended, timeout=60_000) as blocker:
        training.continue_run(run_dir, steps=stopped_at + 3)
    assert blocker.args == ["done"], training.failure
    qtbot.waitUntil(lambda: len(training.record.history) == stopped_at + 3)
    assert training.record.resumed_at == [stopped_at]
    (summary,) = api.list_runs(tmp_path / "runs")
    assert (summary.status, summary.step) == ("completed", stopped_at + 3)

    training.monitor.follow(run_dir)
    monitored = training.monitor.record
    qtbot.waitUntil(lambda: monitored.outcome == "done")
    assert monitored.history.steps.tolist() == training.record.history.steps.tolist()
    assert dock.is_following


def test_an_unreadable_folder_is_told(qtbot, bench, dock, tmp_path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    request = TrainingRequest("new", tmp_path / "runs", tiny(empty))
    with qtbot.waitSignal(bench.training.failed, timeout=60_000) as blocker:
        bench.training.start_request(request)
    assert blocker.args[0].cause == "pictures"
    assert str(empty) in dock.view.card.text or "empty" in dock.view.card.text


def test_stop_while_the_pictures_are_read(qtbot, bench, pictures, tmp_path) -> None:
    request = TrainingRequest("new", tmp_path / "runs", tiny(pictures))
    with qtbot.waitSignal(bench.training.run_ended, timeout=60_000) as blocker:
        bench.training.start_request(request)
        bench.training.stop_and_keep()
    assert blocker.args == ["stopped"], bench.training.failure


def test_held_out_pictures_have_a_curve_and_a_number(
    qtbot, bench, dock, pictures, tmp_path
) -> None:
    config = tiny(pictures, **{"data.held_out": 0.25})
    with qtbot.waitSignal(bench.training.run_ended, timeout=60_000) as blocker:
        bench.training.start_request(TrainingRequest("new", tmp_path / "runs", config))
    assert blocker.args == ["done"], bench.training.failure
    record, view = bench.training.record, dock.view
    saved = {each.step: each.held_out_loss for each in record.checkpoints}
    measured = record.history.values("held_out")
    assert set(record.history.steps[np.isfinite(measured)]) == set(saved) == {5, 10}
    assert measured[4] == pytest.approx(saved[5])
    view.plot.redraw()
    assert "held_out" in view.plot.legend.shown()
    assert " / " in view.numbers.value("loss")
    assert "held-out loss" in view.card.text
    assert any("held out" in notice.message for notice in record.notices)

    assert record.run_dir is not None
    bench.training.monitor.follow(record.run_dir)
    monitored = bench.training.monitor.record
    qtbot.waitUntil(lambda: monitored.outcome == "done")
    assert np.array_equal(monitored.history.values("held_out"), measured, equal_nan=True)


@pytest.mark.parametrize("saved", [0, 5])
def test_a_result_that_could_not_be_saved_is_not_called_kept(
    qtbot, bench, dock, pictures, tmp_path, monkeypatch, saved
) -> None:
    save = loop.save_checkpoint

    def full(folder, session, **words):
        if session.step > saved:
            raise OSError(28, "No space left on device")
        return save(folder, session, **words)

    monkeypatch.setattr(loop, "save_checkpoint", full)
    with qtbot.waitSignal(bench.training.run_ended, timeout=60_000) as blocker:
        request = TrainingRequest("new", tmp_path / "runs", tiny(pictures))
        bench.training.start_request(request)
    assert blocker.args == ["done"], bench.training.failure
    text = dock.view.card.text
    assert "No space left on device" in text
    assert "Free some disk space" in text
    if saved:
        assert "Kept up to step 5" in text
        assert dock.view.card.button("continue").isEnabled()
    else:
        assert "Nothing could be saved." in text
        with qtbot.waitSignal(bench.training.setup_requested):
            dock.view.card.button("train").click()
