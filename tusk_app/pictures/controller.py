"""Opens whatever the user chose, dropped or named: classified and read in the background."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from tusk_app.pictures.opener import RECENT_SIDE, OpenedPictures, Opener, OpeningWish
from tusk_app.pictures.opening import open_as
from tusk_app.pictures.path_kinds import Kind, Opening, classify, insist
from tusk_app.pictures.thumbnails import ThumbnailStore
from tusk_app.settings import RecentKind, Settings
from tusk_app.state.document import ABOUT_READING
from tusk_app.threads.latest_task import LatestTask
from tusk_core import api
from tusk_core.control import Cancelled, RunControl
from tusk_core.results import SourceSummary, TuskError
from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_core.config import DataConfig

log = logging.getLogger(__name__)

# Such as 2026-11-22_195503_tetrominoes_da57.
_RUN_NAME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)_(?P<hour>\d\d)(?P<minute>\d\d)\d\d_(?P<name>.+)_[0-9a-f]{4}"
)
NUM_EXAMPLES = 9
ABOUT_OPENING = "opening"
PATIENCE_MS, AGAIN_MS = 1500, 11_000  # a message with a button stays for twelve seconds


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What the summary page shows.

    Attributes:
        summary: sizes, problems and so on.
        examples: up to nine small random pictures, (h, w, 3) uint8.
        is_photographic: whether they look like photographs.
    """

    summary: SourceSummary
    examples: tuple[NDArray[np.uint8], ...]
    is_photographic: bool = False


