"""Small pictures around the example places of kinds, cut in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.pictures.patch_cache import PatchCache
from tusk_app.pictures.patch_loader import PatchRequest
from tusk_app.pictures.patch_thread import PatchThread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QImage

    from tusk_core.config import DataConfig
    from tusk_core.events import KindExample

SIDE = 96
# A place is the middle third of its patch: without what is around it few can be told apart.
_CONTEXT = 1.5
_LEAST_HALF = 8.0


class KindPatches(QObject):
    """Patches of one source at a time.

    Signals:
        arrived: some patches came.
    """

    arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = ""
        self._shown_as: DataConfig | None = None
        self._rows: dict[KindExample, int] = {}
        self._examples: list[KindExample] = []
        self._cache = PatchCache(parent=self)
        self._cache.wanted.connect(self._load)
        self._cache.arrived.connect(self.arrived)
        self._thread = PatchThread("patches of kinds", self)
        self._thread.ready.connect(self._take)

    def set_source(self, source: str, shown_as: DataConfig | None = None) -> None:
        """Cut from other pictures, or show them otherwise."""
        if (source, shown_as) != (self._source, self._shown_as):
            self._source, self._shown_as = source, shown_as
            self._rows, self._examples = {}, []
            self._cache.clear()

    def get(self, example: KindExample) -> QImage | None:
        """Return the patch of a place; None while it is being cut."""
        row = self._rows.get(example)
        if row is None:
            row = self._rows[example] = len(self._examples)
            self._examples.append(example)
        return None if self._thread.is_down else self._cache.get(row)

    def shutdown(self) -> bool:
        """End the thread; False if it did not end in time."""
        return self._thread.shutdown()

    @Slot(object)
    def _load(self, rows: Sequence[int]) -> None:
        chosen = [self._examples[row] for row in rows]
        self._thread.request(
            PatchRequest(
                source=self._source,
                rows=np.array(rows, np.int64),
                pictures=np.array([each.picture for each in chosen], np.int64),
                xy=np.array([each.xy for each in chosen], np.float32),
                half=np.array([max(_LEAST_HALF, _CONTEXT * e.size) for e in chosen], np.float32),
                side=SIDE,
                shown_as=self._shown_as,
            )
        )

    @Slot(object, object)
    def _take(self, rows: NDArray[np.int64], patches: NDArray[np.uint8]) -> None:
        # Of other pictures, asked for before they were changed, there may be more.
        if len(rows) and int(rows.max()) < len(self._examples):
            self._cache.put(rows.tolist(), patches)
