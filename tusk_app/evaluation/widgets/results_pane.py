"""What an evaluation found: numbers, tables, the worst pictures; side by side or in tabs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QLabel,
    QListWidget,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tusk_app.evaluation.widgets.metric_table import MetricTable
from tusk_app.evaluation.widgets.metric_texts import PROTOCOL_TEXTS
from tusk_app.evaluation.widgets.table_view import TableView
from tusk_app.parts.side_or_tabs import SideOrTabs

if TYPE_CHECKING:
    from tusk_core.results import EvaluationReport

# Below this width, in pixels, the names of the numbers would be cut.
_SIDE_BY_SIDE = 900


class ResultsPane(QWidget):
    """Shows one report.

    Attributes:
        about: what was scored on what.
        numbers: the metrics.
        table_box: chooses a table.
        tables: shows it.
        worst: names of the pictures that went worst.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.numbers, self.tables, self.about = MetricTable(), TableView(), QLabel()
        self.about.setProperty("role", "muted")
        self.about.setWordWrap(True)
        self.about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        panes = SideOrTabs(
            [
                ("Numbers", self.numbers, 420),
                ("Table", self._make_tables(), 420),
                ("Worst", self._make_worst(), 160),
            ],
            least=_SIDE_BY_SIDE,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.about)
        column.addWidget(panes, 1)

    def show_report(self, report: EvaluationReport, data_name: str) -> None:
        """Show a report; the table is shown by whoever knows names and colours of prototypes.

        Args:
            report: of any protocol.
            data_name: what its data are called.
        """
        self.numbers.show_report(report)
        self.table_box.blockSignals(True)
        self.table_box.clear()
        self.table_box.addItems(list(report.tables))
        self.table_box.blockSignals(False)
        self.worst.clear()
        self.worst.addItems(list(report.worst))
        self._worst_title.setText("Worst pictures" if report.worst else "No errors found")
        title, _ = PROTOCOL_TEXTS[report.protocol]
        pictures = report.counts.get("pictures", 0)
        model = Path(report.model).name
        self.about.setText(f"{title}: {model} on {data_name}, {pictures:,} pictures")
        self.about.setToolTip(
            "\n".join(f"{name.replace('_', ' ')}: {n:,}" for name, n in report.counts.items())
        )

    def _make_tables(self) -> QWidget:
        self.table_box = QComboBox()
        self.table_box.setAccessibleName("Table")
        widget = QWidget()
        column = QVBoxLayout(widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table_box)
        column.addWidget(self.tables, 1)
        return widget

    def _make_worst(self) -> QWidget:
        self.worst = QListWidget()
        self.worst.setAccessibleName("Worst pictures")
        self.worst.setMinimumWidth(60)
        self.worst.setToolTip("Double-click to open the picture")
        self._worst_title = QLabel()
        self._worst_title.setProperty("role", "muted")
        widget = QWidget()
        column = QVBoxLayout(widget)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._worst_title)
        column.addWidget(self.worst, 1)
        return widget
