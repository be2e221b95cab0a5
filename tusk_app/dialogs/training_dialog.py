"""The dialog that starts a run: pictures, preset, a few settings, all the others, and the cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QShowEvent, QStandardItemModel
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tusk_app.dialogs.training_cards import PresetCards
from tusk_app.dialogs.training_command import command_line
from tusk_app.dialogs.training_estimate import EstimateLine
from tusk_app.dialogs.training_presets import Preset, all_presets, save_preset
from tusk_app.dialogs.training_resume import ResumePage
from tusk_app.widgets import readable, tones
from tusk_app.widgets.config_fields import CalmComboBox
from tusk_app.widgets.config_form import ConfigForm
from tusk_app.widgets.flow_layout import FlowLayout
from tusk_app.widgets.path_edit import PathEdit
from tusk_app.workers.training_request import TrainingRequest
from tusk_core.config import ConfigError, TrainConfig
from tusk_core.resources import bundled_models

if TYPE_CHECKING:
    from tusk_app.controllers.training_controller import TrainingController
    from tusk_app.workbench import Workbench
    from tusk_core.results import DeviceInfo, RunSummary, SourceSummary

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
LARGEST = QSize(1000, 680)
COUNT_DELAY_MS = 500
FIRST_CHOICES = ("quick-default", "quick-tetrominoes")


class TrainingDialog(QDialog):
    """Collects what is needed for a run; starts nothing itself.

    Signals:
        start_requested: TrainingRequest.
    """

    start_requested = Signal(object)

    def __init__(
        self, training: TrainingController, *, source: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("training-dialog")
        self.setWindowTitle("Train a model")
        self.setSizeGripEnabled(True)
        self.resize(LARGEST)
        self._training = training
        self._setup = training.setup
        self._presets: list[Preset] = []
        self._summary: SourceSummary | None = None
        self._source_problem = ""
        self._has_own_source = bool(source)
        self.form = ConfigForm(self)
        self.cards = PresetCards(self)
        self.resume_page = ResumePage(self)
        self.estimate = EstimateLine(self._setup, self)
        self._make_fields()
        self._lay_out()
        self._count_timer = QTimer(self)
        self._count_timer.setSingleShot(True)
        self._count_timer.setInterval(COUNT_DELAY_MS)
        self._count_timer.timeout.connect(self._count)
        self._connect()
        self._load_presets(source)

    # What it holds

    def config(self) -> TrainConfig | None:
        """The settings as they stand; None while one of them cannot be used."""
        return self.form.config()

    def set_config(self, config: TrainConfig, *, baseline: TrainConfig | None = None) -> None:
        """Show ``config``; what differs from ``baseline`` counts as changed."""
        self._show_elsewhere(config)
        self.form.set_config(config, baseline=baseline)

    @property
    def kind(self) -> Kind:
        """What the run starts from."""
        return KINDS[self.kind_combo.currentIndex()][0]

    def set_kind(self, kind: Kind, path: Path | None = None) -> None:
        """Start from something else."""
        self.kind_combo.setCurrentIndex([name for name, _ in KINDS].index(kind))
        if path is not None and kind == "resume":
            self.resume_page.set_path(path)
        elif path is not None:
            self.model_edit.set_text(str(path))

    def request(self) -> TrainingRequest | None:
        """What is asked for; None while something is missing."""
        if self.problem:
            return None
        root = self._training.run_root
        if self.kind == "resume":
            page = self.resume_page
            return TrainingRequest("resume", root, start_from=page.path, steps=page.steps)
        start = self.model_edit.text() if self.kind == "fine-tune" else None
        return TrainingRequest(self.kind, root, self.config(), start_from=start)

    @property
    def problem(self) -> str:
        """What must be put right before the run can start; empty if nothing."""
        if self.kind == "resume":
            return self.resume_page.problem
        if self.form.message:
            return self.form.message
        if not self.source_edit.text():
            return "Choose the pictures to learn from."
        if self._source_problem:
            return self._source_problem
        if self.kind == "fine-tune" and not self.model_edit.text():
            return "Choose the model whose weights the run begins with."
        return ""

    @property
    def message(self) -> str:
        """The line above the buttons."""
        return self._message.text()

    @property
    def source_note(self) -> str:
        """What is said about the pictures."""
        return self._source_note.text()

    def sizeHint(self) -> QSize:
        """As large as a small screen allows."""
        return LARGEST

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what takes a moment, and never be larger than a small screen."""
        super().showEvent(event)
        self.resize(self.size().boundedTo(LARGEST))
        self._setup.list_devices()
        self._setup.list_runs(self._training.run_root)
        self._count()
        self._refresh()
        self.cards.show_chosen()

    def done(self, result: int) -> None:
        """Stop measuring and counting."""
        self._count_timer.stop()
        self.estimate.set_config(None, can_measure=False)
        super().done(result)

    # Parts

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
        self._source_note = QLabel("", self)
        self._source_note.setWordWrap(True)
        self.device_combo = CalmComboBox(self)
        self.device_combo.addItem("Automatic", "auto")
        self._device_note = QLabel("Looking for devices…", self)
        self._device_note.setProperty("role", "muted")
        self._device_note.setWordWrap(True)
        self._message = QLabel("", self)
        self._message.setWordWrap(True)
        self._message.setProperty("role", "danger")

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addLayout(self._top_form())
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._settings_page())
        self._pages.addWidget(_scrolled(self.resume_page, self))
        right.addWidget(self._pages, 1)
        middle = QHBoxLayout()
        middle.setSpacing(14)
        middle.addWidget(self.cards, 3)
        middle.addLayout(right, 7)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(8)
        column.addLayout(middle, 1)
        column.addWidget(self._message)
        column.addWidget(self.estimate)
        column.addWidget(self._button_row())

    def _top_form(self) -> QFormLayout:
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setHorizontalSpacing(12)
        form.addRow("Start from", self.kind_combo)
        form.addRow("Model", self.model_edit)
        self._source_box = _below(self.source_edit, self._source_note)
        self._device_box = _below(self.device_combo, self._device_note)
        form.addRow("Pictures", self._source_box)
        form.addRow("Device", self._device_box)
        for label, widget in (("Pictures", self.source_edit), ("Device", self.device_combo)):
            widget.setAccessibleName(label)
        self._top = form
        return form

    def _settings_page(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(10)
        column.addWidget(self.form.basic)
        heading = QLabel("Advanced", page)
        heading.setProperty("role", "heading")
        column.addWidget(heading)
        column.addWidget(self.form.advanced)
        column.addStretch(1)
        return _scrolled(page, self)

    def _button_row(self) -> QWidget:
        row = QWidget(self)
        flow = FlowLayout(row, spacing=8, align_right=True)
        self._save_button = QPushButton("Save as preset…", row)
        self._copy_button = QPushButton("Copy as command line", row)
        cancel = QPushButton("Cancel", row)
        self.start_button = QPushButton("Start training", row)
        self.start_button.setDefault(True)
        for button in (self._save_button, self._copy_button, cancel):
            button.setAutoDefault(False)
        for button in (self._save_button, self._copy_button, cancel, self.start_button):
            flow.addWidget(button)
        self._save_button.setToolTip("Keep these settings as a card of your own")
        self._copy_button.setToolTip("Copy the command that starts exactly this run in a terminal")
        self._save_button.clicked.connect(self._ask_preset_name)
        self._copy_button.clicked.connect(self.copy_command)
        cancel.clicked.connect(self.reject)
        self.start_button.clicked.connect(self._start)
        return row

    def _connect(self) -> None:
        self.kind_combo.currentIndexChanged.connect(self._refresh)
        self.model_edit.changed.connect(self._refresh)
        self.resume_page.changed.connect(self._refresh)
        self.form.changed.connect(self._refresh)
        self.source_edit.changed.connect(self._take_source)
        self.device_combo.currentIndexChanged.connect(self._take_device)
        self.cards.chosen.connect(self._take_preset)
        self._setup.devices_listed.connect(self._show_devices)
        self._setup.runs_listed.connect(self._show_runs)
        self._setup.source_counted.connect(self._show_count)
        self._setup.source_failed.connect(self._show_source_problem)
        self._training.state_changed.connect(self._refresh)

    # Presets

    def _load_presets(self, source: str) -> None:
        self._presets = all_presets()
        names = [preset.name for preset in self._presets]
        first = next((name for name in FIRST_CHOICES if name in names), names[0] if names else "")
        if source.startswith("sample:"):
            fitting = f"quick-{source.removeprefix('sample:')}"
            first = fitting if fitting in names else first
        self.cards.set_presets(self._presets, first)
        preset = next((p for p in self._presets if p.name == first), None)
        if preset is not None:
            if source:
                self.source_edit.set_text(source)
            self._take_preset(preset)

    @Slot(object)
    def _take_preset(self, preset: Preset) -> None:
        """Show the settings of a card; pictures the user chose, and the device, stay."""
        config = preset.config
        source = self.source_edit.text()
        data = {"source": source} if self._has_own_source and source else {}
        run = {"device": self.device_combo.currentData() or "auto"}
        config = config.model_copy(
            update={
                "data": config.data.model_copy(update=data),
                "run": config.run.model_copy(update=run),
            }
        )
        self.set_config(config, baseline=preset.config)
        self.cards.choose(preset.name)

    def _ask_preset_name(self) -> None:
        name, is_sure = QInputDialog.getText(self, "Save as preset", "Name of the preset:")
        if is_sure:
            self.save_preset(name)

    def save_preset(self, name: str) -> bool:
        """Keep the settings as a card called ``name``; False, with a sentence, if that fails."""
        config = self.config()
        if config is None:
            return False
        try:
            path = save_preset(config, name, f"Your settings, begun from {config.preset}.")
        except (ConfigError, OSError) as error:
            self._say(str(error), "danger")
            return False
        name = " ".join(name.split())
        self._presets = all_presets()
        self.cards.set_presets(self._presets, name)
        self.set_config(config.model_copy(update={"preset": name}))
        self._say(f"Saved as {path.name}.", "success")
        return True

    def copy_command(self) -> str:
        """Put the command line that does the same on the clipboard, and return it."""
        request = self.request()
        if request is None:
            self._say(self.problem, "danger")
            return ""
        text = command_line(request)
        QGuiApplication.clipboard().setText(text)
        self._say("The command is on the clipboard.", "success")
        return text

    # Pictures and device

    def _show_elsewhere(self, config: TrainConfig) -> None:
        self.source_edit.blockSignals(True)
        self.source_edit.set_text(config.data.source)
        self.source_edit.blockSignals(False)
        self._choose_device(config.run.device)
        self._count_later()

    def _choose_device(self, name: str) -> None:
        if self.device_combo.findData(name) < 0:
            self.device_combo.addItem(name, name)
        self.device_combo.blockSignals(True)
        self.device_combo.setCurrentIndex(self.device_combo.findData(name))
        self.device_combo.blockSignals(False)

    @Slot(str)
    def _take_source(self, text: str) -> None:
        self._has_own_source = bool(text.strip())
        self.form.set_elsewhere("data.source", text.strip())
        self._count_later()

    @Slot()
    def _take_device(self) -> None:
        self.form.set_elsewhere("run.device", self.device_combo.currentData())
        self._show_device_note()

    def _count_later(self) -> None:
        self._source_problem = ""
        self._summary = None
        text = self.source_edit.text()
        self._note("Looking through the pictures…" if text else "", "muted")
        self._count_timer.start()

    @Slot()
    def _count(self) -> None:
        text = self.source_edit.text()
        if text and self.isVisible():
            self._setup.count_pictures(text)

    @Slot(object)
    def _show_count(self, summary: SourceSummary) -> None:
        if summary.source != self.source_edit.text():
            return
        self._summary = summary
        self._note(_summary_text(summary), "muted")
        self._refresh()

    @Slot(str)
    def _show_source_problem(self, text: str) -> None:
        self._source_problem = text
        self._note(text, "danger")
        self._refresh()

    def _note(self, text: str, role: str) -> None:
        self._source_note.setText(text)
        self._source_note.setVisible(bool(text))
        tones.set_role(self._source_note, role)

    @Slot(object)
    def _show_devices(self, devices: tuple[DeviceInfo, ...]) -> None:
        chosen = self.device_combo.currentData() or "auto"
        self.device_combo.blockSignals(True)
        self.device_combo.clear()
        first = devices[0] if devices else None
        text = f"Automatic: {first.label}" if first is not None else "Automatic"
        self.device_combo.addItem(text, "auto")
        self.device_combo.setItemData(
            0, first.reason if first is not None else "", Qt.ItemDataRole.ToolTipRole
        )
        for device in devices:
            self.device_combo.addItem(f"{device.name}: {device.label}", device.name)
            row = self.device_combo.count() - 1
            self.device_combo.setItemData(row, device.reason, Qt.ItemDataRole.ToolTipRole)
            model = self.device_combo.model()
            if not device.available and isinstance(model, QStandardItemModel):
                model.item(row).setEnabled(False)
                self.device_combo.setItemText(row, f"{device.name}: not usable")
        self.device_combo.blockSignals(False)
        self._choose_device(chosen)
        self._show_device_note()

    def _show_device_note(self) -> None:
        row = self.device_combo.currentIndex()
        reason = self.device_combo.itemData(row, Qt.ItemDataRole.ToolTipRole)
        self._device_note.setText(str(reason or ""))
        self._device_note.setVisible(bool(reason))

    @Slot(object)
    def _show_runs(self, runs: tuple[RunSummary, ...]) -> None:
        self.resume_page.set_runs(runs)

    # State

    @Slot()
    def _refresh(self) -> None:
        kind = self.kind
        is_resume = kind == "resume"
        self._top.setRowVisible(self.model_edit, kind == "fine-tune")
        for widget in (self._source_box, self._device_box):
            self._top.setRowVisible(widget, not is_resume)
        self.cards.setEnabled(not is_resume)
        self._pages.setCurrentIndex(1 if is_resume else 0)
        is_busy = self._training.is_busy
        problem = "A run is going on; this one can start when it has ended." if is_busy else ""
        problem = problem or self.problem
        # The page of the runs tells its problems itself, beside the field.
        self._say("" if is_resume and not is_busy else problem, "danger")
        self.start_button.setEnabled(not problem)
        self._copy_button.setEnabled(not self.problem)
        self._save_button.setEnabled(not is_resume and self.config() is not None)
        config = None if is_resume else self.config()
        self.estimate.setVisible(not is_resume)
        if self.isVisible():
            self.estimate.set_config(config, can_measure=not is_busy)

    def _say(self, text: str, role: str) -> None:
        self._message.setText(text)
        self._message.setVisible(bool(text))
        tones.set_role(self._message, role)

    @Slot()
    def _start(self) -> None:
        request = self.request()
        if request is not None and not self._training.is_busy:
            self.start_requested.emit(request)
            self.accept()


def make_training_dialog(
    workbench: Workbench, parent: QWidget | None, kind: Kind = "new", path: Path | None = None
) -> TrainingDialog:
    """Return the dialog for the pictures that are open; the run starts when the user says so."""
    source = workbench.document.source.source if workbench.document.source is not None else ""
    training = workbench.training
    training.set_run_root(workbench.settings.run_root)
    dialog = TrainingDialog(training, source=source, parent=parent)
    dialog.start_requested.connect(training.start_request)
    dialog.set_kind(kind, path)
    return dialog


def _below(field: QWidget, note: QLabel) -> QWidget:
    box = QWidget(field.parentWidget())
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(3)
    column.addWidget(field)
    column.addWidget(note)
    box.setFocusProxy(field)
    return box


def _scrolled(page: QWidget, parent: QWidget) -> QScrollArea:
    scroll = QScrollArea(parent)
    scroll.setWidget(page)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QScrollArea.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return scroll


def _bundled() -> list[str]:
    try:
        return sorted(bundled_models())
    except FileNotFoundError:
        return []


def _summary_text(summary: SourceSummary) -> str:
    kinds = {"video": "frames"}
    what = kinds.get(summary.kind, "pictures" if summary.num_pictures != 1 else "picture")
    parts = [f"{readable.count(summary.num_pictures)} {what}"]
    if summary.sizes:
        width, height, _ = summary.sizes[0]
        more = f" and {len(summary.sizes) - 1} other sizes" if len(summary.sizes) > 1 else ""
        parts.append(f"{width}×{height} px{more}")
    if summary.unreadable:
        parts.append(f"{len(summary.unreadable)} unreadable files are left out")
    return ", ".join(parts) + "."
