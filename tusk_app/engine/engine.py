"""GUI-thread owner of the inference thread: requests go in, answers come out as signals."""

from __future__ import annotations

import enum
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.engine.requests import (
    Answer,
    AsideDetected,
    AsideRequest,
    DecodeRequest,
    Detected,
    InferenceFailed,
    Opened,
    OpenRequest,
    Prepared,
    PrepareRequest,
    PrototypesDrawn,
    Reconstructed,
    Request,
    RequestBox,
)
from tusk_app.engine.worker import InferenceWorker
from tusk_app.threads.worker_thread import WorkerThread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_core.api import Predictor
    from tusk_core.results import DeviceInfo

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


class Engine(QObject):
    """The thread that owns the open model: opens and closes it, and passes requests on.

    What is known of the pictures is kept by ``Detections``, the camera's frames go through
    ``LiveInference``; both ask through here, so that two never use the model at once.

    Signals:
        state_changed: EngineState.
        devices_known: tuple[DeviceInfo, ...], once the engine is loaded.
        model_opening: str, name of the model being opened.
        model_opened: the document has a new model.
        model_failed: str, a sentence.
        busy_changed: bool, an answer is awaited.
        detected: Detected, answer to a ``DetectRequest``.
        reconstructed: Reconstructed, answer to a ``ReconstructRequest``.
        prototype_pictures: (n, h, w, 3) uint8, answer to ``decode_prototypes``.
        aside_detected: AsideDetected, answer to ``look_aside``.
    """

    state_changed = Signal(object)
    devices_known = Signal(object)
    model_opening = Signal(str)
    model_opened = Signal()
    model_failed = Signal(str)
    busy_changed = Signal(bool)
    detected = Signal(object)
    reconstructed = Signal(object)
    prototype_pictures = Signal(object)
    aside_detected = Signal(object)
    _wake = Signal()

    def __init__(
        self,
        document: Document,
        notices: Notices,
        parent: QObject | None = None,
        *,
        open_predictor: Callable[..., Predictor] | None = None,
        list_devices: Callable[[], tuple[DeviceInfo, ...]] | None = None,
    ) -> None:
        """Prepare; the engine's functions can be replaced by tests."""
        super().__init__(parent)
        self._document = document
        self._notices = notices
        self._engine = (open_predictor, list_devices)
        self._thread = WorkerThread("inference", self, timeout_ms=STOP_TIMEOUT_MS)
        self._worker: InferenceWorker | None = None
        self._box = RequestBox()
        self._state = EngineState.ASLEEP
        self._number = 0
        self._awaited = 0
        self._is_down = False
        self._told: set[str] = set()

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
    def can_detect(self) -> bool:
        """True if a model is open."""
        return self._document.model is not None

    # Requests

    def prepare(self) -> None:
        """Load the engine in the background; call it when the window is on the screen."""
        if self._state is EngineState.ASLEEP:
            self._set_state(EngineState.PREPARING)
            self.ask(PrepareRequest())

    def open_model(self, model: str | Path, device: str = "auto") -> None:
        """Open a model folder, a run folder or a bundled model by name; returns at once."""
        self._number += 1
        self.model_opening.emit(Path(str(model)).name or str(model))
        self.prepare()
        self.ask(OpenRequest(self._number, model, device))

    def look_aside(self, who: str, number: int, pictures: Sequence[NDArray[np.uint8]]) -> None:
        """Detect in pictures that are not on the canvas; ``aside_detected`` brings the answer.

        Args:
            who: name of the panel; its newest request wins.
            number: comes back with the answer.
            pictures: (H, W, 3) uint8 each.
        """
        if self.can_detect:
            self.ask(AsideRequest(who, number, tuple(pictures), self._document.num_keypoints))

    def decode_prototypes(self, indices: Sequence[int] | None = None) -> None:
        """Draw prototypes alone; ``prototype_pictures`` brings them."""
        if self.can_detect:
            self.ask(DecodeRequest(None if indices is None else tuple(indices)))

    def ask(self, request: Request) -> None:
        """Pass a request to the thread; a newer one of its kind takes the place of an older one."""
        if self._is_down:
            return
        self.worker()  # started before it is woken
        self._box.put(request)
        self._set_awaited(self._awaited + 1)
        self._wake.emit()

    def drop_pictures(self) -> None:
        """Forget waiting requests about pictures: another model or picture was chosen."""
        self._box.drop_pictures()

    def worker(self) -> InferenceWorker:
        """Return what lives in the thread, which is started if need be."""
        if self._worker is None or not self._thread.is_alive:
            self._worker = self._start()
        return self._worker

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

    # Inside

    def _start(self) -> InferenceWorker:
        opener, lister = self._engine
        worker = InferenceWorker(self._box, open_predictor=opener, list_devices=lister)
        self._thread.take(worker)
        self._wake.connect(worker.work)
        worker.answered.connect(self._take_answer)
        worker.failed.connect(self._take_failure)
        worker.idle.connect(self._take_idle)
        self._thread.start()
        return worker

    def _set_awaited(self, num: int) -> None:
        was_busy, self._awaited = self._awaited > 0, max(num, 0)
        if was_busy != (self._awaited > 0):
            self.busy_changed.emit(self._awaited > 0)

    def _set_state(self, state: EngineState) -> None:
        self._state = state
        self.state_changed.emit(state)

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
                self.detected.emit(answer)
            case Reconstructed():
                self.reconstructed.emit(answer)
            case PrototypesDrawn():
                self.prototype_pictures.emit(answer.pictures)
            case AsideDetected():
                self.aside_detected.emit(answer)

    def _take_model(self, opened: Opened) -> None:
        if opened.number != self._number:
            return
        self._told.clear()
        self._document.set_model(opened.info)
        self._notices.status(f"{opened.info.name} is open.")
        self.model_opened.emit()

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
            self._tell(failure, "This picture could not be processed.")
        else:
            self._notices.toast(failure.sentence, "warning", about="model")
