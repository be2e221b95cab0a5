"""The training dialog: what it shows is what it starts."""

from __future__ import annotations

import argparse
import shlex
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit

from tests.support.screen import says
from tusk_app.parts import theme
from tusk_app.parts.config_fields import field_specs
from tusk_app.training.controller import TrainingController
from tusk_app.training.dialog.command import command_line, config_toml, nearest_preset
from tusk_app.training.dialog.dialog import LARGEST, TrainingDialog
from tusk_app.training.dialog.presets import all_presets, save_preset
from tusk_app.training.request import TrainingRequest
from tusk_app.training.widgets.config_form import ELSEWHERE
from tusk_core import api
from tusk_core.commands import train
from tusk_core.config import (
    ConfigError,
    TrainConfig,
    load_preset,
    parse_config,
    preset_names,
    replaced,
)
from tusk_core.results import DeviceInfo, RunSummary, SourceSummary, TrainingEstimate

if TYPE_CHECKING:
    from collections.abc import Iterator

DEVICES = (
    DeviceInfo("cpu", "CPU, 2 cores", True, "No GPU can be used."),
    DeviceInfo("cuda:0", "NVIDIA GPU", False, "This torch is a CPU-only build."),
)


@pytest.fixture
def training(qtbot, tmp_path, monkeypatch) -> Iterator[TrainingController]:
    """A controller whose engine answers at once, without torch."""
    monkeypatch.setattr(api, "list_devices", lambda: DEVICES)
    monkeypatch.setattr(
        api,
        "estimate",
        lambda _config, **_control: TrainingEstimate(0.1, 300.0, 400_000_000, "cpu", "Measured."),
    )
    monkeypatch.setattr(
        api,
        "summarise_source",
        lambda source, _control: SourceSummary(source, "folder", 120, ((64, 48, 120),), 0.0),
    )
    monkeypatch.setattr(api, "list_runs", lambda _root: ())
    made = TrainingController(run_root=tmp_path)
    yield made
    assert made.shutdown()


@pytest.fixture
def dialog(qtbot, training) -> TrainingDialog:
    made = TrainingDialog(training, source="sample:tetrominoes")
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_goes_through_the_form_unchanged(dialog, name) -> None:
    config = load_preset(name)
    dialog.set_config(config)
    assert dialog.config() == config


def test_changed_values_go_through_the_form_unchanged(dialog) -> None:
    changes = {
        "encoder.widths": [8, 24],
        "losses.kmeans_weight": 1.25e-7,
        "optim.learning_rate": 0.0003,
        "pair.second.rotation": 0.7853981633974483,
        "run.device": "cuda:1",
        "run.compile": True,
        "data.channels": 1,
        "optim.minutes": 2.5,
    }
    config = replaced(load_preset("quick-tetrominoes"), changes)
    dialog.set_config(config)
    assert dialog.config() == config


def test_every_setting_has_a_field() -> None:
    def leaves(tree: dict[str, object], prefix: str = "") -> set[str]:
        found: set[str] = set()
        for key, value in tree.items():
            if isinstance(value, dict):
                found |= leaves(value, f"{prefix}{key}.")
            elif prefix:
                found.add(f"{prefix}{key}")
        return found

    assert {spec.path for spec in field_specs(TrainConfig)} == leaves(TrainConfig().model_dump())


def test_every_field_says_what_it_is(dialog) -> None:
    for path, row in dialog.form.rows.items():
        assert row.spec.description, path
        assert row.editor.accessibleName(), path
        assert row.editor.focusPolicy() & Qt.FocusPolicy.TabFocus, path


