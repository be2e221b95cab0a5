"""Frames that are in memory already, such as those of a camera, as a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tusk_core.data.base_source import BaseSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.results import SourceKind


class HeldFrames(BaseSource):
    """A video in memory.

    Args:
        name: what it is called.
        frames: (H, W, 3) uint8 RGB each, read-only.
        times: when each is shown, seconds, rising.
    """

    kind: ClassVar[SourceKind] = "video"

    def __init__(
        self, name: str, frames: Sequence[NDArray[np.uint8]], times: Sequence[float]
    ) -> None:
        super().__init__(name)
        self._frames, self._times = tuple(frames), tuple(times)
        spanned = self._times[-1] - self._times[0] if len(self._times) > 1 else 0.0
        self.fps = (len(self._times) - 1) / spanned if spanned > 0 else 1.0

    def __len__(self) -> int:
        """Frames."""
        return len(self._frames)

    def name(self, index: int) -> str:
        """Return ``frame 000123``."""
        self._check(index)
        return f"frame {index:06d}"

    def read(self, index: int) -> NDArray[np.uint8]:
        """Return a frame."""
        self._check(index)
        return self._frames[index]

    def time(self, index: int) -> float:
        """Return seconds from the first frame."""
        self._check(index)
        return self._times[index] - self._times[0]

    def identity(self) -> object:
        """Return what tells it from others; nothing of it is kept on disk."""
        return [self.source, *self._times]
