"""The training panel follows a run from its first second to its result."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from tests.support.screen import has_colour, says, words
from tests.support.training_runs import NUM_PROTOTYPES, TOTAL, Gate, preview, step_done
from tusk_app.app import compose
from tusk_app.parts import palette, theme
from tusk_app.training.controller import RunState
from tusk_app.training.dock import TrainingDock
from tusk_app.training.request import TrainingRequest
from tusk_app.training.runs_dock import RunsDock
from tusk_app.training.widgets.probe_strip import best_arrangement
from tusk_app.training.widgets.probe_view import ProbeView
from tusk_app.training.widgets.usage_bars import describe_usage
from tusk_core import api
from tusk_core.config import TrainConfig, load_preset
from tusk_core.events import (
    Notice,
    RunFinished,
    RunStarted,
    TrainEvent,
)
from tusk_core.results import RunSummary, TrainingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tusk_app.state.notices import Toast
    from tusk_core.control import RunControl


def test_the_empty_panel_leads_on(qtbot, bench, dock) -> None:
    assert dock.is_empty
    with qtbot.waitSignal(bench.training.setup_requested) as blocker:
        qtbot.mouseClick(dock.hint.button, Qt.MouseButton.LeftButton)
    assert blocker.args == ["new", None]
    assert dock.sample_button.isVisible()


def test_a_run_from_its_first_second_to_its_result(qtbot, bench, dock, tmp_path) -> None:
    gate = Gate(tmp_path / "run")
    view = dock.view
    bench.training.start(gate.session, title="cells")
    assert not dock.is_empty
    qtbot.waitUntil(lambda: says(view.header, "Loading pictures…"))
    assert says(view.header, "Reading picture 12 of 100.")
    assert not view.header.button("pause").isEnabled()
    assert view.header.button("stop").isEnabled()
    gate.release(6)
    qtbot.waitUntil(lambda: view.numbers.value("step") == f"6 / {TOTAL}")
    assert words(view.header)[0] == "Training"
    assert view.header.button("pause").isEnabled()
    assert view.numbers.value("speed") == "160"
    assert view.numbers.value("device") == "CPU"
    assert view.numbers.value("rate") == "0.0005"
    assert view.numbers.value("memory") == "512 MB"
    qtbot.waitUntil(lambda: view.strip.preview is not None)
    assert says(view, "1 of 10 kinds in use. That is normal this early")
    gate.release(28)
    qtbot.waitUntil(lambda: says(view, "6 of 10 kinds are unused."))
    gate.release(10)
    qtbot.waitUntil(lambda: not bench.training.is_busy)
    assert words(view.header)[0] == "Finished"
    assert view.card.isVisible()
    assert "Steps 40" in view.card.text
    assert "Kinds in use 4 of 10" in view.card.text
    assert words(view.header)[-2:] == ["Watch a sample learn", "Train…"]
    view.plot.redraw()
    assert view.plot.legend.shown() == ["reconstruction", "kmeans"]


def test_pause_is_acknowledged_at_once(qtbot, bench, dock, tmp_path) -> None:
    gate = Gate(tmp_path / "run")
    bench.training.start(gate.session)
    gate.release(3)
    qtbot.waitUntil(lambda: bench.training.state is RunState.RUNNING)
    dock.view.header.button("pause").click()
    assert says(dock.view.header, "Pausing after this step…")
    qtbot.waitUntil(lambda: "Resume" in words(dock.view.header))
    assert dock.windowTitle() == "Training – pausing"
    bench.actions.trigger("model.pause")
    assert bench.training.state is RunState.RUNNING
    dock.view.header.button("stop").click()
    assert says(dock.view.header, "Stopping after this step")
    qtbot.waitUntil(lambda: not bench.training.is_busy)
    assert words(dock.view.header)[0].startswith("Stopped")


def test_commands_follow_the_state(qtbot, bench, dock, tmp_path) -> None:
    def enabled() -> set[str]:
        names = ("train", "pause", "stop", "save-checkpoint", "discard")
        return {name for name in names if bench.actions.get(f"model.{name}").isEnabled()}

    assert enabled() == {"train"}
    gate = Gate(tmp_path / "run")
    bench.training.start(gate.session)
    assert enabled() == {"stop", "discard"}
    gate.release(3)
    qtbot.waitUntil(lambda: bench.training.state is RunState.RUNNING)
    assert enabled() == {"pause", "stop", "save-checkpoint", "discard"}
    bench.actions.trigger("model.stop")
    qtbot.waitUntil(lambda: not bench.training.is_busy)
    assert enabled() == {"train"}


def test_a_failure_says_what_why_and_what_to_do(qtbot, bench, dock, tmp_path, monkeypatch) -> None:
    gate = Gate(tmp_path / "run")
    gate.fail_with = TrainingError(
        "The loss is not finite at step 3. Lower the learning rate.", cause="not finite"
    )
    monkeypatch.setattr(TrainingRequest, "session", lambda _self, control: gate.session(control))
    with qtbot.waitSignal(bench.training.failed):
        bench.training.start_request(TrainingRequest("new", tmp_path, TrainConfig()))
        gate.release(3)
    card = dock.view.card
    assert "The loss is not finite at step 3. Lower the learning rate." in card.text
    gate.fail_with = None
    card.button("LOWER_RATE").click()
    gate.release(5)
    qtbot.waitUntil(lambda: bench.training.state is RunState.RUNNING)
    assert bench.training.request.config.optim.learning_rate == pytest.approx(1e-3 / 3, rel=0.02)
    assert not card.isVisible()
    bench.training.stop_and_keep()
    qtbot.waitUntil(lambda: not bench.training.is_busy)


def test_the_sample_explains_itself(qtbot, bench, dock, tmp_path, monkeypatch) -> None:
    gate = Gate(tmp_path / "run")
    monkeypatch.setattr(TrainingRequest, "session", lambda _self, control: gate.session(control))
    dock.sample_button.click()
    assert "without a single label" in dock.view.caption.text
    gate.release(3)
    qtbot.waitUntil(lambda: "where things are" in dock.view.caption.text)
    gate.release(20)
    qtbot.waitUntil(lambda: "sorts them into kinds" in dock.view.caption.text)
    gate.release(30)
    qtbot.waitUntil(lambda: not bench.training.is_busy)
    assert "nobody told it what a piece is" in dock.view.card.text
    assert dock.view.card.button("inspect").isVisible()
    assert dock.view.card.button("open").text() == "Open my own pictures…"
    request = bench.training.request
    preset = load_preset("quick-tetrominoes")
    assert (request.config.encoder, request.config.decoder) == (preset.encoder, preset.decoder)
    assert 0 < request.config.optim.minutes < 3


def test_a_probe_picture_can_be_enlarged_and_follows(qtbot, bench, dock) -> None:
    record = bench.training.record
    record.reset("cells", steps=TOTAL)
    record.take_steps((step_done(1),))
    record.take_preview(preview(1, 3))
    dock.view.strip.setFocus()
    qtbot.keyClick(dock.view.strip, Qt.Key.Key_Right)
    qtbot.keyClick(dock.view.strip, Qt.Key.Key_Return)
    (large,) = dock.view.findChildren(ProbeView)
    assert large.isVisible()
    assert large.index == 1
    qtbot.keyClick(large, Qt.Key.Key_Right)
    assert large.index == 2
    record.take_preview(preview(2, 3))
    assert large.index == 2
    large.close()


def test_a_click_on_a_bar_selects_its_prototype(qtbot, bench, dock) -> None:
    bench.training.record.reset("cells", steps=TOTAL)
    bench.training.record.take_preview(preview(1, NUM_PROTOTYPES))
    bars = dock.view.bars
    place = QPoint(round(bars.width() * 3.5 / NUM_PROTOTYPES), bars.height() // 2)
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=place)
    assert bench.selection.prototype == 3


def test_notices_of_the_run_are_shown(qtbot, bench, dock) -> None:
    record = bench.training.record
    record.reset("cells")
    record.take_notice(Notice("warning", "The batch was halved: memory was short."))
    assert says(dock.view, "batch was halved")


def test_curves_are_saved_as_numbers_and_picture(qtbot, bench, dock, tmp_path, monkeypatch) -> None:
    def place(name: str) -> None:
        out = (str(tmp_path / name), "")
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_args: out)

    record = bench.training.record
    record.reset("cells", steps=TOTAL)
    record.take_steps(tuple(step_done(step) for step in range(1, TOTAL + 1)))
    place("losses.csv")
    dock.view.plot.csv_requested.emit()
    qtbot.waitUntil((tmp_path / "losses.csv").is_file)
    with (tmp_path / "losses.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(1, TOTAL + 1))
    assert float(rows[3]["reconstruction"]) == pytest.approx(0.125)
    place("losses.png")
    dock.view.plot.picture_requested.emit()
    assert QImage(str(tmp_path / "losses.png")).width() > 2 * 300


def test_how_curves_are_drawn_is_remembered(qtbot, bench, dock) -> None:
    dock.view.plot.bar.set_options(
        by_time=True, log_scale=False, ignore_outliers=False, smoothing=100
    )
    dock.view.plot.options_changed.emit()
    bench.actions.deleteLater()
    again = compose(bench.settings)
    other = TrainingDock(again)
    qtbot.addWidget(other)
    bar = other.view.plot.bar
    assert (bar.by_time, bar.log_scale, bar.ignore_outliers) == (True, False, False)
    assert bar.smoothing == 100
    assert again.shut_down() == []


def test_usage_in_words() -> None:
    even = np.full(10, 0.1, np.float32)
    one = np.eye(10, dtype=np.float32)[0]
    four = np.array([0.25] * 4 + [0.0] * 6, np.float32)
    assert describe_usage(even, 0.9).text == "10 of 10 kinds in use."
    assert describe_usage(one, 0.05).level == "info"
    assert "normal this early" in describe_usage(one, None).text
    assert describe_usage(one, 0.9).level == "warning"
    assert describe_usage(four, 0.9).text.startswith("6 of 10 kinds are unused")


def test_probe_pictures_fill_their_room() -> None:
    from PySide6.QtCore import QSize

    wide = best_arrangement(8, QSize(40, 40), QSize(1200, 200))
    assert wide.columns == 8
    narrow = best_arrangement(8, QSize(40, 40), QSize(300, 500))
    assert narrow.columns < 8
    for shape, area in ((wide, (1200, 200)), (narrow, (300, 500))):
        rows = -(-8 // shape.columns)
        width = shape.tile.width() * shape.columns * (1 if shape.is_stacked else 2)
        height = shape.tile.height() * rows * (2 if shape.is_stacked else 1)
        assert width <= area[0]
        assert height <= area[1]


# Runs of the run folder, and runs of other processes


def summary(path: Path, status: str, step: int, checkpoints: tuple[int, ...] = ()) -> RunSummary:
    return RunSummary(
        path, path.name, status, step, TOTAL, "2026-11-22T14:05:00", 12.0, checkpoints, None,
        "quick-digits", "sample:digits",
    )  # fmt: skip


class FakeLog:
    """A run folder that another process writes, without its files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events: list[TrainEvent] = [RunStarted(path, 0, TOTAL, "cpu", "", 100)]
        self.status = "running"

    def follow(self, _path: Path, *, offset: int = 0) -> tuple[list[TrainEvent], int]:
        return self.events[offset:], len(self.events)

    def read(self, _path: Path) -> RunSummary:
        return summary(self.path, self.status, len(self.events) - 1, (30,))


