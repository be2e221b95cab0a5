"""The page of the training dialog that takes up an earlier run again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from tusk_app.parts import readable, tones
from tusk_app.parts.config_fields import CalmComboBox
from tusk_app.parts.number_edit import NumberEdit
from tusk_app.parts.path_edit import PathEdit

if TYPE_CHECKING:
    from tusk_core.results import RunSummary


class ResumePage(QWidget):
    """Choose a run, and how far it shall go.

    Signals:
        changed: anything.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: dict[str, RunSummary] = {}
        self._combo = CalmComboBox(self)
        self._combo.setAccessibleName("Run")
        self._path = PathEdit(folder="Another run folder…", parent=self)
        self._path.line.setAccessibleName("Run folder")
        self._steps = NumberEdit(is_whole=True, parent=self)
        self._steps.set_range(1, 100_000_000)
        self._steps.setAccessibleName("Total steps")
        self._about = QLabel("", self)
        self._about.setWordWrap(True)
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.addRow("Run", self._combo)
        form.addRow("Folder", self._path)
        form.addRow("Total steps", self._steps)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form)
        column.addWidget(self._about)
        column.addStretch(1)
        self._combo.currentIndexChanged.connect(self._take_choice)
        self._path.changed.connect(self._take_path)
        self._steps.changed.connect(self._take_change)

    @property
    def path(self) -> Path | None:
        """Run folder that was chosen."""
        text = self._path.text()
        return Path(text) if text else None

    @property
    def steps(self) -> int | None:
        """Steps in all; None keeps those of the run."""
        value = self._steps.value()
        return value if isinstance(value, int) else None

    @property
    def problem(self) -> str:
        """What must be put right before the run can go on; empty if nothing."""
        if self.path is None:
            return "Choose the run to resume."
        run = self._runs.get(str(self.path))
        if run is not None and run.status == "running":
            return "This run is in progress in another process."
        if run is not None and not run.checkpoints:
            return "This run has no checkpoint to resume from."
        steps = self._steps.value()
        if isinstance(steps, str):
            return "Total steps must be a whole number."
        if run is not None and steps <= run.step:
            return f"This run has done {readable.count(run.step)} steps: ask for more than that."
        return ""

    def set_runs(self, runs: tuple[RunSummary, ...]) -> None:
        """Offer ``runs``, newest first."""
        chosen = self._path.text()
        self._runs = {str(run.path): run for run in runs}
        self._combo.blockSignals(True)
        self._combo.clear()
        for path, run in self._runs.items():
            text = f"{run.name}, {run.status}, step {readable.count(run.step)}"
            self._combo.addItem(text, path)
        self._combo.setCurrentIndex(self._combo.findData(chosen) if chosen else -1)
        self._combo.setEnabled(bool(runs))
        self._combo.setPlaceholderText("Choose a run" if runs else "There are no runs yet")
        self._combo.blockSignals(False)
        self._take_path()

    def set_path(self, path: Path) -> None:
        """Choose the run in ``path``."""
        self._path.set_text(str(path))

    @Slot()
    def _take_choice(self) -> None:
        path = self._combo.currentData()
        if path:
            self._path.set_text(path)

    @Slot()
    def _take_path(self, _text: str = "") -> None:
        run = self._runs.get(self._path.text())
        if run is not None:
            self._combo.setCurrentIndex(self._combo.findData(str(run.path)))
            planned = run.total_steps if run.total_steps > run.step else round(1.5 * run.step)
            self._steps.set_value(planned)
        self._take_change()

    @Slot()
    def _take_change(self) -> None:
        run = self._runs.get(self._path.text())
        text, role = self.problem, "danger"
        if not text and run is not None:
            text = (
                f"Learns from {run.source or 'its pictures'}, began with the preset {run.preset}. "
                f"It resumes at step {readable.count(run.checkpoints[-1])} of its latest "
                "checkpoint; curves and settings stay the same."
            )
            role = "muted"
        self._about.setText(text)
        tones.set_role(self._about, role)
        self.changed.emit()
