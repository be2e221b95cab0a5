"""GUI-thread owner of the recorder: what the canvas shows becomes a video."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.camera.recorder import (
    WAITING_AT_MOST,
    RecordedPicture,
    RecorderWorker,
    RecordingPlan,
    RecordingResult,
)
from tusk_app.threads.mailbox import Queue
from tusk_app.threads.worker_thread import WorkerThread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STOP_TIMEOUT_MS = 20_000


class RecordingController(QObject):
    """Starts and stops recordings, one at a time.

    Signals:
        recording_changed: bool.
        done: RecordingResult; the file was read again and its frames counted.
        failed: str, a sentence.
    """

    recording_changed = Signal(bool)
    done = Signal(object)
    failed = Signal(str)
    _wake = Signal()
    _finish = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = WorkerThread("recorder", self, timeout_ms=STOP_TIMEOUT_MS)
        self._thread.ended.connect(self._take_end)
        self._worker: RecorderWorker | None = None
        self._queue: Queue[RecordedPicture] = Queue(WAITING_AT_MOST)
        self._is_recording = False
        self._started_at = 0.0

    @property
    def is_recording(self) -> bool:
        """True between ``start`` and ``stop``."""
        return self._is_recording

    @property
    def seconds(self) -> float:
        """How long it has been recording."""
        return time.monotonic() - self._started_at if self._is_recording else 0.0

    def start(self, plan: RecordingPlan) -> bool:
        """Begin a recording; False while the last one is still being written."""
        if self._thread.is_alive:
            return False
        self._queue = Queue(WAITING_AT_MOST)
        worker = RecorderWorker(plan, self._queue)
        self._thread.take(worker)
        self._wake.connect(worker.write)
        self._finish.connect(worker.finish)
        worker.done.connect(self._take_result)
        worker.failed.connect(self._take_failure)
        self._worker = worker
        self._started_at = time.monotonic()
        self._thread.start(finished=worker.finished)
        self._set_recording(recording=True)
        return True

    def add(self, pixels: NDArray[np.uint8], at: float) -> None:
        """Add a picture, (H, W, 3) uint8 BGR, owned, shown at ``at`` seconds."""
        if self._is_recording:
            self._queue.put(RecordedPicture(pixels, at))
            self._wake.emit()

    def stop(self) -> None:
        """End the recording; ``done`` or ``failed`` follows."""
        if self._is_recording:
            self._set_recording(recording=False)
            self._finish.emit()

    def shutdown(self) -> bool:
        """Finish the file and end the thread; False if that took too long."""
        self.stop()
        return self._thread.wait()

    def _set_recording(self, *, recording: bool) -> None:
        self._is_recording = recording
        self.recording_changed.emit(recording)

    @Slot(object)
    def _take_result(self, result: RecordingResult) -> None:
        self.done.emit(result)

    @Slot(str)
    def _take_failure(self, sentence: str) -> None:
        self.failed.emit(sentence)
        self.stop()

    @Slot()
    def _take_end(self) -> None:
        self._worker = None