@pytest.fixture
def log(tmp_path, monkeypatch) -> FakeLog:
    made = FakeLog(tmp_path / "elsewhere")
    made.path.mkdir()
    monkeypatch.setattr(api, "follow_events", made.follow)
    monkeypatch.setattr(api, "read_run", made.read)
    monkeypatch.setattr(api, "list_runs", lambda _root: (made.read(made.path),))
    return made


def test_a_run_of_another_process_is_followed_while_it_is_written(qtbot, bench, dock, log) -> None:
    log.events += [step_done(step) for step in range(1, 11)]
    bench.training.monitor.follow(log.path)
    view = dock.view
    qtbot.waitUntil(lambda: view.numbers.value("step") == f"10 / {TOTAL}")
    assert says(view.header, "Training in another process")
    assert dock.is_following
    assert not view.header.button("resume-followed").isEnabled()
    log.events += [*(step_done(step) for step in range(11, 16)), preview(15, 3)]
    qtbot.waitUntil(lambda: view.strip.preview is not None)
    assert view.numbers.value("step") == f"15 / {TOTAL}"
    log.status = "completed"
    qtbot.waitUntil(lambda: not bench.training.monitor.is_following)
    assert words(view.header)[0] == "Finished"
    assert view.header.button("resume-followed").isEnabled()
    view.header.button("back").click()
    assert not dock.is_following


