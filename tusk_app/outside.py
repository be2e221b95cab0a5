"""What the window reaches beyond itself; a test puts its own in its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk_app.camera.controller import LOST_AFTER_S
from tusk_app.camera.devices import list_cameras, open_device

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk_app.camera.devices import CameraChoice, CaptureDevice
    from tusk_core.api import Predictor
    from tusk_core.results import DeviceInfo


@dataclass(frozen=True, slots=True)
class Outside:
    """Engine and cameras.

    Attributes:
        open_predictor: opens a model; None takes the engine's own, loaded when it is first needed.
        list_devices: what models can run on; None as above.
        open_device: starts a camera.
        list_cameras: finds cameras.
        lost_after: seconds without a frame after which a camera counts as lost.
    """

    open_predictor: Callable[..., Predictor] | None = None
    list_devices: Callable[[], tuple[DeviceInfo, ...]] | None = None
    open_device: Callable[[CameraChoice], CaptureDevice] = open_device
    list_cameras: Callable[[], tuple[CameraChoice, ...]] = list_cameras
    lost_after: float = LOST_AFTER_S
