"""Thumbnails of the open pictures: asked for by lists, made in a thread, the last ones kept."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThread, Signal, Slot
from PySide6.QtGui import QImage

from tusk_app.pictures.thumbnail_worker import ThumbnailWishes, ThumbnailWorker
from tusk_app.threads.worker_thread import WorkerThread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.api import PictureSource
    from tusk_core.config import DataConfig

SIDE = 128
MAX_KEPT = 2000


def to_image(picture: NDArray[np.uint8]) -> QImage:
    """Return an (H, W, 3) uint8 RGB array as an image with its own memory."""
    height, width = picture.shape[:2]
    view = QImage(picture.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return view.copy()


class ThumbnailStore(QObject):
    """Hands out thumbnails at once if they are there, later if not.

    Signals:
        ready: int index, a thumbnail asked for can be had now.
        cleared: another source was opened.
    """

    ready = Signal(int)
    cleared = Signal()
    _wake = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wishes = ThumbnailWishes()
        self._generation = 0
        self._kept: OrderedDict[int, QImage | None] = OrderedDict()
        self._thread = WorkerThread("thumbnails", self)

    def set_source(
        self,
        source: str,
        shown_as: DataConfig | None = None,
        like: PictureSource | None = None,
        places: NDArray[np.int64] | None = None,
    ) -> None:
        """Show pictures of another source, or otherwise; empty for none.

        Args:
            source: as ``open_source`` takes it.
            shown_as: channels, and what is black and white.
            like: the same pictures, open already; another reader of them is made.
            places: where pictures known before are now, -1 for gone; None keeps none of them.
        """
        self._generation = self._wishes.reset(source, shown_as, like)
        kept, self._kept = self._kept, OrderedDict()
        for index, image in kept.items() if places is not None else ():
            if places is not None and places[index] >= 0:
                self._kept[int(places[index])] = image
        self.cleared.emit()

    def get(self, index: int) -> QImage | None:
        """Return a thumbnail, at most ``SIDE`` pixels wide and high; None if it is not there yet.

        One that cannot be read is a null image.
        """
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index] or QImage()
        self._ensure_thread()
        if self._wishes.put(index):
            self._wake.emit()
        return None

    def shutdown(self) -> bool:
        """End the thread; False if it did not end in time."""
        self._wishes.reset("")
        return self._thread.end()

    def _ensure_thread(self) -> None:
        if self._thread.is_alive:
            return
        worker = ThumbnailWorker(self._wishes, SIDE)
        self._thread.take(worker)
        self._wake.connect(worker.work)
        worker.ready.connect(self._take)
        self._thread.start(last=worker.close, priority=QThread.Priority.LowPriority)

    @Slot(int, int, object)
    def _take(self, generation: int, index: int, picture: NDArray[np.uint8] | None) -> None:
        if generation != self._generation:
            return
        self._kept[index] = None if picture is None else to_image(picture)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        self.ready.emit(index)
