"""The tool bar of the map: which map, how it is coloured, what the mouse does."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.icon_button import IconButton
from tusk_app.parts.panel_layout import flow_bar, labelled

MapMethod = Literal["pca", "umap", "tsne"]
ColourBy = Literal["prototype", "score", "class", "picture", "time"]

_METHODS = {"pca": "PCA (instant)", "umap": "UMAP", "tsne": "t-SNE"}
_SAMPLES = (1000, 2000, 5000, 10_000, 20_000)


@dataclass(frozen=True, slots=True)
class MapChoice:
    """Which map: method, most points, neighbours (UMAP) or perplexity (t-SNE), seed."""

    method: MapMethod
    max_points: int
    neighbours: int
    seed: int


class MapBar(QWidget):
    """Plain values in, wishes out.

    Signals:
        compute_requested: MapChoice.
        cancel_requested: Cancel was pressed.
        method_chosen: str, the method in the list changed.
        colour_changed: str, a ``ColourBy``.
        tool_chosen: str, ``pan``, ``lasso`` or ``box``.
        fit_requested: show everything.
        live_toggled: bool; freeze_toggled: bool.
    """

    compute_requested = Signal(object)
    cancel_requested = Signal()
    method_chosen = Signal(str)
    colour_changed = Signal(str)
    tool_chosen = Signal(str)
    fit_requested = Signal()
    live_toggled = Signal(bool)
    freeze_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: list[IconButton] = []
        self._is_busy = False
        self._make_map_row()
        self._make_view_row()
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setMaximumHeight(8)
        self._phase = QLabel()
        self._phase.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        progress = QHBoxLayout()
        progress.addWidget(self._phase, 3)
        progress.addWidget(self._progress, 2)
        self._progress_row = QWidget()
        self._progress_row.setLayout(progress)
        progress.setContentsMargins(0, 0, 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 2)
        layout.setSpacing(4)
        layout.addWidget(self._map_row)
        layout.addWidget(self._view_row)
        layout.addWidget(self._progress_row)
        self.set_busy(busy=False)
        self._show_method()

    @property
    def choice(self) -> MapChoice:
        """What the fields say."""
        method = cast("MapMethod", self._method.currentData())
        return MapChoice(
            method, int(self._sample.currentData()), self._neighbours.value(), self._seed.value()
        )

    def set_choice(self, choice: MapChoice) -> None:
        """Fill the fields."""
        self._method.setCurrentIndex(self._method.findData(choice.method))
        self._sample.setCurrentIndex(max(0, self._sample.findData(choice.max_points)))
        self._neighbours.setValue(choice.neighbours)
        self._seed.setValue(choice.seed)

    @property
    def colour_by(self) -> ColourBy:
        """What the colour tells."""
        return cast("ColourBy", self._colour.currentData())

    def set_colour_choices(self, *, has_classes: bool, has_times: bool) -> None:
        """Offer only what the data know."""
        wanted: list[tuple[str, str]] = [
            ("prototype", "prototype"),
            ("score", "score"),
        ]
        if has_classes:
            wanted.append(("class", "true class"))
        wanted.append(("time", "time") if has_times else ("picture", "picture"))
        if [self._colour.itemData(i) for i in range(self._colour.count())] == [
            w[0] for w in wanted
        ]:
            return
        before = self._colour.currentData()
        self._colour.blockSignals(True)
        self._colour.clear()
        for value, text in wanted:
            self._colour.addItem(text, value)
        self._colour.setCurrentIndex(max(0, self._colour.findData(before)))
        self._colour.blockSignals(False)

    def set_tool(self, tool: str) -> None:
        """Show which tool is active."""
        self.pan_button.setChecked(tool == "pan")
        self.lasso_button.setChecked(tool == "lasso")
        self.box_button.setChecked(tool == "box")

    def set_export_menu(self, menu: QMenu) -> None:
        """Give the export button its menu."""
        self._export.setMenu(menu)

    def set_busy(self, *, busy: bool) -> None:
        """Compute becomes Cancel while a map is made."""
        self._is_busy = busy
        self.compute_button.setText("Cancel" if busy else "Compute")
        self._progress_row.setVisible(busy)
        self._progress.setRange(0, 0)

    def set_phase(self, text: str) -> None:
        """Say what is going on."""
        self._phase.setText(text + "…")
        self._progress.setRange(0, 0)

    def set_progress(self, done: int, total: int, text: str) -> None:
        """Say how far it is; ``total`` 0 when unknown."""
        self._progress.setRange(0, total)
        self._progress.setValue(done)
        if text:
            self._phase.setText(text)

    def _make_map_row(self) -> None:
        self._method = QComboBox()
        for value, text in _METHODS.items():
            self._method.addItem(text, value)
        self._method.setAccessibleName("Method")
        self._method.currentIndexChanged.connect(self._show_method)
        self._neighbours_label = QLabel("Neighbours")
        self._neighbours = QSpinBox()
        self._neighbours.setRange(2, 200)
        self._neighbours.setValue(15)
        self._neighbours_piece = _piece(self._neighbours_label, self._neighbours)
        self._sample = QComboBox()
        for count in _SAMPLES:
            self._sample.addItem(f"{count:,}".replace(",", " "), count)
        self._sample.setCurrentIndex(2)
        self._sample.setToolTip("Show at most this many detections, spread over the prototypes.")
        self._sample_piece = labelled("Points", self._sample)
        self._seed = QSpinBox()
        self._seed.setRange(0, 9999)
        self._seed_piece = labelled("Seed", self._seed)
        self.compute_button = QPushButton("Compute")
        self.compute_button.clicked.connect(self._press)
        self._map_row = flow_bar(
            self._method,
            self._neighbours_piece,
            self._sample_piece,
            self._seed_piece,
            self.compute_button,
            margins=(0, 0, 0, 0),
        )

    def _make_view_row(self) -> None:
        self._colour = QComboBox()
        self._colour.setAccessibleName("Colour by")
        self._colour.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._colour.currentIndexChanged.connect(lambda: self.colour_changed.emit(self.colour_by))
        self.lasso_button = self._tool_button("lasso", "Lasso (S): Shift adds, Alt removes")
        self.box_button = self._tool_button("box", "Box (B): Shift adds, Alt removes")
        self.pan_button = self._tool_button("hand", "Pan (G)")
        self.fit_button = self._tool_button("fit", "Show everything (F)", checkable=False)
        self.live_button = self._tool_button(
            "pin", "Live: show the keypoints of the current picture on the map"
        )
        self.freeze_button = self._tool_button("pause", "Freeze the live keypoints")
        self._export = self._tool_button("export", "Export picture or selection", checkable=False)
        self._export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.lasso_button.setChecked(True)
        self.freeze_button.setEnabled(False)
        for button, tool in (
            (self.lasso_button, "lasso"),
            (self.box_button, "box"),
            (self.pan_button, "pan"),
        ):
            # A second click on the active tool leaves it on.
            button.clicked.connect(functools.partial(self._choose_tool, tool))
        self.fit_button.clicked.connect(self.fit_requested)
        self.live_button.toggled.connect(self.freeze_button.setEnabled)
        self.live_button.toggled.connect(self.live_toggled)
        self.freeze_button.toggled.connect(self.freeze_toggled)
        tools = QWidget()
        buttons = QHBoxLayout(tools)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(2)
        for button in self._buttons:
            buttons.addWidget(button)
        colour = labelled("Colour", self._colour)
        self._view_row = flow_bar(colour, tools, margins=(0, 0, 0, 0))

    def _choose_tool(self, tool: str) -> None:
        self.set_tool(tool)
        self.tool_chosen.emit(tool)

    def _tool_button(self, icon: str, tip: str, *, checkable: bool = True) -> IconButton:
        button = IconButton(icon, tip, checkable=checkable)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._buttons.append(button)
        return button

    def _show_method(self) -> None:
        method = self._method.currentData()
        is_pca = method == "pca"
        for piece in (self._neighbours_piece, self._sample_piece, self._seed_piece):
            piece.setVisible(not is_pca)
        text = "Perplexity" if method == "tsne" else "Neighbours"
        self._neighbours_label.setText(text)
        self.method_chosen.emit(method)

    def _press(self) -> None:
        if self._is_busy:
            self.cancel_requested.emit()
        else:
            self.compute_requested.emit(self.choice)


def _piece(label: QLabel, field: QWidget) -> QWidget:
    """Return a label whose text changes and its field as one piece."""
    piece = QWidget()
    layout = QHBoxLayout(piece)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(5)
    label.setBuddy(field)
    layout.addWidget(label)
    layout.addWidget(field)
    return piece
