"""Says so, over the canvas, when the open model knows little about the open pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from tusk_app.engine.fitness import is_stranger
from tusk_app.pictures.controller import display_name

if TYPE_CHECKING:
    from tusk_app.canvas.widgets.banner import Banner
    from tusk_app.threads.jobs import Job
    from tusk_app.workbench import Workbench

DISCOVER, TRAIN = "model.discover", "model.train"
_JOB = "Discover "  # titles of discoveries begin so


class StrangerNotice(QObject):
    """Judges a model by the first picture of each source it is shown; said once for the two."""

    def __init__(self, workbench: Workbench, banner: Banner) -> None:
        super().__init__(banner)
        self._bench, self._banner = workbench, banner
        self._judged: tuple[str, str] | None = None
        self._is_answered = False  # while kinds are being discovered
        document = workbench.document
        document.detection_changed.connect(self._judge)
        document.source_changed.connect(self._forget)
        document.model_changed.connect(self._forget)
        workbench.jobs.jobs_changed.connect(self._follow_jobs)
        for ended in (workbench.jobs.job_cancelled, workbench.jobs.job_failed):
            ended.connect(self._take_no_kinds)
        banner.clicked.connect(lambda: self._go(DISCOVER))
        banner.second_clicked.connect(lambda: self._go(TRAIN))

    @Slot()
    def _forget(self) -> None:
        """What was said of another model, or of other pictures, is gone with them."""
        model, source = self._bench.document.model, self._bench.document.source
        now = ("" if model is None else model.fingerprint, "" if source is None else source.source)
        if now != self._judged:
            self._judged = None
            self._is_answered = self._is_discovering
            self._banner.say("")

    @property
    def _is_discovering(self) -> bool:
        return any(job.title.startswith(_JOB) for job in self._bench.jobs.running)

    @Slot()
    def _follow_jobs(self) -> None:
        """Nobody is told to discover while that is under way."""
        if self._is_discovering:
            self._is_answered = True
            self._banner.say("")

    @Slot(object)
    def _take_no_kinds(self, job: Job, *_rest: object) -> None:
        """A discovery that ends as it should opens another model; after others it is said again."""
        if job.title.startswith(_JOB):
            self._is_answered, self._judged = False, None
            self._judge()

    @Slot()
    def _judge(self) -> None:
        if self._is_answered:
            return
        document = self._bench.document
        model, source, found = document.model, document.source, document.detection
        if model is None or source is None or found is None or self._judged is not None:
            return
        self._judged = (model.fingerprint, source.source)
        if not is_stranger(model, source.source, found.keypoints):
            return
        self._banner.say(
            f"The model {model.name} was trained on {display_name(model.config.data.source)} and "
            "says little about these pictures. Discover finds their own kinds.",
            "Discover",
            "Train on these…",
            may_close=True,
        )

    def _go(self, command: str) -> None:
        if command in self._bench.actions:
            self._bench.actions.trigger(command)
            self._banner.say("")
