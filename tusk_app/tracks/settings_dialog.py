"""The settings of tracking as a form, with what the data propose beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.collapsible import CollapsibleGroup
from tusk_app.parts.config_fields import FieldSpec, leaf_specs
from tusk_app.parts.config_row import ConfigRow
from tusk_app.parts.words import unnamed
from tusk_core.config import TrackConfig, describe_error

if TYPE_CHECKING:
    from tusk_core.tracks import TrackProposal


# What a button says where nothing is proposed.
_FREE = {"kinds": "Follow all", "still": "Keep all"}


class TrackSettingsDialog(QDialog):
    """Edits one ``TrackConfig``; ``show_proposal`` fills in what the data say.

    Signals:
        chosen: TrackConfig, to follow individuals with.
    """

    chosen = Signal(object)

    def __init__(self, config: TrackConfig, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("track-settings")
        self.setWindowTitle("Follow individuals")
        self.rows: dict[str, ConfigRow] = {}
        self.proposals: dict[str, QPushButton] = {}
        self._proposed: dict[str, Any] = {}
        self.summary = QLabel("The data are being looked through for proposals…", self)
        self.summary.setWordWrap(True)
        self.problem = QLabel(self)
        self.problem.setWordWrap(True)
        self.problem.setProperty("role", "danger")
        self._lay_out()
        for name, row in self.rows.items():
            row.set_baseline(getattr(TrackConfig(), name))
            row.set_value(getattr(config, name))
            row.changed.connect(self._check)
        self._check()
        self.resize(560, 620)

    @property
    def config(self) -> TrackConfig | None:
        """The settings as they stand; None while one cannot be used."""
        try:
            return TrackConfig.model_validate({n: row.value() for n, row in self.rows.items()})
        except ValidationError:
            return None

    def show_proposal(self, proposal: TrackProposal) -> None:
        """Offer what the data propose, each with a button that takes it."""
        self.summary.setText(_words(proposal))
        offers = {
            "num_individuals": (proposal.num_individuals, f"{proposal.num_individuals}"),
            "min_score": (proposal.min_score, f"{proposal.min_score:g}"),
            "reach": (proposal.reach, f"{proposal.reach:g} px"),
            "kinds": (proposal.kinds, ", ".join(unnamed(kind) for kind in proposal.kinds)),
            "still": (proposal.still, f"{proposal.still:g}"),
        }
        for name, (value, text) in offers.items():
            self._proposed[name] = value
            button = self.proposals[name]
            free = _FREE.get(name, "Leave it free")
            button.setText(f"Use {text}" if value else free)
            button.setToolTip("What the data propose")
            button.setVisible(True)
        self.use_all.setEnabled(True)

    def _lay_out(self) -> None:
        specs = leaf_specs(TrackConfig)
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.addLayout(self._grid([s for s in specs if s.is_basic], page))
        more = QWidget(page)
        more.setLayout(self._grid([s for s in specs if not s.is_basic], more))
        column.addWidget(CollapsibleGroup("More settings", more, page))
        column.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        box = QDialogButtonBox(self)
        self.follow = box.addButton("Follow", QDialogButtonBox.ButtonRole.AcceptRole)
        box.addButton(QDialogButtonBox.StandardButton.Cancel)
        reset = box.addButton("Defaults", QDialogButtonBox.ButtonRole.ResetRole)
        self.use_all = box.addButton("Use all proposals", QDialogButtonBox.ButtonRole.ActionRole)
        self.use_all.setEnabled(False)
        reset.clicked.connect(self._reset)
        self.use_all.clicked.connect(self._use_everything)
        box.accepted.connect(self._choose)
        box.rejected.connect(self.reject)
        outer = QVBoxLayout(self)
        for widget, stretch in ((self.summary, 0), (scroll, 1), (self.problem, 0), (box, 0)):
            outer.addWidget(widget, stretch)

    def _grid(self, specs: list[FieldSpec], parent: QWidget) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 4, 8, 4)
        grid.setHorizontalSpacing(10)
        grid.setColumnStretch(4, 1)
        line = 0
        for spec in specs:
            row = self.rows[spec.path] = ConfigRow(spec, parent)
            button = self.proposals[spec.path] = QPushButton(parent)
            button.setAutoDefault(False)
            button.setVisible(False)
            button.clicked.connect(lambda _on=False, name=spec.path: self._use(name))
            grid.addWidget(button, line, 4, Qt.AlignmentFlag.AlignLeft)
            line = row.place_in_grid(grid, line)
        return grid

    def _use(self, name: str) -> None:
        self.rows[name].set_value(self._proposed[name])

    def _use_everything(self) -> None:
        for name in self._proposed:
            self._use(name)

    def _reset(self) -> None:
        for row in self.rows.values():
            row.reset()

    def _check(self) -> None:
        text = ""
        try:
            TrackConfig.model_validate({n: row.value() for n, row in self.rows.items()})
        except ValidationError as error:
            text = describe_error(error)
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        self.follow.setEnabled(not text)

    def _choose(self) -> None:
        config = self.config
        if config is not None:
            self.chosen.emit(config)
            self.accept()


def _words(proposal: TrackProposal) -> str:
    """Say what was found in the data."""
    bodies = (
        f"A body has {proposal.num_kinds} kinds of keypoint"
        if proposal.num_kinds > 1
        else "Each keypoint is an individual: kinds do not keep their place to each other"
    )
    if proposal.kinds:
        bodies = f"{unnamed(proposal.kinds[0])} moves about and its number is the steadiest"
    if proposal.num_individuals:
        seen = f"{proposal.num_individuals} are seen in {proposal.steadiness:.0%} of the frames"
    else:
        seen = "their number changes from frame to frame"
    return f"{bodies}; {seen}. Settings that are 0 are taken from the data."
