"""Keeps canvas, gallery, map and lists on the same detection, prototype and keypoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tusk_app.engine.analysis import AnalysisController
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_app.state.selection import SelectionModel

ORIGIN = "link"
_SAME_PLACE = 0.02


class LinkController(QObject):
    """Translates between rows of the analysis and keypoints of the picture on the canvas.

    Everything is looked up in sorted arrays, so it takes well under a millisecond at 100 000
    detections.

    Signals:
        pictures_wanted: str, a detection of this source was opened, and another source is open.
    """

    pictures_wanted = Signal(str)

    def __init__(
        self,
        document: Document,
        selection: SelectionModel,
        analysis: AnalysisController,
        prototypes: PrototypeBook,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._selection = document, selection
        self._analysis, self._book, self._notices = analysis, prototypes, notices
        self._awaited: int | None = None
        selection.keypoint_changed.connect(self._keypoint_changed)
        selection.keypoints_changed.connect(self._keypoints_changed)
        selection.keypoint_hover_changed.connect(self._keypoint_hovered)
        selection.hover_changed.connect(self._row_hovered)
        selection.detections_changed.connect(self._detections_changed)
        selection.prototype_changed.connect(self._prototype_changed)
        document.detection_changed.connect(self._detection_came)
        document.analysis_changed.connect(self._analysis_changed)

    def open_detection(self, row: int, origin: str) -> None:
        """Show the picture of a row and select its keypoint as soon as it is found there."""
        analysis = self._document.analysis
        if analysis is None or not 0 <= row < len(analysis.labels):
            return
        self._awaited = row
        self._selection.select_detections([row], origin)
        if not self._analysis.is_of_open_source():
            self._notices.status(f"Open {analysis.source} to see this detection in its picture.")
            self.pictures_wanted.emit(analysis.source)
            return
        picture = int(analysis.picture[row])
        if picture == self._document.index:
            self._detection_came()
        else:
            self._document.go_to(picture)

    @property
    def is_part(self) -> bool:
        """True while several detections are selected that are not all there are of a prototype."""
        index, rows = self._analysis.index, self._selection.detections
        if index is None or len(rows) < 2:
            return False
        prototype = self._selection.prototype
        if prototype is None:
            return True
        return len(rows) != len(index.rows_of_prototype(self._book.target(prototype)))

    def select_prototypes(self, prototypes: Sequence[int]) -> None:
        """Select all detections of some prototypes; keypoints of others are let go."""
        index, wanted = self._analysis.index, {self._book.target(p) for p in prototypes}
        rows = [np.empty(0, np.int64)]
        if index is not None:
            rows += [index.rows_of_prototype(each) for each in wanted]
        detection = self._document.shown
        labels = [] if detection is None else detection.keypoints.labels.tolist()
        kept = [
            each
            for each in self._selection.keypoints
            if each < len(labels) and self._book.target(labels[each]) in wanted
        ]
        only = prototypes[0] if len(prototypes) == 1 else None
        self._selection.select(np.concatenate(rows), only, kept, ORIGIN)

    def row_of_keypoint(self, keypoint: int) -> int | None:
        """Return the row of a keypoint of the picture on the canvas; None if there is none."""
        rows = self._rows_on_canvas()
        detection = self._document.shown
        analysis = self._document.analysis
        if analysis is None or detection is None or len(rows) == 0:
            return None
        if not 0 <= keypoint < len(detection.keypoints.scores):
            return None
        distance = np.linalg.norm(analysis.xy[rows] - detection.keypoints.xy[keypoint], axis=1)
        nearest = int(np.argmin(distance))
        return int(rows[nearest]) if distance[nearest] <= self._reach() else None

    def keypoint_of_row(self, row: int) -> int | None:
        """Return the keypoint on the canvas that a row stands for; None if it is not there."""
        analysis, detection = self._document.analysis, self._document.shown
        if analysis is None or detection is None or not self._analysis.is_of_open_source():
            return None
        if int(analysis.picture[row]) != self._document.index or len(detection.keypoints.xy) == 0:
            return None
        distance = np.linalg.norm(detection.keypoints.xy - analysis.xy[row], axis=1)
        nearest = int(np.argmin(distance))
        return nearest if distance[nearest] <= self._reach() else None

    def _reach(self) -> float:
        detection = self._document.shown
        return 1.0 if detection is None else max(1.0, _SAME_PLACE * max(detection.size))

    def _rows_on_canvas(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        index = self._analysis.index
        if index is None or not self._analysis.is_of_open_source():
            return np.empty(0, np.int64)
        return index.rows_of_picture(self._document.index)

    @Slot(str)
    def _keypoint_changed(self, origin: str) -> None:
        keypoint, detection = self._selection.keypoint, self._document.shown
        if origin == ORIGIN or keypoint is None or detection is None:
            return
        if keypoint < len(detection.keypoints.labels):
            row = self.row_of_keypoint(keypoint)
            label = self._book.target(int(detection.keypoints.labels[keypoint]))
            self._selection.select(() if row is None else (row,), label, (keypoint,), ORIGIN)

    @Slot(str)
    def _keypoints_changed(self, origin: str) -> None:
        """Several keypoints were selected on the canvas: select what the analysis says of them."""
        chosen = self._selection.keypoints
        if origin == ORIGIN or len(chosen) < 2:
            return
        found = (self.row_of_keypoint(each) for each in chosen)
        rows = np.array([row for row in found if row is not None], np.int64)
        self._selection.select(rows, self._only_prototype(rows), chosen, ORIGIN)

    @Slot(str)
    def _keypoint_hovered(self, origin: str) -> None:
        if origin == ORIGIN:
            return
        keypoint = self._selection.hovered_keypoint
        self._selection.hover(None if keypoint is None else self.row_of_keypoint(keypoint), ORIGIN)

    @Slot(str)
    def _row_hovered(self, origin: str) -> None:
        if origin == ORIGIN:
            return
        row = self._selection.hovered
        keypoint = None if row is None else self.keypoint_of_row(row)
        self._selection.hover_keypoint(keypoint, ORIGIN)

    @Slot(str)
    def _detections_changed(self, origin: str) -> None:
        if origin == ORIGIN:
            return
        rows = self._selection.detections
        self._selection.select(rows, self._only_prototype(rows), self._keypoints_of(rows), ORIGIN)

    def _keypoints_of(self, rows: NDArray[np.int64]) -> list[int]:
        """Return the keypoints on the canvas that these rows stand for."""
        here = np.intersect1d(rows, self._rows_on_canvas())
        found = (self.keypoint_of_row(int(row)) for row in here)
        return [keypoint for keypoint in found if keypoint is not None]

    def _only_prototype(self, rows: NDArray[np.int64]) -> int | None:
        """Return the prototype of all these rows; None where they are of several, or none."""
        index = self._analysis.index
        if index is None or len(rows) == 0:
            return None
        labels = index.labels[rows]
        return int(labels[0]) if (labels == labels[0]).all() else None

    @Slot(str)
    def _prototype_changed(self, origin: str) -> None:
        prototype = self._selection.prototype
        if origin != ORIGIN and prototype is not None:
            self.select_prototypes([prototype])

    @Slot()
    def _detection_came(self) -> None:
        row = self._awaited
        if self._document.analysis is None:
            return
        if row is None:
            self._mark_part()
            return
        keypoint = self.keypoint_of_row(row)
        if keypoint is not None:
            self._awaited = None
            self._selection.select_keypoint(keypoint, ORIGIN)

    def _mark_part(self) -> None:
        """Select in another picture the keypoints that belong to the rows selected before."""
        is_new = self._document.shown is not None and self._document.edited is None
        if is_new and self.is_part:
            self._selection.select_keypoints(self._keypoints_of(self._selection.detections), ORIGIN)

    @Slot()
    def _analysis_changed(self) -> None:
        self._awaited = None
        self._selection.select_detections((), ORIGIN)
        self._selection.hover(None, ORIGIN)
