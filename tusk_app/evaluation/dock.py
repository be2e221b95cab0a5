"""Evaluate: score the open model on data with ground truth, by the paper's protocols.

A little longer than other files: one panel's parts and their connections, a few lines each.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tusk_app.evaluation.widgets.metric_texts import PROTOCOL_TEXTS
from tusk_app.evaluation.widgets.options_bar import OptionsBar
from tusk_app.evaluation.widgets.results_pane import ResultsPane
from tusk_app.panel import Panel
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.flow_layout import FlowLayout
from tusk_app.parts.panel_layout import scrolled
from tusk_app.parts.words import say
from tusk_app.pictures.controller import SourceController, display_name
from tusk_core import api
from tusk_core.atomic import write_text
from tusk_core.results import EvaluationReport, TuskError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk_app.threads.job_worker import JobFailure
    from tusk_app.threads.jobs import Job
    from tusk_app.workbench import Workbench
    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress
    from tusk_core.results import EvaluationOptions

ORIGIN = "evaluation"
# Pictures no bundled or quickly trained model has seen: another seed than training's.
SAMPLES = {
    "tetrominoes": ("sample:tetrominoes?count=1000&seed=1000", "multi-object"),
    "digits": ("sample:digits?count=500&seed=1000", "mnist-hard"),
    "solids": ("sample:solids?count=200&seed=1000", "multi-object"),
}
# Below it the panel scrolls: a few rows of numbers are seen in any case [px].
_LEAST_HEIGHT = 190
CHOOSE = "choose"


def evaluation_job(
    control: RunControl, *, model: Path, data: str, protocol: str, options: EvaluationOptions
) -> Iterator[object]:
    """Return progress, then the report; runs in the job's thread."""
    return api.evaluate(model, data, protocol, control, options=options)


