"""The head of the training dialog: what the run starts from, its pictures and its device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent, QStandardItemModel
from PySide6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from tusk_app.parts import readable, tones
from tusk_app.parts.config_fields import CalmComboBox
from tusk_app.parts.path_edit import PathEdit
from tusk_core.resources import bundled_models

if TYPE_CHECKING:
    from tusk_app.training.setup import TrainingSetup
    from tusk_core.results import DeviceInfo, SourceSummary

Kind = Literal["new", "resume", "fine-tune"]
KINDS: tuple[tuple[Kind, str], ...] = (
    ("new", "A new model"),
    ("fine-tune", "The weights of a model"),
    ("resume", "An earlier run"),
)
SAMPLES = (
    ("Sample: tetrominoes", "sample:tetrominoes"),
    ("Sample: digits", "sample:digits"),
    ("Sample: solids", "sample:solids"),
)
VIDEOS = "Videos (*.mp4 *.avi *.mov *.mkv *.webm *.m4v);;All files (*)"
COUNT_DELAY_MS = 500


class RunOrigin(QWidget):
    """Asks in the background how many pictures there are and which devices.

    Signals:
        changed: what the run starts from, or what is known about its pictures.
        source_changed: str, by the user.
        device_changed: str, by the user.
    """

    changed = Signal()
    source_changed = Signal(str)
    device_changed = Signal(str)

    def __init__(self, setup: TrainingSetup, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setup = setup
        self._source_problem = ""
        self._make_fields()
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COUNT_DELAY_MS)
        self._timer.timeout.connect(self._count)
        self._connect()

    @property
    def kind(self) -> Kind:
        """What the run starts from."""
        return KINDS[self.kind_combo.currentIndex()][0]

    @property
    def problem(self) -> str:
        """What must be put right; empty if nothing."""
        if not self.source_edit.text():
            return "Choose the pictures to learn from."
        if self._source_problem:
            return self._source_problem
        if self.kind == "fine-tune" and not self.model_edit.text():
            return "Choose the model whose weights the run begins with."
        return ""

    @property
    def device(self) -> str:
        """The chosen device."""
        return str(self.device_combo.currentData() or "auto")

    def set_kind(self, kind: Kind) -> None:
        """Start from something else."""
        self.kind_combo.setCurrentIndex([name for name, _ in KINDS].index(kind))

    def set_values(self, source: str, device: str) -> None:
        """Show pictures and device without telling anybody."""
        with QSignalBlocker(self.source_edit):
            self.source_edit.set_text(source)
        self._choose_device(device)
        self._count_later()

    def stop(self) -> None:
        """Ask nothing more."""
        self._timer.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what takes a moment."""
        super().showEvent(event)
        self._setup.list_devices()
        self._count()

    def _make_fields(self) -> None:
        self.kind_combo = CalmComboBox(self)
        self.kind_combo.addItems([text for _, text in KINDS])
        self.model_edit = PathEdit(
            folder="Model or run folder…",
            choices=[(f"Bundled: {name}", name) for name in _bundled()],
            parent=self,
        )
        self.model_edit.line.setPlaceholderText("Model folder, run folder or bundled model")
        self.source_edit = PathEdit(
            folder="Folder of pictures or data set…",
            file="Video…",
            file_filter=VIDEOS,
            choices=SAMPLES,
            parent=self,
        )
        self.source_edit.line.setPlaceholderText("Folder, video or data set to learn from")
        self.device_combo = CalmComboBox(self)
        self.device_combo.addItem("Automatic", "auto")
        self._source_note = QLabel("", self)
        self._device_note = QLabel("Looking for devices…", self)
        for note in (self._source_note, self._device_note):
            note.setProperty("role", "muted")
            note.setWordWrap(True)

    def _lay_out(self) -> None:
        form = self._form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(12)
        self._source_box = _below(self.source_edit, self._source_note)
        self._device_box = _below(self.device_combo, self._device_note)
        rows = (
            ("Start from", self.kind_combo, self.kind_combo),
            ("Model", self.model_edit, self.model_edit.line),
            ("Pictures", self._source_box, self.source_edit.line),
            ("Device", self._device_box, self.device_combo),
        )
        for label, widget, field in rows:
            form.addRow(label, widget)
            field.setAccessibleName(label)
        self._show_rows()

    def _connect(self) -> None:
        self.kind_combo.currentIndexChanged.connect(self._take_kind)
        self.model_edit.changed.connect(self.changed)
        self.source_edit.changed.connect(self._take_source)
        self.device_combo.currentIndexChanged.connect(self._take_device)
        self._setup.devices_listed.connect(self._show_devices)
        self._setup.source_counted.connect(self._show_count)
        self._setup.source_failed.connect(self._show_source_problem)

    def _show_rows(self) -> None:
        self._form.setRowVisible(self.model_edit, self.kind == "fine-tune")
        for box in (self._source_box, self._device_box):
            self._form.setRowVisible(box, self.kind != "resume")

    @Slot()
    def _take_kind(self) -> None:
        self._show_rows()
        self.changed.emit()

    # Pictures

    @Slot(str)
    def _take_source(self, text: str) -> None:
        self._count_later()
        self.source_changed.emit(text.strip())

    def _count_later(self) -> None:
        self._source_problem = ""
        text = self.source_edit.text()
        self._note("Looking through the pictures…" if text else "", "muted")
        self._timer.start()

    @Slot()
    def _count(self) -> None:
        text = self.source_edit.text()
        if text and self.isVisible():
            self._setup.count_pictures(text)

    @Slot(object)
    def _show_count(self, summary: SourceSummary) -> None:
        if summary.source == self.source_edit.text():
            self._note(summary_text(summary), "muted")
            self.changed.emit()

    @Slot(str)
    def _show_source_problem(self, text: str) -> None:
        self._source_problem = text
        self._note(text, "danger")
        self.changed.emit()

    def _note(self, text: str, role: str) -> None:
        self._source_note.setText(text)
        self._source_note.setVisible(bool(text))
        tones.set_role(self._source_note, role)

    # Devices

    @Slot()
    def _take_device(self) -> None:
        self._show_device_note()
        self.device_changed.emit(self.device)

    def _choose_device(self, name: str) -> None:
        with QSignalBlocker(self.device_combo):
            if self.device_combo.findData(name) < 0:
                self.device_combo.addItem(name, name)
            self.device_combo.setCurrentIndex(self.device_combo.findData(name))

    @Slot(object)
    def _show_devices(self, devices: tuple[DeviceInfo, ...]) -> None:
        chosen = self.device
        with QSignalBlocker(self.device_combo):
            self.device_combo.clear()
            first = devices[0] if devices else None
            self._add_device("auto", f"Automatic: {first.label}" if first else "Automatic", first)
            for device in devices:
                told = device.label if device.available else "not usable"
                self._add_device(device.name, f"{device.name}: {told}", device)
        self._choose_device(chosen)
        self._show_device_note()

    def _add_device(self, name: str, text: str, device: DeviceInfo | None) -> None:
        self.device_combo.addItem(text, name)
        row = self.device_combo.count() - 1
        reason = device.reason if device is not None else ""
        self.device_combo.setItemData(row, reason, Qt.ItemDataRole.ToolTipRole)
        model = self.device_combo.model()
        is_usable = device is None or device.available
        if not is_usable and isinstance(model, QStandardItemModel):
            model.item(row).setEnabled(False)

    def _show_device_note(self) -> None:
        row = self.device_combo.currentIndex()
        reason = self.device_combo.itemData(row, Qt.ItemDataRole.ToolTipRole)
        self._device_note.setText(str(reason or ""))
        self._device_note.setVisible(bool(reason))


def summary_text(summary: SourceSummary) -> str:
    """Say how many pictures there are and how large they are."""
    kinds = {"video": "frames"}
    what = kinds.get(summary.kind, "pictures" if summary.num_pictures != 1 else "picture")
    parts = [f"{readable.count(summary.num_pictures)} {what}"]
    if summary.sizes:
        width, height, _ = summary.sizes[0]
        others = len(summary.sizes) - 1
        more = f" and {others} other size{'s' if others > 1 else ''}" if others else ""
        parts.append(f"{width}×{height} px{more}")
    if summary.unreadable:
        num = len(summary.unreadable)
        are = "files are" if num > 1 else "file is"
        parts.append(f"{readable.count(num)} unreadable {are} left out")
    return ", ".join(parts) + "."


def _below(field: QWidget, note: QLabel) -> QWidget:
    box = QWidget(field.parentWidget())
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(3)
    column.addWidget(field)
    column.addWidget(note)
    box.setFocusProxy(field)
    return box


def _bundled() -> list[str]:
    try:
        return sorted(bundled_models())
    except FileNotFoundError:
        return []