class SourceController(QObject):
    """Opens pictures into the document; passes models, runs and results on.

    Signals:
        opening: str, name of what is being opened.
        opened: the document has a new source, or the first pictures of a folder.
        completed: the document has all of its pictures; at once, but for large folders.
        reading_changed: more pictures of the open folder are known, or reading began or ended.
        refused: str, a sentence why something cannot be opened.
        model_wanted, run_wanted, analysis_wanted, camera_wanted: str, what was dropped or named.
        survey_ready: Survey, answer to ``survey``.
        survey_failed: str, a sentence.
        proposal_ready: DataProposal, answer to ``propose``.
        proposal_failed: str, a sentence.
        busy_changed: bool, something is being opened.
    """

    opening = Signal(str)
    opened = Signal()
    completed = Signal()
    reading_changed = Signal()
    refused = Signal(str)
    model_wanted = Signal(str)
    run_wanted = Signal(str)
    analysis_wanted = Signal(str)
    camera_wanted = Signal(str)
    survey_ready = Signal(object)
    survey_failed = Signal(str)
    proposal_ready = Signal(object)
    proposal_failed = Signal(str)
    busy_changed = Signal(bool)

    def __init__(
        self,
        document: Document,
        settings: Settings,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._settings = settings
        self._notices = notices
        self.thumbnails = ThumbnailStore(self)
        self._classifier = LatestTask("what was dropped", self)
        self._classifier.done.connect(self._take_opening)
        self._classifier.failed.connect(self._take_refusal)
        self._opener = Opener(self)
        self._opener.first_found.connect(self._take_first)
        self._opener.counted.connect(self._take_count)
        self._opener.opened.connect(self._take_pictures)
        self._opener.failed.connect(self._take_refusal)
        self._opener.busy_changed.connect(self.busy_changed)
        self._opener.busy_changed.connect(self._follow_opening)
        self._opening, self._num_found = "", 0
        self._first: api.PictureSource | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._offer_cancel)
        self._surveyor = LatestTask("looking through pictures", self)
        self._surveyor.done.connect(self.survey_ready)
        self._surveyor.failed.connect(self._take_survey_error)
        self._survey_control: RunControl | None = None
        self._proposer = LatestTask("a first look at pictures", self)
        self._proposer.done.connect(self.proposal_ready)
        self._proposer.failed.connect(self._take_proposal_error)
        self._proposal_control = RunControl()
        self._is_photographic = False
        document.source_changed.connect(self._renew_thumbnails)
        document.look_changed.connect(self._renew_thumbnails)

    @property
    def is_photographic(self) -> bool:
        """True if the open pictures look like photographs."""
        return self._is_photographic

    def propose(self, source: str, *, shown_as: DataConfig | None = None) -> None:
        """Ask for the settings that a first look at a source proposes; returns at once.

        Args:
            source: as for ``open_pictures``.
            shown_as: channels, and what is black and white.
        """
        self.cancel_proposal()
        control, device = RunControl(), self._settings.device
        self._proposal_control = control
        self._proposer.request(
            lambda: api.propose_settings(source, control, device=device, shown_as=shown_as)
        )

    def cancel_proposal(self) -> None:
        """Stop the first look; no answer will come."""
        self._proposal_control.request_stop()
        self._proposer.cancel()

    def open_paths(self, paths: Sequence[str], *, wanted: Kind | None = None) -> None:
        """Open what was dropped or named, whatever it is; returns at once.

        Args:
            paths: files, folders or source names.
            wanted: refuse anything that is not of this kind.
        """
        given = tuple(paths)
        self._classifier.request(lambda: insist(classify(given), wanted))

    def open_pictures(
        self,
        source: str,
        *,
        kind: RecentKind = "pictures",
        select: str = "",
        shown_as: DataConfig | None = None,
    ) -> None:
        """Open a folder, picture, video or sample; returns at once.

        Args:
            source: path, ``flat:FOLDER`` or ``sample:NAME``.
            kind: how the recent list calls it.
            select: file name to go to first.
            shown_as: channels, and what is black and white, while no model says otherwise.
        """
        self._begin(OpeningWish(source, kind, select, shown_as))

    def _begin(self, wish: OpeningWish) -> None:
        self._opening = display_name(wish.source)
        self.opening.emit(self._opening)
        self._opener.request(wish)

    def cancel_opening(self) -> None:
        """Keep what is open, or the first pictures of a folder that is being read."""
        if self._opener.is_busy:
            self._opener.cancel()
            end = "opened" if self._document.is_whole else "read to its end"
            self._notices.status(f"{self._opening} was not {end}.")
            self.reading_changed.emit()

    @property
    def is_reading(self) -> bool:
        """True while more pictures of the open folder are looked for."""
        return self._opener.is_busy and not self._document.is_whole

    @property
    def num_found(self) -> int:
        """Pictures of the open folder that are known so far."""
        return self._document.num_pictures if self._document.is_whole else self._num_found

    def read_on(self) -> None:
        """Read the open folder again, after it was cancelled; the picture shown is found again."""
        source, index = self._document.source, self._document.index
        if source is not None and not self._document.is_whole and not self._opener.is_busy:
            name = source.name(index).rpartition("/")[2] if index >= 0 else ""
            self._begin(replace(self._opener.wish, select=name))

    @Slot(bool)
    def _follow_opening(self, busy: bool) -> None:
        if busy:
            self._patience.start(PATIENCE_MS)
        else:
            self._patience.stop()
            self._notices.withdraw(ABOUT_OPENING)

    @Slot()
    def _offer_cancel(self) -> None:
        """A large folder, a long video or a slow disk: say what is waited for, and the way out."""
        self._notices.withdraw(ABOUT_OPENING)
        text = f"Opening {self._opening}: its pictures are being listed. What is open stays so far."
        self._notices.toast(text, "info", "Cancel", self.cancel_opening, about=ABOUT_OPENING)
        self._patience.start(AGAIN_MS)

    def survey(
        self,
        source: str,
        *,
        shown_as: DataConfig | None = None,
        known: SourceSummary | None = None,
    ) -> None:
        """Look through a source for the summary page; returns at once.

        Args:
            source: as for ``open_pictures``.
            shown_as: channels, and what is black and white.
            known: the summary, where only the examples are to be read again.
        """
        self.cancel_survey()
        control = self._survey_control = RunControl()
        self._surveyor.request(lambda: _survey(source, control, shown_as, known))

    def cancel_survey(self) -> None:
        """Stop looking through; no answer will come."""
        if self._survey_control is not None:
            self._survey_control.request_stop()
            self._survey_control = None
        self._surveyor.cancel()

    def shutdown(self) -> bool:
        """End the threads; False if one did not end in time."""
        self.cancel_survey()
        self.cancel_proposal()
        self._patience.stop()
        tasks = (self._classifier, self._opener, self._surveyor, self._proposer)
        return all([self.thumbnails.shutdown(), *(task.shutdown() for task in tasks)])

    @Slot(object)
    def _take_opening(self, found: Opening) -> None:
        if found.message and found.kind != "nothing":
            self._notices.toast(found.message, "info")
        match found.kind:
            case "pictures":
                self.open_pictures(found.source, select=found.select)
            case "video":
                self.open_pictures(found.source, kind="video")
            case "model":
                self.model_wanted.emit(found.source)
            case "run":
                self.run_wanted.emit(found.source)
            case "analysis":
                self.analysis_wanted.emit(found.source)
            case "camera":
                self.camera_wanted.emit(found.source)
            case "nothing":
                self._settings.remove_recent(found.source)
                self.refused.emit(found.message)

    @Slot(object)
    def _take_first(self, opened: OpenedPictures) -> None:
        """Show the first pictures of a large folder; the others follow."""
        self._patience.stop()
        self._notices.withdraw(ABOUT_OPENING)
        self._first, self._num_found = opened.source, len(opened.source)
        self._show(opened, is_whole=False)
        self._notices.status(f"{self._opening} is being read; its first pictures are shown.")

    @Slot(int)
    def _take_count(self, num_found: int) -> None:
        self._num_found = num_found
        self.reading_changed.emit()

    def _show(self, opened: OpenedPictures, *, is_whole: bool) -> None:
        self._document.set_source(opened.source, opened.shown_as, is_whole=is_whole)
        if opened.first:
            self._document.go_to(opened.first)
        self.opened.emit()

    @Slot(object)
    def _take_pictures(self, opened: OpenedPictures) -> None:
        source = opened.source
        if opened.places is None:
            self._is_photographic = opened.is_photographic
            self._show(opened, is_whole=True)
        elif self._document.source is self._first:
            self._is_photographic = opened.is_photographic
            measured = api.is_shown_as_measured(self._document.source)
            self._document.complete_source(source, opened.places, looks_otherwise=measured)
        else:
            return  # something else was opened meanwhile, such as a camera's picture
        self._first = None
        self._notices.withdraw(ABOUT_READING)
        self._settings.add_recent(opened.kind, source.source)
        noun = "frame" if opened.kind == "video" else "picture"
        count = f"{len(source):,} {noun}{'' if len(source) == 1 else 's'}"
        self._notices.status(f"Opened {display_name(source.source)}: {count}.")
        self.reading_changed.emit()
        self.completed.emit()

    @Slot()
    def _renew_thumbnails(self) -> None:
        source = self._document.source
        name = "" if source is None or source.kind == "camera" else source.source
        self.thumbnails.set_source(
            name, self._document.shown_as, source if name else None, self._document.places
        )

    @Slot(object)
    def _take_refusal(self, error: Exception) -> None:
        self.refused.emit(_sentence(error))
        self.reading_changed.emit()

    @Slot(object)
    def _take_proposal_error(self, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            self.proposal_failed.emit(_sentence(error))

    @Slot(object)
    def _take_survey_error(self, error: Exception) -> None:
        self.survey_failed.emit(_sentence(error))


def display_name(source: str) -> str:
    """Return the last part of a path, or the words for a source without one."""
    if source.startswith("sample:"):
        return f"sample {source.removeprefix('sample:').partition('?')[0]}"
    path = Path(path_text(source))
    if path.parent.name == "checkpoints":
        step = path.name.removeprefix("step_").lstrip("0") or "0"
        return f"{display_name(str(path.parent.parent))}, step {step}"
    run = _RUN_NAME.fullmatch(path.name)
    if run is not None:
        return f"{run['name']} ({run['day']} {run['hour']}:{run['minute']})"
    return path.name or source


def _sentence(error: Exception) -> str:
    if isinstance(error, TuskError | OSError):
        return str(error)
    log.error("unexpected while opening", exc_info=error)
    return f"It could not be opened: {error}. The log has the details."


def _survey(
    source: str,
    control: RunControl,
    shown_as: DataConfig | None,
    known: SourceSummary | None,
) -> Survey:
    summary = known or api.summarise_source(source, control, shown_as=shown_as)
    opened = open_as(source, shown_as)
    try:
        generator = np.random.default_rng(0)
        # A few more than are shown, for some may be unreadable.
        count = min(len(opened), 2 * NUM_EXAMPLES)
        chosen = generator.choice(len(opened), count, replace=False)
        examples: list[NDArray[np.uint8]] = []
        for index in chosen:
            if control.stop_requested or len(examples) == NUM_EXAMPLES:
                break
            try:
                examples.append(opened.small(int(index), 2 * RECENT_SIDE))
            except TuskError as problem:
                log.info("left out of the summary: %s", problem)
                continue
        is_photographic = api.looks_photographic(opened)
    finally:
        opened.close()
    return Survey(summary, tuple(examples), is_photographic)
