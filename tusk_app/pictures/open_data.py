"""One page about a folder before it is opened: how many, how large, what is wrong, examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from tusk_app.pictures.controller import display_name
from tusk_app.pictures.examples_pane import ExamplesPane
from tusk_app.pictures.summary_texts import (
    describe_summary,
    origin_of,
    problem_lines,
    proposal_rows,
)
from tusk_app.pictures.widgets.proposal_box import ProposalBox
from tusk_core.source_text import is_flat, path_text, without_subfolders

if TYPE_CHECKING:
    from tusk_app.pictures.controller import SourceController, Survey
    from tusk_app.pictures.widgets.crop_preview import CropPreview
    from tusk_app.pictures.widgets.look_rows import LookRows
    from tusk_app.settings import Settings
    from tusk_app.state.training_wish import TrainingShape
    from tusk_core.config import DataConfig
    from tusk_core.results import DataProposal, SourceSummary

PROPOSE_AFTER_MS = 500


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
        self._proposal: DataProposal | None = None
        # Who opens the pictures at once does not wait for a look that nobody reads.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(PROPOSE_AFTER_MS)
        self._soon.timeout.connect(self._propose)
        self._lay_out()
        self._recursive.setChecked(not is_flat(source))
        self._recursive.toggled.connect(self._survey)
        sources.survey_ready.connect(self._show_survey)
        sources.survey_failed.connect(self._show_failure)
        sources.proposal_ready.connect(self._show_proposal)
        sources.proposal_failed.connect(self._proposals.show_problem)
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
        return self._pane.preview

    @property
    def can_open(self) -> bool:
        """True unless there is nothing readable."""
        return self._open.isEnabled()

    @property
    def shape(self) -> TrainingShape | None:
        """The training size the user chose, here or earlier; None leaves it to the preset."""
        return self._pane.shape

    @property
    def held_out(self) -> float:
        """Share of the pictures that a training shall only measure on, [0, 0.5]."""
        return self._pane.held_out

    @property
    def look(self) -> LookRows:
        """The rows that choose channels and brightness."""
        return self._pane.look

    @property
    def shown_as(self) -> DataConfig | None:
        """Channels and brightness that the user chose; None leaves them to the pictures."""
        return self._pane.look.shown_as

    @property
    def proposal(self) -> DataProposal | None:
        """What a first look proposes; None while it is not known."""
        return self._proposal

    @property
    def proposals(self) -> ProposalBox:
        """The rows that show it."""
        return self._proposals

    @property
    def proposed(self) -> dict[str, int]:
        """Settings for training that the user took over, by their names."""
        if self._proposal is None or not self._proposals.is_taken:
            return {}
        return {
            "keypoints.num_keypoints": self._proposal.num_keypoints,
            "prototypes.num_prototypes": self._proposal.num_prototypes,
        }

    @property
    def _ways(self) -> tuple[QPushButton, ...]:
        return self._open, self._train, self._discover

    def done(self, result: int) -> None:
        """Stop looking through."""
        self._soon.stop()
        self._sources.cancel_survey()
        self._sources.cancel_proposal()
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
        column.addSpacing(14)
        self._proposals = ProposalBox(left)
        column.addWidget(self._proposals)
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
        self._pane = ExamplesPane(self._settings, self)
        self._pane.look.channels_changed.connect(self._survey)
        self._pane.look.brightness_changed.connect(self._show_examples_anew)
        body.addWidget(self._pane)
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
        self._summary = self._proposal = None
        self._soon.stop()
        self._sources.cancel_proposal()
        self._proposals.hide()
        self._pane.show_keypoint(0.0)
        self._sources.survey(self.source, shown_as=self.shown_as)

    @Slot()
    def _show_examples_anew(self) -> None:
        """Show the same pictures with other black and white."""
        if self._summary is not None:
            self._sources.survey(self.source, shown_as=self.shown_as, known=self._summary)

    @Slot(object)
    def _show_survey(self, survey: Survey) -> None:
        self._progress.hide()
        summary = survey.summary
        self._recursive.setVisible(summary.kind == "folder")
        for name, text in describe_summary(summary).items():
            self._facts[name].setText(text)
        self._summary = summary
        self._pane.look.show_channels(summary.num_channels)
        self._pane.look.show_brightness(summary.brightness)
        problems = problem_lines(summary)
        self._problems.setPlainText("\n".join(problems))
        self._problems.setVisible(bool(problems))
        self._problem_title.setVisible(bool(problems))
        self._pane.preview.set_pictures(survey.examples)
        if not survey.examples:
            self._pane.preview.set_message("No picture can be shown.")
        for button in self._ways:
            button.setEnabled(summary.num_pictures > 0)
        self._offer(photographs=survey.is_photographic)
        if summary.num_pictures > 0 and self._proposal is None:
            self._proposals.begin()
            self._soon.start()

    def _offer(self, *, photographs: bool) -> None:
        """Make the one way that suits these pictures the large button."""
        first = self._discover if photographs else self._train
        for button in (self._discover, self._train):
            button.setDefault(button is first)
        first.setFocus()

    @Slot()
    def _propose(self) -> None:
        self._sources.propose(self.source, shown_as=self.shown_as)

    @Slot(object)
    def _show_proposal(self, proposal: DataProposal) -> None:
        self._proposal = proposal
        sizes = () if self._summary is None else self._summary.sizes
        self._proposals.show_rows(proposal_rows(proposal, sizes), origin_of(proposal))
        self._pane.show_keypoint(proposal.keypoint_share)

    @Slot(str)
    def _show_failure(self, sentence: str) -> None:
        self._progress.hide()
        for label in self._facts.values():
            label.setText("–")
        self._facts["Pictures"].setText(sentence)
        self._pane.preview.set_message("No pictures")
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
