"""Tracks of the open results: made, corrected, undone and saved, outside the GUI thread."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.engine.track_settings import chosen_settings, remember_settings
from tusk_app.threads.latest_task import LatestTask
from tusk_app.tracks.model import TrackView, make_view
from tusk_core import api
from tusk_core.events import JobProgress
from tusk_core.tracks import TrackOptions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tusk_app.engine.analysis import AnalysisController
    from tusk_app.settings import Settings
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.threads.jobs import Job, JobController
    from tusk_core.config import TrackConfig
    from tusk_core.control import RunControl
    from tusk_core.results import Analysis
    from tusk_core.tracks import TrackEdit


class TracksController(QObject):
    """Follows the analysis; the tracks as corrected are ``document.tracks``.

    Signals:
        changed: ``view`` is another one, or None.
        busy_changed: bool.
        proposed: TrackProposal, what the data propose for the settings.
    """

    changed = Signal()
    busy_changed = Signal(bool)
    proposed = Signal(object)

    def __init__(
        self,
        document: Document,
        analysis: AnalysisController,
        jobs: JobController,
        notices: Notices,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._analysis = document, analysis
        self._jobs, self._notices, self._settings = jobs, notices, settings
        self._view: TrackView | None = None
        # Corrections as asked for; those of the view follow as soon as they are carried out.
        self._wanted: tuple[TrackEdit, ...] = ()
        self._undone: tuple[TrackEdit, ...] = ()
        self._job: Job | None = None
        self._task = LatestTask("tracks", self)
        self._task.done.connect(self._take)
        self._task.failed.connect(self._refused)
        self._task.busy_changed.connect(self._tell_busy)
        self._proposals = LatestTask("track-proposals", self)
        self._proposals.done.connect(self.proposed)
        self._writer = LatestTask("track-edits-writer", self)
        self._writer.failed.connect(
            lambda error: notices.error(
                "The corrections could not be saved.",
                str(error),
                "They are kept until the program ends; export the tracks to another place.",
            )
        )
        document.analysis_changed.connect(self._adopt)
        for signal in (jobs.job_finished, jobs.job_failed, jobs.job_cancelled):
            signal.connect(self._job_ended)

    @property
    def view(self) -> TrackView | None:
        """What is to be shown; None without tracks."""
        return self._view

    @property
    def is_busy(self) -> bool:
        """True while individuals are followed or a correction is carried out."""
        return self._job is not None or self._task.is_busy

    @property
    def can_undo(self) -> bool:
        """True if there is a correction to take back."""
        return bool(self._wanted)

    @property
    def can_redo(self) -> bool:
        """True if there is a correction that was taken back."""
        return bool(self._undone)

    @property
    def settings(self) -> TrackConfig:
        """The settings of tracking that were chosen last."""
        return chosen_settings(self._settings)

    @Slot(object)
    def follow_with(self, config: TrackConfig) -> None:
        """Follow individuals with other settings, which are remembered."""
        remember_settings(self._settings, config)
        self.follow()

    def propose(self) -> None:
        """Ask the data for settings; ``proposed`` tells them."""
        analysis = self._document.analysis
        if analysis is not None:
            self._proposals.request(functools.partial(api.propose_tracking, analysis))

    def follow(self) -> None:
        """Follow individuals through the results, as a job; they are written into their file."""
        analysis, path = self._document.analysis, self._analysis.results_path
        if analysis is None or self._job is not None:
            return
        if path is None:
            self._wanted = self._undone = ()
            self._task.request(functools.partial(_track_here, analysis, self.settings))
            return
        regions = {} if self._document.region is None else {"*": self._document.region}
        options = TrackOptions(self.settings, regions=regions)
        work = functools.partial(_track_file, path=path, options=options)
        self._job = self._jobs.start("Follow individuals", work)
        self._tell_busy()

    def save_events(self, path: Path, names: dict[int, str]) -> None:
        """Write when everyone, and every kind, is seen, as a job; ``names`` are those of kinds."""
        analysis, view = self._document.analysis, self._view
        if analysis is not None and view is not None:
            tracked = replace(analysis, tracks=view.tracks)
            work = functools.partial(_save_events, analysis=tracked, path=path, names=names)
            job = self._jobs.start(f"Save {path.name}", work)
            job.produced.connect(
                lambda _lost: self._notices.toast(f"Saved {path.name}.", "success")
            )

    def correct(self, edit: TrackEdit) -> None:
        """Carry out a correction; a refusal is told and changes nothing."""
        if self._view is not None:
            self._undone = ()
            self._request((*self._wanted, edit))

    def undo(self) -> None:
        """Take back the last correction."""
        if self._view is not None and self._wanted:
            self._undone = (self._wanted[-1], *self._undone)
            self._request(self._wanted[:-1])

    def redo(self) -> None:
        """Carry out again what was taken back last."""
        if self._view is not None and self._undone:
            again, self._undone = self._undone[0], self._undone[1:]
            self._request((*self._wanted, again))

    def shutdown(self) -> bool:
        """End the threads; False if one did not end."""
        ended = [task.shutdown() for task in (self._proposals, self._task, self._writer)]
        return all(ended)

    def _request(self, edits: tuple[TrackEdit, ...]) -> None:
        analysis, view = self._document.analysis, self._view
        if analysis is not None and view is not None:
            self._wanted = edits
            self._task.request(functools.partial(make_view, analysis, view.base, edits))

    @Slot()
    def _adopt(self) -> None:
        """Show the tracks of other results, with the corrections beside them."""
        self._task.cancel()
        self._view = None
        self._wanted = self._undone = ()
        analysis = self._document.analysis
        self._document.set_tracks(None)
        if analysis is not None and analysis.tracks is not None:
            path = self._analysis.results_path
            self._task.request(functools.partial(_open, analysis, path))
        self.changed.emit()

    @Slot(object)
    def _take(self, view: TrackView) -> None:
        is_edited = self._view is not None and view.edits != self._view.edits
        self._view, self._wanted = view, view.edits
        self._document.set_tracks(view.tracks)
        path = self._analysis.results_path
        if is_edited and path is not None:
            self._writer.request(functools.partial(api.save_edits, path, view.base, view.edits))
        self.changed.emit()

    @Slot(object)
    def _refused(self, error: Exception) -> None:
        self._wanted = () if self._view is None else self._view.edits
        self._notices.toast(str(error), "warning")
        self.changed.emit()

    @Slot(object)
    def _job_ended(self, job: Job, *_rest: object) -> None:
        if job is self._job:
            self._job = None
            self._tell_busy()
            self._analysis.read_again()

    @Slot()
    def _tell_busy(self) -> None:
        self.busy_changed.emit(self.is_busy)


def _save_events(
    _control: RunControl, *, analysis: Analysis, path: Path, names: dict[int, str]
) -> Iterator[object]:
    yield JobProgress(0, 0, path.name)
    yield api.export_analysis(analysis, path, file_format="bouts", names=names)


def _open(analysis: Analysis, path: Path | None) -> TrackView:
    assert analysis.tracks is not None
    edits = () if path is None else api.load_edits(path, analysis.tracks)
    return make_view(analysis, analysis.tracks, edits)


def _track_here(analysis: Analysis, config: TrackConfig) -> TrackView:
    return make_view(analysis, api.track_analysis(analysis, config=config), ())


def _track_file(control: RunControl, *, path: Path, options: TrackOptions) -> Iterator[JobProgress]:
    return api.track_results(path, path, control, options=options)
