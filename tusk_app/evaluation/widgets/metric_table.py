"""The numbers of an evaluation: value, interval, and the paper's figure beside."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QBrush, QFont
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from tusk_app.evaluation.widgets.metric_texts import metric_text
from tusk_app.parts import tones
from tusk_app.parts.themed import Themed

if TYPE_CHECKING:
    from tusk_core.results import EvaluationReport

COLUMNS = ("Number", "Here", "95 % interval", "Paper")
# A difference that the paper's own rounding could explain is none.
SAME = 0.05


class MetricTable(Themed, QTreeWidget):
    """Metrics by heading. Values that match or beat the paper's are shown as good."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setColumnCount(len(COLUMNS))
        self.setHeaderLabels(list(COLUMNS))
        self.setRootIsDecorated(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName("Numbers")
        self.setUniformRowHeights(True)
        self.setIndentation(12)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(COLUMNS)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self._report: EvaluationReport | None = None
        self.follow_theme()

    def show_report(self, report: EvaluationReport | None) -> None:
        """Show the numbers of a report."""
        self._report = report
        self.clear()
        if report is None:
            return
        groups: dict[str, QTreeWidgetItem] = {}
        for name, value in report.metrics.items():
            text = metric_text(name)
            if text.group not in groups:
                groups[text.group] = self._add_heading(text.group)
            low, high = report.intervals.get(name, (math.nan, math.nan))
            paper = report.reference.get(name, math.nan)
            cells = (text.name, number(value), span(low, high), number(paper, 1))
            item = QTreeWidgetItem(groups[text.group], list(cells))
            for column in range(1, len(COLUMNS)):
                item.setTextAlignment(
                    column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                )
            for column in range(len(COLUMNS)):
                item.setToolTip(column, text.tip)
            self._colour(item, value, paper, is_error=text.is_error)
        self.expandAll()

    def texts(self) -> list[tuple[str, ...]]:
        """Return every line as shown, headings with one cell filled."""
        lines = []
        for index in range(self.topLevelItemCount()):
            heading = self.topLevelItem(index)
            assert heading is not None
            children = (heading.child(row) for row in range(heading.childCount()))
            items = [heading, *(child for child in children if child is not None)]
            lines += [tuple(item.text(column) for column in range(len(COLUMNS))) for item in items]
        return lines

    def minimumSizeHint(self) -> QSize:
        """Let the panel be made small; the table scrolls."""
        return QSize(140, 80)

    def restyle(self) -> None:
        """Colour the numbers as the theme does."""
        self.show_report(self._report)

    def _add_heading(self, text: str) -> QTreeWidgetItem:
        heading = QTreeWidgetItem(self, [text])
        heading.setFlags(Qt.ItemFlag.ItemIsEnabled)
        heading.setFirstColumnSpanned(True)
        font = QFont(self.font())
        font.setBold(True)
        heading.setFont(0, font)
        return heading

    def _colour(self, item: QTreeWidgetItem, value: float, paper: float, *, is_error: bool) -> None:
        if not (math.isfinite(value) and math.isfinite(paper)):
            return
        gain = (paper - value) if is_error else (value - paper)
        if gain >= -SAME:
            item.setForeground(1, QBrush(tones.tone(self.palette(), "success")))


def number(value: float, digits: int = 2) -> str:
    """Return a number as shown; nothing where it is not known."""
    return f"{value:.{digits}f}" if math.isfinite(value) else ""


def span(low: float, high: float) -> str:
    """Return an interval as shown."""
    return f"{low:.2f} – {high:.2f}" if math.isfinite(low) and math.isfinite(high) else ""