def test_more_keypoints_than_places_are_refused_while_typing(dialog) -> None:
    small = {"data.width": 32, "data.height": 32, "encoder.stem_stride": 2}
    for path, value in small.items():
        dialog.form.rows[path].set_value(value)
    keypoints = dialog.form.rows["keypoints.num_keypoints"]
    keypoints.editor.lineEdit().setText("256")
    assert dialog.config().keypoints.num_keypoints == 256
    keypoints.editor.lineEdit().setText("257")
    assert keypoints.problem.startswith(
        "Points in a picture can be at most 256 here, got 257: the heat map"
    )
    assert not dialog.start_button.isEnabled()
    dialog.form.rows["data.width"].set_value(40)
    assert not keypoints.problem
    assert dialog.config().keypoints.num_keypoints == 257


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("keypoints.nms_window", 6, "NMS window must be odd, got 6; try 7."),
        ("keypoints.num_keypoints", 0, "Must be 1 to 512."),
        ("optim.batch_size", "many", "Enter a whole number."),
        ("optim.learning_rate", "fast", "Enter a number."),
        ("optim.learning_rate", 0, "Must be above 0 to 1."),
        ("optim.accumulate", 5, "must be divisible by"),
        ("encoder.widths", (16,), "needs 2 to 6 levels"),
        ("decoder.patch_size", 18, "must be a multiple of 4"),
    ],
)
def test_a_bad_value_is_told_beside_its_field(dialog, path, value, problem) -> None:
    dialog.form.rows[path].set_value(value)
    group = path.partition(".")[0]
    told = [r.problem for p, r in dialog.form.rows.items() if p.startswith(group) and r.problem]
    assert any(problem in text for text in told), told
    assert dialog.config() is None
    assert not dialog.start_button.isEnabled()
    assert dialog.problem
    dialog.form.rows[path].reset()
    assert dialog.config() is not None
    assert not dialog.form.rows[path].problem


def test_a_changed_field_is_marked_and_can_be_reset(dialog) -> None:
    row = dialog.form.rows["losses.kmeans_weight"]
    assert not row.is_changed
    row.set_value(0.5)
    assert row.is_changed
    assert "1 changed" in dialog.form.groups["losses"].mark
    row.reset_button.click()
    assert not row.is_changed
    assert dialog.form.groups["losses"].mark == ""


def test_few_things_are_asked_and_the_rest_opens_where_it_is_at_fault(qtbot, dialog) -> None:
    dialog.show()
    shown = [p for p, row in dialog.form.rows.items() if row.editor.isVisibleTo(dialog)]
    assert shown == [
        "optim.minutes",
        "keypoints.num_keypoints",
        "prototypes.num_prototypes",
    ]
    assert "two to three times the kinds" in dialog.form.rows[shown[2]].spec.help_text
    dialog.form.rows["data.width"].set_value(96)
    assert dialog.more.mark == "● 1 changed"
    assert not dialog.more.button.isChecked()
    dialog.form.rows["keypoints.nms_window"].set_value(6)
    assert dialog.more.button.isChecked()
    assert dialog.form.rows["data.width"].editor.isVisibleTo(dialog)
    dialog.reject()


def test_arrows_step_and_typing_is_not_hindered(qtbot, dialog) -> None:
    editor = dialog.form.rows["optim.learning_rate"].editor
    dialog.form.rows["optim.learning_rate"].set_value(0.001)
    editor.stepBy(1)
    assert editor.value() == 0.002
    editor.stepBy(-2)
    assert editor.value() == 0.0005
    steps = dialog.form.rows["optim.steps"].editor
    dialog.form.rows["optim.steps"].set_value(20_000)
    steps.stepBy(1)
    assert steps.value() == 21_000
    steps.selectAll()
    qtbot.keyClicks(steps, "600")
    assert steps.value() == 600


def test_pictures_are_counted_and_time_is_measured(qtbot, dialog) -> None:
    dialog.show()
    qtbot.waitUntil(lambda: says(dialog.origin, "120 pictures"))
    qtbot.waitUntil(lambda: dialog.estimate.text.startswith("About 5 min on cpu"))
    assert "400 MB" in dialog.estimate.text
    # Another time limit is another sum, not another measurement.
    dialog.form.rows["optim.minutes"].set_value(2.0)
    assert dialog.estimate.text.startswith("About 2 min on cpu")
    dialog.form.rows["optim.minutes"].reset()
    qtbot.waitUntil(lambda: dialog.origin.device_combo.count() == 3)
    assert not dialog.origin.device_combo.model().item(2).isEnabled()
    assert dialog.start_button.isEnabled()
    dialog.reject()


