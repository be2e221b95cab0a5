"""The runs of the run folder as rows and columns."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.results import RunSummary

COLUMNS = ("Run", "Status", "Step", "Time", "Sorts", "Preset", "Started")
NAME, STATUS, STEP, TIME, SORTS, PRESET, STARTED = range(len(COLUMNS))
SORTS_TIP = (
    "How many keypoints are found again, as the same kind, in another view of the picture, less "
    "what chance gives.\nNeeds no labels. Of runs with the same settings and other seeds, the one "
    "with more sorts better."
)

Index = QModelIndex | QPersistentModelIndex


class RunList(QAbstractTableModel):
    """Rows are ``RunSummary``; only what changed is announced, so that the selection stays."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: list[RunSummary] = []

    @property
    def runs(self) -> tuple[RunSummary, ...]:
        """The runs, newest first."""
        return tuple(self._runs)

    def run_at(self, row: int) -> RunSummary | None:
        """Return the run of ``row``, or None."""
        return self._runs[row] if 0 <= row < len(self._runs) else None

    def row_of(self, path: Path) -> int:
        """Return the row of the run in ``path``; -1 if it is not listed."""
        return next((row for row, run in enumerate(self._runs) if run.path == path), -1)

    def set_runs(self, runs: tuple[RunSummary, ...]) -> None:
        """Show ``runs``."""
        if [run.path for run in runs] != [run.path for run in self._runs]:
            self.beginResetModel()
            self._runs = list(runs)
            self.endResetModel()
            return
        for row, run in enumerate(runs):
            if run != self._runs[row]:
                self._runs[row] = run
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def rowCount(self, parent: Index | None = None) -> int:
        """Number of runs."""
        return 0 if parent is not None and parent.isValid() else len(self._runs)

    def columnCount(self, parent: Index | None = None) -> int:
        """Number of columns."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles of the columns."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole and section == SORTS:
            return SORTS_TIP
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, tool tip or alignment of a cell."""
        run = self.run_at(index.row())
        if run is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(run, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(run)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in {STEP, TIME, SORTS}:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None


def _text(run: RunSummary, column: int) -> str:
    texts = {
        NAME: run.name,
        STATUS: run.status,
        STEP: f"{run.step} / {run.total_steps}" if run.total_steps else str(run.step),
        TIME: _clock(run.elapsed),
        SORTS: "" if run.sorting is None else f"{run.sorting:.0%}",
        PRESET: run.preset,
        STARTED: _moment(run.started),
    }
    return texts[column]


def _tip(run: RunSummary) -> str:
    lines = [str(run.path), f"learns from {run.source}" if run.source else ""]
    lines.append(f"preset {run.preset}, started {_moment(run.started)}")
    if run.checkpoints:
        lines.append(f"{len(run.checkpoints)} checkpoints, the last at step {run.checkpoints[-1]}")
    lines.append(run.problem)
    return "\n".join(line for line in lines if line)


def _clock(seconds: float) -> str:
    return str(dt.timedelta(seconds=round(seconds))).removeprefix("0:")


def _moment(started: str) -> str:
    try:
        moment = dt.datetime.fromisoformat(started)
    except ValueError:
        return started
    return moment.strftime("%Y-%m-%d %H:%M")
