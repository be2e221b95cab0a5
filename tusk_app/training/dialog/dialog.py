"""The dialog that starts a run: pictures, preset, a few settings, all the others, and the cost."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts import tones
from tusk_app.parts.collapsible import CollapsibleGroup
from tusk_app.parts.flow_layout import FlowLayout
from tusk_app.training.controller import TrainingController
from tusk_app.training.dialog.cards import PresetCards
from tusk_app.training.dialog.command import command_line
from tusk_app.training.dialog.estimate import EstimateLine
from tusk_app.training.dialog.origin import Kind, RunOrigin
from tusk_app.training.dialog.presets import Preset, all_presets, save_preset
from tusk_app.training.dialog.resume import ResumePage
from tusk_app.training.request import TrainingRequest
from tusk_app.training.widgets.config_form import ConfigForm
from tusk_core.config import ConfigError, TrainConfig, replaced

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.state.training_wish import TrainingShape
    from tusk_app.workbench import Workbench
    from tusk_core.config import DataConfig

LARGEST = QSize(1000, 680)
FIRST_CHOICES = ("quick-default", "quick-tetrominoes")


class TrainingDialog(QDialog):
    """Collects what is needed for a run; starts nothing itself.

    Attributes:
        origin: what the run starts from, its pictures and its device.
        cards: the presets.
        form: the settings.
        resume_page: takes the place of the settings when an earlier run goes on.
        more: the settings that few people need; it opens itself where one of them is at fault.
        estimate: time and memory.

    Signals:
        start_requested: TrainingRequest.
    """

    start_requested = Signal(object)

    def __init__(
        self,
        training: TrainingController,
        *,
        source: str = "",
        shape: TrainingShape | None = None,
        held_out: float = 0.0,
        shown_as: DataConfig | None = None,
        proposed: dict[str, int] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("training-dialog")
        self.setWindowTitle("Train a model")
        self.setSizeGripEnabled(True)
        self.resize(LARGEST)
        self._training = training
        self._presets: list[Preset] = []
        self._has_own_source = bool(source)
        # What was chosen for these pictures; others that the user names here have nothing.
        chosen = asdict(shape) if shape is not None else {}
        chosen |= {"held_out": held_out} if held_out else {}
        if shown_as is not None:
            chosen |= shown_as.model_dump(exclude_unset=True)
        self._chosen = {source: chosen}
        self._proposed = {source: proposed or {}}
        self.origin = RunOrigin(training.setup, self)
        self.cards = PresetCards(self)
        self.form = ConfigForm(self)
        self.resume_page = ResumePage(self)
        self.estimate = EstimateLine(training.setup, self)
        self._message = QLabel("", self)
        self._message.setWordWrap(True)
        self._lay_out()
        self._connect()
        self._load_presets(source)
        self._refresh()

    # What it holds

    def config(self) -> TrainConfig | None:
        """The settings as they stand; None while one of them cannot be used."""
        return self.form.config()

    def set_config(self, config: TrainConfig, *, baseline: TrainConfig | None = None) -> None:
        """Show ``config``; what differs from ``baseline`` counts as changed."""
        self.origin.set_values(config.data.source, config.run.device)
        self.form.set_config(config, baseline=baseline)

    def set_kind(self, kind: Kind, path: Path | None = None) -> None:
        """Start from a new model, a run or a model (``path``)."""
        self.origin.set_kind(kind)
        if path is not None and kind == "resume":
            self.resume_page.set_path(path)
        elif path is not None:
            self.origin.model_edit.set_text(str(path))

    def begin_with(self, name: str, changes: dict[str, object]) -> None:
        """Choose the preset ``name`` with some settings changed; a size the user chose stays."""
        preset = next(preset for preset in self._presets if preset.name == name)
        self._take_preset(preset)
        config, chosen = self.config(), self._chosen.get(self.origin.source_edit.text(), {})
        if config is not None:
            free = {
                path: value
                for path, value in changes.items()
                if path.removeprefix("data.") not in chosen
            }
            self.set_config(replaced(config, free), baseline=preset.config)

    def request(self) -> TrainingRequest | None:
        """What is asked for; None while something is missing."""
        if self.problem:
            return None
        root, kind = self._training.run_root, self.origin.kind
        if kind == "resume":
            page = self.resume_page
            return TrainingRequest("resume", root, start_from=page.path, steps=page.steps)
        start = self.origin.model_edit.text() if kind == "fine-tune" else None
        return TrainingRequest(kind, root, self.config(), start_from=start)

    @property
    def problem(self) -> str:
        """What must be put right before the run can start; empty if nothing."""
        if self.origin.kind == "resume":
            return self.resume_page.problem
        return self.form.message or self.origin.problem

    @property
    def message(self) -> str:
        """The line above the buttons."""
        return self._message.text()

    def sizeHint(self) -> QSize:
        """As large as a small screen allows."""
        return LARGEST

    def showEvent(self, event: QShowEvent) -> None:
        """Never be larger than a small screen; look which runs there are."""
        super().showEvent(event)
        self.resize(self.size().boundedTo(LARGEST))
        self._training.setup.list_runs(self._training.run_root)
        self._refresh()
        self.cards.show_chosen()

    def done(self, result: int) -> None:
        """Stop measuring and counting."""
        self.origin.stop()
        self.estimate.set_config(None, can_measure=False)
        super().done(result)

    # Parts

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.origin)
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

    def _settings_page(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(10)
        column.addWidget(self.form.basic)
        rest = QWidget(page)
        below = QVBoxLayout(rest)
        below.setContentsMargins(0, 4, 0, 0)
        below.setSpacing(10)
        heading = QLabel("Advanced", rest)
        heading.setProperty("role", "heading")
        for widget in (self.form.more, heading, self.form.advanced):
            below.addWidget(widget)
        self.more = CollapsibleGroup("More settings", rest, page)
        column.addWidget(self.more)
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
        self.origin.changed.connect(self._refresh)
        self.origin.source_changed.connect(self._take_source)
        self.origin.device_changed.connect(lambda name: self.form.set_elsewhere("run.device", name))
        self.resume_page.changed.connect(self._refresh)
        self.form.changed.connect(self._refresh)
        self.form.changed.connect(self._mark_more)
        self.cards.chosen.connect(self._take_preset)
        self._training.setup.runs_listed.connect(self.resume_page.set_runs)
        self._training.state_changed.connect(self._refresh)

    @Slot(str)
    def _take_source(self, text: str) -> None:
        self._has_own_source = bool(text)
        self.form.set_elsewhere("data.source", text)

    # Presets

    def _load_presets(self, source: str) -> None:
        self._presets = all_presets()
        names = [preset.name for preset in self._presets]
        first = next((name for name in FIRST_CHOICES if name in names), names[0])
        fitting = f"quick-{source.removeprefix('sample:')}"
        if source.startswith("sample:") and fitting in names:
            first = fitting
        self.cards.set_presets(self._presets, first)
        if source:
            self.origin.set_values(source, self.origin.device)
        self._take_preset(next(preset for preset in self._presets if preset.name == first))

    @Slot(object)
    def _take_preset(self, preset: Preset) -> None:
        """Show the settings of a card; pictures and size the user chose, and the device, stay."""
        config = preset.config
        source = self.origin.source_edit.text()
        data: dict[str, object] = {}
        if self._has_own_source and source:
            data = {"source": source} | self._chosen.get(source, {})
        config = config.model_copy(
            update={
                "data": config.data.model_copy(update=data),
                "run": config.run.model_copy(update={"device": self.origin.device}),
            }
        )
        proposed = self._proposed.get(source, {}) if not preset.config.encoder.has_backbone else {}
        if proposed:
            config = replaced(config, proposed)
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

    # State

    @Slot()
    def _refresh(self) -> None:
        is_resume = self.origin.kind == "resume"
        is_busy = self._training.is_busy
        self.cards.setEnabled(not is_resume)
        self._pages.setCurrentIndex(1 if is_resume else 0)
        waits = "A run is in progress; you can start this one when it finishes." if is_busy else ""
        problem = waits or self.problem
        # The page of the runs tells its problems itself, beside the field.
        self._say(waits if is_resume else problem, "danger")
        self.start_button.setEnabled(not problem)
        self._copy_button.setEnabled(not self.problem)
        self._save_button.setEnabled(not is_resume and self.config() is not None)
        self.estimate.setVisible(not is_resume)
        if self.isVisible():
            config = None if is_resume else self.config()
            self.estimate.set_config(config, can_measure=not is_busy)

    def _mark_more(self) -> None:
        """Say what is hidden, and open it where something in it must be put right."""
        num_bad, num_changed = self.form.behind()
        if num_bad:
            self.more.set_mark("something here cannot be used", "danger")
            self.more.button.setChecked(True)
        else:
            self.more.set_mark(f"● {num_changed} changed" if num_changed else "", "muted")

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
    training = workbench.part(TrainingController)
    training.set_run_root(workbench.settings.run_root)
    wish = training.wish.of(source)
    dialog = TrainingDialog(
        training,
        source=source,
        shape=wish.shape,
        held_out=wish.held_out,
        shown_as=wish.shown_as,
        proposed=wish.proposed,
        parent=parent,
    )
    dialog.start_requested.connect(training.start_request)
    dialog.set_kind(kind, path)
    return dialog


def _scrolled(page: QWidget, parent: QWidget) -> QScrollArea:
    scroll = QScrollArea(parent)
    scroll.setWidget(page)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QScrollArea.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return scroll
