"""Brings the picture that the document asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.pictures.reader import PictureReader, ReadPicture, ReadRequest
from tusk_app.state.wants import Want
from tusk_app.threads.mailbox import LatestValue
from tusk_app.threads.worker_thread import WorkerThread

if TYPE_CHECKING:
    from tusk_app.engine.detections import Detections
    from tusk_app.engine.engine import Engine
    from tusk_app.engine.requests import PictureKey
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.wants import Wants
    from tusk_core.api import PictureSource


class PictureFeed(QObject):
    """Answers ``Document.go_to`` with pictures from a reader thread; the newest request wins.

    While frames are played with an open model, a frame is shown together with its keypoints.

    Signals:
        problem: str, why the picture asked for cannot be shown; empty when one is shown again.
    """

    problem = Signal(str)
    _wake = Signal()
    _close = Signal(object)

    def __init__(
        self,
        document: Document,
        wants: Wants,
        engine: Engine,
        detections: Detections,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document = document
        self._wants, self._engine, self._detections = wants, engine, detections
        self._notices = notices
        self._requests: LatestValue[ReadRequest] = LatestValue()
        self._thread = WorkerThread("reader", self)
        self._source: PictureSource | None = None
        self._is_reading = False
        self._wanted = -1  # index asked of the reader last
        self._in_play = False
        self._is_asking_again = False
        self._has_problem = False
        self._pending: ReadPicture | None = None
        document.index_requested.connect(self._read)
        document.source_changed.connect(self._take_source)
        wants.changed.connect(self._take_want)
        detections.detected.connect(self._take_detected)
        engine.busy_changed.connect(self._take_busy)

    @property
    def is_busy(self) -> bool:
        """True while a picture is read, or waits for its keypoints."""
        return self._is_reading or self._pending is not None

    @property
    def is_asking_again(self) -> bool:
        """True while the feed itself repeats what was asked of the document."""
        return self._is_asking_again

    def set_in_play(self, in_play: bool) -> None:
        """Say whether frames go by: each is then held back until its keypoints are there."""
        self._in_play = in_play
        if not in_play and self._pending is not None:
            # It is the picture asked for; its keypoints must not lie over the one before.
            self._show(self._pending)

    def shutdown(self) -> bool:
        """End the reader thread; False if it did not end in time."""
        self._requests.take()
        ended = self._thread.end()
        if ended and self._source is not None:
            self._source.close()
        return ended

    # Inside

    def _ensure_thread(self) -> None:
        if self._thread.is_alive:
            return
        worker = PictureReader(self._requests)
        self._thread.take(worker)
        self._wake.connect(worker.work)
        self._close.connect(worker.close)
        worker.read.connect(self._take)
        self._thread.start()

    @Slot(int)
    def _read(self, index: int) -> None:
        source = self._document.source
        if source is None or (self._is_reading and index == self._wanted):
            return
        self._is_reading, self._wanted = True, index
        self._pending = None
        self._request(ReadRequest(source, index, self._wants.has(Want.TRUTH)))

    def _request(self, request: ReadRequest) -> None:
        self._ensure_thread()
        if self._requests.put(request):
            self._wake.emit()

    @Slot(object)
    def _take_want(self, want: Want) -> None:
        """Read the ground truth of the picture shown once somebody shows it."""
        if want is not Want.TRUTH:
            return
        source, index = self._document.source, self._document.index
        is_missing = self._document.picture is not None and self._document.truth is None
        if self._wants.has(want) and is_missing and source is not None and not self._is_reading:
            self._request(ReadRequest(source, index, with_truth=True, with_picture=False))

    @Slot()
    def _take_source(self) -> None:
        self._pending = None
        was_reading = self._is_reading
        self._is_reading, self._wanted = False, -1
        old, self._source = self._source, self._document.source
        if old is not None and old is not self._source:
            # In the reader thread, which may be reading from it.
            self._ensure_thread()
            self._close.emit(old)
        if was_reading and self._document.places is not None and self._document.index >= 0:
            self._read(self._document.index)  # it was asked for by the number it had before

    @Slot(object)
    def _take(self, result: ReadPicture) -> None:
        if result.source is not self._document.source:
            return
        if not result.has_picture:
            if result.index == self._document.index:
                self._document.set_truth(result.truth)
            return
        self._is_reading = result.index != self._wanted
        if result.picture is None:
            self._tell_problem(result)
            return
        waits = self._in_play and self._engine.can_detect
        if waits and self._detections.cached(result.index) is None:
            self._pending = result
            self._detections.look_at(result.index, result.picture)
            return
        self._show(result)

    @Slot(object)
    def _take_detected(self, key: PictureKey) -> None:
        if self._pending is not None and self._pending.index == key.index:
            self._show(self._pending)

    @Slot(bool)
    def _take_busy(self, busy: bool) -> None:
        """Show a frame without keypoints if the model could not answer."""
        if not busy and self._pending is not None:
            self._show(self._pending)

    def _show(self, result: ReadPicture) -> None:
        self._pending = None
        wanted, index = self._document.index, result.index
        self._document.set_picture(index, result.picture)
        if result.truth is not None:
            self._document.set_truth(result.truth)
        self._has_problem = False
        self.problem.emit("")
        if self._is_reading and wanted != index:
            # Scrubbing: a newer picture is on its way, so the document keeps asking for that.
            self._is_asking_again = True
            self._document.go_to(wanted)
            self._is_asking_again = False

    def _tell_problem(self, result: ReadPicture) -> None:
        self.problem.emit(result.problem)
        # The canvas tells of each; a toast of the first in a row only.
        if not self._in_play and not self._has_problem:
            self._notices.toast(result.problem, "warning")
        self._has_problem = True
        if result.index == self._document.index:
            self._document.set_picture(result.index, None)
