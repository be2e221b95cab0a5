"""Reads single pictures of the open source for panels, outside the GUI thread."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.pictures.patch_loader import PictureReader
from tusk_app.threads.latest_task import LatestTask
from tusk_core import api

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from tusk_core.api import PictureSource


class SideReader(QObject):
    """Has a source of its own, because the open one has its reader already.

    Signals:
        picture_read: (str who, int index, (H, W, 3) uint8), answer to ``read``.
    """

    picture_read = Signal(str, int, object)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        opener: Callable[[str], PictureSource] = api.open_source,
    ) -> None:
        super().__init__(parent)
        self._pictures = PictureReader(self._open)
        self.opener = opener
        self._task = LatestTask("side-pictures", self)
        self._task.done.connect(self._take)

    def _open(self, name: str) -> PictureSource:
        return self.opener(name)

    def read(self, who: str, source: PictureSource, index: int) -> None:
        """Read a picture; a newer request takes the place of an older one."""
        self._task.request(functools.partial(_read, self._pictures, who, source.source, index))

    def shutdown(self) -> bool:
        """End the thread; False if it did not end in time."""
        ended = self._task.shutdown()
        if ended:
            self._pictures.close()
        return ended

    @Slot(object)
    def _take(self, answer: tuple[str, int, NDArray[np.uint8] | None]) -> None:
        who, index, picture = answer
        if picture is not None:
            self.picture_read.emit(who, index, picture)


def _read(
    pictures: PictureReader, who: str, source: str, index: int
) -> tuple[str, int, NDArray[np.uint8] | None]:
    return who, index, pictures.read(source, index)