def test_the_list_of_runs_watches_and_compares(qtbot, bench, dock, log) -> None:
    log.events += [step_done(step) for step in range(1, 11)]
    log.status = "stopped"
    bench.training.run_root.mkdir(parents=True)
    runs = RunsDock(bench)
    qtbot.addWidget(runs)
    runs.show()
    qtbot.waitUntil(lambda: len(runs.list_model.runs) == 1)
    runs.table.setCurrentIndex(runs.list_model.index(0, 0))
    assert runs.button("watch").isEnabled()
    # No column is cut at the right, however narrow the panel: the least telling ones go.
    for width in (700, 320, 240):
        runs.resize(width, 300)
        header = runs.table.horizontalHeader()
        seen = [i for i in range(header.count()) if not header.isSectionHidden(i)]
        ends = [header.sectionViewportPosition(i) + header.sectionSize(i) for i in seen]
        assert max(ends) <= runs.table.viewport().width() + 1
        fixed = [i for i in seen if i > 0]
        assert all(header.sectionSize(i) >= runs.table.sizeHintForColumn(i) for i in fixed)
    assert runs.button("resume").isEnabled()
    runs.button("compare").click()
    qtbot.waitUntil(lambda: says(dock.view.plot, "elsewhere"))
    with qtbot.waitSignal(bench.training.setup_requested) as blocker:
        runs.button("resume").click()
    assert blocker.args == ["resume", log.path]
    runs.button("watch").click()
    qtbot.waitUntil(lambda: dock.is_following)
    qtbot.waitUntil(lambda: not bench.training.monitor.is_following)
    runs.close()


