"""Pictures for the gallery: decoded prototypes, mean patches and patches of detections."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QThread, Signal, Slot

from tusk_app.gallery.model import PrototypeTile, SortKey, make_tiles, sorted_rows
from tusk_app.gallery.patch_cache import PatchCache
from tusk_app.parts.sampling import stratified_sample
from tusk_app.pictures.patch_loader import PatchLoader, PatchQueue, PatchRequest, mean_patches
from tusk_app.threads.latest_task import LatestTask
from tusk_core import api
from tusk_core.control import RunControl

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tusk_app.engine.analysis import AnalysisController
    from tusk_app.engine.inference import InferenceController
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_core.api import PictureSource

log = logging.getLogger(__name__)

PATCH_SIDE = 64
MEAN_SAMPLES = 24
STOP_TIMEOUT_MS = 10_000
_FALLBACK_SHARE = 0.15


class GalleryController(QObject):
    """Owns the patch loader and everything the prototype tiles show.

    Signals:
        tiles_changed: ``tiles``, ``decoded`` or ``means`` changed.
        merges_found: ``MergeSteps`` that ``find_merges`` was asked for.
    """

    tiles_changed = Signal()
    merges_found = Signal(object)
    _wake = Signal()

    def __init__(
        self,
        document: Document,
        prototypes: PrototypeBook,
        notices: Notices,
        analysis: AnalysisController,
        inference: InferenceController,
        parent: QObject | None = None,
        *,
        opener: Callable[[str], PictureSource] = api.open_source,
    ) -> None:
        super().__init__(parent)
        self._document, self._book, self._notices = document, prototypes, notices
        self._analysis, self._inference, self._opener = analysis, inference, opener
        self._context = 1.0
        self._orders: dict[tuple[int | None, SortKey], NDArray[np.int64]] = {}
        self._tiles: tuple[PrototypeTile, ...] = ()
        self._decoded: NDArray[np.uint8] | None = None
        self._means: NDArray[np.uint8] | None = None
        self._is_wanted = False
        self._is_down = False  # a panel that is drawn once more at the end starts no new thread
        self.patches = PatchCache(parent=self)
        self.patches.wanted.connect(self._load)
        self._queue = PatchQueue()
        self._thread: QThread | None = None
        self._loader: PatchLoader | None = None
        self._means_control = RunControl()
        self._mean_task = LatestTask("mean-patches", self)
        self._mean_task.done.connect(self._take_means)
        self._mean_task.failed.connect(lambda error: log.info("no mean patches: %s", error))
        self._merge_task = LatestTask("merges", self)
        self._merge_task.done.connect(self.merges_found)
        self._merge_task.failed.connect(self._merging_failed)
        prototypes.changed.connect(self._remake)
        analysis.index_changed.connect(self._index_changed)
        document.analysis_changed.connect(self._analysis_changed)
        document.model_changed.connect(self._model_changed)
        # Another source drops what the engine was asked for the old one.
        document.source_changed.connect(self._ask_decoded)
        inference.prototype_pictures.connect(self._take_decoded)

    @property
    def tiles(self) -> tuple[PrototypeTile, ...]:
        """One for each prototype that was not merged into another."""
        return self._tiles

    @property
    def decoded(self) -> NDArray[np.uint8] | None:
        """Each prototype drawn alone, (M, h, w, 3) uint8; None while it is not known."""
        return self._decoded

    @property
    def means(self) -> NDArray[np.uint8] | None:
        """Mean patch of each prototype, (M, s, s, 3) uint8; None while it is not known."""
        return self._means

    @property
    def context(self) -> float:
        """Side of the patches relative to what one keypoint draws."""
        return self._context

    def set_context(self, context: float) -> None:
        """Cut larger or smaller patches."""
        if context != self._context:
            self._context = context
            self.patches.clear()

    def want(self) -> None:
        """Begin to make decoded looks and means; called when something that shows them opens."""
        if not self._is_wanted:
            self._is_wanted = True
            self._ask_decoded()
            self._ask_means()

    def find_merges(self) -> None:
        """Find out which prototypes are alike; the answer comes as ``merges_found``."""
        analysis = self._document.analysis
        if analysis is not None and not self._is_down:
            self._merge_task.request(functools.partial(api.merge_steps, analysis))

    def rows(self, prototype: int | None, key: SortKey) -> NDArray[np.int64]:
        """Return the rows of a prototype (all of them for None) in the order of ``key``."""
        analysis, index = self._document.analysis, self._analysis.index
        if analysis is None or index is None:
            return np.empty(0, np.int64)
        known = self._orders.get((prototype, key))
        if known is None:
            # Kept, so that going back to a prototype does not sort again.
            own = np.arange(len(analysis.labels))
            rows = own if prototype is None else index.rows_of_prototype(prototype)
            known = self._orders[prototype, key] = sorted_rows(analysis, rows, key, prototype)
        return known

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

    def shutdown(self) -> bool:
        """End both threads; False if one did not end in time."""
        self._is_down = True
        self._means_control.request_stop()
        ended = self._mean_task.shutdown()
        ended = self._merge_task.shutdown() and ended
        if self._thread is None:
            return ended
        self._queue.close()
        self._thread.quit()
        if not self._thread.wait(STOP_TIMEOUT_MS):
            return False
        if self._loader is not None:
            self._loader.close()
        self._thread.deleteLater()
        self._thread = self._loader = None
        return ended

    @Slot(object)
    def _load(self, rows: list[int]) -> None:
        analysis = self._document.analysis
        if analysis is None or self._is_down:
            return
        chosen = np.array([row for row in rows if row < len(analysis.labels)], np.int64)
        if len(chosen) == 0:
            return
        self._ensure_thread()
        self._queue.put(self._request(chosen))
        self._wake.emit()

    def _request(self, rows: NDArray[np.int64]) -> PatchRequest:
        analysis = self._document.analysis
        assert analysis is not None
        return PatchRequest(
            source=analysis.source,
            rows=rows,
            pictures=analysis.picture[rows].astype(np.int64),
            xy=analysis.xy[rows],
            half=self.half_sides(rows),
            side=PATCH_SIDE,
        )

    def _ensure_thread(self) -> None:
        if self._thread is not None:
            return
        thread = QThread(self)
        thread.setObjectName("patches")
        loader = PatchLoader(self._queue, self._opener)
        loader.moveToThread(thread)
        self._wake.connect(loader.work)
        loader.patches_ready.connect(self._take_patches)
        loader.failed.connect(self._loading_failed)
        self._thread, self._loader = thread, loader
        thread.start()

    @Slot(object, object)
    def _take_patches(self, rows: NDArray[np.int64], patches: NDArray[np.uint8]) -> None:
        self.patches.put(rows.tolist(), patches)

    @Slot(str)
    def _loading_failed(self, text: str) -> None:
        self._notices.status(f"The pictures of these detections cannot be read: {text}")

    @Slot(object)
    def _merging_failed(self, error: Exception) -> None:
        self._notices.error(
            "No merges could be suggested.", str(error), "Analyse the pictures again."
        )

    @Slot()
    def _analysis_changed(self) -> None:
        self._merge_task.cancel()
        self.patches.clear()
        self._means_control.request_stop()
        self._mean_task.cancel()
        self._means = None
        self._ask_means()
        self.tiles_changed.emit()

    @Slot()
    def _model_changed(self) -> None:
        self._decoded = None
        self._ask_decoded()
        self._remake()

    @Slot()
    def _ask_decoded(self) -> None:
        if self._is_wanted and self._decoded is None and self._document.model is not None:
            self._inference.decode_prototypes()

    def _ask_means(self) -> None:
        analysis = self._document.analysis
        if not self._is_wanted or analysis is None or self._means is not None:
            return
        num = len(analysis.prototypes)
        rows = stratified_sample(analysis.labels, MEAN_SAMPLES * num)
        self._means_control = RunControl()
        self._mean_task.request(
            functools.partial(
                mean_patches,
                self._request(rows),
                analysis.labels[rows],
                num,
                self._means_control,
                self._opener,
            )
        )

    @Slot(object)
    def _take_means(self, means: NDArray[np.uint8]) -> None:
        self._means = means
        self.tiles_changed.emit()

    @Slot(object)
    def _take_decoded(self, pictures: NDArray[np.uint8]) -> None:
        self._decoded = pictures
        self.tiles_changed.emit()

    @Slot()
    def _index_changed(self) -> None:
        self._orders.clear()
        self._remake()

    @Slot()
    def _remake(self) -> None:
        model, analysis = self._document.model, self._document.analysis
        prototypes = None
        if analysis is not None:
            prototypes = analysis.prototypes
        elif model is not None:
            prototypes = model.prototypes
        self._tiles = make_tiles(self._book, prototypes, self._analysis.index)
        self.tiles_changed.emit()
