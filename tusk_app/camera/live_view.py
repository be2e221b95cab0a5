"""Shows camera frames with their keypoints, tells when they are on the screen, records them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Slot

from tusk_app.camera.controller import CameraController, CameraState
from tusk_app.canvas.marks import marks_of
from tusk_app.pictures.faces import KindFaces

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QImage

    from tusk_app.canvas.binding import CanvasBinding
    from tusk_app.canvas.widgets.banner import Banner
    from tusk_app.canvas.widgets.image_canvas import ImageCanvas
    from tusk_app.engine.frames import LiveResult
    from tusk_app.workbench import Workbench

LOST = "No frame for 2 s. The camera may have been unplugged or be used by another program."


def bgr_pixels(image: QImage) -> NDArray[np.uint8]:
    """Return a 32-bit image as (H, W, 3) uint8 BGR, owned."""
    height, width = image.height(), image.width()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    pixels = rows[:, : 4 * width].reshape(height, width, 4)
    return np.ascontiguousarray(pixels[..., :3])


class LiveView(QObject):
    """Gives the canvas to the camera while it is on."""

    def __init__(
        self, workbench: Workbench, canvas: ImageCanvas, binding: CanvasBinding, banner: Banner
    ) -> None:
        super().__init__(canvas)
        self._bench = workbench
        self._canvas, self._binding, self._banner = canvas, binding, banner
        camera = self._camera = workbench.part(CameraController)
        self._faces = workbench.part(KindFaces)
        workbench.live.result.connect(self._show)
        camera.state_changed.connect(self._show_state)
        camera.failed.connect(self._take_failure)
        canvas.painted.connect(camera.note_painted)
        canvas.painted.connect(self._record)
        banner.clicked.connect(camera.reconnect)
        self._recorded: object = None

    @Slot(object)
    def _show(self, result: LiveResult) -> None:
        if not self._binding.is_live:
            self._binding.set_live(True)
        self._canvas.set_picture(result.frame.picture)
        if result.detection is not None:
            marks = marks_of(result.detection, self._bench.prototypes, self._faces.image)
            self._canvas.set_marks(marks)

    @Slot(object)
    def _show_state(self, state: CameraState) -> None:
        if state is CameraState.LOST:
            self._banner.say(LOST, "Reconnect")
        elif state in (CameraState.ON, CameraState.STARTING):
            self._banner.say("")
        elif state is CameraState.OFF:
            self._binding.set_live(False)
            if not self._banner.text.startswith("The camera"):
                self._banner.say("")

    @Slot(str)
    def _take_failure(self, sentence: str) -> None:
        self._banner.say(f"The camera did not start. {sentence}", "Start again")

    @Slot()
    def _record(self) -> None:
        """Record each picture once, as it is on the screen."""
        recorder, picture = self._camera.recorder, self._canvas.picture
        if not recorder.is_recording or picture is None or picture is self._recorded:
            return
        self._recorded = picture
        recorder.add(bgr_pixels(self._canvas.rendered(1)), time.perf_counter())
