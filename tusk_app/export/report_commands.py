"""Saves a page of the model on the open pictures, to look at and to send."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from tusk_app.export.after_analysis import AfterAnalysis
from tusk_app.pictures.controller import display_name
from tusk_core import api
from tusk_core.events import JobProgress
from tusk_core.prototype_names import PrototypeNames

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk_app.workbench import Workbench
    from tusk_core.control import RunControl
    from tusk_core.results import Analysis, EvaluationReport, ModelInfo


def report_job(
    control: RunControl,
    *,
    info: ModelInfo,
    analysis: Analysis,
    out: Path,
    names: PrototypeNames,
    evaluations: tuple[EvaluationReport, ...],
) -> Iterator[JobProgress]:
    """Draw the kinds, read the pictures again and write the page; runs in the job's thread."""
    looks = None
    if info.config.decoder.kind != "none":
        yield JobProgress(0, 0, "Drawing the kinds.")
        looks = api.open_predictor(info.path).decode_prototypes()
    with api.open_source(analysis.source) as source:
        yield from api.write_page(
            info, analysis, source, out, control, names=names, looks=looks, evaluations=evaluations
        )


class ReportCommands(QObject):
    """Registers the command and carries it out."""

    def __init__(self, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self._bench, self._window = workbench, parent
        self._detections = AfterAnalysis(workbench, self)
        self._action = workbench.actions.add(
            "file.report", "Save &report…", self.ask, menu="File", icon="report",
            tip="Write one page of what the model finds here: kinds, counts, pictures and "
            "settings, to be read in any browser",
        )  # fmt: skip
        document = workbench.document
        for signal in (
            document.model_changed,
            document.source_changed,
            document.analysis_changed,
            workbench.analysis.busy_changed,
        ):
            signal.connect(self._enable)
        self._enable()

    @Slot()
    def ask(self) -> None:
        """Ask where to write the page."""
        analysis, source = self._detections.analysis, self._bench.document.source
        data = analysis.source if analysis is not None else source.source if source else "report"
        stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in display_name(data))
        settings = self._bench.settings
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Save report", str(settings.last_folder / f"{stem}_report.html"),
            "Pages (*.html)",
        )  # fmt: skip
        if not chosen:
            return
        path = Path(chosen)
        settings.last_folder = path.parent
        self.save_to(path if path.suffix else path.with_suffix(".html"))

    def save_to(self, path: Path) -> None:
        """Write the page, analysing all pictures first if need be; returns at once."""
        self._detections.do(functools.partial(self._start, path))

    def _start(self, path: Path, analysis: Analysis) -> None:
        info, book = self._bench.document.model, self._bench.prototypes
        if info is None:
            self._bench.notices.toast("Open the model of these results first.", "warning")
            return
        evaluation = self._bench.document.evaluation
        work = functools.partial(
            report_job,
            info=info,
            analysis=analysis,
            out=path,
            names=PrototypeNames(
                book.names(),
                book.merges(),
                frozenset(i for i in range(book.num) if book.is_hidden(i)),
            ),
            evaluations=() if evaluation is None else (evaluation,),
        )
        job = self._bench.jobs.start(f"Report {path.name}", work)
        self._bench.jobs.job_finished.connect(
            lambda ended: self._tell(path) if ended is job else None
        )

    def _tell(self, path: Path) -> None:
        self._bench.notices.toast(
            f"Saved {path.name}.",
            "success",
            "Open",
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))),
        )

    @Slot()
    def _enable(self) -> None:
        bench = self._bench
        is_ready = self._detections.analysis is not None or not bench.analysis.problem
        self._action.setEnabled(is_ready and bench.document.model is not None)
