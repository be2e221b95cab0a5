"""Discovery as the window sees it: one at a time, what it has found, what the user keeps."""

from __future__ import annotations

import functools
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.discover.job import discovery
from tusk_app.discover.model import Found, read_found
from tusk_app.discover.patches import KindPatches
from tusk_app.threads.latest_task import LatestTask
from tusk_core.events import DiscoveryDone, KindFound, Notice
from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from tusk_app.engine.engine import Engine
    from tusk_app.settings import Settings
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_app.threads.jobs import Job, JobController, JobState

log = logging.getLogger(__name__)

FOLDER = "discoveries"


class DiscoverController(QObject):
    """Starts and cancels discoveries, opens the model that comes of one.

    Attributes:
        patches: small pictures around the places of the kinds.

    Signals:
        found_changed: ``found`` changed.
        kept_changed: which kinds are kept, or what they are called.
        busy_changed: bool, a discovery runs.
        progressed: JobProgress of it.
        shown: somebody wants to see the panel.
        training_wanted: Path of the model to train from.
    """

    found_changed = Signal()
    kept_changed = Signal()
    busy_changed = Signal(bool)
    progressed = Signal(object)
    shown = Signal()
    training_wanted = Signal(object)

    def __init__(
        self,
        document: Document,
        settings: Settings,
        prototypes: PrototypeBook,
        notices: Notices,
        engine: Engine,
        jobs: JobController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._settings, self._book = document, settings, prototypes
        self._notices, self._engine, self._jobs = notices, engine, jobs
        self.patches = KindPatches(self)
        self._found: Found | None = None
        self._before: Found | None = None
        self._job: Job | None = None
        self._reader = LatestTask("kinds of a model", self)
        self._reader.done.connect(self._take_read)
        document.model_changed.connect(self._look_for_kept)
        prototypes.changed.connect(self.kept_changed)

    @property
    def found(self) -> Found | None:
        """What the running discovery has found so far, else what the open model came from."""
        return self._found

    @property
    def is_busy(self) -> bool:
        """True while a discovery runs."""
        return self._job is not None

    @property
    def is_open(self) -> bool:
        """True if the model that reads these kinds is the open one."""
        model, found = self._document.model, self._found
        return model is not None and found is not None and found.model_dir == model.path

    @property
    def is_of_open_source(self) -> bool:
        """True if the kinds were found in the pictures on the canvas."""
        source, found = self._document.source, self._found
        return source is not None and found is not None and found.source == source.source

    @property
    def problem(self) -> str:
        """Why ``start`` would do nothing, one sentence; empty if it would work."""
        source = self._document.source
        if source is None or len(source) == 0:
            return "Open a folder of pictures or a video first."
        if source.kind == "camera":
            return "A camera has no end; record a video and open that."
        return ""

    def start(self) -> None:
        """Look for kinds in the open pictures, as a job; shows the panel."""
        self.shown.emit()
        if self._job is not None:
            return
        if self.problem:
            self._notices.toast(self.problem, "warning")
            return
        source = self._document.source
        assert source is not None
        name = _name_of(source.source)
        work = functools.partial(
            discovery,
            source=source.source,
            folder=self._settings.run_root / FOLDER,
            name=name,
            device=self._settings.device,
        )
        self._reader.cancel()
        self._before = self._found
        self._set_found(Found(source.source))
        job = self._job = self._jobs.start(f"Discover kinds in {name}", work)
        job.progressed.connect(self.progressed)
        job.produced.connect(self._take)
        job.ended.connect(self._take_end)
        self.busy_changed.emit(True)

    def cancel(self) -> None:
        """Stop the discovery after its current picture; nothing of it is kept."""
        if self._job is not None:
            self._job.cancel()

    def is_kept(self, kind: KindFound) -> bool:
        """True if the places of a kind are keypoints."""
        return kind.is_kept and not (self.is_open and self._book.is_hidden(kind.number))

    def can_keep(self, kind: KindFound) -> bool:
        """True if the user can choose to keep or ignore a kind now."""
        return self.is_open and kind.is_kept

    def set_kept(self, number: int, kept: bool) -> None:
        """Keep a kind, or ignore it everywhere."""
        if self.is_open:
            self._book.set_hidden(number, not kept)

    def keep_best(self) -> None:
        """Keep the kinds that the discovery proposed, and no others."""
        if self.is_open and self._found is not None:
            self._book.show_all()

    def name(self, number: int) -> str:
        """Return what the user calls a kind; empty if it has no name."""
        is_named = self.is_open and self._book.has_own_name(number)
        return self._book.name(number) if is_named else ""

    def rename(self, number: int, name: str) -> None:
        """Give a kind a name; an empty one takes it away."""
        if self.is_open and name.strip() != self.name(number):
            self._book.rename(number, name)

    def train(self) -> None:
        """Ask for the training dialog, to train from these kinds."""
        found = self._found
        if found is not None and found.model_dir is not None and self.is_open:
            self.training_wanted.emit(found.model_dir)

    def shutdown(self) -> bool:
        """End the threads; False if one did not end in time."""
        return all([self._reader.shutdown(), self.patches.shutdown()])

    def _set_found(self, found: Found | None) -> None:
        self._found = found
        if found is not None:
            self.patches.set_source(found.source)
        self.found_changed.emit()

    @Slot(object)
    def _take(self, event: object) -> None:
        found = self._found
        if found is None:
            return
        if isinstance(event, KindFound):
            self._set_found(found.with_kind(event))
        elif isinstance(event, Notice):
            self._set_found(replace(found, notes=(*found.notes, event.message)))
        elif isinstance(event, DiscoveryDone):
            self._set_found(replace(found.final(), model_dir=event.model_dir))

    @Slot(object)
    def _take_end(self, _state: JobState) -> None:
        self._job = None
        found = self._found
        if found is not None and found.model_dir is not None:
            self._show_model(found.model_dir)
        else:
            self._set_found(self._before)
            self._look_for_kept()
        self._before = None
        self.busy_changed.emit(False)

    def _show_model(self, folder: Path) -> None:
        if self.is_of_open_source:
            self._engine.open_model(folder, self._settings.device)
            return
        self._notices.toast(
            f"The kinds are found: {folder.name}.", "success", "Open the model",
            lambda: self._engine.open_model(folder, self._settings.device),
        )  # fmt: skip

    @Slot()
    def _look_for_kept(self) -> None:
        """Show the kinds that the open model came from, if it came from a discovery."""
        if self._job is not None:
            return
        model = self._document.model
        if model is None:
            self._set_found(None)
        elif self.is_open:
            self.found_changed.emit()
        else:
            self._reader.request(functools.partial(_read, model.path))

    @Slot(object)
    def _take_read(self, found: Found | None) -> None:
        if self._job is None:
            self._set_found(found)


def _read(folder: Path) -> Found | None:
    return read_found(folder)


def _name_of(source: str) -> str:
    if source.startswith("sample:"):
        return source.removeprefix("sample:").partition("?")[0]
    return Path(path_text(source)).stem or "pictures"
