"""What can be asked of the inference thread, and what it answers: frozen values only."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.results import Detection, DeviceInfo, Keypoints, ModelInfo, Reconstruction


@dataclass(frozen=True, slots=True)
class PictureKey:
    """Which picture: source as given, and index in it."""

    source: str
    index: int


@dataclass(frozen=True, slots=True)
class PrepareRequest:
    """Load the engine, so that the first model opens at once."""


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Open a model folder, a run folder or a bundled model."""

    number: int
    model: str | Path
    device: str


@dataclass(frozen=True, slots=True, eq=False)
class DetectRequest:
    """Find keypoints in one picture.

    Attributes:
        key: which picture.
        picture: (H, W, 3) uint8.
        num_keypoints: K; None takes the training value.
        with_heat_map: also return the score map.
    """

    key: PictureKey
    picture: NDArray[np.uint8]
    num_keypoints: int | None
    with_heat_map: bool


@dataclass(frozen=True, slots=True, eq=False)
class ReconstructRequest:
    """Rebuild one picture from keypoints; None detects them first."""

    key: PictureKey
    picture: NDArray[np.uint8]
    keypoints: Keypoints | None


@dataclass(frozen=True, slots=True)
class DecodeRequest:
    """Draw each prototype alone; None draws them all."""

    indices: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AsideRequest:
    """Find keypoints in pictures that are not the one on the canvas.

    Attributes:
        who: panel that asks; a newer request of the same panel takes the place of an older one.
        number: comes back with the answer.
        pictures: (H, W, 3) uint8 each.
        num_keypoints: K; None takes the training value.
    """

    who: str
    number: int
    pictures: tuple[NDArray[np.uint8], ...]
    num_keypoints: int | None


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How camera pictures are looked at.

    Attributes:
        num_keypoints: K; None takes the training value.
        network_size: (width, height) to run at; None takes the training size.
    """

    num_keypoints: int | None = None
    network_size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """The engine is loaded; what it can run on."""

    devices: tuple[DeviceInfo, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A model is open."""

    number: int
    info: ModelInfo


@dataclass(frozen=True, slots=True, eq=False)
class Detected:
    """Keypoints of one picture."""

    key: PictureKey
    fingerprint: str
    num_asked: int | None
    detection: Detection


@dataclass(frozen=True, slots=True, eq=False)
class Reconstructed:
    """One picture rebuilt."""

    key: PictureKey
    fingerprint: str
    reconstruction: Reconstruction


@dataclass(frozen=True, slots=True, eq=False)
class PrototypesDrawn:
    """Prototypes drawn alone, (n, h, w, 3) uint8."""

    fingerprint: str
    pictures: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class AsideDetected:
    """Keypoints of the pictures of an ``AsideRequest``."""

    who: str
    number: int
    fingerprint: str
    detections: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class InferenceFailed:
    """A request that could not be answered.

    Attributes:
        kind: ``prepare``, ``open``, ``detect``, ``reconstruct``, ``decode`` or ``live``.
        number: of an open request, else 0.
        sentence: what happened, why, what to do.
        details: traceback of a bug; empty for a refusal with known cause.
    """

    kind: str
    number: int
    sentence: str
    details: str = ""


Request = (
    PrepareRequest | OpenRequest | DetectRequest | ReconstructRequest | DecodeRequest | AsideRequest
)
Answer = Opened | Detected | Reconstructed | PrototypesDrawn | Prepared | AsideDetected

_ORDER: tuple[type[Request], ...] = (
    PrepareRequest,
    OpenRequest,
    DetectRequest,
    ReconstructRequest,
    DecodeRequest,
)


class RequestBox:
    """Waiting requests, at most one of each kind: a newer one takes the place of an older one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[type[Request], Request] = {}
        self._aside: dict[str, AsideRequest] = {}

    def put(self, request: Request) -> None:
        """Leave a request."""
        with self._lock:
            if isinstance(request, AsideRequest):
                self._aside[request.who] = request
            else:
                self._waiting[type(request)] = request

    def take(self) -> Request | None:
        """Return the most urgent request, or None."""
        with self._lock:
            for kind in _ORDER:
                if kind in self._waiting:
                    return self._waiting.pop(kind)
            if self._aside:
                return self._aside.pop(next(iter(self._aside)))
        return None

    def drop_pictures(self) -> None:
        """Forget requests about pictures: another model or picture was chosen."""
        with self._lock:
            for kind in (DetectRequest, ReconstructRequest, DecodeRequest):
                self._waiting.pop(kind, None)

    def clear(self) -> None:
        """Forget everything: the thread is to end."""
        with self._lock:
            self._waiting.clear()
            self._aside.clear()
