"""Equivariance tester: turn, scale, shift or bend the picture and see whether keypoints follow."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from tusk_app.compare.warping import PictureWarp, WarpField, random_bends
from tusk_app.compare.widgets.drift_bars import DriftBar, DriftBars
from tusk_app.engine.matching import Drift, measure_drift
from tusk_app.panel import Panel
from tusk_app.parts import tones
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.marked_picture import MarkedPicture, Marks
from tusk_app.parts.panel_layout import AdaptiveSplitter
from tusk_app.parts.words import say
from tusk_core.arrays import sealed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QShowEvent

    from tusk_app.engine.requests import AsideDetected
    from tusk_app.workbench import Workbench
    from tusk_core.results import Detection

ORIGIN = "equivariance"
# Larger pictures are shown and looked at in this size, so that dragging stays fluid.
MAX_SIDE = 640
# Below this width the numbers stand beneath the pictures.
_NARROW = 520
_GOOD, _FAIR = 1.0, 2.5


class EquivarianceDock(Panel):
    """The principle the model was trained by, made visible."""

    name = "equivariance"
    title = "Equivariance"
    question = "Do [points] follow when the picture moves?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._warp = PictureWarp()
        self._seed = 1
        self._picture: NDArray[np.uint8] | None = None
        self._scale = 1.0
        self._number = 0
        self._asked_field: WarpField | None = None
        self._base: Detection | None = None
        self._found: Detection | None = None
        self.drift: Drift | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._apply)
        self._make_widgets()
        self._connect()
        self._take_source_picture()
        self.follow_theme()

    def _make_widgets(self) -> None:
        self.before = MarkedPicture("Picture")
        self.after = MarkedPicture("○ found, × expected")
        self.after.set_draggable(draggable=True)
        self.after.setToolTip(
            "Drag shifts; with Ctrl turns, with Shift scales, the wheel of the sliders too"
        )
        pictures = QHBoxLayout()
        pictures.setSpacing(6)
        pictures.addWidget(self.before, 1)
        pictures.addWidget(self.after, 1)
        grid = self._make_sliders()
        self._headline = QLabel()
        self._headline.setTextFormat(Qt.TextFormat.RichText)
        self._headline.setWordWrap(True)
        self._headline.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bars = DriftBars()
        side_holder, picture_holder = QWidget(), QWidget()
        side = QVBoxLayout(side_holder)
        side.setContentsMargins(6, 6, 8, 6)
        side.addWidget(self._headline)
        side.addWidget(self.bars, 1)
        side.addLayout(grid)
        picture_holder.setLayout(pictures)
        pictures.setContentsMargins(4, 4, 4, 4)
        content = AdaptiveSplitter(_NARROW, (480, 320), (210, 150))
        content.addWidget(picture_holder)
        content.addWidget(side_holder)
        content.use_sizes()
        self.stack = HintStack(EmptyHint("warp", "", ""), content)
        self.setWidget(self.stack)

    def _make_sliders(self) -> QGridLayout:
        self.turn = self._slider(-180, 180, 0)
        self.zoom = self._slider(50, 150, 100)
        self.bend = self._slider(0, 20, 0)
        self._values = [QLabel() for _ in range(3)]
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        for line, (text, slider) in enumerate(
            (
                ("Turn", self.turn),
                ("Scale", self.zoom),
                ("Bend", self.bend),
            )
        ):
            label = QLabel(text)
            label.setBuddy(slider)
            slider.setAccessibleName(text)
            self._values[line].setMinimumWidth(44)
            grid.addWidget(label, line, 0)
            grid.addWidget(slider, line, 1)
            grid.addWidget(self._values[line], line, 2)
        self.another = QPushButton("Another bend")
        self.reset_button = QPushButton("Reset")
        buttons = QHBoxLayout()  # below, so that the sliders have the width
        buttons.setSpacing(6)
        buttons.addWidget(self.reset_button)
        buttons.addWidget(self.another)
        grid.addLayout(buttons, 3, 0, 1, 3)
        return grid

    def _slider(self, low: int, high: int, value: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(low, high)
        slider.setValue(value)
        return slider

    def _connect(self) -> None:
        document = self._bench.document
        for slider in (self.turn, self.zoom, self.bend):
            slider.valueChanged.connect(self._take_sliders)
        self.another.clicked.connect(self._bend_anew)
        self.reset_button.clicked.connect(self.reset)
        self.after.dragged.connect(self._drag)
        self.after.mark_clicked.connect(self._click)
        self.before.mark_clicked.connect(self._choose)
        document.picture_changed.connect(self._take_source_picture)
        document.model_changed.connect(self._take_source_picture)
        document.thresholds_changed.connect(self._ask_base)
        self._bench.prototypes.changed.connect(self._show)
        self._bench.engine.aside_detected.connect(self._take_detection)
        self._bench.selection.keypoint_changed.connect(self._show_selected)

    def restyle(self) -> None:
        """Say the numbers in the colours of the theme."""
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the picture as soon as somebody looks at us."""
        super().showEvent(event)
        self._take_source_picture()

    @property
    def warp(self) -> PictureWarp:
        """The warp in force."""
        return self._warp

    def set_warp(self, warp: PictureWarp) -> None:
        """Apply another warp; the newest one wins."""
        self._warp = warp
        for slider, value in ((self.turn, warp.turn), (self.zoom, 100 * warp.zoom)):
            slider.blockSignals(True)
            slider.setValue(round(value))
            slider.blockSignals(False)
        self._timer.start()

    @Slot()
    def reset(self) -> None:
        """Show the picture as it is."""
        self.bend.blockSignals(True)
        self.bend.setValue(0)
        self.bend.blockSignals(False)
        self.set_warp(PictureWarp())

    @Slot()
    def _take_sliders(self) -> None:
        bends = random_bends(self.bend.value() / 100, self._seed)
        self.set_warp(
            replace(
                self._warp,
                turn=float(self.turn.value()),
                zoom=self.zoom.value() / 100,
                bends=bends,
            )
        )

    @Slot()
    def _bend_anew(self) -> None:
        self._seed += 1
        if self.bend.value() == 0:
            self.bend.setValue(8)
        else:
            self._take_sliders()

    @Slot(QPointF, QPointF)
    def _drag(self, start: QPointF, end: QPointF) -> None:
        keys = self._keys()
        moved = end - start
        if keys & Qt.KeyboardModifier.ControlModifier:
            middle = QPointF(0.5, 0.5)
            first, second = start - middle, end - middle
            turned = np.arctan2(second.y(), second.x()) - np.arctan2(first.y(), first.x())
            degrees = (self._warp.turn + float(np.rad2deg(turned)) + 180) % 360 - 180
            self.set_warp(replace(self._warp, turn=degrees))
        elif keys & Qt.KeyboardModifier.ShiftModifier:
            zoom = min(max(self._warp.zoom * (1 - 1.5 * moved.y()), 0.5), 1.5)
            self.set_warp(replace(self._warp, zoom=zoom))
        else:
            self.set_warp(self._warp.dragged(moved.x(), moved.y()))

    def _keys(self) -> Qt.KeyboardModifier:
        from PySide6.QtGui import QGuiApplication

        return QGuiApplication.keyboardModifiers()

    @Slot()
    def _take_source_picture(self) -> None:
        document = self._bench.document
        ready = document.picture is not None and document.model is not None
        self.stack.show_content(has_content=ready)
        self._show_hint()
        self.drift = None
        self._base = None
        if not ready or not self.isVisible() or document.picture is None:
            return
        self._picture, self._scale = _reduced(document.picture)
        self._ask_base()

    @Slot()
    def _ask_base(self) -> None:
        """Look at the picture as it is shown here: same pixels before and after."""
        if self._picture is not None and self.isVisible():
            self._base = None
            self._apply()

    @Slot()
    def _apply(self) -> None:
        if self._picture is None or not self.isVisible():
            return
        height, width = self._picture.shape[:2]
        self._field = WarpField(self._warp, width, height)
        warped = self._field.picture(self._picture)
        self.before.set_picture(self._picture)
        self.after.set_picture(warped)
        self._number += 1
        self._asked_field = self._field
        pictures = (warped,) if self._base is not None else (self._picture, warped)
        self._bench.engine.look_aside(ORIGIN, self._number, pictures)
        self._show_values()

    def _show_values(self) -> None:
        texts = (
            f"{self._warp.turn:.0f}°",
            f"{self._warp.zoom:.2f}×",
            f"{self.bend.value()} %",
        )
        for label, text in zip(self._values, texts, strict=True):
            label.setText(text)

    @Slot(object)
    def _take_detection(self, answer: AsideDetected) -> None:
        # An older answer is of an older warp; only the newest request counts.
        if answer.who != ORIGIN or answer.number != self._number or self._picture is None:
            return
        if len(answer.detections) == 2:
            self._base = answer.detections[0]
        self._found = answer.detections[-1]
        self._show()

    @Slot()
    def _show(self) -> None:
        base, picture, field = self._base, self._picture, self._asked_field
        found = self._found
        if base is None or found is None or picture is None or field is None:
            return
        book = self._bench.prototypes
        expected = field.targets(base.keypoints.xy)
        size = (picture.shape[1], picture.shape[0])
        drift = measure_drift(expected, base.keypoints, found.keypoints, size)
        self.drift = drift
        table = book.colours()
        if len(table) == 0:
            return
        own = table[np.clip(base.keypoints.labels, 0, len(table) - 1)]
        other = table[np.clip(found.keypoints.labels, 0, len(table) - 1)]
        self.before.set_marks(Marks(base.keypoints.xy, own))
        links = [(int(a), int(b)) for a, b in drift.pairs]
        self.after.set_marks(Marks(found.keypoints.xy, other), Marks(expected, own), links)
        self._show_headline(drift)
        self.bars.set_bars(
            [
                DriftBar(book.name(label), book.colour(label), pixels / self._scale, count)
                for label, pixels, count in drift.by_prototype()
            ]
        )
        self._show_selected()

    def _show_headline(self, drift: Drift) -> None:
        if len(drift.pixels) == 0:
            self._headline.setText(say("No [point] could be followed."))
            return
        mean = drift.mean / self._scale
        share = 100 * mean * self._scale / min(self._picture_size())
        tone: tones.Tone = (
            "success" if share <= _GOOD else "warning" if share <= _FAIR else "danger"
        )
        colour = tones.tone(self.palette(), tone).name()
        kept = int(drift.followed.sum())
        big = f'<span style="font-size:x-large; color:{colour}"><b>{mean:.1f} px</b></span>'
        lines = [
            f"{big} mean drift ({share:.1f} % of the picture)",
            say(f"{kept} of {len(drift.followed)} keep their [kind]"),
        ]
        if len(drift.lost):
            lines.append(f"{len(drift.lost)} lost")
        self._headline.setText(f"{lines[0]}<br>{escape(' · '.join(lines[1:]))}")

    def _picture_size(self) -> tuple[int, int]:
        assert self._picture is not None
        return self._picture.shape[1], self._picture.shape[0]

    def _show_hint(self) -> None:
        title = "Nothing to test yet"
        if self._bench.document.model is None:
            text = say("Open or train a model: its [points] should follow when a picture turns.")
        else:
            text = say("Open a picture, then drag it and watch whether the [points] follow.")
        self.stack.hint.set_text(title, text)

    @Slot(int)
    def _click(self, mark: int) -> None:
        if self.drift is None:
            return
        found = np.flatnonzero(self.drift.pairs[:, 1] == mark)
        if len(found):
            self._choose(int(self.drift.pairs[found[0], 0]))

    def _choose(self, keypoint: int) -> None:
        base = self._base
        if base is not None and keypoint < len(base.keypoints.labels):
            label = int(base.keypoints.labels[keypoint])
            self._bench.selection.select_prototype(self._bench.prototypes.target(label), ORIGIN)
        self.before.set_current(keypoint)
        pairs = np.zeros((0, 2), np.int64) if self.drift is None else self.drift.pairs
        partner = pairs[pairs[:, 0] == keypoint, 1]
        self.after.set_current(int(partner[0]) if len(partner) else None)

    @Slot()
    def _show_selected(self) -> None:
        if self._bench.selection.keypoint is None:
            self.before.set_current(None)
            self.after.set_current(None)


def _reduced(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Return the picture at most ``MAX_SIDE`` pixels long, and its scale."""
    import cv2

    height, width = picture.shape[:2]
    scale = min(1.0, MAX_SIDE / max(height, width))
    if scale == 1.0:
        return picture, 1.0
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    made = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return sealed(np.ascontiguousarray(made, np.uint8)), scale
