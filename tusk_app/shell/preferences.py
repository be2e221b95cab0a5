"""Appearance, folders, device: what the user may want differently. All of it acts at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.words import WORDS
from tusk_app.settings import FONT_SCALES, Settings, ThemeChoice
from tusk_core.places import default_run_root

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tusk_core.results import DeviceInfo

THEMES = (("auto", "As the system"), ("light", "Light"), ("dark", "Dark"))


class PreferencesDialog(QDialog):
    """Changes settings while it is open."""

    def __init__(
        self,
        settings: Settings,
        devices: Sequence[DeviceInfo],
        edit_shortcuts: Callable[[], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("preferences-dialog")
        self.setWindowTitle("Preferences")
        self.setMinimumWidth(560)
        self._settings = settings
        column = QVBoxLayout(self)
        column.setSpacing(14)
        column.addWidget(self._make_appearance())
        column.addWidget(self._make_engine(devices))
        column.addWidget(self._make_folders())
        column.addWidget(self._make_start())
        self._align()
        keys = QPushButton("Keyboard shortcuts…", self)
        keys.setAutoDefault(False)
        keys.clicked.connect(edit_shortcuts)
        folder = QPushButton("Show settings folder", self)
        folder.setAutoDefault(False)
        folder.clicked.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(settings.file.parent)))
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.accept)
        foot = QHBoxLayout()
        foot.addWidget(keys)
        foot.addWidget(folder)
        foot.addStretch(1)
        foot.addWidget(buttons)
        column.addLayout(foot)

    def _make_appearance(self) -> QGroupBox:
        box = QGroupBox("Appearance", self)
        self.theme = QComboBox(box)
        for choice, words in THEMES:
            self.theme.addItem(words, choice)
        self.theme.setCurrentIndex(self.theme.findData(self._settings.theme))
        self.theme.currentIndexChanged.connect(self._set_theme)
        self.text_size = QComboBox(box)
        for scale in FONT_SCALES:
            self.text_size.addItem(f"{scale:.0%}", scale)
        nearest = min(
            range(len(FONT_SCALES)), key=lambda i: abs(FONT_SCALES[i] - self._settings.font_scale)
        )
        self.text_size.setCurrentIndex(nearest)
        self.text_size.currentIndexChanged.connect(self._set_text_size)
        form = QFormLayout(box)
        form.addRow("Theme", self.theme)
        form.addRow("Text size", self.text_size)
        form.addRow("Words", self._make_terms(box))
        return box

    def _make_terms(self, box: QWidget) -> QCheckBox:
        self.terms = QCheckBox("Show the method's terms (from the next start)", box)
        pairs = ", ".join(f"{word.term} for {word.plain}" for word in WORDS)
        self.terms.setToolTip(f"Such as {pairs}. The guide has a page of all words.")
        self.terms.setChecked(self._settings.shows_terms)
        self.terms.toggled.connect(lambda on: setattr(self._settings, "shows_terms", on))
        return self.terms

    def _make_engine(self, devices: Sequence[DeviceInfo]) -> QGroupBox:
        box = QGroupBox("Engine", self)
        self.device = QComboBox(box)
        first = next((d for d in devices if d.available), None)
        automatic = "Automatic" if first is None else f"Automatic (now {first.label})"
        self.device.addItem(automatic, "auto")
        for device in devices:
            if device.available:
                self.device.addItem(f"{device.label} ({device.name})", device.name)
        place = self.device.findData(self._settings.device)
        if place < 0:
            self.device.addItem(f"{self._settings.device} (not found)", self._settings.device)
            place = self.device.count() - 1
        self.device.setCurrentIndex(place)
        self.device.currentIndexChanged.connect(
            lambda: setattr(self._settings, "device", self.device.currentData())
        )
        note = QLabel("Used for models you open. A run has its own choice in its settings.", box)
        note.setProperty("role", "muted")
        note.setWordWrap(True)
        form = QFormLayout(box)
        form.addRow("Device", self.device)
        form.addRow(note)
        return box

    def _make_folders(self) -> QGroupBox:
        box = QGroupBox("Folders", self)
        self.run_root = QLineEdit(str(self._settings.run_root), box)
        self.run_root.editingFinished.connect(self._set_run_root)
        choose = QPushButton("Choose…", box)
        choose.setAutoDefault(False)
        choose.clicked.connect(self._choose_run_root)
        row = QHBoxLayout()
        row.addWidget(self.run_root, 1)
        row.addWidget(choose)
        self._folder_note = QLabel("New training runs are made here.", box)
        self._folder_note.setProperty("role", "muted")
        self._folder_note.setWordWrap(True)
        form = QFormLayout(box)
        form.addRow("Training runs", row)
        form.addRow(self._folder_note)
        return box

    def _make_start(self) -> QGroupBox:
        box = QGroupBox("When the program starts", self)
        self.offer_recovery = QCheckBox("After a crash, offer to resume the unfinished run", box)
        self.offer_recovery.setChecked(self._settings.value("start/offer-recovery", True))
        self.offer_recovery.toggled.connect(
            lambda on: self._settings.set_value("start/offer-recovery", on)
        )
        column = QVBoxLayout(box)
        column.addWidget(self.offer_recovery)
        return box

    def _align(self) -> None:
        """Let the fields of all boxes begin at the same place."""
        labels: list[QWidget] = []
        for box in self.findChildren(QGroupBox):
            form = box.layout()
            if isinstance(form, QFormLayout):
                rows = range(form.rowCount())
                cells = [form.itemAt(row, QFormLayout.ItemRole.LabelRole) for row in rows]
                labels += [cell.widget() for cell in cells if cell is not None]  # type: ignore[misc]
        width = max(label.sizeHint().width() for label in labels)
        for label in labels:
            label.setMinimumWidth(width)

    def _set_theme(self) -> None:
        self._settings.theme = cast("ThemeChoice", self.theme.currentData())

    def _set_text_size(self) -> None:
        self._settings.font_scale = float(self.text_size.currentData())

    def _choose_run_root(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self, "Folder for training runs", self.run_root.text()
        )
        if folder:
            self.run_root.setText(folder)
            self._set_run_root()

    def _set_run_root(self) -> None:
        text = self.run_root.text().strip() or str(default_run_root())
        path = Path(text).expanduser()
        if not path.is_absolute():
            self._folder_note.setText(
                f"{text!r} is not a full path; start with / or a drive letter."
            )
            self.run_root.setText(str(self._settings.run_root))
            return
        self._settings.run_root = path
        self.run_root.setText(str(path))
        self._folder_note.setText("New training runs are made here.")
