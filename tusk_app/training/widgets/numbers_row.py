"""Figures with captions, side by side; they wrap when the panel is narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class NumbersRow(QWidget):
    """A caption and a value for each figure; the place of a figure never changes."""

    def __init__(
        self, figures: Sequence[tuple[str, str, str]], parent: QWidget | None = None
    ) -> None:
        """Create an empty row; ``figures`` are (id, caption, widest value)."""
        super().__init__(parent)
        self._values: dict[str, QLabel] = {}
        self._tiles: list[QWidget] = []
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(20)
        self._grid.setVerticalSpacing(4)
        for name, caption, widest in figures:
            self._tiles.append(self._tile(name, caption, widest))
        self._arrange()

    def set_values(self, values: Mapping[str, str], tips: Mapping[str, str] | None = None) -> None:
        """Show ``values`` by id; the others keep theirs."""
        for name, value in values.items():
            self._values[name].setText(value)
        for name, tip in (tips or {}).items():
            self._values[name].setToolTip(tip)

    def value(self, name: str) -> str:
        """Return what is shown for ``name``."""
        return self._values[name].text()

    def clear(self) -> None:
        """Show a dash everywhere."""
        for label in self._values.values():
            label.setText("–")
            label.setToolTip("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use as many columns as fit."""
        super().resizeEvent(event)
        self._arrange()

    def _tile(self, name: str, caption: str, widest: str) -> QWidget:
        tile = QWidget(self)
        column = QVBoxLayout(tile)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        above = QLabel(caption, tile)
        above.setProperty("role", "muted")
        value = QLabel("–", tile)
        font = value.font()
        font.setWeight(QFont.Weight.DemiBold)
        font.setPointSizeF(font.pointSizeF() * 1.1)
        value.setFont(font)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        value.setAccessibleName(caption)
        width = max(
            value.fontMetrics().horizontalAdvance(widest),
            above.fontMetrics().horizontalAdvance(caption),
        )
        tile.setMinimumWidth(width + 4)
        column.addWidget(above)
        column.addWidget(value)
        tile.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._values[name] = value
        return tile

    def _arrange(self) -> None:
        columns = self._fitting_columns()
        if columns == self._columns:
            return
        self._columns = columns
        for index, tile in enumerate(self._tiles):
            self._grid.removeWidget(tile)
            self._grid.addWidget(tile, index // columns, index % columns)

    def _fitting_columns(self) -> int:
        spacing = self._grid.horizontalSpacing()
        for columns in range(len(self._tiles), 1, -1):
            if len(self._tiles) % columns and columns < len(self._tiles):
                continue
            widths = [
                max(tile.minimumWidth() for tile in self._tiles[column::columns])
                for column in range(columns)
            ]
            if sum(widths) + spacing * (columns - 1) <= self.width():
                return columns
        return 2
