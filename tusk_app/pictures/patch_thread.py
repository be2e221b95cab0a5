"""The thread that cuts patches: begun with the first request, ended once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from tusk_app.pictures.opening import open_as
from tusk_app.pictures.patch_loader import PatchLoader, PatchQueue, PatchRequest
from tusk_app.threads.worker_thread import WorkerThread

if TYPE_CHECKING:
    from tusk_app.pictures.patch_loader import Opener


class PatchThread(QObject):
    """One loader in a thread of its own; a newer request replaces one that waits.

    Signals:
        ready: (NDArray[int64] rows, NDArray[uint8] patches (n, s, s, 3)).
        failed: str, once for each source that cannot be opened.
    """

    ready = Signal(object, object)
    failed = Signal(str)
    _wake = Signal()

    def __init__(
        self, name: str, parent: QObject | None = None, *, opener: Opener = open_as
    ) -> None:
        super().__init__(parent)
        self._opener = opener
        self._queue = PatchQueue()
        self._thread = WorkerThread(name, self)
        self._loader: PatchLoader | None = None
        self._is_down = False  # a panel that is drawn once more at the end starts no new thread

    @property
    def is_down(self) -> bool:
        """True once it was ended."""
        return self._is_down

    def request(self, request: PatchRequest) -> None:
        """Cut these instead of what waits; nothing once the thread was ended."""
        if self._is_down:
            return
        if not self._thread.is_alive:
            self._begin()
        self._queue.put(request)
        self._wake.emit()

    def shutdown(self) -> bool:
        """End the thread; False if it did not end in time."""
        self._is_down = True
        self._queue.close()
        if not self._thread.end():
            return False
        if self._loader is not None:
            self._loader.close()
            self._loader = None
        return True

    def _begin(self) -> None:
        loader = self._loader = PatchLoader(self._queue, self._opener)
        self._thread.take(loader)
        self._wake.connect(loader.work)
        loader.patches_ready.connect(self.ready)
        loader.failed.connect(self.failed)
        self._thread.start()
