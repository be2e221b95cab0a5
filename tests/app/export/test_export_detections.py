"""Export of detections: formats, place, analysis first, names and hidden prototypes."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QDialogButtonBox, QWidget

from tests.support import explore_values as values
from tests.support import screen, small_models
from tests.support.explore_bench import FINGERPRINT, close, make_bench, open_everything
from tests.support.screen import says
from tusk_app.export.commands import ExportCommands
from tusk_app.export.dialog import ExportDialog
from tusk_app.export.model_dialog import ModelExportDialog
from tusk_core import api


@pytest.fixture
def opened(qtbot, settings):
    bench, _predictor, source = make_bench(settings)
    window = QWidget()
    qtbot.addWidget(window)
    commands = ExportCommands(bench, window)
    open_everything(bench, source, qtbot)
    yield bench, commands
    close(bench)


def test_every_format_is_explained(qtbot) -> None:
    formats = api.export_formats()
    assert {"coco", "csv", "parquet", "h5"} <= {item.name for item in formats}
    dialog = ExportDialog(formats, "12 detections.", first="coco")
    qtbot.addWidget(dialog)
    assert dialog.format.name == "coco"
    for row in range(len(formats)):
        dialog.list.setCurrentRow(row)
        assert says(dialog, formats[row].label)
    box = dialog.findChild(QDialogButtonBox)
    with qtbot.waitSignal(dialog.chosen) as chosen:
        box.buttons()[0].click()
    assert chosen.args == [formats[-1].name]


def test_csv_and_coco_are_written_as_jobs(opened, qtbot, tmp_path) -> None:
    bench, commands = opened
    bench.prototypes.rename(0, "corner")
    num = len(bench.document.analysis.labels)
    toasts = []
    bench.notices.toast_posted.connect(toasts.append)
    for name, path in (("csv", tmp_path / "a.csv"), ("coco", tmp_path / "a.json")):
        with qtbot.waitSignal(bench.jobs.job_finished, timeout=20_000):
            commands.export_to(name, path)
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == num
    assert any(row["prototype_name"] == "corner" for row in rows)
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert len(content["annotations"]) == num
    assert f"Exported {num:,} detections as a.csv." in toasts[0].text


def test_hidden_prototypes_are_left_out(opened, qtbot, tmp_path) -> None:
    bench, commands = opened
    label = int(bench.document.analysis.labels[0])
    bench.prototypes.set_hidden(label)
    with qtbot.waitSignal(bench.jobs.job_finished, timeout=20_000):
        commands.export_to("csv", tmp_path / "b.csv")
    with (tmp_path / "b.csv").open(encoding="utf-8") as file:
        kinds = {int(row["prototype"]) for row in csv.DictReader(file)}
    assert label not in kinds


def test_unwritable_place_is_told(opened, qtbot, tmp_path) -> None:
    bench, commands = opened
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with qtbot.waitSignal(bench.jobs.job_failed, timeout=20_000) as failed:
        commands.export_to("csv", tmp_path / "file" / "c.csv")
    assert "cannot be written" in failed.args[1].sentence


def test_pictures_not_analysed_yet_are_analysed_first(opened, qtbot, tmp_path) -> None:
    bench, commands = opened
    bench.document.set_analysis(None)
    started = []
    # The engine's job is made up here: what counts is that the export follows it.
    bench.analysis.start = lambda: started.append(True)
    commands.export_to("csv", tmp_path / "d.csv")
    assert started == [True]
    assert not (tmp_path / "d.csv").exists()
    with qtbot.waitSignal(bench.jobs.job_finished, timeout=20_000):
        source = bench.document.source
        bench.document.set_analysis(values.analysis_of(source, fingerprint=FINGERPRINT))
    assert (tmp_path / "d.csv").exists()


def test_dialog_says_what_is_exported(opened, qtbot) -> None:
    bench, commands = opened
    bench.actions.trigger("file.export")
    num = len(bench.document.analysis.labels)
    assert says(screen.dialog(commands.parent(), ExportDialog), f"{num:,} detections")
    screen.dialog(commands.parent(), ExportDialog).reject()
    assert screen.dialog(commands.parent(), ExportDialog) is None
    bench.document.set_analysis(None)
    bench.actions.trigger("file.export")
    assert says(screen.dialog(commands.parent(), ExportDialog), "not been analysed yet")
    screen.dialog(commands.parent(), ExportDialog).reject()


def test_nothing_to_export_disables_the_command(qtbot, settings) -> None:
    bench, _predictor, _source = make_bench(settings)
    window = QWidget()
    qtbot.addWidget(window)
    ExportCommands(bench, window)
    assert not bench.actions.get("file.export").isEnabled()
    close(bench)


def test_the_model_is_exported_as_a_job(opened, qtbot, tmp_path) -> None:
    bench, commands = opened
    model = small_models.write_model(tmp_path / "model")
    bench.document.set_model(replace(bench.document.model, path=model, name="small"))
    bench.actions.trigger("file.export-model")
    dialog = screen.dialog(commands.parent(), ModelExportDialog)
    assert set(dialog.radios) == set(api.model_formats())
    dialog.radios["huggingface"].setChecked(True)
    assert dialog.place.text().endswith("small_huggingface")
    out = tmp_path / "out"
    dialog.place.set_text(str(out))
    toasts = []
    bench.notices.toast_posted.connect(toasts.append)
    with qtbot.waitSignal(bench.jobs.job_finished, timeout=60_000):
        dialog.export_button.click()
    assert (out / "model.safetensors").is_file()
    assert "written into out" in toasts[-1].text
    assert screen.dialog(commands.parent(), ModelExportDialog) is None


def test_a_model_that_cannot_be_exported_is_told(opened, qtbot, tmp_path) -> None:
    bench, commands = opened
    gone = tmp_path / "gone"
    bench.document.set_model(replace(bench.document.model, path=gone))
    with qtbot.waitSignal(bench.jobs.job_failed, timeout=60_000) as failed:
        commands.model.export_to("huggingface", tmp_path / "out")
    assert "gone" in failed.args[1].sentence


def test_no_model_no_export(opened, qtbot, tmp_path) -> None:
    bench, commands = opened
    bench.document.set_model(None)
    assert not bench.actions.get("file.export-model").isEnabled()
    commands.model.ask()
    assert screen.dialog(commands.parent(), ModelExportDialog) is None
    (tmp_path / "file").write_text("x", encoding="utf-8")
    dialog = ModelExportDialog(api.model_formats(), "my model", tmp_path)
    qtbot.addWidget(dialog)
    dialog.place.set_text(str(tmp_path / "file"))
    assert not dialog.export_button.isEnabled()
