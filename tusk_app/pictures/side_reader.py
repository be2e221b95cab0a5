"""Reads single pictures of the open source for panels, outside the GUI thread."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.pictures.opening import open_as
from tusk_app.pictures.patch_loader import KeptPictures
from tusk_app.threads.latest_task import LatestTask

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tusk_app.pictures.patch_loader import Opener
    from tusk_app.state.document import Document
    from tusk_core.api import PictureSource
    from tusk_core.config import DataConfig


class SideReader(QObject):
    """Has a source of its own, because the open one has its reader already.

    Signals:
        picture_read: (str who, int index, (H, W, 3) uint8), answer to ``read``.
    """

    picture_read = Signal(str, int, object)

    def __init__(
        self,
        document: Document,
        parent: QObject | None = None,
        *,
        opener: Opener = open_as,
    ) -> None:
        super().__init__(parent)
        self._pictures = KeptPictures(self._open)
        self._document, self.opener = document, opener
        self._task = LatestTask("side-pictures", self)
        self._task.done.connect(self._take)

    def _open(self, name: str, shown_as: DataConfig | None) -> PictureSource:
        return self.opener(name, shown_as)

    def read(self, who: str, source: PictureSource, index: int) -> None:
        """Read a picture as the open ones are shown; a newer request takes an older one's place."""
        shown_as = self._document.shown_as
        self._task.request(
            functools.partial(_read, self._pictures, who, source.source, index, shown_as)
        )

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
    pictures: KeptPictures, who: str, source: str, index: int, shown_as: DataConfig | None
) -> tuple[str, int, NDArray[np.uint8] | None]:
    return who, index, pictures.read(source, index, shown_as)
