"""GUI-thread owner of the camera thread: which camera, how fast, and what went wrong."""

from __future__ import annotations

import enum
import logging
import math
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from tusk_app.camera.devices import (
    PATTERN,
    CameraChoice,
    CaptureDevice,
    list_cameras,
    open_device,
)
from tusk_app.camera.recording import RecordingController
from tusk_app.camera.worker import CameraWorker
from tusk_app.engine.requests import LiveSettings
from tusk_app.threads.latest_task import LatestTask
from tusk_app.threads.worker_thread import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tusk_app.engine.frames import LiveResult
    from tusk_app.engine.live import LiveInference
    from tusk_app.state.document import Document
    from tusk_core.config import DataConfig

log = logging.getLogger(__name__)

STOP_TIMEOUT_MS = 15_000
WATCH_MS = 250
LOST_AFTER_S = 2.0
WINDOW_S = 2.0  # fps and latency are of the last seconds


class CameraState(enum.Enum):
    """What the camera does."""

    OFF = enum.auto()
    STARTING = enum.auto()
    ON = enum.auto()
    LOST = enum.auto()
    STOPPING = enum.auto()


@dataclass(frozen=True, slots=True)
class CameraStats:
    """Read-outs over the last two seconds.

    Attributes:
        camera_fps: frames the camera delivers.
        shown_fps: frames that came onto the screen with their keypoints.
        latency_ms: median time from the camera to the screen; NaN before the first.
        dropped: frames since the start that were replaced by a newer one.
        network_ms: median time of the network; NaN without a model.
    """

    camera_fps: float = 0.0
    shown_fps: float = 0.0
    latency_ms: float = float("nan")
    dropped: int = 0
    network_ms: float = float("nan")


class Snapshot:
    """One frame as a source of pictures, so that it can be inspected like any other."""

    kind = "camera"
    fps = 0.0

    def __init__(self, source: str, picture: NDArray[np.uint8]) -> None:
        """Take a frame, (H, W, 3) uint8 RGB, read-only."""
        self.source = source
        self._picture = picture

    def __len__(self) -> int:
        return 1

    def name(self, index: int) -> str:  # noqa: ARG002
        """What it is called."""
        return self.source

    def read(self, index: int) -> NDArray[np.uint8]:  # noqa: ARG002
        """Return the frame."""
        return self._picture

    def time(self, index: int) -> float:  # noqa: ARG002
        """It has no time of its own."""
        return math.nan

    def use_settings(self, data: DataConfig) -> bool:  # noqa: ARG002
        """Tell that nothing changes: a camera gives eight bits."""
        return False

    def close(self) -> None:
        """Nothing to release."""


