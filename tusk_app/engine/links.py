"""Keeps canvas, gallery, map and lists on the same detection, prototype and keypoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

if TYPE_CHECKING:
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
        keypoint = self._selection.keypoint
        if origin == ORIGIN or keypoint is None:
            return
        detection = self._document.shown
        row = self.row_of_keypoint(keypoint)
        if row is not None:
            self._selection.select_detections([row], ORIGIN)
        if detection is not None and keypoint < len(detection.keypoints.labels):
            label = self._book.target(int(detection.keypoints.labels[keypoint]))
            self._selection.select_prototype(label, ORIGIN)

    @Slot(str)
    def _keypoints_changed(self, origin: str) -> None:
        """Several keypoints were selected on the canvas: select what the analysis says of them."""
        chosen = self._selection.keypoints
        if origin == ORIGIN or len(chosen) < 2:
            return
        rows = (self.row_of_keypoint(each) for each in chosen)
        self._selection.select_detections((row for row in rows if row is not None), ORIGIN)

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
        if len(rows) != 1:
            here = np.intersect1d(rows, self._rows_on_canvas())
            found = (self.keypoint_of_row(int(row)) for row in here)
            self._selection.select_keypoints((i for i in found if i is not None), ORIGIN)
            return
        keypoint = self.keypoint_of_row(int(rows[0]))
        self._selection.select_keypoint(keypoint, ORIGIN)
        index = self._analysis.index
        if index is not None:
            self._selection.select_prototype(int(index.labels[rows[0]]), ORIGIN)

    @Slot(str)
    def _prototype_changed(self, origin: str) -> None:
        index, prototype = self._analysis.index, self._selection.prototype
        if origin == ORIGIN or index is None or prototype is None:
            return
        self._selection.select_detections(index.rows_of_prototype(prototype), ORIGIN)

    @Slot()
    def _detection_came(self) -> None:
        row = self._awaited
        if row is None or self._document.analysis is None:
            return
        keypoint = self.keypoint_of_row(row)
        if keypoint is not None:
            self._awaited = None
            self._selection.select_keypoint(keypoint, ORIGIN)

    @Slot()
    def _analysis_changed(self) -> None:
        self._awaited = None
        self._selection.select_detections((), ORIGIN)
        self._selection.hover(None, ORIGIN)
