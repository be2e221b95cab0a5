"""Makes maps of the descriptors: PCA in a thread, UMAP and t-SNE in a process, all kept on disk."""

from __future__ import annotations

import functools
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from tusk_app.map import cache as map_cache
from tusk_app.map.child import MapRequest, child_main
from tusk_app.map.model import MapSettings
from tusk_app.map.placement import MapPlacement
from tusk_app.map.process import EmbeddingProcess
from tusk_app.threads.latest_task import LatestTask
from tusk_core import api
from tusk_core.results import EmbeddingMap

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from pathlib import Path

    from numpy.typing import NDArray

    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_core.results import Analysis

log = logging.getLogger(__name__)

PCA_POINTS = 200_000

_PHASES = {
    "start": "Starting the map process",
    "import": "Loading the library",
    "fit": "Laying out the points",
}


class EmbeddingController(QObject):
    """Owns the map that is shown.

    Signals:
        map_changed: ``map`` is another one (also while t-SNE still moves).
        busy_changed: bool.
        phase_changed: str for people.
        progress: (int done, int total, str message); total 0 when unknown.
    """

    map_changed = Signal()
    busy_changed = Signal(bool)
    phase_changed = Signal(str)
    progress = Signal(int, int, str)

    def __init__(
        self,
        document: Document,
        notices: Notices,
        folder: Path,
        parent: QObject | None = None,
        *,
        main: Callable[[Connection, Path], None] = child_main,
    ) -> None:
        """Prepare; ``folder`` takes kept maps, ``main`` is what the map process runs."""
        super().__init__(parent)
        self._document, self._notices, self._folder = document, notices, folder
        self._map: EmbeddingMap | None = None
        self._before: EmbeddingMap | None = None
        self._is_final = True
        self._settings = MapSettings()
        self._problem = ""
        self._placement: MapPlacement | None = None
        self._is_busy = False
        self._near = LatestTask("map", self)
        self._near.done.connect(self._take_near)
        self._near.failed.connect(self._near_failed)
        self._saver = LatestTask("map-saver", self)
        self.process = EmbeddingProcess(folder / "numba", self, main=main)
        self.process.phase_changed.connect(self._show_phase)
        self.process.progress.connect(self.progress)
        self.process.partial.connect(self._take_partial)
        self.process.done.connect(self._take_done)
        self.process.failed.connect(self._far_failed)
        self.process.cancelled.connect(self._cancelled)
        document.analysis_changed.connect(self._analysis_changed)

    @property
    def map(self) -> EmbeddingMap | None:
        """The map that is shown; None without an analysis."""
        return self._map

    @property
    def is_final(self) -> bool:
        """False while the map is still moving."""
        return self._is_final

    @property
    def settings(self) -> MapSettings:
        """Settings of the map asked for last."""
        return self._settings

    @property
    def is_busy(self) -> bool:
        """True while a map is awaited."""
        return self._is_busy

    @property
    def problem(self) -> str:
        """Why there is no map, one sentence; empty if there is one or none was tried."""
        return self._problem

    def compute(self, settings: MapSettings) -> None:
        """Show the map with these settings: a kept one at once, else a new one."""
        analysis = self._document.analysis
        if analysis is None:
            return
        self.process.cancel()
        if settings.method == "pca":
            settings = replace(settings, max_points=PCA_POINTS)
        self._settings = settings
        self._set_busy(busy=True)
        self.phase_changed.emit("Looking for a kept map")
        self._near.request(functools.partial(_near_map, self._folder, analysis, settings))

    def cancel(self) -> None:
        """Stop at once; the map shown before comes back."""
        self._near.cancel()
        if self.process.is_busy:
            self.process.cancel()
        else:
            self._set_busy(busy=False)

    def warm_up(self, method: str) -> None:
        """Load what ``method`` needs in the map process, in the background."""
        if method != "pca":
            self.process.warm_up(method)

    def place(self, descriptors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return places on the map, (K, 2), of new descriptors, (K, C); (0, 2) without a map."""
        analysis = self._document.analysis
        if self._map is None or analysis is None or not self._is_final:
            return np.zeros((0, 2), np.float32)
        if self._placement is None:
            self._placement = MapPlacement(analysis, self._map)
        return self._placement.place(descriptors)

    def shutdown(self) -> bool:
        """End thread and process; False if a thread did not end."""
        self.process.shutdown()
        near_ended, saver_ended = self._near.shutdown(), self._saver.shutdown()
        return near_ended and saver_ended

    @Slot()
    def _analysis_changed(self) -> None:
        self.cancel()
        self._problem = ""
        self._set_map(None, final=True)
        if self._document.analysis is not None:
            self.compute(MapSettings("pca"))

    @Slot(object)
    def _take_near(self, found: EmbeddingMap | None) -> None:
        analysis = self._document.analysis
        if analysis is None:
            return
        if found is None:
            self._before = self._map
            self.process.request(MapRequest(analysis, self._settings))
            return
        self._set_map(found, final=True)
        self._set_busy(busy=False)

    @Slot(object)
    def _near_failed(self, error: Exception) -> None:
        self._set_busy(busy=False)
        self._problem = str(error)
        if self._map is None:
            # Nobody asked for the first map: the panel says why it is missing.
            self._notices.status(f"There is no map: {error}")
            self.map_changed.emit()
        else:
            self._notices.error("The map could not be made.", str(error), "Try another method.")

    @Slot(str)
    def _show_phase(self, phase: str) -> None:
        self.phase_changed.emit(_PHASES.get(phase, phase))

    @Slot(object)
    def _take_partial(self, embedding: EmbeddingMap) -> None:
        self._set_map(embedding, final=False)

    @Slot(object)
    def _take_done(self, embedding: EmbeddingMap) -> None:
        self._set_map(embedding, final=True)
        self._set_busy(busy=False)
        analysis = self._document.analysis
        if analysis is not None:
            path = map_cache.map_path(self._folder, analysis, self._settings)
            self._saver.request(functools.partial(map_cache.save_map, path, embedding))

    @Slot(str, str)
    def _far_failed(self, sentence: str, details: str) -> None:
        self._set_map(self._before, final=True)
        self._set_busy(busy=False)
        self._notices.error(
            "There is no new map.", sentence, "The map shown before is still there.", details
        )

    @Slot()
    def _cancelled(self) -> None:
        if not self._is_final:
            self._set_map(self._before, final=True)
        self._set_busy(busy=False)
        self._notices.status("Map cancelled.")

    def _set_map(self, embedding: EmbeddingMap | None, *, final: bool) -> None:
        self._map, self._is_final, self._placement = embedding, final, None
        self._document.set_embedding(embedding)
        self.map_changed.emit()

    def _set_busy(self, *, busy: bool) -> None:
        if busy != self._is_busy:
            self._is_busy = busy
            self.busy_changed.emit(busy)


def _near_map(folder: Path, analysis: Analysis, settings: MapSettings) -> EmbeddingMap | None:
    """Return a kept map or, for PCA, a new one; None if the process has to make it."""
    path = map_cache.map_path(folder, analysis, settings)
    kept = map_cache.load_map(path)
    if kept is not None or settings.method != "pca":
        return kept
    newest = None
    for event in api.embed(
        analysis, method="pca", max_points=settings.max_points, seed=settings.seed
    ):
        if isinstance(event, EmbeddingMap):
            newest = event
    return newest