def test_without_pictures_it_does_not_start(qtbot, training) -> None:
    dialog = TrainingDialog(training)
    qtbot.addWidget(dialog)
    dialog.origin.source_edit.set_text("")
    assert dialog.request() is None
    assert dialog.message == "Choose the pictures to learn from."


def test_start_hands_over_the_request(qtbot, dialog) -> None:
    dialog.form.rows["optim.steps"].set_value(10)
    with qtbot.waitSignal(dialog.start_requested) as blocker:
        dialog.start_button.click()
    request = blocker.args[0]
    assert request.kind == "new"
    assert request.config.optim.steps == 10
    assert request.config.data.source == "sample:tetrominoes"


def test_another_card_keeps_the_pictures(dialog) -> None:
    dialog.origin.source_edit.set_text("/somewhere/mine")
    dialog.cards.cards["quick-digits"].click()
    config = dialog.config()
    assert config is not None
    assert config.preset == "quick-digits"
    assert config.data.source == "/somewhere/mine"
    assert not any(row.is_changed for row in dialog.form.rows.values())


def test_fine_tune_asks_for_a_model(dialog) -> None:
    dialog.set_kind("fine-tune")
    assert "Choose the model" in dialog.message
    dialog.origin.model_edit.set_text("/a/model")
    request = dialog.request()
    assert request is not None
    assert (request.kind, request.start_from) == ("fine-tune", "/a/model")


def test_resume_offers_the_runs(dialog, tmp_path) -> None:
    done = RunSummary(
        tmp_path / "one", "one", "stopped", 400, 1000, "2026-11-22T14:05", 60.0, (200, 400), 400,
        "quick-digits", "sample:digits",
    )  # fmt: skip
    empty = RunSummary(
        tmp_path / "two", "two", "failed", 3, 1000, "2026-11-22T15:05", 1.0, (), None, "", ""
    )
    dialog.resume_page.set_runs((done, empty))
    dialog.set_kind("resume", done.path)
    request = dialog.request()
    assert request is not None
    assert (request.kind, request.start_from, request.steps) == ("resume", done.path, 1000)
    dialog.resume_page.set_path(empty.path)
    assert "no checkpoint" in dialog.problem


def test_own_presets_are_cards(dialog) -> None:
    dialog.form.rows["optim.batch_size"].set_value(6)
    assert dialog.save_preset("Cells at night")
    card = dialog.cards.cards["Cells at night"]
    assert card.isChecked()
    own = next(preset for preset in all_presets() if preset.is_own)
    assert own.config.optim.batch_size == 6
    assert not dialog.save_preset("///")
    assert "needs a name" in dialog.message
    with pytest.raises(ConfigError, match="comes with the program"):
        save_preset(TrainConfig(), "quick-digits")


def test_presets_survive_their_file() -> None:
    for name in preset_names():
        config = load_preset(name)
        assert parse_config(tomllib.loads(config_toml(config))) == config
    odd = TrainConfig(description='a "quote", a \\ and an ü\nand a line', preset="x")
    assert parse_config(tomllib.loads(config_toml(odd))) == odd


def parsed(command: str) -> argparse.Namespace:
    """What the real command line understands."""
    parser = argparse.ArgumentParser()
    train.add_arguments(parser)
    words = shlex.split(command)
    assert words[:2] == ["tusk", "train"]
    return parser.parse_args(words[2:])


def repeated(command: str) -> TrainConfig:
    """Settings that the command line makes of ``command``."""
    return train.chosen_config(parsed(command))


