"""The command that runs the open model on several videos and folders, as one job."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices

from tusk_app.engine.track_settings import chosen_settings
from tusk_app.parts.one_dialog import OneDialog
from tusk_app.several.dialog import SeveralDialog, SeveralPlan
from tusk_core import api
from tusk_core.tracks import TrackOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import QWidget

    from tusk_app.threads.jobs import Job
    from tusk_app.workbench import Workbench
    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress

_KEY = "several/plan"


class SeveralCommands(QObject):
    """Registers the command and carries it out."""

    def __init__(self, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self._bench, self._window = workbench, parent
        self._asking: OneDialog[SeveralDialog] = OneDialog(self)
        self._job: tuple[Job, SeveralPlan] | None = None
        self._action = workbench.actions.add(
            "analyze.several", "Run on &several videos…", self.ask, menu="Analyse",
            icon="run-on-folder", group="analysis",
            tip="Find and follow individuals in many videos and folders, in one job",
        )  # fmt: skip
        workbench.document.model_changed.connect(self._enable)
        workbench.jobs.jobs_changed.connect(self._enable)
        workbench.jobs.job_finished.connect(self._tell)
        workbench.jobs.job_cancelled.connect(self._tell_stop)
        self._enable()

    @Slot()
    def ask(self) -> None:
        """Show what was run last, to be changed or continued."""
        model = self._bench.document.model
        if self._asking.bring_forward() or model is None:
            return
        dialog = self._asking.hold(
            SeveralDialog(self._proposed(), api.export_formats(), model.name, self._window)
        )
        dialog.chosen.connect(self.run)
        dialog.show()

    @Slot(object)
    def run(self, plan: SeveralPlan) -> None:
        """Start the job; returns at once."""
        model = self._bench.document.model
        if model is None or not plan.sources:
            return
        self._remember(plan)
        document = self._bench.document
        config = chosen_settings(self._bench.settings)
        least = max(config.min_score, document.min_score)
        options = TrackOptions(
            config.model_copy(update={"min_score": least}),
            document.num_keypoints,
            follow=plan.follow,
            formats=(plan.format,) if plan.format else (),
        )
        work = functools.partial(_run, model=model.path, plan=plan, options=options)
        count = len(plan.sources)
        title = f"Run on {count} sources" if count > 1 else f"Run on {Path(plan.sources[0]).name}"
        self._job = (self._bench.jobs.start(title, work), plan)
        self._enable()

    def _proposed(self) -> SeveralPlan:
        """Return the plan of the last time, else one for what is open."""
        settings, source = self._bench.settings, self._bench.document.source
        try:
            kept = json.loads(settings.value(_KEY, ""))
            return SeveralPlan(
                tuple(str(one) for one in kept["sources"]),
                Path(kept["folder"]),
                bool(kept["follow"]),
                str(kept["format"]),
            )
        except (ValueError, KeyError, TypeError):
            pass
        named = source is not None and Path(source.source).exists()
        sources = (source.source,) if named and source is not None else ()
        folder = Path(sources[0]).parent / "tusk-results" if sources else Path()
        return SeveralPlan(sources, folder, follow=True, format="")

    def _remember(self, plan: SeveralPlan) -> None:
        content = {
            "sources": plan.sources,
            "folder": str(plan.folder),
            "follow": plan.follow,
            "format": plan.format,
        }
        self._bench.settings.set_value(_KEY, json.dumps(content))

    @Slot(object)
    def _tell(self, job: Job) -> None:
        if self._job is None or job is not self._job[0]:
            return
        plan, self._job = self._job[1], None
        folder = QUrl.fromLocalFile(str(plan.folder))
        self._bench.notices.toast(
            f"The results are in {plan.folder.name}.",
            "success",
            "Show folder",
            lambda: QDesktopServices.openUrl(folder),
        )

    @Slot(object)
    def _tell_stop(self, job: Job) -> None:
        if self._job is None or job is not self._job[0]:
            return
        plan, self._job = self._job[1], None
        self._bench.notices.toast(
            "Stopped. What was found is kept.",
            "info",
            "Continue",
            functools.partial(self.run, plan),
        )

    @Slot()
    def _enable(self) -> None:
        is_busy = self._job is not None and self._job[0] in self._bench.jobs.running
        self._action.setEnabled(self._bench.document.model is not None and not is_busy)


def _run(
    control: RunControl, *, model: Path, plan: SeveralPlan, options: TrackOptions
) -> Iterator[JobProgress]:
    plan.folder.mkdir(parents=True, exist_ok=True)
    regions = {}
    for source in api.sources_in(plan.sources):
        region = api.own_region(source)
        if region is not None:
            regions[source] = region
    options = replace(options, regions=regions)
    return api.track(model, plan.sources, plan.folder, control, options=options)
