"""Commands that change the selection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Slot

if TYPE_CHECKING:
    from tusk_app.window.host import Host
    from tusk_app.workbench import Workbench

ORIGIN = "menu"


class EditCommands(QObject):
    """Registers and carries out what the Edit menu offers beside the canvas' own commands."""

    def __init__(self, window: Host, workbench: Workbench) -> None:
        super().__init__(window)
        self._bench = workbench
        self._action = workbench.actions.add(
            "edit.select-same",
            "Select &all with the same prototype",
            self.select_same,
            menu="Edit",
            shortcut="Ctrl+A",
            canvas_only=True,
            tip="Select every detection, in all pictures, of the selected prototype",
            icon="prototypes",
        )
        for signal in (
            workbench.document.analysis_changed,
            workbench.selection.prototype_changed,
            workbench.selection.keypoint_changed,
        ):
            signal.connect(self.refresh)
        self.refresh()

    def select_same(self) -> None:
        """Select every detection of the selected prototype or keypoint."""
        analysis, wanted = self._bench.document.analysis, self._prototype()
        if analysis is None or wanted is None:
            return
        book = self._bench.prototypes
        kinds = [i for i in range(book.num) if book.target(i) == book.target(wanted)] or [wanted]
        rows = np.flatnonzero(np.isin(analysis.labels, kinds))
        self._bench.selection.select_detections(rows, ORIGIN)
        self._bench.notices.status(f"{len(rows):,} detections of {book.name(wanted)} are selected.")

    @Slot()
    def refresh(self, _origin: str = "") -> None:
        """Enable what can be used now."""
        has_both = self._bench.document.analysis is not None and self._prototype() is not None
        self._action.setEnabled(has_both)

    def _prototype(self) -> int | None:
        selection, detection = self._bench.selection, self._bench.document.detection
        if selection.prototype is not None:
            return selection.prototype
        if selection.keypoint is None or detection is None:
            return None
        labels = detection.keypoints.labels
        return int(labels[selection.keypoint]) if selection.keypoint < len(labels) else None
