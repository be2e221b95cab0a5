"""Nine of the pictures as the network will see them, and how they are brought to its size."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from tusk_app.parts.words import say
from tusk_app.pictures.widgets.crop_preview import CropPreview
from tusk_app.pictures.widgets.look_rows import LookRows
from tusk_app.state.training_wish import TrainingShape
from tusk_core.config import load_preset

if TYPE_CHECKING:
    from typing import Literal

    from tusk_app.settings import Settings

FITS = (
    ("crop", "Crop the middle"),
    ("stretch", "Stretch"),
    ("pad", "Pad with black"),
)
MOST_HELD_OUT = 50  # percent
USUAL_PRESET = "quick-default"


class ExamplesPane(QWidget):
    """Choices are kept in the settings for the next time.

    Attributes:
        preview: the examples.
        look: the rows that choose channels and brightness.
    """

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._share = 0.0
        self.preview, self.look = CropPreview(self), LookRows(self)
        title = QLabel("As the network will see them", self)
        title.setProperty("role", "heading")
        self._circle_note = QLabel(self)
        self._circle_note.setProperty("role", "muted")
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._circle_note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addWidget(self.preview)
        column.addLayout(self._make_size())
        column.addLayout(self._make_held_out())
        column.addWidget(self.look)
        column.addStretch(1)
        self._retarget()

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

    def show_keypoint(self, share: float) -> None:
        """Draw a circle as large as what recurs, a share of the picture's width; 0 draws none."""
        self._share = share
        self._retarget()

    def _make_size(self) -> QHBoxLayout:
        self._width, self._height = QSpinBox(self), QSpinBox(self)
        # Until the user chooses, what the preset that the training dialog offers first would do.
        usual = load_preset(USUAL_PRESET).data
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
        return row

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

    def _retarget(self) -> None:
        fit = str(self._fit.currentData())
        self.preview.set_target(self._width.value(), self._height.value(), fit)
        self.preview.set_keypoint(self._share * self._width.value())
        self._circle_note.setText(say("Circle: a [point] of usual size") if self._share else "")

    @Slot()
    def _choose(self) -> None:
        self._retarget()
        self._settings.set_value("data/chosen", True)
        self._settings.set_value("data/width", self._width.value())
        self._settings.set_value("data/height", self._height.value())
        self._settings.set_value("data/fit", str(self._fit.currentData()))
