"""The card of the detection that is pointed at: its patch and what is known about it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, Slot

from tusk_app.parts.hover_card import HoverCard
from tusk_app.pictures.patches import PatchController

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tusk_app.workbench import Workbench


class DetectionCard(HoverCard):
    """Follows what the pointer is over in one panel, and tells the other panels.

    Args:
        workbench: whose analysis the detection is of.
        panel: whose pointer it follows.
        origin: what the panel is called where several choose.
    """

    def __init__(self, workbench: Workbench, panel: QWidget, origin: str) -> None:
        super().__init__(panel)
        self._bench, self._origin = workbench, origin
        self._patches = workbench.part(PatchController).patches
        self._patches.arrived.connect(self._fill)
        self._at = QPoint()

    @Slot(object, QPoint)
    def point(self, row: int | None, at: QPoint) -> None:
        """Show the card of a row of the analysis at a place of the screen; None hides it."""
        self._bench.selection.hover(row, self._origin)
        self._at = at
        self._show_row()

    @Slot()
    def _fill(self) -> None:
        if self.isVisible():
            self._show_row()

    def _show_row(self) -> None:
        row, analysis = self._bench.selection.hovered, self._bench.document.analysis
        if row is None or analysis is None or self._at.isNull():
            self.hide()
            return
        self.show_patch(self._patches.get(row), self._words(row), self._at)

    def _words(self, row: int) -> str:
        """Return what is known about a detection, as rich text."""
        analysis, index = self._bench.document.analysis, self._bench.analysis.index
        assert analysis is not None
        labels = analysis.labels if index is None else index.labels
        picture = int(analysis.picture[row])
        lines = [f"<b>{escape(self._bench.prototypes.name(int(labels[row])))}</b>"]
        lines += [escape(analysis.picture_names[picture]), f"score {analysis.scores[row]:.2f}"]
        if analysis.classes[row] >= 0:
            lines.append(f"true class: {escape(analysis.class_names[int(analysis.classes[row])])}")
        error = float(analysis.picture_errors[picture])
        if np.isfinite(error):
            lines.append(f"error of the picture {error:.4f}")
        return "<br>".join(lines)
