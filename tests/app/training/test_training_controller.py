"""The thread boundary of training, with fake sessions: no torch, no sleeping."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QThread
from PySide6.QtWidgets import QMainWindow

from tusk_app.threads.mailbox import AllValues, LatestValue
from tusk_app.training import trash
from tusk_app.training.controller import RunState, TrainingController
from tusk_app.training.remedies import Remedy
from tusk_app.training.request import TrainingRequest
from tusk_app.training.worker import TrainingWorker
from tusk_core.config import TrainConfig
from tusk_core.control import Cancelled, RunControl
from tusk_core.errors import TrainingError
from tusk_core.events import (
    CheckpointSaved,
    Notice,
    PhaseChanged,
    PreviewReady,
    RunFinished,
    RunStarted,
    StepDone,
    TrainEvent,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QCloseEvent


def step_done(step: int, loss: float = 0.5) -> StepDone:
    return StepDone(step, {"total": loss, "reconstruction": loss}, 0.1, 160.0, step * 0.1, 1.0)


def preview(step: int) -> PreviewReady:
    pictures = np.zeros((8, 4, 4, 3), np.uint8)
    return PreviewReady(
        step,
        pictures,
        pictures,
        np.zeros((8, 2, 2), np.float32),
        np.ones((8, 2), np.float32),
        np.zeros((8, 2), np.int16),
        np.full(4, 0.25, np.float32),
    )


def three_steps(_control: RunControl) -> Iterator[TrainEvent]:
    yield PhaseChanged("loading data", "Reading picture 1 of 2.", 0.5)
    yield RunStarted(Path("nowhere"), 0, 3, "cpu", "No GPU was found.", 2)
    yield PhaseChanged("training")
    for step in (1, 2, 3):
        yield step_done(step)
    yield preview(3)
    yield CheckpointSaved(3, Path("nowhere/checkpoints/step_00000003"), is_best=True)
    yield Notice("info", "One file was skipped.")
    yield RunFinished(3, "completed", Path("nowhere"))


def until_stopped(control: RunControl) -> Iterator[TrainEvent]:
    """Obeys pause, save and stop as the engine does, without a network."""
    step = 0
    yield RunStarted(Path("nowhere"), 0, 1_000_000, "cpu", "", 2)
    while not control.stop_requested:
        step += 1
        yield step_done(step)
        if control.is_paused:
            yield PhaseChanged("paused")
        while control.is_paused:
            control.wait_while_paused(0.02)
            if control.take_checkpoint_request():
                yield CheckpointSaved(step, Path(f"nowhere/{step}"), is_best=False)
        if control.take_checkpoint_request():
            yield CheckpointSaved(step, Path(f"nowhere/{step}"), is_best=False)
        yield PhaseChanged("training")
    yield RunFinished(step, "stopped", Path("nowhere"))


def broken(_control: RunControl) -> Iterator[TrainEvent]:
    yield step_done(1)
    raise TrainingError(
        "The loss became infinite or not a number at step 2. Resume later.", cause="not finite"
    )


@pytest.fixture
def controller(qtbot, tmp_path) -> Iterator[TrainingController]:
    made = TrainingController(run_root=tmp_path)
    yield made
    assert made.shutdown()


def is_idle(controller: TrainingController) -> bool:
    return controller.state is RunState.IDLE


def test_worker_reports_everything_once_and_in_order(qtbot) -> None:
    """Runs in this thread: fast, covered, deterministic."""
    steps: AllValues[StepDone] = AllValues()
    worker = TrainingWorker(three_steps, RunControl(), steps, LatestValue())
    phases: list[str] = []
    worker.phase_changed.connect(lambda event: phases.append(event.phase))
    wanted = [worker.run_started, worker.checkpoint_saved, worker.notice, worker.ended]
    with qtbot.waitSignals([*wanted, worker.finished], order="strict"):
        worker.run()
    assert [event.step for event in steps.take()] == [1, 2, 3]
    assert phases == ["loading data", "training"]


def test_worker_calls_a_run_stopped_in_preparation_ended(qtbot) -> None:
    def cancelled(_control: RunControl) -> Iterator[TrainEvent]:
        yield PhaseChanged("loading data")
        raise Cancelled

    worker = TrainingWorker(cancelled, RunControl(), AllValues(), LatestValue())
    results: list[RunFinished | None] = []
    worker.ended.connect(results.append)
    with qtbot.waitSignals([worker.ended, worker.finished], order="strict"):
        worker.run()
    assert results == [None]


def test_thousands_of_quick_steps_come_in_few_batches(qtbot, controller) -> None:
    def quick(_control: RunControl) -> Iterator[TrainEvent]:
        yield from (step_done(step) for step in range(1, 5001))

    sizes: list[int] = []
    controller.record.steps_done.connect(lambda: sizes.append(len(controller.record.history)))
    with qtbot.waitSignal(controller.run_ended):
        controller.start(quick)
    assert controller.record.history.steps.tolist() == list(range(1, 5001))
    assert len(sizes) < 500


def test_events_arrive_on_the_gui_thread_and_in_the_record(qtbot, controller) -> None:
    seen: list[QThread] = []
    controller.record.steps_done.connect(lambda: seen.append(QThread.currentThread()))
    with qtbot.waitSignal(controller.run_ended) as blocker:
        controller.start(three_steps)
    application = QCoreApplication.instance()
    assert application is not None
    assert set(seen) == {application.thread()}
    assert blocker.args == ["done"]
    record = controller.record
    assert record.history.steps.tolist() == [1, 2, 3]
    assert record.preview is not None
    assert [checkpoint.step for checkpoint in record.checkpoints] == [3]
    assert record.notices[0].message == "One file was skipped."
    assert record.outcome == "done"
    assert is_idle(controller)


def test_pause_save_resume_and_stop(qtbot, controller) -> None:
    with qtbot.waitSignal(controller.record.steps_done):
        controller.start(until_stopped)
    with qtbot.waitSignal(controller.acknowledged, timeout=100) as said:
        controller.pause()
    assert said.args == ["Pausing after this step…"]
    assert controller.state is RunState.PAUSING
    qtbot.waitUntil(lambda: controller.state is RunState.PAUSED)
    with qtbot.waitSignal(controller.record.checkpoint_saved):
        controller.save_now()
    held_at = len(controller.record.history)
    controller.resume()
    assert controller.state is RunState.RUNNING
    qtbot.waitUntil(lambda: len(controller.record.history) > held_at)
    with qtbot.waitSignal(controller.run_ended) as blocker:
        controller.stop_and_keep()
        assert controller.state is RunState.STOPPING
    assert blocker.args == ["stopped"]


def test_stop_ends_a_paused_run(qtbot, controller) -> None:
    with qtbot.waitSignal(controller.record.steps_done):
        controller.start(until_stopped)
    controller.pause()
    qtbot.waitUntil(lambda: controller.state is RunState.PAUSED)
    with qtbot.waitSignal(controller.run_ended):
        controller.stop_and_keep()


def test_discard_moves_the_folder_to_the_trash(qtbot, controller, tmp_path, monkeypatch) -> None:
    run_dir = tmp_path / "a run"
    run_dir.mkdir()
    bin_dir = tmp_path / "trash"

    def to_bin(path: Path) -> Path:
        return path.rename(bin_dir)

    monkeypatch.setattr(trash, "move_to_trash", to_bin)

    with qtbot.waitSignal(controller.record.run_started):
        controller.start(lambda control: _with_folder(control, run_dir))
    with qtbot.waitSignals([controller.run_ended, controller.run_trashed]):
        controller.discard()
    assert controller.record.outcome == "discarded"
    assert bin_dir.is_dir()
    assert not run_dir.exists()


def _with_folder(control: RunControl, run_dir: Path) -> Iterator[TrainEvent]:
    yield RunStarted(run_dir, 0, 10, "cpu", "", 2)
    step = 0
    while not control.stop_requested:
        step += 1
        yield step_done(step)
    yield RunFinished(step, "stopped", run_dir)


def test_no_trash_is_told_in_a_sentence(qtbot, controller, tmp_path) -> None:
    missing = tmp_path / "gone"
    with qtbot.waitSignal(controller.trash_failed) as blocker:
        controller.trash_run(missing)
    assert str(missing) in blocker.args[0]
    assert "delete that folder yourself" in blocker.args[0]


def test_failure_reaches_the_user_and_frees_the_controller(qtbot, controller) -> None:
    with qtbot.waitSignals([controller.failed, controller.run_ended]):
        controller.start(broken)
    failure = controller.failure
    assert failure is not None
    assert failure.cause == "not finite"
    assert "not a number" in failure.what
    assert "step 2" in failure.what
    assert "broken" in failure.details
    assert controller.record.outcome == "failed"
    qtbot.waitUntil(lambda: is_idle(controller))
    with qtbot.waitSignal(controller.run_ended) as blocker:
        controller.start(three_steps)
    assert blocker.args == ["done"]


def test_remedies_change_the_request(qtbot, controller, tmp_path, monkeypatch) -> None:
    started: list[TrainingRequest] = []

    def out_of_memory(request: TrainingRequest, _control: RunControl) -> Iterator[TrainEvent]:
        started.append(request)
        yield RunStarted(tmp_path, 0, 10, "cuda:0", "", 2)
        raise MemoryError

    monkeypatch.setattr(TrainingRequest, "session", out_of_memory)
    request = TrainingRequest("new", tmp_path, TrainConfig())
    with qtbot.waitSignal(controller.failed):
        controller.start_request(request)
    assert controller.remedies() == (Remedy.HALF_BATCH, Remedy.CPU)
    for remedy in (Remedy.HALF_BATCH, Remedy.CPU):
        qtbot.waitUntil(lambda: is_idle(controller))
        with qtbot.waitSignal(controller.failed):
            controller.apply(remedy)
    assert [r.config.optim.batch_size for r in started if r.config] == [16, 8, 8]
    assert [r.config.run.device for r in started if r.config] == ["auto", "auto", "cpu"]


def test_second_start_is_refused(qtbot, controller) -> None:
    controller.start(until_stopped)
    with pytest.raises(RuntimeError, match="already"):
        controller.start(three_steps)


def test_shutdown_from_the_gui_thread_does_not_deadlock(qtbot, controller) -> None:
    with qtbot.waitSignal(controller.record.steps_done):
        controller.start(until_stopped)
    assert controller.shutdown()


def test_close_of_the_window_while_training(qtbot) -> None:
    class Window(QMainWindow):
        def __init__(self) -> None:
            super().__init__()
            self.training = TrainingController(self)

        def closeEvent(self, event: QCloseEvent) -> None:
            event.setAccepted(self.training.shutdown())

    window = Window()
    qtbot.addWidget(window)
    with qtbot.waitSignal(window.training.record.steps_done):
        window.training.start(until_stopped)
    assert window.close()
    qtbot.waitUntil(lambda: is_idle(window.training))


def test_latest_value_keeps_the_newest() -> None:
    box: LatestValue[int] = LatestValue()
    assert box.put(1)
    assert not box.put(2)
    assert box.take() == 2
    assert box.take() is None


def test_all_values_keeps_them_all() -> None:
    box: AllValues[int] = AllValues()
    assert box.put(1)
    assert not box.put(2)
    assert box.take() == (1, 2)
    assert box.take() == ()
    assert box.put(3)
