"""What some protocols need beside: a file of ground truth, a radius, empty pictures."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from tusk_app.parts.words import say
from tusk_core.results import EvaluationOptions

_TRUTH, _EMPTY = "Truth from a file…", "Empty pictures…"
WITH_TRUTH = frozenset({"detection", "landmarks", "mnist-hard", "multi-object"})


class OptionsBar(QWidget):
    """Shows what the chosen protocol needs, and nothing else.

    Signals:
        changed: something was chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._truth = self._empty = ""
        self.truth_button = QPushButton(_TRUTH)
        self.truth_button.setToolTip(
            "Ground truth that lies beside the pictures: COCO (.json), or points (.csv with the "
            "columns frame or image, x and y)"
        )
        self.empty_button = QPushButton(_EMPTY)
        self.empty_button.setToolTip("A folder of pictures that do not show the subject")
        self.radius_box = QDoubleSpinBox()
        self.radius_box.setRange(0, 10_000)
        self.radius_box.setDecimals(1)
        self.radius_box.setSuffix(" px")
        self.radius_box.setSpecialValueText("the box")
        self.radius_box.setAccessibleName(say("How near a [point] must be"))
        self.radius_box.setToolTip(
            say(
                "A [point] this near to a centre is on the thing, such as half a body length;\n"
                "“the box” asks for the middle half of its box"
            )
        )
        self._label = QLabel("within")
        self._label.setBuddy(self.radius_box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self._label, self.radius_box, self.truth_button, self.empty_button):
            row.addWidget(widget)
        self.truth_button.clicked.connect(self._ask_for_truth)
        self.empty_button.clicked.connect(self._ask_for_empty)
        self.show_for("")

    @property
    def options(self) -> EvaluationOptions:
        """What is chosen, as far as the protocol uses it."""
        return EvaluationOptions(
            truth=self._truth if not self.truth_button.isHidden() else "",
            radius=self.radius_box.value() if not self.radius_box.isHidden() else 0.0,
            empty=self._empty if not self.empty_button.isHidden() else "",
        )

    def show_for(self, protocol: str) -> None:
        """Show what a protocol needs."""
        self.truth_button.setVisible(protocol in WITH_TRUTH)
        for widget in (self._label, self.radius_box):
            widget.setVisible(protocol == "detection")
        self.empty_button.setVisible(protocol == "presence")
        self.setVisible(bool(protocol))

    @Slot(str)
    def set_truth(self, file: str) -> None:
        """Take ground truth from a file; an empty name takes the data's own."""
        self._truth = file
        self.truth_button.setText(f"Truth: {Path(file).name}" if file else _TRUTH)
        self.changed.emit()

    @Slot(str)
    def set_empty(self, folder: str) -> None:
        """Compare with the pictures of a folder."""
        self._empty = folder
        self.empty_button.setText(f"Empty: {Path(folder).name}" if folder else _EMPTY)
        self.changed.emit()

    @Slot()
    def _ask_for_truth(self) -> None:
        if self._truth:  # a second click takes it back
            self.set_truth("")
            return
        dialog = QFileDialog(self, "Ground truth")
        dialog.setNameFilters(["Ground truth (*.json *.csv)", "All files (*)"])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.set_truth)
        dialog.open()

    @Slot()
    def _ask_for_empty(self) -> None:
        dialog = QFileDialog(self, "Pictures without the subject")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.set_empty)
        dialog.open()
