"""Where a clip's frames go: a video, an animated picture, or rows of one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from PIL import Image

from tusk_core.data.pictures import write_picture
from tusk_core.inference.export.video_sink import CODECS, VideoSink

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ANIMATED: dict[str, str] = {".gif": "GIF", ".webp": "WEBP"}
SHEET = ".png"
ENDINGS = (".mp4", ".gif", ".webp", SHEET, *(s for s in CODECS if s != ".mp4"))
_STILL_RATE = 10.0


class Sink(Protocol):
    """Takes frames one after the other."""

    def add(self, frame: NDArray[np.uint8], seconds: float) -> None:
        """Take a frame, (H, W, 3) RGB, which is shown so long."""

    def finish(self) -> None:
        """Write what is still held back and close the file."""

    def release(self) -> None:
        """Close the file, whole or not; twice does no harm."""


class FilmSink:
    """A video, in which a frame that is shown longer is repeated.

    Args:
        path: its ending chooses the codec.
        rate: frames per second; 0 chooses one for still pictures.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self._rate = rate or _STILL_RATE
        self._video = VideoSink(path, self._rate)
        self._shown, self._written = 0.0, 0

    def add(self, frame: NDArray[np.uint8], seconds: float) -> None:
        """Write it as often as its time says."""
        self._shown += seconds
        repeats = max(1, round(self._shown * self._rate) - self._written)
        self._written += repeats
        self._video.add(frame, repeats)

    def finish(self) -> None:
        """Close the file and count its frames."""
        self._video.finish()

    def release(self) -> None:
        """Close the file."""
        self._video.release()


class AnimationSink:
    """A GIF or WebP that begins anew at its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._frames: list[Image.Image] = []
        self._milliseconds: list[int] = []

    def add(self, frame: NDArray[np.uint8], seconds: float) -> None:
        """Keep it, of a GIF with colours of its own."""
        image = Image.fromarray(frame)
        if self._path.suffix.lower() == ".gif":
            image = image.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        self._frames.append(image)
        # A GIF counts in hundredths, and viewers slow down what is below two of them.
        self._milliseconds.append(max(20, round(seconds * 100) * 10))

    def finish(self) -> None:
        """Write the file."""
        first, *others = self._frames
        first.save(
            self._path,
            format=ANIMATED[self._path.suffix.lower()],
            save_all=True,
            append_images=others,
            duration=self._milliseconds,
            loop=0,
        )

    def release(self) -> None:
        """Let the frames go."""
        self._frames = []


class SheetSink:
    """One picture with the frames below each other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[NDArray[np.uint8]] = []

    def add(self, frame: NDArray[np.uint8], _seconds: float) -> None:
        """Keep it."""
        self._rows.append(frame)

    def finish(self) -> None:
        """Write the file."""
        write_picture(self._path, np.concatenate(self._rows))

    def release(self) -> None:
        """Let the frames go."""
        self._rows = []


def sink_for(path: Path, rate: float) -> Sink:
    """Return where frames go; ``rate`` [frames per second] is of a video, 0 for stills."""
    suffix = path.suffix.lower()
    if suffix == SHEET:
        return SheetSink(path)
    return AnimationSink(path) if suffix in ANIMATED else FilmSink(path, rate)
