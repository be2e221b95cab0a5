"""Export of detections: asks for format and file, analyses first if need be, writes as a job."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from tusk_app.export.after_analysis import AfterAnalysis
from tusk_app.export.dialog import ExportDialog
from tusk_app.export.model_commands import ModelExportCommands
from tusk_app.parts.one_dialog import OneDialog
from tusk_app.parts.words import say
from tusk_core import api
from tusk_core.events import JobProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk_app.threads.job_worker import JobFactory
    from tusk_app.workbench import Workbench
    from tusk_core.control import RunControl
    from tusk_core.results import Analysis, ExportFormatInfo


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """Format and place of an export."""

    format: ExportFormatInfo
    path: Path


class ExportCommands(QObject):
    """Registers the command and carries it out."""

    def __init__(self, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self._bench, self._window = workbench, parent
        self._detections = AfterAnalysis(workbench, self)
        self._asking: OneDialog[ExportDialog] = OneDialog(self)
        workbench.actions.add(
            "file.export", "&Export detections…", self.ask, menu="File", shortcut="Ctrl+E",
            icon="export", tip="Write what was found for other programs: COCO, CSV and more",
        )  # fmt: skip
        self.model = ModelExportCommands(workbench, parent)
        document, analysis = workbench.document, workbench.analysis
        for signal in (
            document.model_changed,
            document.source_changed,
            document.analysis_changed,
            analysis.busy_changed,
        ):
            signal.connect(self._enable)
        self._enable()

    @Slot()
    def ask(self) -> None:
        """Show the formats."""
        if self._asking.bring_forward():
            return
        first = self._bench.settings.value("export/format", "csv")
        dialog = self._asking.hold(
            ExportDialog(api.export_formats(), self._summary(), first=first, parent=self._window)
        )
        dialog.chosen.connect(self._ask_place)
        dialog.show()

    def export_to(self, format_name: str, path: Path) -> None:
        """Export, or analyse all pictures first and export then; returns at once."""
        known = {item.name: item for item in api.export_formats()}
        plan = ExportPlan(known[format_name], path)
        self._detections.do(functools.partial(self._start, plan))

    def _summary(self) -> str:
        analysis = self._detections.analysis
        if analysis is None:
            num = self._bench.document.num_pictures
            return (
                f"The {num:,} pictures have not been analysed yet. That is done first, in the "
                "background; then the file is written."
            )
        hidden = int(self._bench.prototypes.hidden().sum())
        text = (
            f"{len(analysis.labels):,} detections in {len(analysis.picture_names):,} pictures, "
            "with the names and merges you gave."
        )
        if hidden:
            text += say(f" The {hidden} hidden [kinds] are left out.")
        return text

    @Slot(str)
    def _ask_place(self, name: str) -> None:
        settings = self._bench.settings
        settings.set_value("export/format", name)
        item = next(f for f in api.export_formats() if f.name == name)
        first = settings.last_folder / f"{self._stem()}_{name.replace('-', '_')}{item.suffix}"
        if item.is_folder:
            chosen = QFileDialog.getExistingDirectory(
                self._window, f"Folder for the {item.label}", str(settings.last_folder)
            )
            chosen = str(Path(chosen) / first.name) if chosen else ""
        else:
            chosen, _ = QFileDialog.getSaveFileName(
                self._window, "Export detections", str(first), f"{item.label} (*{item.suffix})"
            )
        if not chosen:
            return
        path = Path(chosen)
        settings.last_folder = path.parent
        if item.suffix and not path.suffix:
            path = path.with_suffix(item.suffix)
        self.export_to(name, path)

    def _stem(self) -> str:
        source = self._bench.document.source
        text = "results" if source is None else source.source
        stem = Path(text.split("?")[0].replace(":", "_")).stem
        return "".join(c if c.isalnum() or c in "-_" else "_" for c in stem) or "results"

    def _start(self, plan: ExportPlan, analysis: Analysis) -> None:
        job = self._bench.jobs.start(f"Export {plan.path.name}", self._work(plan, analysis))
        job.produced.connect(lambda lost: self._tell(plan, analysis, lost))

    def _work(self, plan: ExportPlan, analysis: Analysis) -> JobFactory:
        book = self._bench.prototypes
        names, merged = book.names(), book.merges()
        hidden = frozenset(i for i in range(book.num) if book.is_hidden(i))

        def work(_control: RunControl) -> Iterator[object]:
            yield JobProgress(0, 0, plan.format.label)
            yield api.export_analysis(
                analysis,
                plan.path,
                file_format=plan.format.name,
                names=names,
                merged=merged,
                hidden=hidden,
            )

        return work

    def _tell(self, plan: ExportPlan, analysis: Analysis, lost: object) -> None:
        sentences = [str(item) for item in lost] if isinstance(lost, list) else []
        text = f"Exported {len(analysis.labels):,} detections as {plan.path.name}."
        folder = QUrl.fromLocalFile(str(plan.path.parent))
        self._bench.notices.toast(
            " ".join([text, *sentences[:2]]),
            "success",
            "Show folder",
            lambda: QDesktopServices.openUrl(folder),
        )

    @Slot()
    def _enable(self) -> None:
        bench = self._bench
        can_analyse = not bench.analysis.problem
        is_ready = self._detections.analysis is not None or can_analyse
        bench.actions.get("file.export").setEnabled(is_ready)
