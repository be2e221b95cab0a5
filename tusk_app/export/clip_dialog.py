"""Asks what a clip shall show: a stretch of a video, some pictures, or one built up."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.words import say

# Ending, and what it is good for.
KINDS = {
    ".mp4": "Video (MP4)",
    ".gif": "Animated picture (GIF)",
    ".webp": "Animated picture (WebP, smaller)",
    ".webm": "Video for web pages (WebM)",
    ".png": "One picture, rows below each other (PNG)",
}
MOST_SECONDS, MOST_PICTURES, MOST_OF_CAMERA = 120, 200, 20
_PICTURES, _ROWS = 12, 4


@dataclass(frozen=True, slots=True)
class ClipOffer:
    """What is open.

    Attributes:
        name: of it, as people call it.
        num: pictures or frames; 0 of a camera, which has no end.
        rate: frames per second; 0 of pictures.
        current: number of the picture on the canvas.
        redraws: whether the model was taught to redraw.
    """

    name: str
    num: int
    rate: float
    current: int
    redraws: bool

    @property
    def is_camera(self) -> bool:
        """True if frames are still to come."""
        return self.num == 0


@dataclass(frozen=True, slots=True)
class ClipChoice:
    """What was chosen.

    Attributes:
        first: picture to begin with.
        seconds: of a video or camera; 0 of pictures.
        count: pictures; 0 of a video or camera.
        builds_up: one picture, point by point.
        suffix: of the file, with the dot.
    """

    first: int
    seconds: int
    count: int
    builds_up: bool
    suffix: str


class ClipDialog(QDialog):
    """Four lines and one button.

    Signals:
        chosen: ClipChoice; the file is asked for next.
    """

    chosen = Signal(object)

    def __init__(
        self, offer: ClipOffer, *, suffix: str = "", parent: QWidget | None = None
    ) -> None:
        """Offer what fits; ``suffix`` is the kind of file chosen last."""
        super().__init__(parent)
        self.setObjectName("clip-dialog")
        self.setWindowTitle("Share a clip")
        self._offer = offer
        self.what = QComboBox(self)
        self.what.setAccessibleName("What the clip shows")
        self.length = QSpinBox(self)
        self.length.setAccessibleName("Length of the clip")
        self.kind = QComboBox(self)
        self.kind.setAccessibleName("Kind of file")
        self._told = QLabel(self)
        self._told.setWordWrap(True)
        self._told.setProperty("role", "muted")
        self._fill(suffix)
        self._lay_out()
        self.what.currentIndexChanged.connect(self._follow)
        self.length.valueChanged.connect(self._tell)
        self.kind.currentIndexChanged.connect(self._fit_number)
        self._follow()

    @property
    def choice(self) -> ClipChoice:
        """What is chosen now."""
        mode, offer = self.what.currentData(), self._offer
        return ClipChoice(
            first=offer.current if mode in {"film", "one"} else 0,
            seconds=self.length.value() if mode in {"film", "start", "camera"} else 0,
            count=self.length.value() if mode == "all" else 0,
            builds_up=mode == "one",
            suffix=self.kind.currentData(),
        )

    def _fill(self, suffix: str) -> None:
        offer = self._offer
        if offer.is_camera:
            self.what.addItem("The camera, from now on", "camera")
        elif offer.rate > 0:
            if offer.current:
                self.what.addItem(f"The video from frame {offer.current} on", "film")
            self.what.addItem("The video from its start", "start")
        else:
            self.what.addItem("Pictures of the whole set", "all")
        if not offer.is_camera:
            self.what.addItem(say("The picture shown, [point] by [point]"), "one")
        if offer.num == 1:
            self.what.setCurrentIndex(self.what.count() - 1)
        for ending, words in KINDS.items():
            self.kind.addItem(words, ending)
        moves = offer.is_camera or offer.rate > 0
        first = suffix if suffix in KINDS else ".mp4" if moves else ".gif"
        self.kind.setCurrentIndex(list(KINDS).index(first))

    def _lay_out(self) -> None:
        columns = "Original, [points] and what the model redraws from them, side by side."
        if not self._offer.redraws:
            columns = (
                "Original and [points], side by side. This model was not taught to redraw, so "
                "there is no third column."
            )
        words = QLabel(say(columns), self)
        words.setWordWrap(True)
        self._form = form = QFormLayout()
        form.setVerticalSpacing(10)
        form.addRow("&Show", self.what)
        form.addRow("&Length", self.length)
        form.addRow("&As", self.kind)
        buttons = QDialogButtonBox(self)
        self.save = buttons.addButton("Save clip…", QDialogButtonBox.ButtonRole.AcceptRole)
        self.save.setDefault(True)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(12)
        column.addWidget(words)
        column.addLayout(form)
        column.addWidget(self._told)
        column.addStretch(1)
        column.addWidget(buttons)
        self.resize(460, 260)

    def _follow(self) -> None:
        """Show the length that fits what is shown."""
        mode, offer = self.what.currentData(), self._offer
        self._form.setRowVisible(self.length, mode != "one")
        if mode == "all":
            self.length.setRange(1, min(offer.num, MOST_PICTURES))
            self.length.setValue(_PICTURES)
            self.length.setSuffix(" pictures")
        else:
            left = MOST_OF_CAMERA
            if not offer.is_camera and offer.rate > 0:
                first = offer.current if mode == "film" else 0
                left = min(MOST_SECONDS, math.ceil((offer.num - first) / offer.rate))
            self.length.setRange(1, max(1, left))
            self.length.setValue(5 if offer.is_camera else 10)
            self.length.setSuffix(" seconds")
        self._tell()

    def _fit_number(self) -> None:
        """A dozen rows below each other are too many to look at."""
        if self.what.currentData() == "all":
            is_sheet = self.kind.currentData() == ".png"
            self.length.setValue(_ROWS if is_sheet else _PICTURES)
        self._tell()

    def _tell(self) -> None:
        choice, offer = self.choice, self._offer
        if choice.builds_up:
            text = say(
                "First the picture without any [point], then one after the other, the surest first."
            )
        elif offer.is_camera:
            text = "Recording begins as soon as the file is named."
        elif choice.seconds and choice.suffix == ".png":
            text = "Four of its frames, below each other."
        elif choice.seconds:
            text = f"{round(choice.seconds * offer.rate):,} frames."
        else:
            text = "Taken at even distances from all pictures."
        self._told.setText(text)

    def _accept(self) -> None:
        self.chosen.emit(self.choice)
        self.accept()
