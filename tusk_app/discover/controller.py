"""Discovery as the window sees it: one at a time, what it has found, what the user says of it."""

from __future__ import annotations

import functools
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.discover.job import discovery
from tusk_app.discover.kind_editor import KindEditor
from tusk_app.discover.model import Found, read_found
from tusk_app.discover.patches import KindPatches
from tusk_app.discover.steering import Said, listed, read_said
from tusk_app.discover.watching import EVERY_S, Watched, watch_and_discover
from tusk_app.engine.live_frames import FrameTap
from tusk_app.state.document import NOT_WHOLE
from tusk_app.threads.latest_task import LatestTask
from tusk_core.events import DiscoveryDone, KindFound, Notice
from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from PySide6.QtGui import QImage

    from tusk_app.engine.engine import Engine
    from tusk_app.engine.live import LiveInference
    from tusk_app.settings import Settings
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_app.threads.jobs import Job, JobController, JobState
    from tusk_core.api import PictureSource

log = logging.getLogger(__name__)

FOLDER = "discoveries"
# Ticks that follow each other are written, and the model opened again, together.
SETTLE_MS = 300
ABOUT = "model/kinds"


class DiscoverController(QObject):
    """Starts and cancels discoveries, opens the model that comes of one.

    What the user says of kinds lies beside the model; the model is opened again to honour it.

    Attributes:
        patches: small pictures around the places of the kinds.
        editor: what the user says of the kinds.

    Signals:
        found_changed: ``found`` changed.
        kept_changed: which kinds are kept, or what they are called.
        faces_changed: ``face`` may return others.
        busy_changed: bool, a discovery runs.
        progressed: JobProgress of it.
        shown: somebody wants to see the panel.
        training_wanted: Path of the model to train from.
    """

    found_changed = Signal()
    kept_changed = Signal()
    faces_changed = Signal()
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
        live: LiveInference,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._settings, self._book = document, settings, prototypes
        self._notices, self._engine, self._jobs = notices, engine, jobs
        self.patches = KindPatches(self)
        self.patches.arrived.connect(self.faces_changed)
        self.found_changed.connect(self.faces_changed)
        self._live = live
        self._tap: FrameTap | None = None
        self._found: Found | None = None
        self._before: Found | None = None
        self._job: Job | None = None
        self._reader = LatestTask("kinds of a model", self)
        self._reader.done.connect(self._take_read)
        editor = self.editor = KindEditor(document, settings, notices, engine, self)
        editor.changed.connect(self.kept_changed)
        editor.written.connect(self.found_changed)
        editor.made.connect(self.shown)
        document.model_changed.connect(self._look_for_kept)
        prototypes.changed.connect(self.kept_changed)

    @property
    def found(self) -> Found | None:
        """What the running discovery has found so far, else what the open model came from."""
        return self._found

    @property
    def kinds(self) -> tuple[KindFound, ...]:
        """Kinds made from places by hand, then those that were found, the best first."""
        said = self.editor.said
        found = () if self._found is None else self._found.kinds
        if said is None:
            return found
        return (*said.clicked, *map(said.with_added, found))

    @property
    def can_steer(self) -> bool:
        """True if the open model takes what is said of its kinds."""
        return self._job is None and self.editor.is_ready

    @property
    def can_undo(self) -> bool:
        """True if something was said that can be taken back."""
        return self._job is None and self.editor.can_undo

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
        return self._found is not None and self._document.shows(self._found.source)

    @property
    def problem(self) -> str:
        """Why ``start`` would do nothing, one sentence; empty if it would work."""
        source = self._document.source
        if self._live.is_on or (source is not None and len(source) > 0):
            return "" if self._live.is_on or self._document.is_whole else NOT_WHOLE
        return "Open a folder of pictures or a video first, or start a camera."

    def start(self) -> None:
        """Look for kinds in the open pictures, as a job; shows the panel."""
        self.shown.emit()
        if self._job is not None:
            return
        if self.problem:
            self._notices.toast(self.problem, "warning")
            return
        work, name, source = self._work()
        self._reader.cancel()
        self._before = self._found
        self._set_found(Found(source))
        job = self._job = self._jobs.start(f"Discover kinds in {name}", work)
        job.progressed.connect(self.progressed)
        job.produced.connect(self._take)
        job.ended.connect(self._take_end)
        self.busy_changed.emit(True)

    def _work(self) -> tuple[Callable[..., Iterator[object]], str, str]:
        """Return what finds kinds in the open pictures or the camera, their name and source."""
        folder, device = self._settings.run_root / FOLDER, self._settings.device
        source = self._document.source
        if self._live.is_on:
            name, tap = "camera", FrameTap(self._live, every_s=EVERY_S, parent=self)
            self._tap = tap
            watch = functools.partial(watch_and_discover, frames=tap.frames, name=name)
            return functools.partial(watch, folder=folder, device=device), name, ""
        assert source is not None
        name, look = _name_of(source.source), self._document.chosen_look
        work = functools.partial(discovery, source=source.source, name=name, shown_as=look)
        return functools.partial(work, folder=folder, device=device), name, source.source

    def cancel(self) -> None:
        """Stop the discovery after its current picture; nothing of it is kept."""
        if self._job is not None:
            self._job.cancel()

    def is_kept(self, kind: KindFound) -> bool:
        """True if the places of a kind are keypoints, or soon will be."""
        return self.editor.is_kept(kind)

    def set_kept(self, number: int, kept: bool) -> None:
        """Keep a kind, or ignore it everywhere."""
        if self.can_steer:
            self.editor.set_kept(number, kept)

    def keep_best(self) -> None:
        """Keep the kinds that the discovery proposed and those made by hand, and no others."""
        for kind in self.kinds:
            if self.is_kept(kind) != kind.is_kept:
                self.set_kept(kind.number, kind.is_kept)

    def click(
        self, does: Literal["new", "not", "more"], xy: tuple[float, float], kind: int = -1
    ) -> None:
        """Say something of a place of the picture shown; see ``KindEditor.click``."""
        if self.can_steer:
            self.editor.click(does, xy, kind)

    def undo(self) -> None:
        """Take back what was said last."""
        self.editor.undo()

    def face(self, number: int) -> QImage | None:
        """Return the clearest example of a kind of the open model; None while there is none."""
        if not self.is_open:
            return None
        kind = next((kind for kind in self.kinds if kind.number == number), None)
        return self.patches.get(kind.examples[0]) if kind and kind.examples else None

    def name(self, number: int) -> str:
        """Return what the user calls a kind; empty if it has no name."""
        if self.is_open and number < self._book.num and self._book.has_own_name(number):
            return self._book.name(number)
        said = self.editor.said
        return "" if said is None else said.names.get(number, "")

    def rename(self, number: int, name: str) -> None:
        """Give a kind a name; an empty one takes it away."""
        if self.is_open and name.strip() != self.name(number):
            self._book.rename(number, name)

    def train(self) -> None:
        """Ask for the training dialog, to train from these kinds."""
        found = self._found
        if found is not None and found.model_dir is not None and self.is_open:
            self.editor.finish()
            self.training_wanted.emit(found.model_dir)

    def shutdown(self) -> bool:
        """End the threads; False if one did not end in time."""
        ended = [self._reader.shutdown(), self.editor.shutdown(), self.patches.shutdown()]
        return all(ended)

    def _set_found(self, found: Found | None) -> None:
        self._found = found
        if found is not None:
            self.patches.set_source(found.source, self._document.chosen_look)
        self.found_changed.emit()

    @Slot(object)
    def _take(self, event: object) -> None:
        found = self._found
        if found is None:
            return
        if isinstance(event, KindFound):
            self._set_found(found.with_kind(event))
        elif isinstance(event, Watched):
            self._set_found(replace(found, source=event.source))
        elif isinstance(event, Notice):
            self._set_found(replace(found, notes=(*found.notes, event.message)))
        elif isinstance(event, DiscoveryDone):
            self.editor.begin(Said(event.model_dir))
            self._set_found(replace(found.final(), model_dir=event.model_dir))

    @Slot(object)
    def _take_end(self, _state: JobState) -> None:
        self._job = None
        if self._tap is not None:
            self._tap.close()
            self._tap = None
        found = self._found
        if found is not None and found.model_dir is not None:
            self._show_model(found.model_dir)
        else:
            self._set_found(self._before)
            self._look_for_kept()
        self._before = None
        self.busy_changed.emit(False)

    def _show_model(self, folder: Path) -> None:
        if self.is_of_open_source or self._live.is_on:
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
        if model is not None and self.is_open:
            self.found_changed.emit()
            return
        self.editor.begin(None)
        self._set_found(None)
        if model is not None and model.config.encoder.has_backbone:
            work = functools.partial(_read, model.path, self._document.whole_source)
            self._reader.request(work)

    @Slot(object)
    def _take_read(self, known: tuple[Found, Said]) -> None:
        if self._job is None:
            found, said = known
            self.editor.begin(said)
            self._set_found(found)


def _read(folder: Path, source: PictureSource | None) -> tuple[Found, Said]:
    """Return what is known of the kinds of a model, and what was said of them.

    Raises:
        TuskError: if the model has no kinds that can be steered.
    """
    found = read_found(folder)
    if found is None:
        found = Found("" if source is None else source.source, listed(folder), (), folder)
    return found, read_said(folder, source)


def _name_of(source: str) -> str:
    if source.startswith("sample:"):
        return source.removeprefix("sample:").partition("?")[0]
    return Path(path_text(source)).stem or "pictures"
