"""What is done with the detections of all pictures, once they are there."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from tusk_core import api

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk_app.threads.jobs import Job
    from tusk_app.workbench import Workbench
    from tusk_core.results import Analysis


class AfterAnalysis(QObject):
    """Does one thing with the detections, analysing all pictures first where that is needed."""

    def __init__(self, workbench: Workbench, parent: QObject) -> None:
        super().__init__(parent)
        self._bench = workbench
        self._waiting: Callable[[Analysis], None] | None = None
        self._awaited: Job | None = None
        workbench.document.analysis_changed.connect(self._go_on)
        workbench.jobs.job_failed.connect(self._forget)
        workbench.jobs.job_cancelled.connect(self._forget)

    @property
    def analysis(self) -> Analysis | None:
        """The detections of the open pictures, or of the results file that is open.

        Their tracks are as corrected by hand; what lies outside the region is left out.
        """
        document = self._bench.document
        analysis, tracks = document.analysis, document.tracks
        if document.source is not None and not self._bench.analysis.is_of_open_source():
            return None
        if analysis is not None and tracks is not None:
            analysis = dataclasses.replace(analysis, tracks=tracks)
        if analysis is None or document.region is None:
            return analysis
        return api.within_regions(analysis, {"*": document.region})

    def do(self, work: Callable[[Analysis], None]) -> None:
        """Call ``work`` with the detections, now or when they are there; returns at once."""
        analysis = self.analysis
        if analysis is not None:
            work(analysis)
            return
        self._waiting = work
        if not self._bench.analysis.is_busy:
            self._bench.analysis.start()
        running = self._bench.jobs.running
        self._awaited = running[-1] if running else None

    @Slot()
    def _go_on(self) -> None:
        analysis, work = self.analysis, self._waiting
        if work is not None and analysis is not None:
            self._waiting = None
            work(analysis)

    @Slot(object)
    def _forget(self, job: Job, *_failure: object) -> None:
        """An analysis that was cancelled or failed leads to nothing."""
        if job is self._awaited:
            self._waiting = self._awaited = None
