"""One table of an evaluation: prototypes by class as a picture, anything else as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from tusk_app.evaluation.widgets.confusion_view import ConfusionView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PICTURED = "prototype × "
_ROOM = 6


class NumberTable(QTableWidget):
    """Rows of numbers under the names of their columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName("Table of numbers")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _ROOM)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.setAlternatingRowColors(True)

    def show_numbers(self, rows: Sequence[Sequence[float]], names: Sequence[str]) -> None:
        """Show rows of numbers; columns without a name are numbered."""
        num = len(rows[0]) if len(rows) else len(names)
        self.setColumnCount(num)
        self.setRowCount(len(rows))
        headings = tuple(names) if len(names) == num else tuple(map(str, range(num)))
        self.setHorizontalHeaderLabels([name[:1].upper() + name[1:] for name in headings])
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                text = f"{value:.4g}" if np.isfinite(value) else "–"
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.setItem(row, column, item)

    def minimumSizeHint(self) -> QSize:
        """Let the panel be made small; the table scrolls."""
        return QSize(110, 90)


class TableView(QStackedWidget):
    """Chooses how a table is shown.

    Attributes:
        confusion: the picture of prototypes by class.
        numbers: everything else.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.confusion, self.numbers = ConfusionView(), NumberTable()
        self.addWidget(self.confusion)
        self.addWidget(self.numbers)

    def show_table(
        self,
        name: str,
        rows: Sequence[Sequence[float]],
        columns: Sequence[str],
        colours: NDArray[np.uint8],
        labels: Sequence[str],
    ) -> None:
        """Show a table of a report.

        Args:
            name: of the table; no name shows nothing.
            rows: of numbers.
            columns: their names.
            colours: (M, 3) RGB of the prototypes; grey where there are fewer.
            labels: of the M prototypes.
        """
        if name and not name.startswith(PICTURED):
            self.numbers.show_numbers(rows, columns)
            self.setCurrentWidget(self.numbers)
            return
        counts = np.array(rows, dtype=float) if name else np.zeros((0, 0))
        self.confusion.show_counts(counts, columns, colours, labels)
        self.setCurrentWidget(self.confusion)
