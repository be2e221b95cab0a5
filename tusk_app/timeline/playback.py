"""Plays the pictures of the source by the clock."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

if TYPE_CHECKING:
    from tusk_app.engine.live import LiveInference
    from tusk_app.pictures.feed import PictureFeed
    from tusk_app.state.document import Document

TICK_MS = 8
FOLDER_RATE = 4.0  # pictures per second when a folder is played
SPEEDS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0)


class PlaybackController(QObject):
    """Asks the document for one frame after the other; ``PictureFeed`` brings them.

    Frames that cannot be shown in time are left out, so that the speed stays true.

    Signals:
        playing_changed: bool.
        speed_changed: float, times the source's own rate.
        loop_changed: the loop range or its switch changed.
    """

    playing_changed = Signal(bool)
    speed_changed = Signal(float)
    loop_changed = Signal()

    def __init__(
        self,
        document: Document,
        feed: PictureFeed,
        live: LiveInference,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._feed, self._live = document, feed, live
        self._is_ticking = False
        self._is_live = False
        self._speed = 1.0
        self._loops = True
        self._range: tuple[int, int] | None = None
        self._started_at, self._started_from = 0.0, 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)
        document.index_requested.connect(self._follow)
        document.source_changed.connect(self._take_source)
        live.changed.connect(self._take_camera)
        live.result.connect(self._make_way)

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
        self._feed.set_in_play(True)
        self.playing_changed.emit(True)

    def pause(self) -> None:
        """Stop at the frame shown."""
        if self.is_playing:
            self._timer.stop()
            self._feed.set_in_play(False)
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

    def set_loops(self, loops: bool) -> None:
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

    def shutdown(self) -> bool:
        """Stop playing."""
        self.pause()
        return True

    # Inside

    def _restart_clock(self, index: int) -> None:
        self._started_at, self._started_from = time.perf_counter(), index

    @Slot()
    def _tick(self) -> None:
        if self._feed.is_busy:
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

    @Slot(int)
    def _follow(self, index: int) -> None:
        """Play on from where somebody else went."""
        if self.is_playing and not self._is_ticking and not self._feed.is_asking_again:
            self._restart_clock(index)

    @Slot()
    def _take_source(self) -> None:
        self.pause()
        self.set_loop_range(None)

    @Slot()
    def _take_camera(self) -> None:
        self._is_live = self._is_live and self._live.is_on

    @Slot()
    def _make_way(self) -> None:
        """Pause when a camera's first frame takes the canvas."""
        if not self._is_live:
            self._is_live = True
            self.pause()