def test_a_running_run_cannot_be_trashed(qtbot, bench, log) -> None:
    bench.training.run_root.mkdir(parents=True)
    runs = RunsDock(bench)
    qtbot.addWidget(runs)
    runs.show()
    qtbot.waitUntil(lambda: len(runs.list_model.runs) == 1)
    runs.table.setCurrentIndex(runs.list_model.index(0, 0))
    assert not runs.button("trash").isEnabled()
    assert not runs.button("resume").isEnabled()
    runs.close()


def test_without_runs_the_list_leads_on(qtbot, bench) -> None:
    runs = RunsDock(bench)
    qtbot.addWidget(runs)
    runs.show()
    qtbot.waitUntil(lambda: runs.stack.is_empty and runs.stack.hint.button.isVisible())
    assert runs.stack.is_empty
    with qtbot.waitSignal(bench.training.setup_requested):
        runs.stack.hint.button.click()
    runs.close()


def test_prototypes_keep_their_colours(bench, dock) -> None:
    bench.training.record.reset("cells", steps=TOTAL)
    bench.training.record.take_preview(preview(10, 3))
    assert has_colour(dock.view.bars, palette.colours(NUM_PROTOTYPES)[2])
    bench.prototypes.reset(NUM_PROTOTYPES)
    bench.prototypes.recolour(2, (1, 2, 3))
    assert has_colour(dock.view.bars, (1, 2, 3))


def test_the_panel_survives_a_change_of_theme(qtbot, qapp, bench, dock) -> None:
    record = bench.training.record
    record.reset("cells", steps=TOTAL)
    record.take_steps(tuple(step_done(step) for step in range(1, 11)))
    record.take_preview(preview(10, 3))
    try:
        theme.apply(qapp, "dark")
        dock.view.plot.redraw()
        dark = dock.grab().toImage().pixelColor(2, dock.height() - 2).lightness()
        theme.apply(qapp, "light")
        light = dock.grab().toImage().pixelColor(2, dock.height() - 2).lightness()
    finally:
        qapp.setStyleSheet("")
    assert dark < 80 < light


def test_who_looks_elsewhere_is_told_of_warnings(qtbot, bench, dock, tmp_path) -> None:
    def session(_control: RunControl) -> Iterator[TrainEvent]:
        yield RunStarted(tmp_path, 0, 2, "cpu", "", 10)
        yield step_done(1)
        yield Notice("info", "Nothing of note.")
        yield Notice("warning", "The checkpoint was not saved.")
        yield RunFinished(1, "completed", tmp_path, tmp_path)

    told: list[Toast] = []
    bench.notices.toast_posted.connect(told.append)
    for is_shown in (True, False):
        told.clear()
        dock.setVisible(is_shown)
        with qtbot.waitSignal(bench.training.run_ended):
            bench.training.start(session, title="cells")
        qtbot.waitUntil(lambda: not bench.training.is_busy)
        texts = [toast.text for toast in told]
        assert texts == ([] if is_shown else ["The checkpoint was not saved."])
    assert told[-1].level == "warning"
    assert told[-1].action is not None
    told[-1].action()
    assert dock.isVisible()
