"""Patches of detections for every panel that shows them: cut in the background, kept a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Slot

from tusk_app.pictures.opening import open_as
from tusk_app.pictures.patch_cache import PatchCache
from tusk_app.pictures.patch_loader import PatchRequest
from tusk_app.pictures.patch_thread import PatchThread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_app.pictures.patch_loader import Opener
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_core.api import PictureSource
    from tusk_core.config import DataConfig

PATCH_SIDE = 64
_FALLBACK_SHARE = 0.15


class PatchController(QObject):
    """Knows which patch each row of the analysis has, and keeps those that came.

    Attributes:
        patches: patches by row of the analysis; asking for one that is missing loads it.
        opener: opens a source by name.
    """

    def __init__(
        self,
        document: Document,
        notices: Notices,
        parent: QObject | None = None,
        *,
        opener: Opener = open_as,
    ) -> None:
        super().__init__(parent)
        self._document, self._notices, self.opener = document, notices, opener
        self._context = 1.0
        self.patches = PatchCache(parent=self)
        self.patches.wanted.connect(self._load)
        self._thread = PatchThread("patches", self, opener=self._open)
        self._thread.ready.connect(self._take_patches)
        self._thread.failed.connect(self._loading_failed)
        document.analysis_changed.connect(self.patches.clear)
        document.look_changed.connect(self.patches.clear)

    @property
    def context(self) -> float:
        """Side of the patches relative to what one keypoint draws."""
        return self._context

    def set_context(self, context: float) -> None:
        """Cut larger or smaller patches."""
        if context != self._context:
            self._context = context
            self.patches.clear()

    def half_sides(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return half the side of the square shown for each row, pixels of its picture."""
        analysis, model = self._document.analysis, self._document.model
        assert analysis is not None
        sizes = analysis.picture_sizes[analysis.picture[rows]].astype(np.float32)
        short = sizes.min(axis=1)
        if model is None or model.config.decoder.kind != "patch":
            return np.asarray(0.5 * self._context * _FALLBACK_SHARE * 2 * short, np.float32)
        data = model.config.data
        share = model.config.decoder.patch_size / min(data.width, data.height)
        return np.asarray(0.5 * self._context * share * short, np.float32)

    def request(self, rows: NDArray[np.int64]) -> PatchRequest:
        """Return what the loader needs to cut the patches of these rows of the analysis."""
        analysis = self._document.analysis
        assert analysis is not None
        return PatchRequest(
            source=analysis.source,
            rows=rows,
            pictures=analysis.picture[rows].astype(np.int64),
            xy=analysis.xy[rows],
            half=self.half_sides(rows),
            side=PATCH_SIDE,
            shown_as=analysis.shown_as or self._document.shown_as,
        )

    def shutdown(self) -> bool:
        """End the thread; False if it did not end in time."""
        return self._thread.shutdown()

    @Slot(object)
    def _load(self, rows: list[int]) -> None:
        analysis = self._document.analysis
        if analysis is None:
            return
        chosen = np.array([row for row in rows if row < len(analysis.labels)], np.int64)
        if len(chosen):
            self._thread.request(self.request(chosen))

    def _open(self, name: str, shown_as: DataConfig | None) -> PictureSource:
        return self.opener(name, shown_as)

    @Slot(object, object)
    def _take_patches(self, rows: NDArray[np.int64], patches: NDArray[np.uint8]) -> None:
        self.patches.put(rows.tolist(), patches)

    @Slot(str)
    def _loading_failed(self, text: str) -> None:
        self._notices.status(f"The pictures of these detections cannot be read: {text}")
