"""Curves as files, curves of earlier runs, and the remembered way of drawing them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from tusk_app.parts.saving import save_image
from tusk_app.threads.latest_task import LatestTask
from tusk_app.training.controller import TrainingController
from tusk_app.training.loss_history import LossHistory
from tusk_app.training.run_past import PastRun, read_past
from tusk_core.atomic import write_bytes

if TYPE_CHECKING:
    from tusk_app.training.widgets.loss_plot import LossPlot
    from tusk_app.workbench import Workbench
    from tusk_core.results import RunSummary

MOST_COMPARED = 3
MOST_OFFERED = 15
KEY = "training"


class CurveFiles(QObject):
    """Acts on what is asked for in the tool bar of the curves."""

    def __init__(self, plot: LossPlot, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self._plot = plot
        self._window = parent
        self._bench = workbench
        self._compared: dict[str, LossHistory] = {}
        self._training = workbench.part(TrainingController)
        self._reader = LatestTask("curves of runs", self, keep_all=True)
        self._reader.done.connect(self._take_answer)
        self._reader.failed.connect(self._take_error)
        self._training.compare_toggled.connect(self.toggle)
        plot.csv_requested.connect(self.ask_csv)
        plot.picture_requested.connect(self.ask_picture)
        plot.compare_requested.connect(self._ask_runs)
        plot.comparison_dismissed.connect(self._dismiss)
        plot.options_changed.connect(self._remember)
        self._recall()

    def shutdown(self) -> bool:
        """End what is being read or written; False if that did not end in time."""
        return self._reader.shutdown()

    def ask_csv(self) -> None:
        """Ask for a file and write the numbers to it."""
        path = self._ask("Save the numbers", "losses.csv", "CSV (*.csv)")
        if path is not None:
            self.write_csv(path)

    def ask_picture(self) -> None:
        """Ask for a file and write the plot to it."""
        path = self._ask("Save the picture", "losses.png", "PNG (*.png)")
        if path is not None:
            self.write_picture(path)

    def write_csv(self, path: Path) -> None:
        """Write every step to ``path`` in the background."""
        # A copy: the run continues while the file is written.
        history = LossHistory().joined(self._plot.history)
        self._reader.request(lambda: write_history(history, path))

    def write_picture(self, path: Path) -> None:
        """Write the plot as it is shown, at twice the screen's fineness."""
        try:
            save_image(self._plot.picture(), path)
        except OSError as error:
            reason = error.strerror or error
            self._bench.notices.toast(f"{path} could not be written: {reason}.", "warning")
        else:
            self._bench.notices.toast(f"Saved {path.name}.", "success")

    @Slot(object)
    def toggle(self, path: Path) -> None:
        """Show the curves of the run in ``path`` in grey, or take them away."""
        if path.name in self._compared:
            self._dismiss(path.name)
        else:
            self._reader.request(lambda: read_past(path))

    def _ask(self, title: str, name: str, kind: str) -> Path | None:
        folder = self._bench.settings.last_folder
        chosen, _ = QFileDialog.getSaveFileName(self._window, title, str(folder / name), kind)
        if not chosen:
            return None
        self._bench.settings.last_folder = Path(chosen).parent
        return Path(chosen)

    def _ask_runs(self) -> None:
        """Look which runs there are, then offer them."""
        training = self._training
        training.setup.runs_listed.connect(self._offer_runs, Qt.ConnectionType.SingleShotConnection)
        training.setup.list_runs(training.run_root)

    @Slot(object)
    def _offer_runs(self, listed: tuple[RunSummary, ...]) -> None:
        shown = self._training.record.run_dir
        menu = QMenu(self._window)
        runs = [run for run in listed if run.step and run.path != shown][:MOST_OFFERED]
        for run in runs:
            action = menu.addAction(run.name)
            action.setCheckable(True)
            action.setChecked(run.path.name in self._compared)
            action.triggered.connect(lambda _on=False, path=run.path: self.toggle(path))
        if not runs:
            menu.addAction("There are no earlier runs").setEnabled(False)
        menu.popup(QCursor.pos())
        menu.aboutToHide.connect(menu.deleteLater)

    @Slot(object)
    def _take_answer(self, answer: object) -> None:
        if isinstance(answer, PastRun):
            names = [*self._compared, answer.path.name]
            self._compared[answer.path.name] = answer.history
            for name in names[:-MOST_COMPARED]:
                self._compared.pop(name, None)
            self._show()
        elif isinstance(answer, Path):
            self._bench.notices.toast(f"Saved {answer.name}.", "success")

    @Slot(object)
    def _take_error(self, error: Exception) -> None:
        self._bench.notices.toast(str(error), "warning")

    def _dismiss(self, name: str) -> None:
        self._compared.pop(name, None)
        self._show()

    def _show(self) -> None:
        self._plot.set_comparisons(self._compared)

    def _remember(self) -> None:
        settings, bar = self._bench.settings, self._plot.bar
        settings.set_value(f"{KEY}/by-time", bar.by_time)
        settings.set_value(f"{KEY}/log-scale", bar.log_scale)
        settings.set_value(f"{KEY}/ignore-outliers", bar.ignore_outliers)
        settings.set_value(f"{KEY}/smoothing", bar.smoothing)
        settings.set_strings(f"{KEY}/hidden-curves", self._plot.legend.hidden())

    def _recall(self) -> None:
        settings, bar = self._bench.settings, self._plot.bar
        bar.set_options(
            by_time=settings.value(f"{KEY}/by-time", bar.by_time),
            log_scale=settings.value(f"{KEY}/log-scale", bar.log_scale),
            ignore_outliers=settings.value(f"{KEY}/ignore-outliers", bar.ignore_outliers),
            smoothing=settings.value(f"{KEY}/smoothing", bar.smoothing),
        )
        hidden = settings.strings(f"{KEY}/hidden-curves")
        if hidden:
            self._plot.legend.set_hidden(hidden)


def write_history(history: LossHistory, path: Path) -> Path:
    """Write one line for each step: step, elapsed seconds, each term; returns ``path``.

    Raises:
        OSError: if the file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["step", "elapsed_s", *history.terms])
    columns = [history.values(term).tolist() for term in history.terms]
    rows = zip(history.steps.tolist(), history.elapsed.tolist(), *columns, strict=True)
    for step, elapsed, *values in rows:
        figures = ["" if value != value else f"{value:.8g}" for value in values]  # noqa: PLR0124
        writer.writerow([step, f"{elapsed:.3f}", *figures])
    write_bytes(path, text.getvalue().encode("utf-8"))
    return path
