"""Owns the open model: answers requests and looks at camera frames in one long-lived thread."""

from __future__ import annotations

import contextlib
import importlib
import logging
import traceback
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.engine.frames import CameraFrame, LiveResult
from tusk_app.engine.requests import (
    Answer,
    AsideDetected,
    AsideRequest,
    DecodeRequest,
    Detected,
    DetectRequest,
    InferenceFailed,
    LiveSettings,
    Opened,
    OpenRequest,
    Prepared,
    PrepareRequest,
    PrototypesDrawn,
    Reconstructed,
    ReconstructRequest,
    Request,
    RequestBox,
)
from tusk_app.threads.mailbox import LatestValue
from tusk_core import api
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk_core.api import Predictor
    from tusk_core.results import DeviceInfo

log = logging.getLogger(__name__)

_KINDS = {
    PrepareRequest: "prepare",
    OpenRequest: "open",
    DetectRequest: "detect",
    ReconstructRequest: "reconstruct",
    DecodeRequest: "decode",
    AsideRequest: "detect",
}


class InferenceWorker(QObject):
    """Lives in the inference thread; touches no widget.

    The model is used by this thread alone, also for the camera, so that two never ask it at once.

    Signals:
        answered: Prepared, Opened, Detected, Reconstructed, PrototypesDrawn or AsideDetected.
        failed: InferenceFailed.
        idle: every waiting request was answered.
        live_ready: a LiveResult lies in the outgoing box that was empty before.
    """

    answered = Signal(object)
    failed = Signal(object)
    idle = Signal()
    live_ready = Signal()

    def __init__(
        self,
        box: RequestBox,
        *,
        open_predictor: Callable[..., Predictor] | None = None,
        list_devices: Callable[[], tuple[DeviceInfo, ...]] | None = None,
    ) -> None:
        """Take the box of requests; the functions of the engine's door can be replaced."""
        super().__init__()  # no parent: a QObject with one cannot change thread
        self._box = box
        self._frames: LatestValue[CameraFrame] = LatestValue()
        self._live: LatestValue[LiveResult] = LatestValue()
        self._open = open_predictor or api.open_predictor
        self._list_devices = list_devices or api.list_devices
        self._predictor: Predictor | None = None
        self._live_settings = LiveSettings()
        self._live_problem = ""

    def set_live_boxes(
        self, frames: LatestValue[CameraFrame], live: LatestValue[LiveResult]
    ) -> None:
        """Take camera frames from one box and leave results in the other; before the first."""
        self._frames, self._live = frames, live

    def set_live_settings(self, settings: LiveSettings) -> None:
        """Detect in the next camera frames in this way; may be called from any thread."""
        self._live_settings = settings  # one reference, replaced at once

    @Slot()
    def work(self) -> None:
        """Answer one waiting request; called once for each."""
        request = self._box.take()
        if request is None:
            self.idle.emit()
            return
        try:
            self.answered.emit(self._answer(request))
            if isinstance(request, PrepareRequest):
                load_the_rest()
        except TuskError as refusal:
            self._fail(request, str(refusal))
        except Exception as problem:
            log.exception("inference failed")
            sentence = f"{type(problem).__name__}: {problem}"
            self._fail(request, sentence, traceback.format_exc())

    @Slot()
    def look_at_frame(self) -> None:
        """Find keypoints in the newest camera frame and pass both on."""
        frame = self._frames.take()
        if frame is None:
            return
        detection, settings = None, self._live_settings
        if self._predictor is not None:
            try:
                detection = self._predictor.detect(
                    frame.picture,
                    num_keypoints=settings.num_keypoints,
                    network_size=settings.network_size,
                )
                self._live_problem = ""
            except Exception as problem:  # noqa: BLE001 - the camera goes on without keypoints
                self._tell_live_problem(problem)
        if self._live.put(LiveResult(frame, detection)):
            self.live_ready.emit()

    def _answer(self, request: Request) -> Answer:
        match request:
            case PrepareRequest():
                return Prepared(self._list_devices())
            case OpenRequest():
                # The model open so far stays if this fails.
                predictor = self._open(request.model, device=request.device)
                self._predictor = predictor
                return Opened(request.number, predictor.info)
            case DetectRequest():
                return self._detect(request)
            case ReconstructRequest():
                predictor = self._opened()
                result = predictor.reconstruct(request.picture, request.keypoints)
                return Reconstructed(request.key, predictor.info.fingerprint, result)
            case AsideRequest():
                return self._detect_aside(request)
            case DecodeRequest():
                predictor = self._opened()
                pictures = predictor.decode_prototypes(request.indices)
                return PrototypesDrawn(predictor.info.fingerprint, pictures)

    def _detect_aside(self, request: AsideRequest) -> AsideDetected:
        predictor = self._opened()
        found = [
            predictor.detect(picture, num_keypoints=request.num_keypoints)
            for picture in request.pictures
        ]
        fingerprint = predictor.info.fingerprint
        return AsideDetected(request.who, request.number, fingerprint, tuple(found))

    def _detect(self, request: DetectRequest) -> Detected:
        predictor = self._opened()
        detection = predictor.detect(
            request.picture,
            num_keypoints=request.num_keypoints,
            with_heat_map=request.with_heat_map,
        )
        fingerprint = predictor.info.fingerprint
        return Detected(request.key, fingerprint, request.num_keypoints, detection)

    def _opened(self) -> Predictor:
        if self._predictor is None:
            raise TuskError("No model is open. Open a model or train one first.")
        return self._predictor

    def _fail(self, request: Request, sentence: str, details: str = "") -> None:
        number = request.number if isinstance(request, OpenRequest) else 0
        self.failed.emit(InferenceFailed(_KINDS[type(request)], number, sentence, details))

    def _tell_live_problem(self, problem: Exception) -> None:
        sentence = str(problem) if isinstance(problem, TuskError) else repr(problem)
        if sentence != self._live_problem:  # once, not thirty times a second
            log.error("camera frame could not be processed", exc_info=problem)
            self._live_problem = sentence
            self.failed.emit(InferenceFailed("live", 0, sentence))


def load_the_rest() -> None:
    """Import here what panels need later, so that it does not hold the window up then."""
    for name in ("pyqtgraph", "scipy.optimize"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
