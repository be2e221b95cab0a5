from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QLabel

from tests.support.explore_bench import close
from tests.support.small_models import write_model
from tusk_app.app import compose
from tusk_app.evaluation.dock import EvaluationDock
from tusk_app.evaluation.widgets.confusion_view import ConfusionView, reading_order
from tusk_app.evaluation.widgets.metric_table import MetricTable
from tusk_app.evaluation.widgets.metric_texts import PROTOCOL_TEXTS, metric_text
from tusk_app.evaluation.widgets.results_pane import ResultsPane
from tusk_app.evaluation.widgets.table_view import NumberTable
from tusk_app.parts.side_or_tabs import SideOrTabs
from tusk_core import api
from tusk_core.data.pictures import write_picture
from tusk_core.results import EvaluationReport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tusk_app.settings import Settings
    from tusk_app.shell.workshop import Workshop

COUNTS = np.array([[0, 9.0], [5, 1], [0, 0], [8, 0]])


def report_with(**changes: object) -> EvaluationReport:
    values: dict[str, object] = {
        "protocol": "mnist-hard",
        "model": "some/model",
        "data": "sample:digits?count=12",
        "metrics": {"localisation": 99.95, "both_bipartite": 80.0, "nmi": float("nan")},
        "intervals": {"localisation": (99.0, 100.0)},
        "reference": {"localisation": 99.9, "both_bipartite": 92.1},
        "counts": {"pictures": 12, "seed": 0},
        "tables": {"prototype × class": COUNTS.tolist()},
        "worst": ("digits 000003",),
        "columns": {"prototype × class": ("cat", "dog")},
    }
    return EvaluationReport(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def bench(settings: Settings, qapp) -> Iterator[Workshop]:
    made = compose(settings)
    yield made
    close(made)


@pytest.fixture
def dock(bench: Workshop, qtbot) -> EvaluationDock:
    dock = EvaluationDock(bench)
    qtbot.addWidget(dock)
    dock.resize(1100, 320)
    return dock


def test_without_a_model_it_says_what_it_needs(dock: EvaluationDock) -> None:
    assert not dock.start_button.isEnabled()
    assert "model first" in dock.start_button.toolTip()
    assert not dock.save_button.isEnabled()


def test_evaluating_a_model_fills_everything(
    bench: Workshop, dock: EvaluationDock, tmp_path: Path, qtbot
) -> None:
    dock.show()
    changes = {"data.source": "sample:tetrominoes", "data.fit": "pad"}
    with qtbot.waitSignal(bench.document.model_changed, timeout=30_000):
        bench.engine.open_model(write_model(tmp_path / "model", changes))
    bench.prototypes.reset(6)
    # What a model was trained on is offered first, on pictures it has not seen.
    assert dock.data_box.currentText() == "1000 tetrominoes"
    assert dock.protocol_box.currentData() == "multi-object"
    dock.choose_folder("sample:tetrominoes?count=20&seed=3")
    dock.start_button.click()
    assert dock.cancel_button.isVisible()
    qtbot.waitUntil(lambda: dock.report is not None and not bench.jobs.running, timeout=60_000)
    assert not dock.cancel_button.isVisible()
    assert any("Foreground ARI" in line[0] for line in dock.table.texts())
    assert dock.table_box.count() == 2
    assert dock.worst.count() > 0
    with qtbot.waitSignal(bench.document.source_changed, timeout=20_000):
        dock.open_picture(dock.worst.item(0).text())
    source = bench.document.source
    assert source.name(bench.document.index) == dock.worst.item(0).text()
    dock.open_picture(dock.worst.item(1).text())
    assert source.name(bench.document.index) == dock.worst.item(1).text()


def test_things_are_found_with_truth_from_a_file_and_compared_with_empty_pictures(
    bench: Workshop, dock: EvaluationDock, tmp_path: Path, qtbot
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(4):
        write_picture(folder / f"{number}.png", np.full((40, 40, 3), 60 * number, np.uint8))
    lines = "".join(f"{number},20,20\n" for number in range(4))
    (tmp_path / "points.csv").write_text(f"frame,x,y\n{lines}")
    with qtbot.waitSignal(bench.document.model_changed, timeout=30_000):
        bench.engine.open_model(write_model(tmp_path / "model"))
    with qtbot.waitSignal(bench.document.source_changed, timeout=20_000):
        bench.sources.open_pictures(str(folder))
    dock.show()
    dock.data_box.setCurrentIndex(0)
    dock.protocol_box.setCurrentIndex(dock.protocol_box.findData("detection"))
    assert not dock.start_button.isEnabled()
    assert "ground truth" in dock.start_button.toolTip()
    options = dock.options
    assert options.empty_button.isHidden()
    options.set_truth(str(tmp_path / "points.csv"))
    options.radius_box.setValue(30)
    dock.start_button.click()
    qtbot.waitUntil(lambda: dock.report is not None and not bench.jobs.running, timeout=60_000)
    assert any(line[0] == "Things found" and line[1] for line in dock.table.texts())
    dock.table_box.setCurrentIndex(dock.table_box.findText("threshold", Qt.MatchFlag.MatchContains))
    numbers = dock.findChild(NumberTable)
    assert numbers.isVisibleTo(dock)
    assert numbers.rowCount() > 0
    dock.protocol_box.setCurrentIndex(dock.protocol_box.findData("presence"))
    assert options.radius_box.isHidden()
    assert "without the subject" in dock.start_button.toolTip()
    options.set_empty(str(folder))
    dock.start_button.click()
    qtbot.waitUntil(lambda: dock.report.protocol == "presence", timeout=60_000)
    assert dock.report.metrics["area_under_curve"] == 50
    qtbot.waitUntil(lambda: not bench.jobs.running, timeout=20_000)


def test_what_cannot_be_evaluated_is_an_error_with_a_way_out(
    bench: Workshop, dock: EvaluationDock, tmp_path: Path, qtbot
) -> None:
    with qtbot.waitSignal(bench.document.model_changed, timeout=30_000):
        bench.engine.open_model(write_model(tmp_path / "model"))
    (tmp_path / "empty").mkdir()
    dock.choose_folder(str(tmp_path / "empty"))
    with qtbot.waitSignal(bench.notices.problem_posted, timeout=30_000) as caught:
        dock.start()
    assert "could not be evaluated" in caught.args[0].title
    qtbot.waitUntil(lambda: not bench.jobs.running, timeout=20_000)
    assert dock.start_button.isEnabled()


def test_a_report_can_be_saved_as_json_and_as_text(dock: EvaluationDock, tmp_path: Path) -> None:
    dock.show_report(report_with())
    dock.save(str(tmp_path / "numbers.json"))
    dock.save(str(tmp_path / "numbers.txt"))
    values = json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8"))
    assert values["metrics"]["both_bipartite"] == 80
    assert "92.1" in (tmp_path / "numbers.txt").read_text(encoding="utf-8")


def test_a_report_without_tables_or_mistakes(dock: EvaluationDock) -> None:
    dock.show_report(report_with(protocol="landmarks", tables={}, worst=(), columns={}))
    assert dock.table_box.count() == 0
    assert not dock.grab().isNull()


@pytest.mark.parametrize("width", [480, 700, 960])
def test_no_name_of_a_number_is_cut(dock: EvaluationDock, qtbot, width: int) -> None:
    names = ("foreground_ari", "foreground_ari_strict", "ari")
    dock.show_report(report_with(metrics=dict.fromkeys(names, 95.0)))
    dock.resize(width, 340)
    dock.show()
    table = dock.table
    qtbot.waitUntil(table.isVisible)
    room = table.header().sectionSize(0) - 2 * table.indentation()
    for line in table.texts():
        if line[1]:
            assert table.fontMetrics().horizontalAdvance(line[0]) <= room, line[0]
    about = dock.findChild(ResultsPane).about
    assert about.height() >= about.heightForWidth(about.width())


def test_the_command_shows_the_panel(bench: Workshop, dock: EvaluationDock) -> None:
    bench.actions.trigger("model.evaluate")
    assert dock.isVisible()


def test_numbers_stand_under_headings_with_the_paper_beside(qtbot) -> None:
    table = MetricTable()
    qtbot.addWidget(table)
    table.show_report(report_with())
    lines = table.texts()
    assert ("Finding", "", "", "") in lines
    assert ("Objects found", "99.95", "99.00 – 100.00", "99.9") in lines
    assert ("Mutual information", "", "", "") in lines  # not known is empty, not "nan"


def test_every_number_has_words_and_a_tip() -> None:
    for name in ("both_reverse", "shape", "shape_strict", "joint", "error_left_eye", "coverage"):
        text = metric_text(name)
        assert text.group
        assert text.name
    assert metric_text("error_left_eye").is_error
    assert not metric_text("shape").is_error
    for name in ("found_RBC", "best_right", "steered_found_RBC", "area_under_curve"):
        assert metric_text(name).tip, name
    assert metric_text("steered_found_RBC").name == "RBC found"
    assert set(PROTOCOL_TEXTS) == set(api.evaluation_protocols())


def test_prototypes_are_ordered_by_their_class() -> None:
    assert reading_order(COUNTS).tolist() == [3, 1, 0]


def test_a_cell_says_its_count_and_a_click_its_prototype(qtbot) -> None:
    view = ConfusionView()
    qtbot.addWidget(view)
    view.resize(400, 200)
    view.show_counts(
        COUNTS, ("cat", "dog"), np.zeros((4, 3), np.uint8), [f"P{i}" for i in range(4)]
    )
    view.show()
    places = [QPointF(x, 20) for x in range(400) if view.cell_at(QPointF(x, 20)) is not None]
    assert {view.cell_at(place) for place in places} == {(3, 0), (1, 0), (0, 0)}
    assert view.cell_text(1, 0) == "P1: 5 of 6 points are on “cat”"
    assert view.cell_at(QPointF(1, 20)) is None
    with qtbot.waitSignal(view.prototype_clicked) as caught:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(int(places[0].x()) + 2, 20))
    assert caught.args == [3]


def test_a_table_without_counts_says_so(qtbot) -> None:
    view = ConfusionView()
    qtbot.addWidget(view)
    view.show_counts(np.zeros((3, 2)), ("a", "b"), np.zeros((0, 3), np.uint8), [])
    assert not view.grab().isNull()
    assert view.cell_at(QPointF(50, 50)) is None


def test_panes_become_tabs_where_there_is_no_room(qtbot) -> None:
    panes = [QLabel(text) for text in ("one", "two", "three")]
    widget = SideOrTabs([(pane.text(), pane, 100) for pane in panes], least=400)
    qtbot.addWidget(widget)
    widget.resize(600, 200)
    widget.show()
    assert not widget.is_narrow
    assert all(pane.isVisible() for pane in panes)
    widget.resize(300, 200)
    qtbot.waitUntil(lambda: widget.is_narrow)
    assert [pane.isVisible() for pane in panes] == [True, False, False]
    widget.resize(600, 200)
    qtbot.waitUntil(lambda: not widget.is_narrow)
    assert all(pane.isVisible() for pane in panes)
