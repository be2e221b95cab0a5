"""Asks in which format and in which folder the model itself shall be written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.path_edit import PathEdit

if TYPE_CHECKING:
    from collections.abc import Mapping

# Title, and what the format is good for; formats that are new show the engine's words.
_ONNX = (
    "Two files for programs without Python: one finds the keypoints, one draws pictures from "
    "them. The number of keypoints is fixed. Runs wherever ONNX Runtime does."
)
_HUGGING_FACE = (
    "The weights, the settings and a model card, laid out as the Hugging Face Hub expects "
    "them. Nothing is uploaded. This program opens the folder again."
)
_WORDS = {
    "onnx": ("ONNX", _ONNX),
    "huggingface": ("Hugging Face folder", _HUGGING_FACE),
}


class ModelExportDialog(QDialog):
    """Formats with a sentence each, and a folder.

    Signals:
        chosen: (str format, Path folder).
    """

    chosen = Signal(str, object)

    def __init__(
        self,
        formats: Mapping[str, str],
        model_name: str,
        folder: Path,
        *,
        first: str = "",
        parent: QWidget | None = None,
    ) -> None:
        """Offer ``formats``, name -> a few words; ``folder`` is proposed as the parent folder."""
        super().__init__(parent)
        self.setObjectName("export-model")
        self.setWindowTitle("Export model")
        self._name, self._parent_folder = model_name, folder
        self.group = QButtonGroup(self)
        self.radios: dict[str, QRadioButton] = {}
        self.place = PathEdit(folder="Choose a folder…", parent=self)
        self._problem = QLabel(self)
        self._problem.setWordWrap(True)
        self._problem.setProperty("role", "muted")
        self._lay_out(formats)
        start = first if first in self.radios else next(iter(self.radios))
        self.radios[start].setChecked(True)
        self.group.buttonToggled.connect(self._propose)
        self.place.changed.connect(self._check)
        self._proposed = ""
        self._propose()
        self.resize(560, 340)

    @property
    def format(self) -> str:
        """Name of the chosen format."""
        return next(name for name, radio in self.radios.items() if radio.isChecked())

    def _lay_out(self, formats: Mapping[str, str]) -> None:
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addWidget(QLabel(f"Write <b>{self._name}</b> for other programs.", self))
        for name, words in formats.items():
            title, text = _WORDS.get(name, (name, f"{words[:1].upper()}{words[1:]}."))
            radio = QRadioButton(title, self)
            note = QLabel(text, self)
            note.setWordWrap(True)
            note.setContentsMargins(24, 0, 0, 6)
            note.setProperty("role", "muted")
            radio.setAccessibleDescription(text)
            self.group.addButton(radio)
            self.radios[name] = radio
            column.addWidget(radio)
            column.addWidget(note)
        label = QLabel("&Folder (made if missing):", self)
        label.setBuddy(self.place)
        column.addWidget(label)
        column.addWidget(self.place)
        column.addWidget(self._problem)
        column.addStretch(1)
        buttons = QDialogButtonBox(self)
        self.export_button = buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self.export_button.setDefault(True)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def _propose(self) -> None:
        """Name the folder after model and format, unless another one was chosen."""
        if self.place.text() in {"", self._proposed}:
            stem = "".join(c if c.isalnum() or c in "-_" else "_" for c in self._name)
            self._proposed = str(self._parent_folder / f"{stem or 'model'}_{self.format}")
            self.place.set_text(self._proposed)
        self._check()

    def _check(self) -> None:
        text = self.place.text().strip()
        problem = ""
        if not text:
            problem = "Choose a folder."
        elif Path(text).is_file():
            problem = "This is a file; choose a folder."
        elif Path(text).is_dir() and any(Path(text).iterdir()):
            problem = "The folder is not empty; files of the same name are replaced."
        self._problem.setText(problem)
        self.export_button.setEnabled(bool(text) and not Path(text).is_file())

    def _accept(self) -> None:
        self.chosen.emit(self.format, Path(self.place.text().strip()))
        self.accept()
