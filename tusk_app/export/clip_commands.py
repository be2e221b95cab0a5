"""Shares a clip: original, points and redrawing side by side, written as a job."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from tusk_app.engine.live_frames import FrameTap, take_frames
from tusk_app.export.clip_dialog import KINDS, ClipChoice, ClipDialog, ClipOffer
from tusk_app.parts.one_dialog import OneDialog
from tusk_app.pictures.controller import display_name
from tusk_core import api
from tusk_core.events import JobProgress
from tusk_core.prototype_names import PrototypeNames

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from tusk_app.engine.live_frames import Frames
    from tusk_app.threads.job_worker import JobFactory
    from tusk_app.workbench import Workbench
    from tusk_core.control import RunControl
    from tusk_core.interfaces import OpenedSource
    from tusk_core.results import ModelInfo

_MOST_FRAMES = 200


class ClipCommands(QObject):
    """Registers the command and carries it out."""

    def __init__(self, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self._bench, self._window = workbench, parent
        self._asking: OneDialog[ClipDialog] = OneDialog(self)
        self._action = workbench.actions.add(
            "file.clip", "Share a &clip…", self.ask, menu="File", shortcut="Ctrl+Alt+E",
            icon="video", tip="Save a video or an animated picture to show: original, points and "
            "what the model redraws, side by side",
        )  # fmt: skip
        document, live = workbench.document, workbench.live
        for signal in (document.model_changed, document.source_changed, live.changed):
            signal.connect(self._enable)
        self._enable()

    @Slot()
    def ask(self) -> None:
        """Ask what the clip shall show."""
        offer = self._offer()
        if self._asking.bring_forward() or offer is None:
            return
        last = str(self._bench.settings.value("export/clip", ""))
        dialog = self._asking.hold(ClipDialog(offer, suffix=last, parent=self._window))
        dialog.chosen.connect(self._ask_place)
        dialog.show()

    def save_to(self, choice: ClipChoice, path: Path) -> None:
        """Write the clip; returns at once."""
        info = self._bench.document.model
        if info is None:
            return
        live, source = self._bench.live, self._bench.document.source
        tap = FrameTap(live, parent=self) if live.is_on else None
        if tap is not None:
            pictures: _Open | _Recorded = _Recorded(live.name, tap.frames, float(choice.seconds))
        else:
            assert source is not None
            pictures = _Open(source.source)
        work = self._work(info, choice, path, pictures)
        job = self._bench.jobs.start(f"Clip {path.name}", work)
        job.produced.connect(lambda missing: self._tell(path, missing))
        if tap is not None:
            job.ended.connect(tap.close)

    def _offer(self) -> ClipOffer | None:
        document, live = self._bench.document, self._bench.live
        model, source = document.model, document.whole_source
        if model is None:
            return None
        redraws = model.config.decoder.kind != "none"
        if live.is_on:
            return ClipOffer(live.name, 0, 0.0, 0, redraws)
        if source is None or len(source) == 0:
            return None
        name = display_name(source.source)
        return ClipOffer(name, len(source), source.fps, document.index, redraws)

    @Slot(object)
    def _ask_place(self, choice: ClipChoice) -> None:
        settings, offer = self._bench.settings, self._offer()
        if offer is None:
            return
        settings.set_value("export/clip", choice.suffix)
        stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in offer.name) or "clip"
        first = settings.last_folder / f"{stem}_clip{choice.suffix}"
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Save clip", str(first), f"{KINDS[choice.suffix]} (*{choice.suffix})"
        )
        if chosen:
            path = Path(chosen)
            settings.last_folder = path.parent
            fits = path.suffix.lower() == choice.suffix
            self.save_to(choice, path if fits else path.with_name(path.name + choice.suffix))

    def _work(
        self,
        info: ModelInfo,
        choice: ClipChoice,
        path: Path,
        pictures: _Open | _Recorded,
    ) -> JobFactory:
        document, book = self._bench.document, self._bench.prototypes
        hidden = frozenset(i for i in range(book.num) if book.is_hidden(i))
        is_open = isinstance(pictures, _Open)
        regions = {"*": document.region} if is_open and document.region is not None else {}
        write = functools.partial(
            api.write_clip,
            first=choice.first,
            builds_up=choice.builds_up,
            names=PrototypeNames(book.names(), book.merges(), hidden),
            num_keypoints=document.num_keypoints,
            min_score=document.min_score,
            regions=regions,
        )
        return functools.partial(
            clip_job, model=info.path, pictures=pictures, out=path, choice=choice, write=write
        )

    def _tell(self, path: Path, missing: object) -> None:
        sentences = [str(item) for item in missing] if isinstance(missing, list) else []
        self._bench.notices.toast(
            " ".join([f"Saved {path.name}.", *sentences]),
            "success",
            "Play",
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))),
        )

    @Slot()
    def _enable(self) -> None:
        self._action.setEnabled(self._offer() is not None)


@dataclass(frozen=True, slots=True)
class _Open:
    """A clip of the open pictures."""

    name: str

    def source(self, _control: RunControl) -> Generator[JobProgress, None, OpenedSource]:
        """Open them again, for the job alone."""
        yield JobProgress(0, 0, "Opening the pictures.")
        return api.open_source(self.name)


@dataclass(frozen=True, slots=True)
class _Recorded:
    """A clip of what a camera sees from now on, for so many seconds."""

    name: str
    frames: Frames
    seconds: float

    def source(self, control: RunControl) -> Generator[JobProgress, None, OpenedSource]:
        """Record it."""
        taken = yield from take_frames(
            control, self.frames, seconds=self.seconds, most=_MOST_FRAMES, doing="Recording.",
            aim="clip",
        )  # fmt: skip
        pictures, times = [f.picture for f in taken], [f.captured_at for f in taken]
        return api.hold_frames(self.name, pictures, times)


def clip_job(
    control: RunControl,
    *,
    model: Path,
    pictures: _Open | _Recorded,
    out: Path,
    choice: ClipChoice,
    write: Callable[..., Iterator[object]],
) -> Iterator[object]:
    """Open model and pictures and write the clip; runs in the job's thread."""
    opened = yield from pictures.source(control)
    with opened as source:
        yield JobProgress(0, 0, "Opening the model.")
        count = choice.count or round(choice.seconds * source.fps) or None
        yield from write(api.open_predictor(model), source, out, control, count=count)
