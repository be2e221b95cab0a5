"""Cameras, and what can stand in for one: a video file or a test pattern."""

from __future__ import annotations

import logging
import math
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from tusk_core.arrays import sealed
from tusk_core.results import SourceError

if TYPE_CHECKING:
    import cv2
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

PATTERN_FPS = 60.0
PATTERN_BLOCK = 9  # share of the height: a block of a piece is height / 9

SIZES = ((320, 240), (640, 480), (800, 600), (1280, 720), (1920, 1080))


@dataclass(frozen=True, slots=True)
class CameraChoice:
    """What to start.

    Attributes:
        kind: a camera of the system, a video file, or the built-in moving shapes.
        name: for people.
        device: number of a camera, or path of a file.
        backend: OpenCV's number of the driver; 0 lets it choose.
        identity: stays the same when cameras are plugged in another order.
        size: (width, height) to ask for.
        fps: frames per second to ask for; 0 takes what comes.
        mirrored: flip left and right, as people expect of themselves.
        quarter_turns: turn clockwise by so many right angles, 0 to 3.
    """

    kind: Literal["camera", "file", "pattern"]
    name: str
    device: int | str = 0
    backend: int = 0
    identity: str = ""
    size: tuple[int, int] = (640, 480)
    fps: float = 0.0
    mirrored: bool = False
    quarter_turns: int = 0


PATTERN = CameraChoice("pattern", "Test pattern", identity="pattern")


class CaptureDevice(Protocol):
    """Something that delivers frames; used by one thread."""

    @property
    def fps(self) -> float:
        """Frames a second; 0 if ``read`` itself waits for the next one."""

    def read(self) -> NDArray[np.uint8] | None:
        """Return the next frame, (H, W, 3) uint8 RGB, owned and read-only; None if there is none.

        May wait for the device.
        """

    def close(self) -> None:
        """Release the device."""


def open_device(choice: CameraChoice) -> CaptureDevice:
    """Open what was chosen; may take seconds.

    Raises:
        SourceError: if it is not there, is in use, or may not be used.
    """
    if choice.kind == "pattern":
        return TestPattern(choice.size, fps=choice.fps or PATTERN_FPS)
    if choice.kind == "file":
        return VideoFile(Path(str(choice.device)))
    return SystemCamera(choice)


class TestPattern:
    """Coloured pieces that wander and turn on black; the same in every run."""

    __test__ = False  # no test class, though it is called like one

    def __init__(self, size: tuple[int, int] = (640, 480), *, fps: float = PATTERN_FPS) -> None:
        """Make a pattern of (width, height) ``size``."""
        self._size = size
        self._fps = fps
        self._number = 0

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self._fps

    def read(self) -> NDArray[np.uint8] | None:
        """Return the next frame."""
        frame = pattern_frame(self._number / self._fps, self._size)
        self._number += 1
        return frame

    def close(self) -> None:
        """Nothing to release."""


_PIECES = (
    ((-1.5, 0), (-0.5, 0), (0.5, 0), (1.5, 0)),
    ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5)),
    ((-1, -0.5), (0, -0.5), (1, -0.5), (0, 0.5)),
    ((-0.5, -1), (-0.5, 0), (-0.5, 1), (0.5, 1)),
    ((0, -0.5), (1, -0.5), (-1, 0.5), (0, 0.5)),
)
_PIECE_COLOURS = (
    (236, 72, 64),
    (64, 196, 96),
    (72, 124, 244),
    (244, 204, 56),
    (204, 92, 224),
)


