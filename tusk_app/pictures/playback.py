"""Brings the pictures that the document asks for, and plays them."""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from tusk_app.pictures.reader import PictureReader, ReadPicture, ReadRequest
from tusk_app.state.wants import Want
from tusk_app.threads.latest_value import LatestValue
from tusk_app.threads.worker_thread import WorkerThread

if TYPE_CHECKING:
    from tusk_app.engine.detections import Detections
    from tusk_app.engine.engine import Engine
    from tusk_app.engine.requests import PictureKey
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.wants import Wants
    from tusk_core.api import PictureSource

log = logging.getLogger(__name__)

TICK_MS = 8
FOLDER_RATE = 4.0  # pictures a second when a folder is played
SPEEDS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0)


class PlaybackController(QObject):
    """Answers ``Document.go_to`` with pictures from a reader thread; plays by the clock.

    While playing with an open model a frame is shown together with its keypoints; frames that
    cannot be shown in time are left out, so that the speed stays true.

    Signals:
        playing_changed: bool.
        speed_changed: float, times the source's own rate.
        loop_changed: the loop range or its switch changed.
        problem: str, why the picture asked for cannot be shown; empty when one is shown again.
    """

    playing_changed = Signal(bool)
    speed_changed = Signal(float)
    loop_changed = Signal()
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
        self._is_ticking = False
        self._has_problem = False
        self._speed = 1.0
        self._loops = True
        self._range: tuple[int, int] | None = None
        self._started_at, self._started_from = 0.0, 0
        self._pending: ReadPicture | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        document.index_requested.connect(self._read)
        document.source_changed.connect(self._take_source)
        wants.changed.connect(self._take_want)
        detections.detected.connect(self._take_detected)
        engine.busy_changed.connect(self._take_busy)

    # Playing

    @property
    def is_playing(self) -> bool:
        """True while frames go by."""
        return self._timer.isActive()

    @property
    def rate(self) -> float:
        """Frames per second at normal speed."""
        source = self._document.source
        return source.fps if source is not None and source.fps > 0 else FOLDER_RATE

    @property
    def speed(self) -> float:
        """Times the normal speed."""
        return self._speed

    @property
    def loops(self) -> bool:
        """True if playing goes on from the start of the range when it comes to the end."""
        return self._loops

    @property
    def loop_range(self) -> tuple[int, int]:
        """First and last frame that are played."""
        last = max(self._document.num_pictures - 1, 0)
        if self._range is None:
            return 0, last
        return min(self._range[0], last), min(self._range[1], last)

    @property
    def has_loop_range(self) -> bool:
        """True if only a part is played."""
        return self._range is not None

    def play(self) -> None:
        """Begin to play from the frame shown, or from the start if that is the last."""
        if self.is_playing or self._document.num_pictures < 2:
            return
        first, last = self.loop_range
        index = self._document.index
        if not first <= index < last:
            index = first
            self._document.go_to(index)
        self._restart_clock(index)
        self._timer.start()
        self.playing_changed.emit(True)

    def pause(self) -> None:
        """Stop at the frame shown."""
        if self.is_playing:
            self._timer.stop()
            self._pending = None
            self.playing_changed.emit(False)

    def toggle(self) -> None:
        """Play or pause."""
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def step(self, frames: int) -> None:
        """Pause and go on or back by so many frames."""
        self.pause()
        if self._document.num_pictures:
            self._document.go_to(self._document.index + frames)

    def seek(self, index: int) -> None:
        """Go to a frame; playing goes on from there."""
        self._document.go_to(index)
        self._restart_clock(self._document.index)

    def set_speed(self, speed: float) -> None:
        """Play so many times as fast as the source."""
        if speed != self._speed:
            self._speed = speed
            self._restart_clock(self._document.index)
            self.speed_changed.emit(speed)

    def set_loops(self, loops: bool) -> None:  # noqa: FBT001 - connected to a toggled signal
        """Continue from the start at the end, or stop there."""
        if loops != self._loops:
            self._loops = loops
            self.loop_changed.emit()

    def set_loop_range(self, frames: tuple[int, int] | None) -> None:
        """Play only from the first to the last of these frames; None plays all."""
        if frames is not None:
            frames = (min(frames), max(frames))
        if frames != self._range:
            self._range = frames
            self._restart_clock(self._document.index)
            self.loop_changed.emit()

    @Slot(object)
    def _take_want(self, want: Want) -> None:
        """Read the ground truth of the picture shown once somebody shows it."""
        if want is not Want.TRUTH:
            return
        source, index = self._document.source, self._document.index
        is_missing = self._document.picture is not None and self._document.truth is None
        if self._wants.has(want) and is_missing and source is not None and not self._is_reading:
            self._request(ReadRequest(source, index, with_truth=True, with_picture=False))

    def shutdown(self) -> bool:
        """Stop playing and end the reader thread; False if it did not end in time."""
        self.pause()
        self._requests.take()
        return self._thread.end()

    # Inside

    def _restart_clock(self, index: int) -> None:
        self._started_at, self._started_from = time.perf_counter(), index

    @Slot()
    def _tick(self) -> None:
        if self._is_reading or self._pending is not None:
            return
        elapsed = time.perf_counter() - self._started_at
        index = self._started_from + math.floor(elapsed * self.rate * self._speed)
        first, last = self.loop_range
        if index > last:
            if not self._loops:
                self._document.go_to(last)
                self.pause()
                return
            index = first
            self._restart_clock(first)
        if index != self._document.index:
            self._is_ticking = True
            self._document.go_to(index)
            self._is_ticking = False

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
        if self.is_playing and not self._is_ticking:
            self._restart_clock(index)  # somebody else went elsewhere: play on from there
        if source is None or (self._is_reading and index == self._wanted):
            return
        self._is_reading, self._wanted = True, index
        self._pending = None
        self._request(ReadRequest(source, index, self._wants.has(Want.TRUTH)))

    def _request(self, request: ReadRequest) -> None:
        self._ensure_thread()
        if self._requests.put(request):
            self._wake.emit()

    @Slot()
    def _take_source(self) -> None:
        self.pause()
        self._pending = None
        self._is_reading, self._wanted = False, -1
        self.set_loop_range(None)
        old, self._source = self._source, self._document.source
        if old is not None and old is not self._source:
            # In the reader thread, which may be reading from it.
            self._ensure_thread()
            self._close.emit(old)

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
        waits = self.is_playing and self._engine.can_detect
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
    def _take_busy(self, busy: bool) -> None:  # noqa: FBT001
        """Show a frame without keypoints if the model could not look at it."""
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
            self._is_ticking = True
            self._document.go_to(wanted)
            self._is_ticking = False

    def _tell_problem(self, result: ReadPicture) -> None:
        self.problem.emit(result.problem)
        # The canvas tells of each; a toast of the first in a row only.
        if not self.is_playing and not self._has_problem:
            self._notices.toast(result.problem, "warning")
        self._has_problem = True
        if result.index == self._document.index:
            self._document.set_picture(result.index, None)
