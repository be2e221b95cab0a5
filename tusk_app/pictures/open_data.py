"""One page about a folder before it is opened: how many, how large, what is wrong, examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.words import say
from tusk_app.pictures.controller import display_name
from tusk_app.pictures.summary_texts import describe_summary, problem_lines
from tusk_app.pictures.widgets.crop_preview import CropPreview
from tusk_app.pictures.widgets.look_rows import LookRows
from tusk_app.state.training_wish import TrainingShape
from tusk_core.config import load_preset
from tusk_core.source_text import is_flat, path_text, without_subfolders

if TYPE_CHECKING:
    from typing import Literal

    from tusk_app.pictures.controller import SourceController, Survey
    from tusk_app.settings import Settings
    from tusk_core.config import DataConfig
    from tusk_core.results import SourceSummary

FITS = (
    ("crop", "Crop the middle"),
    ("stretch", "Stretch"),
    ("pad", "Pad with black"),
)
MOST_HELD_OUT = 50  # percent
USUAL_PRESET = "quick-default"


class OpenDataDialog(QDialog):
    """Shows what a source holds while it is looked through; opens it on demand.

    Signals:
        open_wanted, discover_wanted, train_wanted: str source; ``flat:FOLDER`` if folders inside
            are left out.
    """

    open_wanted = Signal(str)
    discover_wanted = Signal(str)
    train_wanted = Signal(str)

    def __init__(
        self,
        source: str,
        sources: SourceController,
        settings: Settings,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("open-data-dialog")
        self.setWindowTitle(f"Open {display_name(source)}")
        self.resize(900, 600)
        self._place, self._sources, self._settings = path_text(source), sources, settings
        self._summary: SourceSummary | None = None
        self._lay_out()
        self._recursive.setChecked(not is_flat(source))
        self._recursive.toggled.connect(self._survey)
        sources.survey_ready.connect(self._show_survey)
        sources.survey_failed.connect(self._show_failure)
        self._survey()

    @property
    def source(self) -> str:
        """What would be opened."""
        return self._place if self._recursive.isChecked() else without_subfolders(self._place)

    @property
    def facts(self) -> dict[str, str]:
        """What the page says, by its labels."""
        return {name: label.text() for name, label in self._facts.items()}

    @property
    def preview(self) -> CropPreview:
        """The examples."""
        return self._preview

    @property
    def can_open(self) -> bool:
        """True unless there is nothing readable."""
        return self._open.isEnabled()

    @property
    def shape(self) -> TrainingShape | None:
        """The training size the user chose, here or earlier; None leaves it to the preset."""
        if not self._settings.value("data/chosen", False):
            return None
        fit = cast("Literal['crop', 'stretch', 'pad']", self._fit.currentData())
        return TrainingShape(self._width.value(), self._height.value(), fit)

    @property
    def held_out(self) -> float:
        """Share of the pictures that a training shall only measure on, [0, 0.5]."""
        return self._held_out.value() / 100

    @property
    def look(self) -> LookRows:
        """The rows that choose channels and brightness."""
        return self._look

    @property
    def shown_as(self) -> DataConfig | None:
        """Channels and brightness that the user chose; None leaves them to the pictures."""
        return self._look.shown_as

    @property
    def _ways(self) -> tuple[QPushButton, ...]:
        return self._open, self._train, self._discover

    def set_held_out(self, percent: int) -> None:
        """Choose how many pictures of a hundred are held out."""
        self._held_out.setValue(percent)

    def set_shape(self, shape: TrainingShape) -> None:
        """Choose a training size."""
        self._width.setValue(shape.width)
        self._height.setValue(shape.height)
        self._fit.setCurrentIndex(self._fit.findData(shape.fit))

    def done(self, result: int) -> None:
        """Stop looking through."""
        self._sources.cancel_survey()
        super().done(result)

    def _lay_out(self) -> None:
        path = QLabel(self._place, self)
        path.setProperty("role", "muted")
        path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._progress = QProgressBar(self)
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName("Looking through the pictures")
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 8, 0)
        column.addLayout(self._make_facts(left))
        column.addSpacing(10)
        self._problem_title = QLabel("Files to check", left)
        self._problem_title.setProperty("role", "heading")
        self._problem_title.hide()
        column.addWidget(self._problem_title)
        column.addWidget(self._make_problems(left))
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(left)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addWidget(scroll, 1)
        body.addLayout(self._make_examples())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(18, 14, 18, 14)
        whole.setSpacing(10)
        whole.addWidget(path)
        whole.addWidget(self._progress)
        whole.addLayout(body, 1)
        whole.addLayout(self._make_buttons())

    def _make_facts(self, parent: QWidget) -> QFormLayout:
        self._facts = {
            name: QLabel("…", parent)
            for name in (
                "Pictures",
                "Sizes",
                "Colour",
                "Brightness",
                "Unreadable",
                "Duplicates",
                "Kind",
            )
        }
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        for name, label in self._facts.items():
            label.setWordWrap(True)
            form.addRow(name, label)
        return form

    def _make_problems(self, parent: QWidget) -> QPlainTextEdit:
        self._problems = QPlainTextEdit(parent)
        self._problems.setReadOnly(True)
        self._problems.setAccessibleName("Files with problems")
        self._problems.setMinimumHeight(120)
        self._problems.hide()
        return self._problems

    def _make_examples(self) -> QVBoxLayout:
        self._preview = CropPreview(self)
        title = QLabel("As the network will see them", self)
        title.setProperty("role", "heading")
        self._width, self._height = QSpinBox(self), QSpinBox(self)
        # Until the user chooses, what the preset that the training dialog offers first would do.
        preset = load_preset(USUAL_PRESET)
        usual = preset.data
        self._preview.set_keypoint(preset.decoder.patch_size)
        self._circle_note = QLabel(say("Circle: what one [point] draws"), self)
        self._circle_note.setProperty("role", "muted")
        for box, name in ((self._width, "width"), (self._height, "height")):
            box.setRange(8, 2048)
            box.setSuffix(" px")
            box.setAccessibleName(f"Training {name}")
            box.setValue(self._settings.value(f"data/{name}", int(getattr(usual, name))))
            box.setToolTip("Used for training; the training dialog shows it as changed")
            box.valueChanged.connect(self._choose)
        self._fit = QComboBox(self)
        self._fit.setAccessibleName("How pictures are brought to the training size")
        for fit, words in FITS:
            self._fit.addItem(words, fit)
        self._fit.setCurrentIndex(
            max(0, self._fit.findData(self._settings.value("data/fit", usual.fit)))
        )
        self._fit.currentIndexChanged.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(self._width)
        row.addWidget(QLabel("×", self))
        row.addWidget(self._height)
        row.addWidget(self._fit, 1)
        column = QVBoxLayout()
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._circle_note)
        column.addLayout(head)
        column.addWidget(self._preview)
        column.addLayout(row)
        column.addLayout(self._make_held_out())
        self._look = LookRows(self)
        self._look.channels_changed.connect(self._survey)
        self._look.brightness_changed.connect(self._show_examples_anew)
        column.addWidget(self._look)
        column.addStretch(1)
        self._retarget()
        return column

    def _make_held_out(self) -> QHBoxLayout:
        self._held_out = QSpinBox(self)
        self._held_out.setRange(0, MOST_HELD_OUT)
        self._held_out.setSuffix(" %")
        self._held_out.setSpecialValueText("none")
        self._held_out.setAccessibleName("Share of the pictures held out of training")
        self._held_out.setToolTip(
            "Pictures that training does not learn from: the loss on them is a curve of its own,\n"
            "and decides which checkpoint is the best. Of a video, its last frames"
        )
        self._held_out.setValue(self._settings.value("data/held-out", 0))
        self._held_out.valueChanged.connect(self._choose_held_out)
        label = QLabel("Hold out to measure on", self)
        label.setBuddy(self._held_out)
        row = QHBoxLayout()
        row.addWidget(label, 1)
        row.addWidget(self._held_out)
        return row

    @Slot(int)
    def _choose_held_out(self, percent: int) -> None:
        self._settings.set_value("data/held-out", percent)

    def _make_buttons(self) -> QHBoxLayout:
        self._recursive = QCheckBox("Include folders inside", self)
        self._recursive.setToolTip("Untick to leave out the pictures of folders inside this one")
        self._open = QPushButton("Open", self)
        self._open.setAutoDefault(False)
        self._open.clicked.connect(self._accept_open)
        self._train = QPushButton("Open and train…", self)
        self._train.setAutoDefault(False)
        self._train.clicked.connect(self._accept_train)
        self._discover = QPushButton("Open and discover", self)
        self._discover.setDefault(True)
        self._discover.setToolTip("Open them and find what recurs, without training")
        self._discover.clicked.connect(self._accept_discover)
        cancel = QPushButton("Cancel", self)
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self._recursive)
        row.addStretch(1)
        row.addWidget(cancel)
        for button in self._ways:
            row.addWidget(button)
        return row

    @Slot()
    def _survey(self) -> None:
        """Look through what is chosen now."""
        for label in self._facts.values():
            label.setText("…")
        self._progress.show()
        self._summary = None
        self._sources.survey(self.source, shown_as=self.shown_as)

    @Slot()
    def _show_examples_anew(self) -> None:
        """Show the same pictures with other black and white."""
        if self._summary is not None:
            self._sources.survey(self.source, shown_as=self.shown_as, known=self._summary)

    def _retarget(self) -> None:
        fit = str(self._fit.currentData())
        self._preview.set_target(self._width.value(), self._height.value(), fit)

    def _choose(self) -> None:
        self._retarget()
        self._settings.set_value("data/chosen", True)
        self._settings.set_value("data/width", self._width.value())
        self._settings.set_value("data/height", self._height.value())
        self._settings.set_value("data/fit", str(self._fit.currentData()))

    @Slot(object)
    def _show_survey(self, survey: Survey) -> None:
        self._progress.hide()
        summary = survey.summary
        self._recursive.setVisible(summary.kind == "folder")
        for name, text in describe_summary(summary).items():
            self._facts[name].setText(text)
        self._summary = summary
        self._look.show_channels(summary.num_channels)
        self._look.show_brightness(summary.brightness)
        problems = problem_lines(summary)
        self._problems.setPlainText("\n".join(problems))
        self._problems.setVisible(bool(problems))
        self._problem_title.setVisible(bool(problems))
        self._preview.set_pictures(survey.examples)
        if not survey.examples:
            self._preview.set_message("No picture can be shown.")
        for button in self._ways:
            button.setEnabled(summary.num_pictures > 0)

    @Slot(str)
    def _show_failure(self, sentence: str) -> None:
        self._progress.hide()
        for label in self._facts.values():
            label.setText("–")
        self._facts["Pictures"].setText(sentence)
        self._preview.set_message("No pictures")
        for button in self._ways:
            button.setEnabled(False)

    def _accept_open(self) -> None:
        self.accept()
        self.open_wanted.emit(self.source)

    def _accept_discover(self) -> None:
        self.accept()
        self.discover_wanted.emit(self.source)

    def _accept_train(self) -> None:
        self.accept()
        self.train_wanted.emit(self.source)
