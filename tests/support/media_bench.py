"""A workbench whose engine is a fake, sources in memory, and small videos."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from tests.support.fake_predictor import FakePredictor, devices, model_info
from tests.support.pictures import fit_within, pieces
from tusk_app.app import compose
from tusk_app.camera.controller import LOST_AFTER_S
from tusk_app.camera.devices import open_device
from tusk_app.outside import Outside
from tusk_app.shell.centre import make_centre
from tusk_core.arrays import sealed
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tusk_app.camera.devices import CameraChoice
    from tusk_app.canvas.area import CanvasArea
    from tusk_app.settings import Settings
    from tusk_app.shell.workshop import Workshop


class ListSource:
    """Pictures in memory.

    Attributes:
        reads: indices in the order they were read.
        gate: cleared, ``read`` waits until it is set.
        broken: indices that cannot be read.
    """

    def __init__(self, pictures, *, fps: float = 0.0, source: str = "/pictures") -> None:
        self.source, self.fps = source, fps
        self.kind = "video" if fps else "folder"
        self.pictures = list(pictures)
        self.reads: list[int] = []
        self.broken: set[int] = set()
        self.is_closed = False
        self.gate = threading.Event()
        self.gate.set()

    def __len__(self) -> int:
        return len(self.pictures)

    def name(self, index: int) -> str:
        return f"picture_{index:03d}.png"

    def read(self, index: int):
        self.gate.wait(10)
        self.reads.append(index)
        if index in self.broken:
            raise SourceError(f"{self.name(index)} is damaged; copy it again.")
        return self.pictures[index]

    def small(self, index: int, side: int):
        return fit_within(self.read(index), side)

    def time(self, index: int) -> float:
        return index / self.fps if self.fps else float("nan")

    def use_settings(self, data) -> bool:  # noqa: ARG002
        return False

    def close(self) -> None:
        self.is_closed = True


def piece_source(count: int = 6, **options) -> ListSource:
    """Return pictures of coloured pieces."""
    return ListSource([pieces(seed)[0] for seed in range(count)], **options)


def numbered_frame(number: int, size: tuple[int, int] = (64, 48)):
    """Return a frame whose grey level tells its number, (48, 64, 3) uint8."""
    frame = np.full((size[1], size[0], 3), (number * 5) % 250, np.uint8)
    frame[:8, :8] = 255 - frame[0, 0]
    return sealed(frame)


def write_video(path: Path, count: int = 40, *, codec: str = "FFV1", fps: float = 25.0) -> Path:
    """Write numbered frames; FFV1 is lossless, so that every frame can be told exactly."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, (64, 48))
    assert writer.isOpened()
    for number in range(count):
        writer.write(numbered_frame(number))
    writer.release()
    return path


class MadeUp:
    """Engine and cameras of a test, which may change them while the program runs.

    Attributes:
        predictor: what opening a model gives.
        open_model: how a model is opened, ``(name, device=...) -> predictor``.
        open_camera: how a camera is started.
        cameras: those that are found.
    """

    def __init__(self, predictor: FakePredictor | None = None) -> None:
        self.predictor = predictor or FakePredictor(model_info(num_keypoints=6))
        self.open_model: Callable[..., Any] = lambda *_a, **_k: self.predictor
        self.open_camera: Callable[[CameraChoice], Any] = open_device
        self.cameras: tuple[CameraChoice, ...] = ()

    def _open_model(self, *arguments: Any, **options: Any) -> Any:
        return self.open_model(*arguments, **options)

    def _open_camera(self, choice: CameraChoice) -> Any:
        return self.open_camera(choice)

    def outside(self, *, lost_after: float = LOST_AFTER_S) -> Outside:
        """Return it as the program takes it."""
        return Outside(
            open_predictor=self._open_model,
            list_devices=devices,
            open_device=self._open_camera,
            list_cameras=lambda: self.cameras,
            lost_after=lost_after,
        )


def make_media_bench(
    settings: Settings, *, num_keypoints: int = 6
) -> tuple[Workshop, FakePredictor]:
    """Return a workbench with a fake engine."""
    made = MadeUp(FakePredictor(model_info(num_keypoints=num_keypoints)))
    return compose(settings, made.outside()), made.predictor


def open_model(bench: Workshop, qtbot) -> None:
    """Open the fake model and wait for it."""
    with qtbot.waitSignal(bench.engine.model_opened, timeout=10_000):
        bench.engine.open_model("pieces")
    bench.prototypes.reset(len(bench.document.model.prototypes))


def shown_area(bench: Workshop, qtbot, size: tuple[int, int]) -> CanvasArea:
    """Return a shown canvas with its bars."""
    area = make_centre(bench)
    qtbot.addWidget(area)
    area.resize(*size)
    with qtbot.waitExposed(area):
        area.show()
    return area


def close(bench: Workshop) -> None:
    """End all threads."""
    assert bench.shut_down() == []
