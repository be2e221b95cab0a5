"""Shares a clip: original, points and redrawing side by side, written as a job."""

from __future__ import annotations

import functools
import math
import queue
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from tusk_app.export.clip_dialog import KINDS, ClipChoice, ClipDialog, ClipOffer
from tusk_app.pictures.controller import display_name
from tusk_core import api
from tusk_core.control import Cancelled
from tusk_core.events import JobProgress
from tusk_core.prototype_names import PrototypeNames
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from tusk_app.engine.frames import LiveResult
    from tusk_app.threads.job_worker import JobFactory
    from tusk_app.workbench import Workbench
    from tusk_core.control import RunControl
    from tusk_core.interfaces import OpenedSource
    from tusk_core.results import ModelInfo

Frames = queue.SimpleQueue["tuple[float, NDArray[np.uint8]]"]
_WAIT_S = 0.2
_MOST_FRAMES = 200  # of a camera: they wait in memory
_GIVE_UP_S = 3.0


class ClipCommands(QObject):
    """Registers the command and carries it out."""

    def __init__(self, workbench: Workbench, parent: QWidget) -> None:
        super().__init__(parent)
        self._bench, self._window = workbench, parent
        self._dialog: ClipDialog | None = None
        self._taking: Frames | None = None
        self._action = workbench.actions.add(
            "file.clip", "Share a &clip…", self.ask, menu="File", shortcut="Ctrl+Alt+E",
            icon="video", tip="Save a video or an animated picture to show: original, points and "
            "what the model redraws, side by side",
        )  # fmt: skip
        document, live = workbench.document, workbench.live
        for signal in (document.model_changed, document.source_changed, live.changed):
            signal.connect(self._enable)
        live.result.connect(self._take)
        self._enable()

    @Slot()
    def ask(self) -> None:
        """Ask what the clip shall show."""
        offer = self._offer()
        if offer is None or self._dialog is not None:
            return
        last = str(self._bench.settings.value("export/clip", ""))
        self._dialog = ClipDialog(offer, suffix=last, parent=self._window)
        self._dialog.chosen.connect(self._ask_place)
        self._dialog.finished.connect(self._forget_dialog)
        self._dialog.show()

    def save_to(self, choice: ClipChoice, path: Path) -> None:
        """Write the clip; returns at once."""
        info = self._bench.document.model
        if info is None:
            return
        is_camera = self._bench.live.is_on
        source = self._from_camera(choice) if is_camera else self._from_open()
        work = self._work(info, choice, path, source, is_camera=is_camera)
        job = self._bench.jobs.start(f"Clip {path.name}", work)
        job.produced.connect(lambda missing: self._tell(path, missing))
        job.ended.connect(self._stop_taking)

    def _offer(self) -> ClipOffer | None:
        document, live = self._bench.document, self._bench.live
        model, source = document.model, document.source
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
        source: _Opener,
        *,
        is_camera: bool,
    ) -> JobFactory:
        document, book = self._bench.document, self._bench.prototypes
        hidden = frozenset(i for i in range(book.num) if book.is_hidden(i))
        regions = {} if document.region is None or is_camera else {"*": document.region}
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
            clip_job, model=info.path, opened=source, out=path, choice=choice, write=write
        )

    def _from_open(self) -> _Opener:
        source = self._bench.document.source
        assert source is not None
        return _Opener(source.source)

    def _from_camera(self, choice: ClipChoice) -> _Opener:
        self._taking = queue.SimpleQueue()
        return _Opener(self._bench.live.name, self._taking, float(choice.seconds))

    @Slot(object)
    def _take(self, result: LiveResult) -> None:
        if self._taking is not None:
            self._taking.put((result.frame.captured_at, result.frame.picture))

    @Slot()
    def _stop_taking(self) -> None:
        self._taking = None

    def _tell(self, path: Path, missing: object) -> None:
        sentences = [str(item) for item in missing] if isinstance(missing, list) else []
        self._bench.notices.toast(
            " ".join([f"Saved {path.name}.", *sentences]),
            "success",
            "Play",
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))),
        )

    @Slot()
    def _forget_dialog(self) -> None:
        self._dialog = None

    @Slot()
    def _enable(self) -> None:
        self._action.setEnabled(self._offer() is not None)


class _Opener:
    """Where the pictures of a clip come from: a source, or frames of a camera as they come.

    Args:
        name: of the source or the camera.
        frames: time and picture of each, put in by the window; None of a source.
        seconds: how long a camera is recorded.
    """

    def __init__(self, name: str, frames: Frames | None = None, seconds: float = 0.0) -> None:
        self._name, self._frames, self._seconds = name, frames, seconds
        self.source: OpenedSource | None = None

    def open(self, control: RunControl) -> Iterator[JobProgress]:
        """Set ``source``; of a camera that takes a while."""
        if self._frames is None:
            self.source = api.open_source(self._name)
            return
        taken: list[tuple[float, NDArray[np.uint8]]] = []
        begin = newest = time.monotonic()
        while (now := time.monotonic()) < begin + self._seconds and len(taken) < _MOST_FRAMES:
            if control.stop_requested:
                raise Cancelled
            try:
                taken.append(self._frames.get(timeout=_WAIT_S))
                newest = now
            except queue.Empty:
                if now > newest + _GIVE_UP_S:
                    break
            left = begin + self._seconds - now
            done = math.floor(10 * (now - begin))
            yield JobProgress(done, round(10 * self._seconds), "Recording.", left)
        if not taken:
            raise SourceError("The camera gave no picture, so there is no clip. Start it again.")
        self.source = api.hold_frames(self._name, [p for _, p in taken], [t for t, _ in taken])


def clip_job(
    control: RunControl,
    *,
    model: Path,
    opened: _Opener,
    out: Path,
    choice: ClipChoice,
    write: Callable[..., Iterator[object]],
) -> Iterator[object]:
    """Open model and pictures and write the clip; runs in the job's thread."""
    yield from opened.open(control)
    assert opened.source is not None
    with opened.source as source:
        yield JobProgress(0, 0, "Opening the model.")
        count = choice.count or round(choice.seconds * source.fps) or None
        yield from write(api.open_predictor(model), source, out, control, count=count)
