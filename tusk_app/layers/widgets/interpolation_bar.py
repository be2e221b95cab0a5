"""A slider from one prototype to another, for the selected keypoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.legend_list import swatch
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

STEPS = 100


class InterpolationBar(QWidget):
    """Two prototypes and the way between them.

    Signals:
        changed: (int first, int second, float share in [0, 1]).
        finished: the slider was let go.
    """

    changed = Signal(int, int, float)
    finished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.first, self.second = QComboBox(), QComboBox()
        self.first.setAccessibleName(say("From [kind]"))
        self.second.setAccessibleName(say("To [kind]"))
        for combo in (self.first, self.second):
            combo.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            combo.setMinimumContentsLength(7)
            combo.currentIndexChanged.connect(self._reset)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setAccessibleName(say("From the first [kind] to the second"))
        self.slider.valueChanged.connect(self._tell)
        self.slider.sliderReleased.connect(self.finished)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.first, 2)
        row.addWidget(self.slider, 3)
        row.addWidget(self.second, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 6)
        layout.setSpacing(2)
        layout.addWidget(self._label)
        layout.addLayout(row)
        self._keypoint: int | None = None
        self.set_choices((), None, None)

    def set_choices(
        self,
        prototypes: Sequence[tuple[int, str, tuple[int, int, int]]],
        keypoint: int | None,
        label: int | None,
    ) -> None:
        """Offer prototypes (index, name, colour) for a keypoint that draws ``label`` now."""
        offered = [(i, name) for i, name, _ in prototypes]
        shown = [
            (self.first.itemData(i), self.first.itemText(i)) for i in range(self.first.count())
        ]
        is_other_list = offered != shown
        if is_other_list:
            for combo in (self.first, self.second):
                combo.blockSignals(True)
                combo.clear()
                for index, name, colour in prototypes:
                    combo.addItem(swatch(colour, filled=True), name, index)
                combo.blockSignals(False)
        is_new = is_other_list or keypoint != self._keypoint
        self._keypoint = keypoint
        is_usable = keypoint is not None and label is not None and len(offered) > 1
        for widget in (self.first, self.second, self.slider):
            widget.setEnabled(is_usable)
        if not is_usable:
            is_alone = keypoint is not None and len(offered) == 1
            self._label.setText(
                say("There is no other [kind] to blend it into.")
                if is_alone
                else say("Select a [point] to blend it into another [kind].")
            )
            return
        self._label.setText(say(f"[Point] {keypoint}: blend two [kinds]"))
        if is_new:
            self._choose(label)

    def _choose(self, label: int | None) -> None:
        for combo in (self.first, self.second, self.slider):
            combo.blockSignals(True)
        at = self.first.findData(label)
        self.first.setCurrentIndex(at)
        if self.second.currentIndex() == at:
            self.second.setCurrentIndex((at + 1) % self.second.count())
        self.slider.setValue(0)
        for combo in (self.first, self.second, self.slider):
            combo.blockSignals(False)

    def _reset(self) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(0)
        self.slider.blockSignals(False)

    def _tell(self, value: int) -> None:
        first, second = self.first.currentData(), self.second.currentData()
        if first is not None and second is not None and first != second:
            self.changed.emit(int(first), int(second), value / STEPS)
            if not self.slider.isSliderDown():
                self.finished.emit()
