"""Save report: one page, written as a job; pictures are analysed first if need be."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget

from tests.support.small_models import picture, write_model
from tusk_app.app import compose
from tusk_app.export.report_commands import ReportCommands
from tusk_core import api
from tusk_core.data.pictures import write_picture


@pytest.fixture
def opened(qtbot, settings, tmp_path):
    bench = compose(settings)
    window = QWidget()
    qtbot.addWidget(window)
    commands = ReportCommands(bench, window)
    for number in range(3):
        (tmp_path / "data").mkdir(exist_ok=True)
        write_picture(tmp_path / "data" / f"{number}.png", picture(seed=number))
    source = api.open_source(str(tmp_path / "data"))
    bench.document.set_source(source)
    assert not bench.actions.get("file.report").isEnabled()
    with qtbot.waitSignal(bench.engine.model_opened, timeout=30_000):
        bench.engine.open_model(write_model(tmp_path / "model"))
    yield bench, commands
    assert bench.shut_down() == []
    source.close()


def test_pictures_are_analysed_and_the_page_is_written(opened, qtbot, tmp_path) -> None:
    bench, commands = opened
    assert bench.actions.get("file.report").isEnabled()
    bench.prototypes.rename(0, "the corner")
    toasts = []
    bench.notices.toast_posted.connect(toasts.append)
    out = tmp_path / "page.html"
    commands.save_to(out)
    qtbot.waitUntil(
        lambda: any("Saved page.html" in toast.text for toast in toasts), timeout=60_000
    )
    text = out.read_text(encoding="utf-8")
    assert text.count("<figure>") == 3
    shown = int((bench.document.analysis.labels == 0).sum())
    assert ("#0 the corner" in text) == bool(shown)


def test_a_page_that_cannot_be_written_is_told(opened, qtbot, tmp_path) -> None:
    bench, commands = opened
    (tmp_path / "file").write_text("x")
    with qtbot.waitSignal(bench.jobs.job_failed, timeout=60_000) as failed:
        commands.save_to(tmp_path / "file" / "page.html")
    assert "cannot be written" in failed.args[1].sentence
