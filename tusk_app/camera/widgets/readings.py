"""A few numbers with captions, two beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

UNKNOWN = "–"


class Readings(QWidget):
    """Shows values that change often; each is found by its caption, also by screen readers."""

    def __init__(self, captions: Iterable[tuple[str, str]], parent: QWidget | None = None) -> None:
        """Show (caption, explanation) pairs, all unknown at first."""
        super().__init__(parent)
        self._values: dict[str, QLabel] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(2)
        for place, (caption, tip) in enumerate(captions):
            label, value = QLabel(caption, self), QLabel(UNKNOWN, self)
            label.setProperty("role", "muted")
            label.setToolTip(tip)
            value.setToolTip(tip)
            value.setAccessibleName(caption)
            self._values[caption] = value
            row, column = divmod(place, 2)
            grid.addWidget(label, row, 2 * column)
            grid.addWidget(value, row, 2 * column + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)

    def set_texts(self, texts: Mapping[str, str]) -> None:
        """Show these texts by caption; the others stay."""
        for caption, text in texts.items():
            self._values[caption].setText(text)