class EvaluationDock(Panel):
    """Chooses model, data and protocol; shows numbers, tables and the worst pictures."""

    name = "evaluation"
    title = "Evaluate"
    question = "How good is it?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._job: Job | None = None
        self._report: EvaluationReport | None = None
        self._reports: dict[str, EvaluationReport] = {}
        self._last_data = 0
        self._make_widgets()
        self._add_actions()
        self._connect()
        self._take_protocol()

    @property
    def report(self) -> EvaluationReport | None:
        """What is shown."""
        return self._report

    @Slot()
    def start(self) -> None:
        """Score the open model, as a job."""
        model = self._bench.document.model
        if model is None or self._job is not None:
            return
        data, protocol = self.data_box.currentData(), self.protocol_box.currentData()
        work = functools.partial(
            evaluation_job,
            model=model.path,
            data=data,
            protocol=protocol,
            options=self.options.options,
        )
        job = self._bench.jobs.start(f"Evaluate on {display_name(data)}", work)
        job.progressed.connect(self._show_progress)
        job.produced.connect(self.show_report)
        self._job = job
        self._refresh()

    @Slot()
    def reveal(self) -> None:
        """Show the panel."""
        self.show()
        self.raise_()

    @Slot(object)
    def show_report(self, report: EvaluationReport) -> None:
        """Show numbers, tables and worst pictures."""
        self._report = self._reports[report.model] = report
        model = self._bench.document.model
        if model is not None and str(model.path) == report.model:
            self._bench.document.set_evaluation(report)
        self._pane.show_report(report, display_name(report.data))
        self._show_table()
        self._stack.show_content(has_content=True)
        self._refresh()

    # Parts

    def _make_widgets(self) -> None:
        self._pane = ResultsPane()
        self.table, self.table_box = self._pane.numbers, self._pane.table_box
        self.worst = self._pane.worst
        self.options = OptionsBar()
        hint = EmptyHint(
            "evaluate",
            "Nothing evaluated yet",
            "Score the open model on data whose objects are known: made-up samples, a data set "
            "made with “tusk sample-data”, or a published one. You get every number of the paper "
            "with its interval, and stricter ones beside.",
        )
        self._stack = HintStack(hint, self._pane)
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(8, 6, 8, 8)
        column.addWidget(self._make_bar())
        column.addWidget(self._stack, 1)
        self._stack.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self._stack.setMinimumHeight(_LEAST_HEIGHT)
        self.setWidget(scrolled(body, self))

    def _make_bar(self) -> QWidget:
        self.protocol_box = QComboBox()
        self.protocol_box.setAccessibleName("Protocol")
        for protocol, (words, tip) in PROTOCOL_TEXTS.items():
            self.protocol_box.addItem(words, protocol)
            self.protocol_box.setItemData(
                self.protocol_box.count() - 1, say(tip), Qt.ItemDataRole.ToolTipRole
            )
        self.data_box = QComboBox()
        self.data_box.setAccessibleName("Data with ground truth")
        self.start_button = QPushButton("Evaluate")
        self.cancel_button = QPushButton("Cancel")
        self.progress = QProgressBar()
        self.progress.setMinimumWidth(40)
        self.progress.setMaximumWidth(180)
        self.progress.setTextVisible(False)
        self.save_button = QPushButton("Save…")
        self.save_button.setToolTip("Write the numbers as JSON, or as a table in plain text")
        for box, letters in ((self.protocol_box, 20), (self.data_box, 17)):
            # Wide names must not keep the panel wide: others stand beside it.
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(letters)
        bar = QWidget()
        flow = FlowLayout(bar)
        for widget in (
            self.protocol_box,
            self.data_box,
            self.options,
            self.start_button,
            self.progress,
            self.cancel_button,
            self.save_button,
        ):
            flow.addWidget(widget)
        return bar

    def _add_actions(self) -> None:
        self._bench.actions.add(
            "model.evaluate",
            "Evaluate…",
            self.reveal,
            menu="Model",
            tip="Score the open model on data with ground truth",
            icon="evaluate",
        )

    def _connect(self) -> None:
        bench = self._bench
        bench.document.model_changed.connect(self._take_model)
        bench.document.source_changed.connect(self._show_data)
        bench.jobs.job_finished.connect(self._take_end)
        bench.jobs.job_cancelled.connect(self._take_end)
        bench.jobs.job_failed.connect(self._take_failure)
        bench.prototypes.changed.connect(self._show_table)
        self.start_button.clicked.connect(self.start)
        self.cancel_button.clicked.connect(self._cancel)
        self.save_button.clicked.connect(self._ask_where_to_save)
        self.table_box.currentIndexChanged.connect(self._show_table)
        self.protocol_box.currentIndexChanged.connect(self._take_protocol)
        self.options.changed.connect(self._refresh)
        self.data_box.currentIndexChanged.connect(self._refresh)
        self.data_box.activated.connect(self._take_data)
        self.worst.itemActivated.connect(lambda item: self.open_picture(item.text()))
        self._pane.tables.confusion.prototype_clicked.connect(
            lambda prototype: bench.selection.select_prototype(prototype, ORIGIN)
        )

    # Reactions

    @Slot()
    def _take_model(self) -> None:
        model = self._bench.document.model
        if model is not None:
            trained_on = model.config.data.source.removeprefix("sample:").partition("?")[0]
            source = self._bench.document.source
            is_open = "" if source is None else source.source.removeprefix("sample:")
            if source is not None and is_open.partition("?")[0] != trained_on:
                # A sample's truth says nothing of other pictures.
                self._choose(source.source, self.protocol_box.currentData())
            elif trained_on in SAMPLES:
                data, protocol = SAMPLES[trained_on]
                self._choose(data, protocol)
            else:
                self.data_box.setCurrentIndex(0)  # the open pictures, where there are some
                self._last_data = 0
        self._show_own_report()
        self._refresh()

    def _show_own_report(self) -> None:
        """Show the newest numbers of the open model; those of another are kept for its return."""
        model = self._bench.document.model
        report = None if model is None else self._reports.get(str(model.path))
        self._report = report
        self._stack.show_content(has_content=report is not None)
        self._bench.document.set_evaluation(report)
        if report is not None:
            self._pane.show_report(report, display_name(report.data))
        self._show_table()

    @Slot()
    def _take_protocol(self) -> None:
        """Show what the protocol needs; pictures without a truth of their own can be chosen now."""
        self.options.show_for(self.protocol_box.currentData())
        self._show_data()

    @Slot()
    def _show_data(self) -> None:
        """List what could be evaluated on: the open pictures, samples, a folder."""
        chosen = self.data_box.currentData()
        self.data_box.blockSignals(True)
        self.data_box.clear()
        source = self._bench.document.source
        if source is not None:
            self.data_box.addItem(f"open pictures: {display_name(source.source)}", source.source)
        for name, (data, _) in SAMPLES.items():
            count = data.partition("count=")[2].partition("&")[0]
            self.data_box.addItem(f"{count} {name}", data)
            self.data_box.setItemData(
                self.data_box.count() - 1,
                "Newly generated; no bundled model has seen them",
                Qt.ItemDataRole.ToolTipRole,
            )
        self.data_box.addItem("a folder…", CHOOSE)
        self.data_box.setCurrentIndex(max(0, self.data_box.findData(chosen)))
        self._last_data = self.data_box.currentIndex()
        self.data_box.blockSignals(False)
        self._refresh()

    @Slot(int)
    def _take_data(self, index: int) -> None:
        data = self.data_box.itemData(index)
        if data == CHOOSE:
            self.data_box.setCurrentIndex(self._last_data)
            dialog = QFileDialog(self, "Data set with ground truth")
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.fileSelected.connect(self.choose_folder)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()
            return
        self._last_data = index
        for known, protocol in SAMPLES.values():
            if data == known:
                self._choose(data, protocol)

    @Slot(str)
    def choose_folder(self, folder: str) -> None:
        """Offer and choose a folder."""
        if self.data_box.findData(folder) < 0:
            self.data_box.insertItem(self.data_box.count() - 1, display_name(folder), folder)
        self.data_box.setCurrentIndex(self.data_box.findData(folder))
        self._last_data = self.data_box.currentIndex()

    def _choose(self, data: str, protocol: str) -> None:
        if (index := self.data_box.findData(data)) >= 0:
            self.data_box.setCurrentIndex(index)
            self._last_data = index
        self.protocol_box.setCurrentIndex(self.protocol_box.findData(protocol))

    @Slot()
    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()

    @Slot(object)
    def _show_progress(self, progress: JobProgress) -> None:
        self.progress.setMaximum(max(1, progress.total))
        self.progress.setValue(progress.done)
        self.progress.setToolTip(f"{progress.message} {progress.done:,} of {progress.total:,}")

    @Slot(object)
    def _take_end(self, job: Job) -> None:
        if job is self._job:
            self._job = None
            self._refresh()

    @Slot(object, object)
    def _take_failure(self, job: Job, failure: JobFailure) -> None:
        if job is not self._job:
            return
        self._take_end(job)
        self._bench.notices.error(
            "The model could not be evaluated.",
            failure.sentence,
            "Choose other data or another protocol.",
            failure.details,
        )

    @Slot()
    def _show_table(self) -> None:
        report, name = self._report, self.table_box.currentText()
        if report is None or name not in report.tables:
            self._pane.tables.show_table("", (), (), np.zeros((0, 3), np.uint8), ())
            return
        book, model = self._bench.prototypes, self._bench.document.model
        is_same = model is not None and str(model.path) == report.model
        colours = book.colours() if is_same else np.zeros((0, 3), np.uint8)
        labels = [book.name(index) for index in range(book.num)] if is_same else []
        columns = report.columns.get(name, ())
        self._pane.tables.show_table(name, report.tables[name], columns, colours, labels)

    def _refresh(self) -> None:
        is_running = self._job is not None
        missing = self._missing()
        self.start_button.setEnabled(not missing and not is_running)
        self.start_button.setToolTip(missing or "Score the open model")
        for widget in (self.progress, self.cancel_button):
            widget.setVisible(is_running)
        self.progress.setMaximum(0)
        self.save_button.setEnabled(self._report is not None)

    def _missing(self) -> str:
        """Return what has to be chosen first; empty if nothing."""
        if self._bench.document.model is None:
            return "Open or train a model first"
        options = self.options.options
        if self.protocol_box.currentData() == "presence":
            return "" if options.empty else "Choose a folder of pictures without the subject first"
        source = self._bench.document.source
        is_open = source is not None and source.source == self.data_box.currentData()
        if is_open and not getattr(source, "has_ground_truth", False) and not options.truth:
            return "The open pictures have no ground truth: choose the file that has it"
        return ""

    # Pictures and files

    def open_picture(self, name: str) -> None:
        """Show one of the worst pictures, opening its data set if need be."""
        report, source = self._report, self._bench.document.source
        if report is None:
            return
        data = report.data.partition(" (empty: ")[0]
        if source is not None and self._bench.document.shows(data):
            names = (index for index in range(len(source)) if source.name(index) == name)
            self._bench.document.go_to(next(names, 0))
            return
        self._bench.part(SourceController).open_pictures(data, select=Path(name).name)

    def _ask_where_to_save(self) -> None:
        dialog = QFileDialog(self, "Save the numbers")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["JSON (*.json)", "Plain text (*.txt)"])
        dialog.setDefaultSuffix("json")
        dialog.selectFile("evaluation.json")
        dialog.fileSelected.connect(self.save)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    @Slot(str)
    def save(self, path: str) -> None:
        """Write the report as JSON, or as text where the name ends in ``.txt``."""
        if self._report is None:
            return
        target = Path(path)
        try:
            if target.suffix.lower() == ".txt":
                write_text(target, api.report_text(self._report) + "\n")
            else:
                api.save_report(self._report, target)
        except (OSError, TuskError) as error:
            self._bench.notices.error(
                "The numbers were not saved.", str(error), "Choose another folder."
            )
            return
        self._bench.notices.toast(f"Saved {target.name}.", "success")
