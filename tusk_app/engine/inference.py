"""GUI-thread owner of the inference thread: opens models and keeps the document's detections."""

from __future__ import annotations

import enum
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, SignalInstance, Slot

from tusk_app.engine.detection_cache import (
    DetectionCache,
    FrameTable,
    detection_of_picture,
    first_keypoints,
)
from tusk_app.engine.frames import CameraFrame, LiveResult
from tusk_app.engine.requests import (
    Answer,
    AsideDetected,
    AsideRequest,
    Decoded,
    DecodeRequest,
    Detected,
    DetectRequest,
    InferenceFailed,
    LiveSettings,
    Opened,
    OpenRequest,
    PictureKey,
    Prepared,
    PrepareRequest,
    Reconstructed,
    ReconstructRequest,
    Request,
    RequestBox,
)
from tusk_app.engine.worker import InferenceWorker
from tusk_app.threads.latest_value import LatestValue
from tusk_app.threads.worker_thread import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_core.api import Predictor
    from tusk_core.results import Detection, DeviceInfo, Keypoints, Reconstruction

log = logging.getLogger(__name__)

OTHER_MODEL = (
    "Choose the folder that training wrote, with model.safetensors and config.json in it. If a "
    "newer TUSK made the model, update this one."
)
STOP_TIMEOUT_MS = 15_000


class EngineState(enum.Enum):
    """How far the engine is."""

    ASLEEP = enum.auto()
    PREPARING = enum.auto()
    READY = enum.auto()


