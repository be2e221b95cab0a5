"""Detections over a whole source: made as a job, kept on disk, reopened when they still fit."""

from __future__ import annotations

import functools
import hashlib
import logging
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.engine.analysis_index import AnalysisIndex, build_index
from tusk_app.state.document import NOT_WHOLE
from tusk_app.threads.jobs import JobState
from tusk_app.threads.latest_task import LatestTask
from tusk_core import api

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_app.threads.jobs import Job, JobController
    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress
    from tusk_core.results import Analysis, ModelInfo

log = logging.getLogger(__name__)

# Up to so many pictures are analysed anew, unasked, when the open model's kinds were changed.
MOST_RENEWED = 500


class AnalysisController(QObject):
    """Keeps ``document.analysis`` in step with model and source.

    Signals:
        opened: a results file that the user chose is shown.
        index_changed: the lookup tables were made anew (other detections, or merged prototypes).
        busy_changed: bool, a job of ours runs or a file is being read.
    """

    opened = Signal()
    index_changed = Signal()
    busy_changed = Signal(bool)

    def __init__(
        self,
        document: Document,
        prototypes: PrototypeBook,
        notices: Notices,
        jobs: JobController,
        folder: Path,
        parent: QObject | None = None,
    ) -> None:
        """Prepare; results are kept under ``folder``."""
        super().__init__(parent)
        self._document, self._prototypes, self._notices = document, prototypes, notices
        self._jobs, self._folder = jobs, folder
        self._index: AnalysisIndex | None = None
        self._reading: Path | None = None
        self._results: tuple[Analysis, Path] | None = None
        self._targets: tuple[int, ...] = ()
        self._job: Job | None = None
        self._job_path: Path | None = None
        self._job_model = ""
        # Model folder, pictures and model of what is analysed or shown: all three, or nothing.
        self._newest: tuple[Path, str, str] | None = None
        self._tells_errors = False
        self._was_opened = False
        self._reader = LatestTask("results-reader", self)
        self._reader.done.connect(self._take_read)
        self._reader.failed.connect(self._read_failed)
        self._reader.busy_changed.connect(self._tell_busy)
        document.analysis_changed.connect(self._rebuild)
        document.model_changed.connect(self._look_for_kept)
        document.source_changed.connect(self._look_for_kept)
        document.thresholds_changed.connect(self._look_for_kept)
        document.region_changed.connect(self._take_region)
        prototypes.changed.connect(self._prototypes_changed)
        jobs.job_finished.connect(self._job_ended)
        jobs.job_failed.connect(self._job_ended)
        jobs.job_cancelled.connect(self._job_ended)

    @property
    def index(self) -> AnalysisIndex | None:
        """Lookup tables of the detections; None without them."""
        return self._index

    @property
    def is_busy(self) -> bool:
        """True while detections are on their way."""
        return self._job is not None or self._reader.is_busy

    @property
    def problem(self) -> str:
        """Why ``start`` would do nothing, one sentence; empty if it would work."""
        if self._document.model is None:
            return "Open or train a model first."
        source = self._document.source
        if source is None or len(source) == 0:
            return "Open a folder, a video or sample pictures first."
        if source.kind == "camera":
            return "A camera has no end; record a video and open that."
        return "" if self._document.is_whole else NOT_WHOLE

    def is_of_open_source(self) -> bool:
        """True if the detections belong to the pictures on the canvas."""
        analysis = self._document.analysis
        return analysis is not None and self._document.shows(analysis.source)

    @Slot()
    def start(self) -> None:
        """Find the keypoints of all pictures of the open source, as a job."""
        problem = self.problem
        if problem:
            self._notices.toast(problem, "warning")
            return
        if self._job is not None:
            self._notices.status("All pictures are being analysed already.")
            return
        model, source = self._document.model, self._document.source
        assert model is not None
        assert source is not None
        path = self._path_of(model.fingerprint, source.source)
        self._job_path, self._job_model = path, model.fingerprint
        self._newest = (model.path, source.source, model.fingerprint)
        work = functools.partial(
            _analyse,
            model=model.path,
            source=source.source,
            out=path,
            num_keypoints=self._document.num_keypoints,
            min_score=self._document.min_score,
            # One that was only discovered has nothing to redraw pictures with.
            with_errors=model.config.decoder.kind != "none",
        )
        self._job = self._jobs.start(f"Analyse all {len(source)} pictures", work)
        self._tell_busy()

    @property
    def results_path(self) -> Path | None:
        """The file that the open detections were read from; None where they are of no file."""
        if self._results is None or self._results[0] is not self._document.analysis:
            return None
        return self._results[1]

    def read_again(self) -> None:
        """Read the open results file again, after it was changed."""
        path = self.results_path
        if path is not None:
            self._tells_errors = True
            self._read(path)

    def open(self, path: Path) -> None:
        """Show a results file; refused if another model made it."""
        self._tells_errors = self._was_opened = True
        self._read(path)

    def shutdown(self) -> bool:
        """End the reading thread."""
        return self._reader.shutdown()

    def _path_of(self, fingerprint: str, source: str) -> Path:
        options = (source, self._document.num_keypoints, self._document.min_score)
        name = hashlib.sha256(repr(options).encode()).hexdigest()[:20]
        return self._folder / fingerprint / f"{name}.h5"

    def _read(self, path: Path) -> None:
        self._reading = path
        self._reader.request(functools.partial(api.open_analysis, path))

    def _read_kept(self, path: Path) -> None:
        """Read the results kept at ``path``, or what of them lies in the region."""
        region = self._document.region
        if region is None:
            self._read(path)
            return
        # A file for each region: its tracks and their corrections come back with the region.
        number = hashlib.sha256(repr(region.polygons).encode()).hexdigest()[:12]
        inner = path.with_name(f"{path.stem}-{number}.h5")
        if inner.is_file():
            self._read(inner)
            return
        self._reading = inner
        self._reader.request(functools.partial(api.open_within, path, inner, region))

    @Slot()
    def _take_region(self) -> None:
        """Other places count: read what lies there; a file that the user opened stays as it is."""
        if self._document.analysis is not None and not self._was_opened:
            self._document.set_analysis(None)
        self._look_for_kept()

    @Slot()
    def _look_for_kept(self) -> None:
        model, source = self._document.model, self._document.source
        analysis = self._document.analysis
        self._drop_other_job()
        if model is None or source is None:
            # A file that the user opened stays; it needs neither to be looked at.
            return
        if analysis is not None:
            fits = analysis.model_fingerprint == model.fingerprint
            if fits and (self._was_opened or analysis.source == source.source):
                return
            self._document.set_analysis(None)
        if not self._document.is_whole:
            return
        path = self._path_of(model.fingerprint, source.source)
        if path.is_file():
            self._tells_errors = self._was_opened = False
            self._read_kept(path)
        elif self._has_changed_kinds(model, source.source) and len(source) <= MOST_RENEWED:
            self.start()

    def _has_changed_kinds(self, model: ModelInfo, source: str) -> bool:
        """True if the same folder was analysed as it was before its kinds were changed."""
        if self._newest is None or self._newest[:2] != (model.path, source):
            return False
        return self._newest[2] != model.fingerprint

    def _drop_other_job(self) -> None:
        """Stop analysing with a model that is no longer open; it would hold up the next one."""
        model, job = self._document.model, self._job
        if job is not None and (model is None or model.fingerprint != self._job_model):
            self._job = self._job_path = None
            job.cancel()
            self._tell_busy()

    @Slot(object)
    def _take_read(self, analysis: Analysis) -> None:
        model = self._document.model
        if model is not None and analysis.model_fingerprint != model.fingerprint:
            self._notices.toast(
                "These results were made by another model and are not shown. Analyse again with "
                "the open model, or open the model that made them.",
                "warning",
                "Analyse again",
                self.start,
                about="model/results",
            )
            return
        if model is None and self._prototypes.num != len(analysis.prototypes):
            # Results can be looked at without their model; names then last as long as the program.
            self._prototypes.reset(len(analysis.prototypes))
        if self._reading is not None:
            self._results = (analysis, self._reading)
        if model is not None:
            self._newest = (model.path, analysis.source, model.fingerprint)
        self._document.set_analysis(analysis)
        count, pictures = len(analysis.labels), len(analysis.picture_names)
        self._notices.status(f"{count} detections in {pictures} pictures.")
        if self._was_opened and self._tells_errors:
            self.opened.emit()

    @Slot(object)
    def _read_failed(self, error: Exception) -> None:
        if self._tells_errors:
            self._notices.error(
                "The results file cannot be opened.", str(error), "Analyse the pictures again."
            )

    @Slot(object)
    def _job_ended(self, job: Job, *_rest: object) -> None:
        if job is not self._job:
            return
        path, self._job = self._job_path, None
        self._tell_busy()
        if job.state is not JobState.DONE:
            self._newest = None  # who cancels it once is not asked for it again
        if path is not None and path.is_file():
            self._tells_errors, self._was_opened = True, False
            self._read_kept(path)

    @Slot()
    def _tell_busy(self) -> None:
        self.busy_changed.emit(self.is_busy)

    @Slot()
    def _prototypes_changed(self) -> None:
        targets = tuple(self._prototypes.target(i) for i in range(self._prototypes.num))
        if targets != self._targets:
            self._rebuild()

    @Slot()
    def _rebuild(self) -> None:
        analysis = self._document.analysis
        book = self._prototypes
        self._targets = tuple(book.target(i) for i in range(book.num))
        if analysis is None:
            self._index = None
        else:
            targets = np.arange(len(analysis.prototypes))
            known = min(len(targets), len(self._targets))
            targets[:known] = self._targets[:known]
            self._index = build_index(analysis, targets)
        self.index_changed.emit()


def _analyse(
    control: RunControl,
    *,
    model: Path,
    source: str,
    out: Path,
    num_keypoints: int | None,
    min_score: float,
    with_errors: bool,
) -> Iterator[JobProgress]:
    out.parent.mkdir(parents=True, exist_ok=True)
    yield from api.analyse(
        model,
        source,
        out,
        control,
        num_keypoints=num_keypoints,
        min_score=min_score,
        with_errors=with_errors,
    )
    # What was cut out of earlier results for a region no longer belongs to these.
    for cut in out.parent.glob(f"{out.stem}-*.h5"):
        cut.unlink(missing_ok=True)
