"""What the gallery shows of prototypes: tiles, decoded looks, mean patches, suggested merges."""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.gallery.model import PrototypeTile, SortKey, make_tiles, sorted_rows
from tusk_app.parts.sampling import stratified_sample
from tusk_app.pictures.patch_loader import mean_patches
from tusk_app.threads.latest_task import LatestTask
from tusk_core import api
from tusk_core.control import RunControl

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tusk_app.engine.analysis import AnalysisController
    from tusk_app.gallery.arranging import TileOrder
    from tusk_app.pictures.faces import KindFaces
    from tusk_app.pictures.patches import PatchController
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.prototypes import PrototypeBook

log = logging.getLogger(__name__)

MEAN_SAMPLES = 24


class GalleryController(QObject):
    """Owns everything the prototype tiles show.

    Signals:
        tiles_changed: ``tiles``, ``decoded`` or ``means`` changed.
        merges_found: ``MergeSteps`` that ``find_merges`` was asked for.
    """

    tiles_changed = Signal()
    merges_found = Signal(object)

    def __init__(
        self,
        document: Document,
        prototypes: PrototypeBook,
        notices: Notices,
        analysis: AnalysisController,
        faces: KindFaces,
        patches: PatchController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._book, self._notices = document, prototypes, notices
        self._analysis, self._faces, self._patches = analysis, faces, patches
        self._orders: dict[tuple[int | None, SortKey], NDArray[np.int64]] = {}
        self._tiles: tuple[PrototypeTile, ...] = ()
        self._means: NDArray[np.uint8] | None = None
        self._arrangement: TileOrder = "number"
        self._is_wanted = False
        self._is_down = False  # a panel that is drawn once more at the end starts no new thread
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
        faces.changed.connect(self.tiles_changed)

    @property
    def tiles(self) -> tuple[PrototypeTile, ...]:
        """One for each prototype that was not merged into another."""
        return self._tiles

    @property
    def decoded(self) -> NDArray[np.uint8] | None:
        """Each prototype drawn alone, (M, h, w, 3) uint8; None while it is not known."""
        return self._faces.decoded

    @property
    def means(self) -> NDArray[np.uint8] | None:
        """Mean patch of each prototype, (M, s, s, 3) uint8; None while it is not known."""
        return self._means

    @property
    def arrangement(self) -> TileOrder:
        """What the order of the tiles goes by."""
        return self._arrangement

    def arrange(self, order: TileOrder) -> None:
        """Show the tiles in another order."""
        if order != self._arrangement:
            self._arrangement = order
            self.tiles_changed.emit()

    def want(self) -> None:
        """Begin to make decoded looks and means; called when something that shows them opens."""
        if not self._is_wanted:
            self._is_wanted = True
            self._faces.want()
            self._ask_means()

    def find_merges(self) -> None:
        """Find out which prototypes are alike; the answer comes as ``merges_found``."""
        analysis = self._document.analysis
        if analysis is not None and not self._is_down:
            self._merge_task.request(functools.partial(api.merge_steps, analysis))

    def rows(
        self, prototype: int | None, key: SortKey, only: NDArray[np.int64] | None = None
    ) -> NDArray[np.int64]:
        """Return the rows of a prototype (all of them for None) in the order of ``key``.

        Args:
            prototype: which; its similarity is what ``similarity`` sorts by.
            key: what to sort by.
            only: (n,) these rows and no others, of whatever prototype.
        """
        analysis, index = self._document.analysis, self._analysis.index
        if analysis is None or index is None:
            return np.empty(0, np.int64)
        if only is not None:
            return sorted_rows(analysis, only[only < len(analysis.labels)], key, prototype)
        known = self._orders.get((prototype, key))
        if known is None:
            # Kept, so that going back to a prototype does not sort again.
            own = np.arange(len(analysis.labels))
            rows = own if prototype is None else index.rows_of_prototype(prototype)
            known = self._orders[prototype, key] = sorted_rows(analysis, rows, key, prototype)
        return known

    def shutdown(self) -> bool:
        """End its tasks; False if one did not end in time."""
        self._is_down = True
        self._means_control.request_stop()
        return all([self._mean_task.shutdown(), self._merge_task.shutdown()])

    @Slot(object)
    def _merging_failed(self, error: Exception) -> None:
        self._notices.error(
            "No merges could be suggested.", str(error), "Analyse the pictures again."
        )

    @Slot()
    def _analysis_changed(self) -> None:
        self._merge_task.cancel()
        self._means_control.request_stop()
        self._mean_task.cancel()
        self._means = None
        self._ask_means()
        self.tiles_changed.emit()

    @Slot()
    def _model_changed(self) -> None:
        self._remake()

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
                self._patches.request(rows),
                analysis.labels[rows],
                num,
                self._means_control,
                self._patches.opener,
            )
        )

    @Slot(object)
    def _take_means(self, means: NDArray[np.uint8]) -> None:
        self._means = means
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