def test_the_command_repeats_the_run_exactly(dialog) -> None:
    dialog.origin.source_edit.set_text("/my pictures/it's here")
    dialog.form.rows["encoder.widths"].set_value((8, 16, 32))
    dialog.form.rows["optim.learning_rate"].set_value(0.0003)
    dialog.form.rows["run.compile"].set_value(True)
    text = dialog.copy_command()
    assert text.startswith("tusk train --data ")
    assert QGuiApplication.clipboard().text() == text
    assert repeated(text) == dialog.config()


def test_the_command_of_an_own_preset_begins_with_the_nearest_bundled_one(tmp_path) -> None:
    config = replaced(load_preset("quick-digits"), {"preset": "mine", "data.source": "x"})
    assert nearest_preset(config) == "quick-digits"
    request = TrainingRequest("new", tmp_path, config)
    assert repeated(command_line(request)) == config
    resumed = TrainingRequest("resume", tmp_path, start_from=Path("/a run"), steps=50)
    assert command_line(resumed) == "tusk train --resume '/a run' --steps 50"
    assert (parsed(command_line(resumed)).resume, parsed(command_line(resumed)).steps) == (
        Path("/a run"),
        50,
    )
    tuned = TrainingRequest("fine-tune", tmp_path, config, start_from="/a model")
    assert parsed(command_line(tuned)).start_from == "/a model"
    assert parsed(command_line(tuned)).run_root == tmp_path


def test_the_form_can_be_used_by_keyboard_alone(qtbot, dialog) -> None:
    dialog.show()
    with qtbot.waitExposed(dialog):
        dialog.activateWindow()
    dialog.more.button.setFocus()
    qtbot.keyClick(dialog.more.button, Qt.Key.Key_Space)
    dialog.form.groups["keypoints"].button.setFocus()
    qtbot.keyClick(dialog.form.groups["keypoints"].button, Qt.Key.Key_Space)
    seen = set()
    for _ in range(300):
        widget = QApplication.focusWidget() or dialog
        seen.add(widget)
        dialog.focusNextChild()
    proxies = {w.focusProxy() or w for w in seen}
    wanted = [
        dialog.form.rows[path].editor
        for path in ("data.width", "optim.steps", "keypoints.nms_window", "keypoints.refine_window")
    ]
    wanted += [dialog.origin.source_edit.line, dialog.origin.device_combo, dialog.start_button]
    missing = [w.accessibleName() for w in wanted if w not in seen and w not in proxies
               and not any(isinstance(s, QLineEdit) and s.parent() is w for s in seen)]  # fmt: skip
    assert not missing
    dialog.reject()


def test_it_fits_a_small_screen_at_twice_the_text_size(qtbot, training) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    font = application.font()
    try:
        theme.apply(application, "light", 2.0)
        dialog = TrainingDialog(training, source="sample:digits")
        qtbot.addWidget(dialog)
        dialog.show()
        assert dialog.minimumSizeHint().boundedTo(LARGEST) == dialog.minimumSizeHint()
        assert dialog.width() <= LARGEST.width()
        assert dialog.height() <= LARGEST.height()
        for button in dialog.findChildren(type(dialog.start_button)):
            if button.isVisible():
                right = button.mapTo(dialog, button.rect().bottomRight())
                assert dialog.rect().contains(right), button.text()
        dialog.reject()
    finally:
        application.setStyleSheet("")
        application.setFont(font)


def test_ids_edited_elsewhere_are_settings() -> None:
    assert {spec.path for spec in field_specs(TrainConfig)} >= ELSEWHERE


def test_a_run_that_does_not_fit_into_memory_is_warned_of(qtbot, dialog, monkeypatch) -> None:
    large = TrainingEstimate(1.0, 100.0, 3 * 10**12, "cpu", "Measured.", 8 * 10**9)
    monkeypatch.setattr(api, "estimate", lambda _config, **_control: large)
    dialog.show()
    words = "This needs about 3.0 TB of memory; cpu has 8.0 GB."
    qtbot.waitUntil(lambda: dialog.estimate.text.startswith(words))
    assert "fewer per step" in dialog.estimate.text
    assert dialog.start_button.isEnabled()
