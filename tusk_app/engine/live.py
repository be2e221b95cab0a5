"""The running camera as the rest of the window sees it, and detection in its frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from tusk_app.threads.mailbox import LatestValue

if TYPE_CHECKING:
    from tusk_app.engine.engine import Engine
    from tusk_app.engine.frames import CameraFrame, LiveResult
    from tusk_app.engine.requests import LiveSettings
    from tusk_app.engine.worker import InferenceWorker


class LiveInference(QObject):
    """Takes the camera's newest frame to the engine and its keypoints back.

    Signals:
        changed: a camera began or ended.
        result: LiveResult, newest frame with its keypoints, to be shown now.
        read_out: a few times a second while a camera runs: texts about it may be renewed.
        freeze_wanted: the frame shown last shall become a picture.
    """

    changed = Signal()
    result = Signal(object)
    read_out = Signal()
    freeze_wanted = Signal()

    def __init__(self, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self._frames: LatestValue[CameraFrame] = LatestValue()
        self._results: LatestValue[LiveResult] = LatestValue()
        self._bound: InferenceWorker | None = None
        self._name = ""
        self._newest: LiveResult | None = None

    @property
    def is_on(self) -> bool:
        """True while frames come or are awaited."""
        return bool(self._name)

    @property
    def name(self) -> str:
        """What the camera is called; empty while none runs."""
        return self._name

    @property
    def newest(self) -> LiveResult | None:
        """The frame shown last; None before the first."""
        return self._newest

    @property
    def frame_box(self) -> LatestValue[CameraFrame]:
        """Where the camera leaves its newest frame."""
        return self._frames

    def set_camera(self, name: str) -> None:
        """Say which camera runs; an empty name says that none does."""
        if name != self._name:
            self._name = name
            self.changed.emit()

    def forget(self) -> None:
        """Drop the frame shown last: another camera starts."""
        self._newest = None

    def connect_camera(self, frame_ready: SignalInstance) -> None:
        """Detect in camera frames: ``frame_ready`` says that the box is full."""
        frame_ready.connect(self._worker().look_at_frame)

    def set_settings(self, settings: LiveSettings) -> None:
        """Detect in the next camera frames in this way."""
        self._worker().set_live_settings(settings)

    def freeze(self) -> None:
        """Stop the camera and open the frame shown last as a picture."""
        self.freeze_wanted.emit()

    def _worker(self) -> InferenceWorker:
        worker = self._engine.worker()
        if worker is not self._bound:
            worker.set_live_boxes(self._frames, self._results)
            worker.live_ready.connect(self._take)
            self._bound = worker
        return worker

    @Slot()
    def _take(self) -> None:
        result = self._results.take()
        if result is not None and self.is_on:
            self._newest = result
            self.result.emit(result)
