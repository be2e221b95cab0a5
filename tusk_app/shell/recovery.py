"""After a crash: offers to go on with the run that ended without notice."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMessageBox

from tusk_app.threads.latest_task import LatestTask
from tusk_core import api

if TYPE_CHECKING:
    from tusk_app.shell.host import Host
    from tusk_app.shell.workshop import Workshop
    from tusk_core.results import RunSummary

log = logging.getLogger(__name__)

DISMISSED = "recovery/dismissed"
MAX_REMEMBERED = 50


class Recovery(QObject):
    """Looks through the runs once, in the background; asks once about each crashed one."""

    def __init__(self, window: Host, workbench: Workshop, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._bench = workbench
        self._looker = LatestTask("unfinished runs", self)
        self._looker.done.connect(self._take_runs)
        self._looker.failed.connect(lambda error: log.info("cannot look for runs: %s", error))
        self._box: QMessageBox | None = None
        window.closed.connect(self._looker.shutdown)

    @property
    def question(self) -> QMessageBox | None:
        """The question, while it is open."""
        return self._box

    def look(self) -> None:
        """Look for a run that crashed; returns at once."""
        root = self._bench.settings.run_root
        if self._bench.settings.value("start/offer-recovery", True):
            self._looker.request(lambda: api.list_runs(root))

    @Slot(object)
    def _take_runs(self, runs: tuple[RunSummary, ...]) -> None:
        dismissed = set(self._bench.settings.strings(DISMISSED))
        crashed = [
            run
            for run in runs
            if run.status == "crashed" and run.checkpoints and str(run.path) not in dismissed
        ]
        if crashed and not self._bench.training.is_busy:
            self._ask(crashed[0])

    def _ask(self, run: RunSummary) -> None:
        self._dismiss(run)
        box = QMessageBox(self._window)
        box.setWindowTitle("TUSK")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(f"The run {run.name} ended without notice.")
        box.setInformativeText(
            f"It had done {run.step:,} of {run.total_steps:,} steps; step "
            f"{run.checkpoints[-1]:,} is saved. Resume from there?"
        )
        go_on = box.addButton("Resume", QMessageBox.ButtonRole.AcceptRole)
        look = box.addButton("Open it", QMessageBox.ButtonRole.ActionRole)
        box.addButton("Not now", QMessageBox.ButtonRole.RejectRole)
        box.setModal(False)
        go_on.clicked.connect(lambda: self._go_on(run))
        look.clicked.connect(lambda: self._bench.sources.run_wanted.emit(str(run.path)))
        box.finished.connect(self._forget)
        self._box = box
        box.show()

    def _go_on(self, run: RunSummary) -> None:
        self._bench.training.continue_run(run.path, steps=run.total_steps)

    def _dismiss(self, run: RunSummary) -> None:
        known = self._bench.settings.strings(DISMISSED)
        self._bench.settings.set_strings(DISMISSED, [*known, str(run.path)][-MAX_REMEMBERED:])

    @Slot()
    def _forget(self) -> None:
        if self._box is not None:
            self._box.deleteLater()
            self._box = None
