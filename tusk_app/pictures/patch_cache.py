"""Small pictures around detections: remembered when they came, asked for when they are missing."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

DEFAULT_LIMIT = 4096


class PatchCache(QObject):
    """Least-recently-used store of patches by analysis row.

    Signals:
        wanted: list[int], rows that were asked for since the last turn of the event loop and are
            not here; at most one signal a turn.
        arrived: some patches came.
    """

    wanted = Signal(object)
    arrived = Signal()

    def __init__(self, limit: int = DEFAULT_LIMIT, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._limit = limit
        self._images: OrderedDict[int, QImage] = OrderedDict()
        self._missing: dict[int, None] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._ask)

    def get(self, row: int) -> QImage | None:
        """Return the patch of a row; if it is not here, ask for it and return None."""
        image = self._images.get(row)
        if image is None:
            self._missing[row] = None
            if not self._timer.isActive():
                self._timer.start()
            return None
        self._images.move_to_end(row)
        return image

    def put(self, rows: Iterable[int], patches: NDArray[np.uint8]) -> None:
        """Store patches, (n, s, s, 3) uint8 RGB, of ``rows``."""
        for row, patch in zip(rows, patches, strict=True):
            side = np.ascontiguousarray(patch)
            height, width = side.shape[:2]
            image = QImage(side.data, width, height, 3 * width, QImage.Format.Format_RGB888)
            self._images[int(row)] = image.copy()
        while len(self._images) > self._limit:
            self._images.popitem(last=False)
        self.arrived.emit()

    def clear(self) -> None:
        """Forget all patches, because they belong to other pictures or sizes."""
        self._images.clear()
        self._missing.clear()
        self._timer.stop()
        self.arrived.emit()

    def __len__(self) -> int:
        return len(self._images)

    def _ask(self) -> None:
        rows, self._missing = list(self._missing), {}
        if rows:
            self.wanted.emit(rows)
