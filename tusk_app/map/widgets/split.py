"""The map beside its legend, which gets the width that its names and counts need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from tusk_app.parts.colour_scale import ColourBar

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from tusk_app.parts.legend_list import LegendList

# The legend gets at most this share of the width.
_SHARE = 0.5
_LEAST_WIDTH = 128  # logical pixels


class MapSplit(QSplitter):
    """A map, and right of it a list of groups or the scale of a number."""

    def __init__(self, scatter: QWidget, legend: LegendList, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._legend, self._scale = legend, ColourBar()
        self._is_dragged = False
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self._scale)
        column.addStretch(1)
        self._side = QStackedWidget()
        self._side.addWidget(legend)
        self._side.addWidget(holder)
        self._side.setMinimumWidth(_LEAST_WIDTH)
        self.setChildrenCollapsible(False)
        self.addWidget(scatter)
        self.addWidget(self._side)
        self.setStretchFactor(0, 1)
        self.setStretchFactor(1, 0)
        self.splitterMoved.connect(self._note_drag)

    def show_scale(self, scale: tuple[str, str, str] | None) -> None:
        """Show (title, low, high) of a number, or the groups for None."""
        self._side.setCurrentIndex(0 if scale is None else 1)
        if scale is not None:
            self._scale.set_range(*scale)

    @property
    def shows_scale(self) -> bool:
        """True while the colours tell a number."""
        return self._side.currentIndex() == 1

    def fit(self) -> None:
        """Give the legend the width it needs, unless somebody dragged it."""
        whole = self.width()
        if self._is_dragged or self.shows_scale or whole <= 0:
            return
        side = max(_LEAST_WIDTH, min(self._legend.needed_width, round(_SHARE * whole)))
        if side != self._side.width():
            self.setSizes([whole - side, side])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width out anew."""
        super().resizeEvent(event)
        self.fit()

    @Slot()
    def _note_drag(self) -> None:
        self._is_dragged = True
