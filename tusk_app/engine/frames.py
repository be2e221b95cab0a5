"""Frames on their way from a camera to the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.results import Detection


@dataclass(frozen=True, slots=True, eq=False)
class CameraFrame:
    """One picture of a camera.

    Attributes:
        number: counts from 0 since the start; gaps are dropped frames.
        captured_at: ``time.perf_counter()`` when it came from the device.
        picture: (H, W, 3) uint8 RGB, owned and read-only.
    """

    number: int
    captured_at: float
    picture: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class LiveResult:
    """A frame with what the model says about it; None while no model is open."""

    frame: CameraFrame
    detection: Detection | None
