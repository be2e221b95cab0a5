"""Takes frames from one device for as long as the camera is on."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.camera.devices import CameraChoice, CaptureDevice, turned
from tusk_app.engine.frames import CameraFrame
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk_app.threads.mailbox import LatestValue

log = logging.getLogger(__name__)

RETRY_S = 0.2  # between two tries to read from a device that gives no frame


class CameraWorker(QObject):
    """Lives in the camera thread.

    Signals:
        opened: the device is open; frames follow.
        frame_ready: a frame lies in the box that was empty before.
        failed: str, a sentence; nothing follows but ``finished``.
        finished: always last, exactly once.
    """

    opened = Signal()
    frame_ready = Signal()
    failed = Signal(str)
    finished = Signal()

    def __init__(
        self,
        choice: CameraChoice,
        box: LatestValue[CameraFrame],
        open_device: Callable[[CameraChoice], CaptureDevice],
    ) -> None:
        super().__init__()
        self._choice = choice
        self._box = box
        self._open = open_device
        self._stop = threading.Event()

    def request_stop(self) -> None:
        """Ask to end after the current frame; may be called from any thread."""
        self._stop.set()

    def set_choice(self, choice: CameraChoice) -> None:
        """Mirror and turn the next frames so; may be called from any thread."""
        self._choice = choice  # one reference, replaced at once

    @Slot()
    def run(self) -> None:
        """Deliver frames until asked to stop. Connected to ``QThread.started``."""
        device: CaptureDevice | None = None
        try:
            device = self._open(self._choice)
            self.opened.emit()
            self._deliver(device)
        except TuskError as refusal:
            self.failed.emit(str(refusal))
        except Exception as problem:
            log.exception("camera failed")
            self.failed.emit(f"{self._choice.name} stopped working: {problem}.")
        finally:
            if device is not None:
                device.close()
            self.finished.emit()

    def _deliver(self, device: CaptureDevice) -> None:
        number, due = 0, time.perf_counter()
        while not self._stop.is_set():
            picture = device.read()
            now = time.perf_counter()
            if picture is None:
                self._stop.wait(RETRY_S)
                continue
            choice = self._choice
            picture = turned(picture, mirrored=choice.mirrored, quarter_turns=choice.quarter_turns)
            if self._box.put(CameraFrame(number, now, picture)):
                self.frame_ready.emit()
            number += 1
            if device.fps > 0:
                due = max(due + 1 / device.fps, now - 0.25)
                self._stop.wait(max(due - time.perf_counter(), 0.0))
