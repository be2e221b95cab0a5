"""Asks in which format detections shall be written, and says what each of them loses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk_core.results import ExportFormatInfo

# What each format is good for, by name; others show their note only.
_USES = {
    "coco": "A data set with one keypoint for each detection, as most vision tools read it.",
    "coco-results": "The list of results that COCO's own evaluation reads, with scores.",
    "csv": "One row for each detection, for a spreadsheet, pandas or R. A JSON file beside it "
    "explains the columns.",
    "parquet": "One row for each detection with its descriptor, for pandas and map viewers.",
    "h5": "Everything that was found; this program opens it again.",
    "npz": "Everything that was found, where HDF5 is not installed; this program opens it again.",
    "hloc": "Keypoints, descriptors and scores as structure-from-motion tools read them.",
    "sleap": "A project for SLEAP.",
    "dlc": "The table with three head rows that DeepLabCut and its companions read.",
    "keypoint-moseq": "Recordings for keypoint-MoSeq, which finds the syllables of behaviour.",
    "movement": "One data set for the Python package movement, and for xarray.",
    "bouts": "From when to when each kind and each individual is seen, one row for each bout.",
    "nwb": "For archives of neuroscience data.",
    "yolo": "A data set to train a supervised keypoint detector with.",
    "label-studio": "Suggestions for people who draw labels in Label Studio.",
    "video": "The frames with their keypoints drawn on them.",
    "figure-png": "A few pictures with their keypoints, for a slide.",
    "figure-svg": "A few pictures with their keypoints, to be edited and printed.",
}


class ExportDialog(QDialog):
    """A list of formats with an explanation.

    Signals:
        chosen: str, name of the format; the file is asked for next.
    """

    chosen = Signal(str)

    def __init__(
        self,
        formats: Sequence[ExportFormatInfo],
        summary: str,
        *,
        first: str = "csv",
        parent: QWidget | None = None,
    ) -> None:
        """Offer ``formats``; ``summary`` says what will be exported."""
        super().__init__(parent)
        self.setObjectName("export")
        self.setWindowTitle("Export detections")
        self._formats = tuple(formats)
        self._summary = QLabel(summary, self)
        self._summary.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Formats")
        self.list.setMinimumWidth(250)
        self.list.setSpacing(3)
        for item in self._formats:
            QListWidgetItem(item.label, self.list)
        self._title, self._use, self._note = QLabel(self), QLabel(self), QLabel(self)
        for label in (self._title, self._use, self._note):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._note.setProperty("role", "muted")
        self.list.currentRowChanged.connect(self._explain)
        self.list.itemDoubleClicked.connect(self._choose)
        self._lay_out()
        names = [item.name for item in self._formats]
        self.list.setCurrentRow(names.index(first) if first in names else 0)
        self.resize(640, 430)

    @property
    def format(self) -> ExportFormatInfo:
        """What is chosen."""
        return self._formats[self.list.currentRow()]

    def _lay_out(self) -> None:
        card = QFrame(self)
        words = QVBoxLayout(card)
        words.setContentsMargins(14, 4, 4, 4)
        words.setSpacing(8)
        for label in (self._title, self._use, self._note):
            words.addWidget(label)
        words.addStretch(1)
        row = QHBoxLayout()
        row.addWidget(self.list)
        row.addWidget(card, 1)
        buttons = QDialogButtonBox(self)
        save = buttons.addButton("Choose file…", QDialogButtonBox.ButtonRole.AcceptRole)
        save.setDefault(True)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._choose)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(self._summary)
        column.addLayout(row, 1)
        column.addWidget(buttons)

    def _explain(self, row: int) -> None:
        item = self._formats[row]
        ending = "a folder" if item.is_folder else f"a file ending in {item.suffix}"
        self._title.setText(f"<b>{item.label}</b>")
        self._use.setText(_USES.get(item.name, ""))
        note = item.note or "Nothing is lost."
        self._note.setText(f"{note}\n\nWritten as {ending}.")

    def _choose(self) -> None:
        self.chosen.emit(self.format.name)
        self.accept()
