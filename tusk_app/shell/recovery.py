"""After a crash: offers to resume the run that ended without notice."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMessageBox

from tusk_app.parts.one_dialog import OneDialog
from tusk_app.shell.layouts import DATA
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
        self._asking: OneDialog[QMessageBox] = OneDialog(self)
        window.closed.connect(self._looker.shutdown)

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
        box = QMessageBox(self._window)
        box.setWindowTitle("TUSK")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(f"The run {run.name} ended without notice.")
        box.setInformativeText(
            f"It had done {_steps(run)}; what it had learned by step "
            f"{run.checkpoints[-1]:,} is saved."
        )
        go_on = box.addButton("Resume", QMessageBox.ButtonRole.AcceptRole)
        look = box.addButton("Open what was learned", QMessageBox.ButtonRole.ActionRole)
        box.addButton("Dismiss", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(go_on)
        box.setModal(False)
        go_on.clicked.connect(lambda: self._go_on(run))
        look.clicked.connect(lambda: self._look(run))
        # Answered once, it is not asked again; ended without an answer, it is.
        box.finished.connect(lambda _answer: self._dismiss(run))
        self._asking.hold(box).show()

    def _go_on(self, run: RunSummary) -> None:
        self._bench.training.continue_run(run.path, steps=run.total_steps)

    def _look(self, run: RunSummary) -> None:
        bench = self._bench
        bench.document.set_run(run.path)
        self._window.open_model(str(run.path))
        if bench.document.source is None and run.source:
            bench.sources.open_paths([run.source])
        self._window.layouts.switch(DATA)

    def _dismiss(self, run: RunSummary) -> None:
        known = self._bench.settings.strings(DISMISSED)
        self._bench.settings.set_strings(DISMISSED, [*known, str(run.path)][-MAX_REMEMBERED:])


def _steps(run: RunSummary) -> str:
    # The description of a run that was killed early is behind its last checkpoint.
    done = max(run.step, run.checkpoints[-1])
    return f"{done:,} of {run.total_steps:,} steps" if run.total_steps else f"{done:,} steps"
