"""What lies on the canvas: how many keypoints, which, how they look, and the layers."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.canvas.widgets.layer_row import LayerRow
from tusk_app.panel import Panel
from tusk_app.parts.panel_layout import scrolled
from tusk_app.parts.value_slider import ValueSlider
from tusk_app.parts.words import say
from tusk_app.state.display import Layer
from tusk_core.api import has_ground_truth

if TYPE_CHECKING:
    from tusk_app.workbench import Workbench

MOST_KEYPOINTS = 64

_LAYERS = (
    (Layer.PICTURE, "Picture", "The picture itself"),
    (Layer.RECONSTRUCTION, "Reconstruction", "The picture as it is rebuilt from its [points]"),
    (Layer.SEGMENTATION, "Segmentation", "Every pixel in the colour of the [point] that draws it"),
    (Layer.ERROR, "Error map", "Where the reconstruction differs from the picture"),
    (Layer.HEAT_MAP, "Heat map", "Where the model sees something worth a [point]"),
    (Layer.TRUTH, "Ground truth", "What is known to be in the picture: a box, a centre, a name"),
)
_COLOURS = (
    ("prototype", "[Kind]"),
    ("individual", "Individual"),
    ("score", "Score"),
    ("one", "One colour"),
)
_SIZES = (("score", "Score"), ("fixed", "One size"))
_BELOW = (("dim", "Dimmed"), ("hide", "Hidden"))


class OverlayDock(Panel):
    """Sets the document's thresholds and the display; holds no state of its own."""

    name = "overlay"
    title = "Overlay"
    question = "What is drawn on the picture?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._rows: dict[Layer, LayerRow] = {}
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(6)
        column.addWidget(_heading(say("[Points]")))
        column.addLayout(self._make_keypoints())
        column.addSpacing(8)
        column.addWidget(_heading("Layers"))
        for layer, name, tip in _LAYERS:
            column.addWidget(self._make_row(layer, name, say(tip)))
        column.addSpacing(8)
        column.addWidget(_heading("Markers"))
        column.addLayout(self._make_markers())
        column.addStretch(1)
        self.setWidget(scrolled(content, self))
        workbench.display.changed.connect(self._show)
        workbench.document.thresholds_changed.connect(self._show)
        workbench.document.model_changed.connect(self._show)
        workbench.document.source_changed.connect(self._show)
        self._show()

    @property
    def rows(self) -> dict[Layer, LayerRow]:
        """The rows of the layers."""
        return dict(self._rows)

    def _make_keypoints(self) -> QFormLayout:
        document, form = self._bench.document, _form()
        self._num = ValueSlider(say("[Points] of each picture"), 1, MOST_KEYPOINTS)
        self._num.setToolTip(
            say(
                "How many [points] to show of each picture, best first. Of whole animals under a "
                "still camera another number than proposed says how many there are"
            )
        )
        self._num.value_changed.connect(lambda v: document.set_num_keypoints(round(v)))
        self._training = QPushButton("As in training")
        self._training.setToolTip(say("Ask for as many [points] as the model was trained with"))
        self._training.clicked.connect(lambda: document.set_num_keypoints(None))
        self._score = ValueSlider("Minimum score", 0.0, 1.0, step=0.01, decimals=2)
        self._score.setToolTip(say("[Points] with a lower score are dimmed or hidden"))
        self._score.value_changed.connect(document.set_min_score)
        form.addRow("Number", self._num)
        form.addRow("", self._training)
        form.addRow("Minimum score", self._score)
        return form

    def _make_markers(self) -> QFormLayout:
        display, form = self._bench.display, _form()
        self._below = _choice(_BELOW, say("[Points] below the minimum score"))
        self._below.activated.connect(
            lambda i: display.change_overlay(below=self._below.itemData(i))
        )
        self._size = ValueSlider("Marker size", 6, 48, suffix=" px")
        self._size.value_changed.connect(lambda v: display.change_overlay(size=float(v)))
        self._size_by = _choice(_SIZES, "Marker size by")
        self._size_by.activated.connect(
            lambda i: display.change_overlay(size_by=self._size_by.itemData(i))
        )
        self._colour_by = _choice(_COLOURS, "Marker colour by")
        self._colour_by.activated.connect(
            lambda i: display.change_overlay(colour_by=self._colour_by.itemData(i))
        )
        self._hollow = QCheckBox("Hollow markers")
        self._hollow.toggled.connect(lambda on: display.change_overlay(hollow=on))
        self._labels = QCheckBox(say("Name every [point]"))
        self._labels.toggled.connect(lambda on: display.change_overlay(labels=on))
        self._trail = ValueSlider("Trail", 0, 60)
        self._trail.setToolTip(
            say("Frames of a video whose [points] stay as fading dots; 0 is none")
        )
        self._trail.value_changed.connect(lambda v: display.change_overlay(trail=round(v)))
        form.addRow("Low scores", self._below)
        form.addRow("Colour by", self._colour_by)
        form.addRow("Size by", self._size_by)
        form.addRow("Size", self._size)
        form.addRow("Trail", self._trail)
        form.addRow("", self._hollow)
        form.addRow("", self._labels)
        return form

    def _make_row(self, layer: Layer, name: str, tip: str) -> LayerRow:
        row = LayerRow(name, tip, self)
        row.visible_changed.connect(functools.partial(self._set_visible, layer))
        row.opacity_changed.connect(functools.partial(self._set_opacity, layer))
        self._rows[layer] = row
        return row

    def _set_visible(self, layer: Layer, visible: bool) -> None:
        self._bench.display.change_layer(layer, visible=visible)

    def _set_opacity(self, layer: Layer, opacity: float) -> None:
        self._bench.display.change_layer(layer, opacity=opacity)

    @Slot()
    def _show(self) -> None:
        display, document = self._bench.display, self._bench.document
        overlay = display.overlay
        self._num.set_high(self._most_keypoints())
        self._num.set_value(self._bench.detections.num_keypoints)
        self._training.setVisible(document.num_keypoints is not None)
        self._score.set_value(document.min_score)
        self._size.set_value(overlay.size)
        self._trail.set_value(overlay.trail)
        for box, value in (
            (self._below, overlay.below),
            (self._size_by, overlay.size_by),
            (self._colour_by, overlay.colour_by),
        ):
            box.setCurrentIndex(box.findData(value))
        for check, is_on in ((self._hollow, overlay.hollow), (self._labels, overlay.labels)):
            check.blockSignals(True)
            check.setChecked(is_on)
            check.blockSignals(False)
        for layer, row in self._rows.items():
            style = display.layer(layer)
            row.show_style(visible=style.visible, opacity=style.opacity)
            row.setEnabled(self._can_show(layer))

    def _most_keypoints(self) -> int:
        """Return how many can be asked for: many, but not more than the model has places."""
        model, asked = self._bench.document.model, self._bench.detections.num_keypoints
        most = None if model is None else model.config.most_keypoints
        wanted = max(MOST_KEYPOINTS, asked)
        return wanted if most is None else min(wanted, most)

    def _can_show(self, layer: Layer) -> bool:
        source = self._bench.document.source
        if layer is Layer.TRUTH:
            return source is not None and has_ground_truth(source)
        return layer is Layer.PICTURE or self._bench.document.model is not None


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    form.setHorizontalSpacing(10)
    return form


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def _choice(items: tuple[tuple[str, str], ...], name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for value, text in items:
        box.addItem(say(text), value)
    return box