class InferenceController(QObject):
    """The open model, as the window sees it. Results go into the document.

    A new picture is looked at by itself; detections are kept by model, source and index, so that
    the sliders for number and score act at once.

    Signals:
        state_changed: EngineState.
        devices_known: tuple[DeviceInfo, ...], once the engine is loaded.
        model_opening: str, name of the model being opened.
        model_opened: the document has a new model.
        model_failed: str, a sentence.
        busy_changed: bool, an answer is awaited.
        detected: PictureKey, a picture was looked at; the cache has the answer.
        prototype_pictures: (n, h, w, 3) uint8, answer to ``decode_prototypes``.
        aside_detected: AsideDetected, answer to ``look_aside``.
        frames_changed: what is known of the frames of the source changed (see ``frames``).
        live_result: LiveResult, newest frame of the camera with its keypoints.
    """

    state_changed = Signal(object)
    devices_known = Signal(object)
    model_opening = Signal(str)
    model_opened = Signal()
    model_failed = Signal(str)
    busy_changed = Signal(bool)
    detected = Signal(object)
    prototype_pictures = Signal(object)
    aside_detected = Signal(object)
    frames_changed = Signal()
    live_result = Signal(object)
    _wake = Signal()
    _forget = Signal()

    def __init__(
        self,
        document: Document,
        notices: Notices,
        parent: QObject | None = None,
        *,
        open_predictor: Callable[..., Predictor] | None = None,
        list_devices: Callable[[], tuple[DeviceInfo, ...]] | None = None,
    ) -> None:
        """Follow ``document``; the engine's functions can be replaced by tests."""
        super().__init__(parent)
        self._document = document
        self._notices = notices
        self._engine = (open_predictor, list_devices)
        self._thread = WorkerThread("inference", self, timeout_ms=STOP_TIMEOUT_MS)
        self._worker: InferenceWorker | None = None
        self._box = RequestBox()
        self._frame_box: LatestValue[CameraFrame] = LatestValue()
        self._live_box: LatestValue[LiveResult] = LatestValue()
        self._state = EngineState.ASLEEP
        self._cache = DetectionCache()
        self._frames = FrameTable(0)
        self._number = 0
        self._awaited = 0
        self._is_down = False
        self._wants_heat_map = False
        self._wants_reconstruction: set[str] = set()
        self._told: set[str] = set()
        self._shown_num = 0
        document.source_changed.connect(self._take_source)
        document.picture_changed.connect(self._take_picture)
        document.thresholds_changed.connect(self._take_thresholds)
        document.analysis_changed.connect(self._take_analysis)

    # State

    @property
    def state(self) -> EngineState:
        """How far the engine is."""
        return self._state

    @property
    def is_busy(self) -> bool:
        """True while an answer is awaited."""
        return self._awaited > 0

    @property
    def frames(self) -> FrameTable:
        """What is known of each frame of the source."""
        return self._frames

    @property
    def num_keypoints(self) -> int:
        """Keypoints shown of each picture: the user's number, or the training value."""
        asked, model = self._document.num_keypoints, self._document.model
        if asked is not None:
            return asked
        return 8 if model is None else int(model.config.keypoints.num_keypoints)

    @property
    def can_detect(self) -> bool:
        """True if a model is open."""
        return self._document.model is not None

    def cached(self, index: int) -> Detection | None:
        """Return what is already known of a picture of the open source, or None."""
        key = self._cache_key(index)
        if key is None:
            return None
        return self._cache.get(key, self.num_keypoints, with_heat_map=self._wants_heat_map)

    # Requests

    def prepare(self) -> None:
        """Load the engine in the background; call it when the window is on the screen."""
        if self._state is EngineState.ASLEEP:
            self._set_state(EngineState.PREPARING)
            self._send(PrepareRequest())

    def open_model(self, model: str | Path, device: str = "auto") -> None:
        """Open a model folder, a run folder or a bundled model by name; returns at once."""
        self._number += 1
        self.model_opening.emit(Path(str(model)).name or str(model))
        self.prepare()
        self._send(OpenRequest(self._number, model, device))

    def close_model(self) -> None:
        """Close the model; its memory is released."""
        self._number += 1
        self._box.drop_pictures()
        self._forget.emit()
        self._document.set_model(None)

    def request_detection(self) -> None:
        """Look at the picture shown, unless it is already known."""
        index, picture = self._document.index, self._document.picture
        if picture is None:
            return
        if not self.can_detect:
            self._show_analysed(index)
            return
        known = self.cached(index)
        if known is not None:
            self._show_detection(known)
        else:
            self.look_at(index, picture)

    def look_at(self, index: int, picture: NDArray[np.uint8]) -> None:
        """Look at a picture of the open source; ``detected`` tells when it is known."""
        if not self.can_detect:
            return
        key = PictureKey(self._source_name(), index)
        self._send(DetectRequest(key, picture, self.num_keypoints, self._wants_heat_map))

    def look_aside(self, who: str, number: int, pictures: Sequence[NDArray[np.uint8]]) -> None:
        """Look at pictures that are not on the canvas; ``aside_detected`` brings the answer.

        Args:
            who: name of the panel; its newest request wins.
            number: comes back with the answer.
            pictures: (H, W, 3) uint8 each.
        """
        if self.can_detect:
            asked = AsideRequest(who, number, tuple(pictures), self._document.num_keypoints)
            self._send(asked)

    def request_reconstruction(self, keypoints: Keypoints | None = None) -> None:
        """Rebuild the picture shown from ``keypoints``, or from those that were found."""
        picture = self._document.picture
        if picture is None or not self.can_detect:
            return
        if keypoints is None and self._document.detection is not None:
            keypoints = self._document.detection.keypoints
        key = PictureKey(self._source_name(), self._document.index)
        self._send(ReconstructRequest(key, picture, keypoints))

    def decode_prototypes(self, indices: Sequence[int] | None = None) -> None:
        """Draw prototypes alone; ``prototype_pictures`` brings them."""
        if self.can_detect:
            self._send(DecodeRequest(None if indices is None else tuple(indices)))

    def set_heat_map_wanted(self, wanted: bool) -> None:  # noqa: FBT001
        """Let detections come with their score map."""
        if wanted != self._wants_heat_map:
            self._wants_heat_map = wanted
            if wanted:
                self.request_detection()

    def set_reconstruction_wanted(self, who: str, wanted: bool) -> None:  # noqa: FBT001
        """Rebuild every new picture for as long as anybody wants it.

        Args:
            who: name of the panel that asks.
            wanted: True from when it shows the reconstruction, False when it does no more.
        """
        before = bool(self._wants_reconstruction)
        if wanted:
            self._wants_reconstruction.add(who)
        else:
            self._wants_reconstruction.discard(who)
        is_new = bool(self._wants_reconstruction) and not before
        if is_new and self._document.reconstruction is None:
            self.request_reconstruction()

    # Camera

    @property
    def frame_box(self) -> LatestValue[CameraFrame]:
        """Where the camera leaves its newest frame."""
        return self._frame_box

    def connect_camera(self, frame_ready: SignalInstance) -> None:
        """Look at camera frames: ``frame_ready`` says that the box is full."""
        self._ensure_thread()
        assert self._worker is not None
        frame_ready.connect(self._worker.look_at_frame)

    def set_live_settings(self, settings: LiveSettings) -> None:
        """Look at the next camera frames in this way."""
        self._ensure_thread()
        assert self._worker is not None
        self._worker.set_live_settings(settings)

    # End

    def shutdown(self) -> bool:
        """End the thread for good; False if it did not end in time."""
        # What still asks while the window goes down must not start it again.
        self._is_down = True
        self._box.clear()
        if not self._thread.end():
            return False
        self._worker = None
        return True

    close = shutdown

    # Inside

    def _ensure_thread(self) -> None:
        if self._thread.is_alive:
            return
        opener, lister = self._engine
        worker = InferenceWorker(
            self._box,
            self._frame_box,
            self._live_box,
            open_predictor=opener,
            list_devices=lister,
        )
        self._thread.take(worker)
        self._wake.connect(worker.work)
        self._forget.connect(worker.forget)
        worker.answered.connect(self._take_answer)
        worker.failed.connect(self._take_failure)
        worker.idle.connect(self._take_idle)
        worker.live_ready.connect(self._take_live)
        self._worker = worker
        self._thread.start()

    def _send(self, request: Request) -> None:
        if self._is_down:
            return
        self._ensure_thread()
        self._box.put(request)
        self._set_awaited(self._awaited + 1)
        self._wake.emit()

    def _set_awaited(self, num: int) -> None:
        was_busy, self._awaited = self._awaited > 0, max(num, 0)
        if was_busy != (self._awaited > 0):
            self.busy_changed.emit(self._awaited > 0)

    def _set_state(self, state: EngineState) -> None:
        self._state = state
        self.state_changed.emit(state)

    def _source_name(self) -> str:
        source = self._document.source
        return "" if source is None else source.source

    def _cache_key(self, index: int) -> tuple[str, str, int] | None:
        model = self._document.model
        return None if model is None else (model.fingerprint, self._source_name(), index)

    def _is_current(self, key: PictureKey, fingerprint: str) -> bool:
        model = self._document.model
        shown = PictureKey(self._source_name(), self._document.index)
        same_model = model is not None and model.fingerprint == fingerprint
        return same_model and key == shown and self._document.picture is not None

    @Slot()
    def _take_idle(self) -> None:
        self._set_awaited(self._awaited - 1)  # a newer request took the place of an older one

    @Slot(object)
    def _take_answer(self, answer: Answer) -> None:
        self._set_awaited(self._awaited - 1)
        match answer:
            case Prepared():
                self._set_state(EngineState.READY)
                self.devices_known.emit(answer.devices)
            case Opened():
                self._take_model(answer)
            case Detected():
                self._take_detected(answer)
            case Reconstructed():
                if self._is_current(answer.key, answer.fingerprint):
                    self._show_reconstruction(answer.reconstruction)
            case Decoded():
                self.prototype_pictures.emit(answer.pictures)
            case AsideDetected():
                self.aside_detected.emit(answer)

    def _take_model(self, opened: Opened) -> None:
        if opened.number != self._number:
            return
        self._told.clear()
        self._frames.forget()
        self._document.set_model(opened.info)
        self._notices.status(f"{opened.info.name} is open on {opened.info.device}.")
        self.frames_changed.emit()
        self.model_opened.emit()
        self._take_analysis()
        self.request_detection()

    def _take_detected(self, answer: Detected) -> None:
        model = self._document.model
        if model is None or model.fingerprint != answer.fingerprint:
            return
        key = (answer.fingerprint, answer.key.source, answer.key.index)
        asked = answer.num_asked or int(model.config.keypoints.num_keypoints)
        self._cache.put(key, asked, answer.detection)
        if answer.key.source == self._source_name():
            shown = self._cache.get(key, self.num_keypoints) or answer.detection
            self._frames.put(answer.key.index, shown)
            self.frames_changed.emit()
        if self._is_current(answer.key, answer.fingerprint):
            self.request_detection_from_cache()
        self.detected.emit(answer.key)

    def request_detection_from_cache(self) -> None:
        """Show what is known of the picture shown; does nothing if that is not enough."""
        known = self.cached(self._document.index)
        if known is not None:
            self._show_detection(known)

    def _show_analysed(self, index: int) -> None:
        """Without a model, show what an open results file holds of the picture."""
        analysis = self._document.analysis
        if analysis is None or analysis.source != self._source_name():
            return
        found = detection_of_picture(analysis, index)
        if found is not None:
            num = self._document.num_keypoints or len(found.keypoints.scores)
            self._shown_num = self.num_keypoints
            self._document.set_detection(first_keypoints(found, num))

    def _show_detection(self, detection: Detection) -> None:
        self._shown_num = self.num_keypoints
        self._document.set_detection(detection)
        if self._wants_reconstruction:
            self.request_reconstruction()

    def _show_reconstruction(self, reconstruction: Reconstruction) -> None:
        self._document.set_reconstruction(reconstruction)

    @Slot(object)
    def _take_failure(self, failure: InferenceFailed) -> None:
        if failure.kind != "live":
            self._set_awaited(self._awaited - 1)
        match failure.kind:
            case "prepare":
                self._set_state(EngineState.ASLEEP)
                self._tell(failure, "The engine could not be loaded.")
            case "open":
                if failure.number == self._number:
                    self.model_failed.emit(failure.sentence)
                    self._tell(failure, "The model could not be opened.", OTHER_MODEL)
            case _:
                self._tell_once(failure)

    def _tell(self, failure: InferenceFailed, title: str, todo: str = "") -> None:
        todo = "The log has the details." if failure.details else todo
        self._notices.error(title, failure.sentence, todo, failure.details)

    def _tell_once(self, failure: InferenceFailed) -> None:
        """Say what went wrong with a picture, but not for every frame of a video."""
        if failure.sentence in self._told:
            return
        self._told.add(failure.sentence)
        if failure.details:
            self._tell(failure, "The picture could not be looked at.")
        else:
            self._notices.toast(failure.sentence, "warning")

    @Slot()
    def _take_live(self) -> None:
        result = self._live_box.take()
        if result is not None:
            self.live_result.emit(result)

    @Slot()
    def _take_source(self) -> None:
        self._box.drop_pictures()
        self._frames = FrameTable(self._document.num_pictures)
        self._take_analysis()
        self.frames_changed.emit()

    @Slot()
    def _take_picture(self) -> None:
        self.request_detection()

    @Slot()
    def _take_thresholds(self) -> None:
        # A threshold is a filter of what is shown; only another number needs other keypoints.
        if self._shown_num != self.num_keypoints:
            self.request_detection()
        self.frames_changed.emit()

    @Slot()
    def _take_analysis(self) -> None:
        analysis, model = self._document.analysis, self._document.model
        if analysis is None or analysis.source != self._source_name():
            return
        if model is None or model.fingerprint == analysis.model_fingerprint:
            self._frames.take_analysis(analysis)
            self.frames_changed.emit()
            if model is None:
                self.request_detection()