def pattern_frame(seconds: float, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the test pattern at a time, (height, width, 3) uint8 RGB, read-only."""
    width, height = size
    frame = np.zeros((height, width, 3), np.uint8)
    block = height / PATTERN_BLOCK
    for number, (cells, colour) in enumerate(zip(_PIECES, _PIECE_COLOURS, strict=True)):
        pace = 0.31 + 0.07 * number
        centre_x = width * (0.5 + 0.36 * math.sin(pace * seconds * 2.1 + 1.7 * number))
        centre_y = height * (0.5 + 0.34 * math.cos(pace * seconds * 1.7 + 2.3 * number))
        quarter = round(seconds / 3 + number) % 4
        for cell in cells:
            x, y = _turned(cell, quarter)
            # Edges are rounded, not sizes: blocks of one piece touch.
            left, right = (max(round(centre_x + (x + e) * block), 0) for e in (-0.5, 0.5))
            top, bottom = (max(round(centre_y + (y + e) * block), 0) for e in (-0.5, 0.5))
            frame[top:bottom, left:right] = colour
    return sealed(frame)


def _turned(cell: tuple[float, float], quarter: int) -> tuple[float, float]:
    x, y = cell
    for _ in range(quarter):
        x, y = -y, x
    return x, y


class VideoFile:
    """A video as a camera: at its own speed, from the start again at the end."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Raises:
            SourceError: if no frame can be read.
        """
        import cv2

        self._path = path
        self._capture = cv2.VideoCapture(str(path))
        if not self._capture.isOpened():
            raise SourceError(
                f"{path.name} cannot be opened as a video. It may be damaged, or of a kind that "
                "cannot be decoded here, such as AV1; choose another file."
            )
        rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        self._fps = rate if 0.1 <= rate <= 1000 else 25.0

    @property
    def fps(self) -> float:
        """Frames a second, as the file says."""
        return self._fps

    def read(self) -> NDArray[np.uint8] | None:
        """Return the next frame; after the last comes the first."""
        frame = _read_rgb(self._capture)
        if frame is None:
            import cv2

            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            frame = _read_rgb(self._capture)
        return frame

    def close(self) -> None:
        """Release the file."""
        self._capture.release()


class SystemCamera:
    """A camera of this computer."""

    def __init__(self, choice: CameraChoice) -> None:
        """Open a camera.

        Raises:
            SourceError: if it is not there, is in use, or may not be used.
        """
        # Opening a camera through Media Foundation takes half a minute with this on.
        os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
        import cv2

        _quieten(cv2)
        self._capture = cv2.VideoCapture(int(choice.device), choice.backend)
        if not self._capture.isOpened():
            raise SourceError(_why_not(choice))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, choice.size[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, choice.size[1])
        if choice.fps:
            self._capture.set(cv2.CAP_PROP_FPS, choice.fps)
        # One frame waiting, not five: older frames are of no use.
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    @property
    def fps(self) -> float:
        """0: reading waits for the camera."""
        return 0.0

    def read(self) -> NDArray[np.uint8] | None:
        """Return the next frame; None if the camera gives none."""
        return _read_rgb(self._capture)

    def close(self) -> None:
        """Release the camera."""
        self._capture.release()


def _read_rgb(capture: cv2.VideoCapture) -> NDArray[np.uint8] | None:
    import cv2

    try:
        done, frame = capture.read()
    except cv2.error as problem:
        log.info("no frame: %s", problem)
        return None
    if not done or frame is None:
        return None
    # A new array for every frame: the device may write into its own buffer again.
    return sealed(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8))


def turned(
    picture: NDArray[np.uint8], *, mirrored: bool = False, quarter_turns: int = 0
) -> NDArray[np.uint8]:
    """Return the picture turned clockwise, then flipped left to right; owned and read-only."""
    if not mirrored and not quarter_turns:
        return picture
    out = np.rot90(picture, -quarter_turns)
    return sealed(np.ascontiguousarray(out[:, ::-1] if mirrored else out))


def _quieten(module: object) -> None:
    """Keep OpenCV from writing to the terminal when there is no camera; we say it ourselves."""
    logging_module = getattr(getattr(module, "utils", None), "logging", None)
    if logging_module is not None:
        logging_module.setLogLevel(logging_module.LOG_LEVEL_SILENT)


def _why_not(choice: CameraChoice) -> str:
    if sys.platform == "darwin":
        hint = (
            "Allow it in System Settings, Privacy & Security, Camera, and close other programs "
            "that use it."
        )
    elif sys.platform == "win32":
        hint = (
            "Allow desktop apps to use it in Settings, Privacy, Camera, and close other programs "
            "that use it."
        )
    else:
        hint = _linux_hint(choice)
    return f"{choice.name} cannot be opened. {hint} Then press Start again."


def _linux_hint(choice: CameraChoice) -> str:
    node = Path(f"/dev/video{choice.device}")
    if not node.exists():
        return f"There is no {node}; plug it in."
    if not os.access(node, os.R_OK | os.W_OK):
        return f"You may not use {node}: add your user to the group 'video' and log in again."
    return "Another program may be using it; close that."


def list_cameras() -> tuple[CameraChoice, ...]:
    """Return the cameras of this computer by name; may take a second."""
    try:
        import cv2
        from cv2_enumerate_cameras import enumerate_cameras
    except ImportError as problem:
        log.warning("cameras cannot be listed: %s", problem)
        return ()
    _quieten(cv2)
    backend = {
        "win32": cv2.CAP_DSHOW,
        "darwin": cv2.CAP_AVFOUNDATION,
    }.get(sys.platform, cv2.CAP_V4L2)
    try:
        found = enumerate_cameras(backend)
    except (OSError, RuntimeError, ValueError) as problem:
        log.warning("cameras cannot be listed: %s", problem)
        return ()
    choices = []
    for info in found:
        identity = f"{info.vid}:{info.pid}:{info.path}"
        name = str(info.name) or f"Camera {info.index}"
        number = int(info.index) % 100  # the library adds the driver's number to it
        choices.append(CameraChoice("camera", name, number, int(info.backend), identity))
    return tuple(_numbered(choices))


def _numbered(choices: list[CameraChoice]) -> list[CameraChoice]:
    """Tell cameras of the same name apart."""
    names = [choice.name for choice in choices]
    return [
        replace(c, name=f"{c.name} ({i + 1})") if names.count(c.name) > 1 else c
        for i, c in enumerate(choices)
    ]