class CameraController(QObject):
    """Runs one camera at a time; its frames come back through ``LiveInference``.

    Signals:
        state_changed: CameraState.
        cameras_changed: the list of cameras is known or changed.
        failed: str, a sentence.
        stats_changed: CameraStats, four times a second.
    """

    state_changed = Signal(object)
    cameras_changed = Signal()
    failed = Signal(str)
    stats_changed = Signal(object)

    def __init__(
        self,
        document: Document,
        live: LiveInference,
        parent: QObject | None = None,
        *,
        open_device: Callable[[CameraChoice], CaptureDevice] = open_device,
        list_cameras: Callable[[], tuple[CameraChoice, ...]] = list_cameras,
        lost_after: float = LOST_AFTER_S,
    ) -> None:
        """Follow ``document``; devices and patience can be replaced by tests."""
        super().__init__(parent)
        self._document = document
        self._live = live
        self._open_device = open_device
        self._list_cameras = list_cameras
        self._lost_after = lost_after
        self.recorder = RecordingController(self)
        self._state = CameraState.OFF
        self._cameras: tuple[CameraChoice, ...] = ()
        self._choice = PATTERN
        self._next: CameraChoice | None = None
        self._thread = WorkerThread("camera", self, timeout_ms=STOP_TIMEOUT_MS)
        self._thread.ended.connect(self._take_end)
        self._worker: CameraWorker | None = None
        self._settings = LiveSettings()
        self._unpainted: float | None = None
        self._last_frame_at = 0.0
        self._seen: deque[tuple[float, int]] = deque(maxlen=1000)
        self._painted: deque[tuple[float, float]] = deque(maxlen=1000)
        self._network: deque[float] = deque(maxlen=60)
        self._dropped = 0
        self._last_number = -1
        self._finder = LatestTask("finding cameras", self)
        self._finder.done.connect(self._take_cameras)
        self._finder.failed.connect(self._take_no_cameras)
        self._watch = QTimer(self)
        self._watch.setInterval(WATCH_MS)
        self._watch.timeout.connect(self._look_after)
        live.result.connect(self._take_live)
        live.freeze_wanted.connect(self.freeze)
        document.thresholds_changed.connect(self._take_thresholds)

    # State

    @property
    def state(self) -> CameraState:
        """What the camera does."""
        return self._state

    @property
    def is_on(self) -> bool:
        """True while frames come or are awaited."""
        return self._state in (CameraState.STARTING, CameraState.ON, CameraState.LOST)

    @property
    def cameras(self) -> tuple[CameraChoice, ...]:
        """Cameras found by the last ``refresh``."""
        return self._cameras

    @property
    def is_looking(self) -> bool:
        """True while cameras are being looked for."""
        return self._finder.is_busy

    @property
    def choice(self) -> CameraChoice:
        """What runs, or ran last."""
        return self._choice

    # Commands

    def refresh(self) -> None:
        """Look for cameras; ``cameras_changed`` follows."""
        self._finder.request(self._list_cameras)

    def start(self, choice: CameraChoice) -> None:
        """Start a camera; one that runs is stopped first. Returns at once."""
        if self._thread.is_alive:
            self._next = choice
            self.stop(keep_next=True)
            return
        self._choice, self._next = choice, None
        self._reset_stats()
        worker = CameraWorker(choice, self._live.frame_box, self._open_device)
        self._thread.take(worker)
        worker.opened.connect(self._take_opened)
        worker.failed.connect(self._take_failure)
        self._live.connect_camera(worker.frame_ready)
        self._worker = worker
        self._send_live_settings()
        self._set_state(CameraState.STARTING)
        self._thread.start(worker.run, worker.finished)

    def stop(self, *, keep_next: bool = False) -> None:
        """Stop the camera; returns at once."""
        if not keep_next:
            self._next = None
        self.recorder.stop()
        if self._worker is not None and self._state is not CameraState.STOPPING:
            self._watch.stop()
            self._worker.request_stop()
            self._set_state(CameraState.STOPPING)

    def reconnect(self) -> None:
        """Start the same camera again."""
        self.start(self._choice)

    def set_mirrored(self, mirrored: bool) -> None:
        """Flip the picture left to right."""
        self._change(replace(self._choice, mirrored=mirrored))

    def set_quarter_turns(self, turns: int) -> None:
        """Turn the picture clockwise by so many right angles, 0 to 3."""
        self._change(replace(self._choice, quarter_turns=turns))

    def set_network_size(self, size: tuple[int, int] | None) -> None:
        """Run the network at (width, height); None takes the training size."""
        self._settings = replace(self._settings, network_size=size)
        self._send_live_settings()

    def freeze(self) -> None:
        """Stop, and open the frame shown last as a picture."""
        newest = self._live.newest
        self.stop()
        if newest is not None:
            name = f"{self._choice.name}, frame {newest.frame.number}"
            self._document.set_source(Snapshot(name, newest.frame.picture))

    def note_painted(self) -> None:
        """Call when the canvas was drawn: ends the clock of the newest frame."""
        if self._unpainted is not None:
            now = time.perf_counter()
            self._painted.append((now, 1000 * (now - self._unpainted)))
            self._unpainted = None

    def stats(self) -> CameraStats:
        """Return the read-outs of the last two seconds."""
        since = time.perf_counter() - WINDOW_S
        painted = [ms for at, ms in self._painted if at >= since]
        seen = [(at, number) for at, number in self._seen if at >= since]
        camera_fps = 0.0
        if len(seen) > 1 and seen[-1][0] > seen[0][0]:
            camera_fps = (seen[-1][1] - seen[0][1]) / (seen[-1][0] - seen[0][0])
        times = [at for at, _ in self._painted if at >= since]
        shown = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 0.0
        latency = float(np.median(painted)) if painted else float("nan")
        network = float(np.median(self._network)) if self._network else float("nan")
        return CameraStats(camera_fps, shown, latency, self._dropped, network)

    def shutdown(self) -> bool:
        """Stop everything and wait; False if a thread did not end in time."""
        self.stop()
        self._watch.stop()
        ended = [self._finder.shutdown(), self.recorder.shutdown()]
        return all([*ended, self._thread.wait()])

    # Inside

    def _change(self, choice: CameraChoice) -> None:
        self._choice = choice
        if self._worker is not None:
            self._worker.set_choice(choice)

    def _set_state(self, state: CameraState) -> None:
        if state is not self._state:
            self._state = state
            self._live.set_camera(self._choice.name if self.is_on else "")
            self.state_changed.emit(state)

    def _reset_stats(self) -> None:
        self._seen.clear()
        self._painted.clear()
        self._network.clear()
        self._dropped = 0
        self._unpainted = None
        self._last_number = -1
        self._live.forget()

    def _send_live_settings(self) -> None:
        if self._thread.is_alive:
            settings = replace(self._settings, num_keypoints=self._document.num_keypoints)
            self._live.set_settings(settings)

    @Slot()
    def _take_thresholds(self) -> None:
        self._send_live_settings()

    @Slot(object)
    def _take_cameras(self, cameras: tuple[CameraChoice, ...]) -> None:
        self._cameras = cameras
        self.cameras_changed.emit()

    @Slot(object)
    def _take_no_cameras(self, problem: Exception) -> None:
        log.warning("cameras cannot be listed", exc_info=problem)
        self._take_cameras(())

    @Slot()
    def _take_opened(self) -> None:
        if self._state is CameraState.STARTING:
            self._last_frame_at = time.perf_counter()
            self._watch.start()

    @Slot(object)
    def _take_live(self, result: LiveResult) -> None:
        frame, now = result.frame, time.perf_counter()
        self._dropped += max(frame.number - self._last_number - 1, 0)
        self._last_number = frame.number
        self._last_frame_at = now
        self._seen.append((frame.captured_at, frame.number))
        if result.detection is not None:
            self._network.append(result.detection.milliseconds)
        self._unpainted = frame.captured_at
        self._set_state(CameraState.ON)

    @Slot()
    def _look_after(self) -> None:
        if self._live.frame_box.is_full:
            # The engine is busy or still wakes up: not the camera's silence.
            self._last_frame_at = time.perf_counter()
        silence = time.perf_counter() - self._last_frame_at
        if silence > self._lost_after and self._state in (CameraState.ON, CameraState.STARTING):
            self._set_state(CameraState.LOST)
        self.stats_changed.emit(self.stats())
        self._live.read_out.emit()

    @Slot(str)
    def _take_failure(self, sentence: str) -> None:
        self.failed.emit(sentence)

    @Slot()
    def _take_end(self) -> None:
        self._worker = None
        self._watch.stop()
        self.recorder.stop()
        self._live.frame_box.take()
        self._set_state(CameraState.OFF)
        if self._next is not None:
            self.start(self._next)
