"""Decodes small pictures for lists, newest wish first, in its own thread."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.pictures.opening import open_as
from tusk_core.results import TuskError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.api import OpenedSource, PictureSource
    from tusk_core.config import DataConfig

log = logging.getLogger(__name__)

MAX_WAITING = 256


@dataclass(frozen=True, slots=True)
class Pictures:
    """Which pictures, and how they are shown.

    Attributes:
        source: as ``open_source`` takes it.
        shown_as: channels, and what is black and white; None leaves it to the pictures.
        like: the same pictures, open elsewhere; None without any.
    """

    source: str
    shown_as: DataConfig | None
    like: PictureSource | None = None


class ThumbnailWishes:
    """Pictures somebody wants to see; the newest is taken first, the oldest forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._indices: OrderedDict[int, None] = OrderedDict()
        self._pictures = Pictures("", None)
        self._generation = 0

    def reset(
        self,
        source: str,
        shown_as: DataConfig | None = None,
        like: PictureSource | None = None,
    ) -> int:
        """Forget everything and look at another source; returns its generation."""
        with self._lock:
            self._indices.clear()
            self._pictures = Pictures(source, shown_as, like)
            self._generation += 1
            return self._generation

    def put(self, index: int) -> bool:
        """Wish for a picture; True if nothing was waiting, so that the worker must be told."""
        with self._lock:
            was_empty = not self._indices
            self._indices[index] = None
            self._indices.move_to_end(index)
            while len(self._indices) > MAX_WAITING:
                self._indices.popitem(last=False)
        return was_empty

    def take(self) -> tuple[int, Pictures, int | None]:
        """Return generation, pictures and the newest wish; None if there is none."""
        with self._lock:
            index = self._indices.popitem()[0] if self._indices else None
            return self._generation, self._pictures, index


class ThumbnailWorker(QObject):
    """Lives in the thumbnail thread; reads through its own source.

    Signals:
        ready: int generation, int index, (h, w, 3) uint8 or None if it cannot be read.
    """

    ready = Signal(int, int, object)

    def __init__(self, wishes: ThumbnailWishes, side: int) -> None:
        super().__init__()
        self._wishes = wishes
        self._side = side
        self._source: OpenedSource | None = None
        self._opened = 0

    @Slot()
    def work(self) -> None:
        """Make pictures until no wish is left."""
        while True:
            generation, pictures, index = self._wishes.take()
            if index is None:
                return
            picture = self._read(generation, pictures, index)
            self.ready.emit(generation, index, picture)

    @Slot()
    def close(self) -> None:
        """Release files."""
        if self._source is not None:
            self._source.close()
            self._source = None

    def _read(self, generation: int, pictures: Pictures, index: int) -> NDArray[np.uint8] | None:
        try:
            if generation != self._opened:
                self.close()
                self._opened = generation
                self._source = open_as(pictures.source, pictures.shown_as, pictures.like)
            return None if self._source is None else self._source.small(index, self._side)
        except (TuskError, OSError, IndexError) as problem:
            log.info("no thumbnail of picture %d: %s", index, problem)
            return None
