"""The tool bar of the map: which map, how it is coloured, what the mouse does."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Literal, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
    QWidgetAction,
)

from tusk_app.map.model import MapSettings
from tusk_app.parts.icon_button import IconButton
from tusk_app.parts.panel_layout import flow_bar, labelled
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from tusk_app.map.model import MapMethod

ColourBy = Literal["prototype", "score", "class", "picture", "time"]

_METHODS = {"pca": "PCA (instant)", "umap": "UMAP", "tsne": "t-SNE"}
_BUTTON_PADDING = 36  # logical pixels
_SAMPLES = (1000, 2000, 5000, 10_000, 20_000)


class MapBar(QWidget):
    """Plain values in, wishes out. Its rows never change: nothing moves under the pointer.

    Signals:
        compute_requested: MapSettings; a method was chosen, or Compute was pressed.
        cancel_requested: Cancel was pressed.
        colour_changed: str, a ``ColourBy``.
        tool_chosen: str, ``pan``, ``lasso`` or ``box``.
        fit_requested: show everything.
        live_toggled: bool; freeze_toggled: bool.
        live_chosen: bool, the user pressed the button.
    """

    compute_requested = Signal(object)
    cancel_requested = Signal()
    colour_changed = Signal(str)
    tool_chosen = Signal(str)
    fit_requested = Signal()
    live_toggled = Signal(bool)
    live_chosen = Signal(bool)
    freeze_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: list[IconButton] = []
        self._is_busy = False
        self._drawn: MapMethod = "pca"
        self._make_map_row()
        self._make_view_row()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 2)
        layout.setSpacing(4)
        layout.addWidget(self._map_row)
        layout.addWidget(self._view_row)
        self.set_busy(busy=False)
        self._show_options()

    @property
    def choice(self) -> MapSettings:
        """What the fields say."""
        method = cast("MapMethod", self._method.currentData())
        return MapSettings(
            method, int(self._sample.currentData()), self._neighbours.value(), self._seed.value()
        )

    def set_options(self, choice: MapSettings) -> None:
        """Fill the fields of the options; the method stays that of the map."""
        self._sample.setCurrentIndex(max(0, self._sample.findData(choice.max_points)))
        self._neighbours.setValue(choice.neighbours)
        self._seed.setValue(choice.seed)

    def show_drawn(self, method: str) -> None:
        """Say by which method the map that is drawn was made; what is on its way stays chosen."""
        self._drawn = cast("MapMethod", method)
        if not self._is_busy:
            self._method.setCurrentIndex(self._method.findData(method))
            self._show_options()

    @property
    def colour_by(self) -> ColourBy:
        """What the colour tells."""
        return cast("ColourBy", self._colour.currentData())

    def set_colour_choices(self, *, has_classes: bool, has_times: bool) -> None:
        """Offer only what the data know."""
        wanted: list[tuple[str, str]] = [
            ("prototype", say("[kind]")),
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
        """Compute becomes Cancel while a map is made; the box then tells what is drawn again."""
        self._is_busy = busy
        self.compute_button.setText("Cancel" if busy else "Compute")
        self.show_drawn(self._drawn)

    def _make_map_row(self) -> None:
        self._method = QComboBox()
        for value, text in _METHODS.items():
            self._method.addItem(text, value)
        self._method.setAccessibleName("Method")
        self._method.setToolTip(say("How the [looks] of [points] are laid out in the plane"))
        self._method.activated.connect(self._choose_method)
        self._neighbours_label = QLabel("Neighbours")
        self._neighbours = QSpinBox()
        self._neighbours.setAccessibleName("Neighbours")
        self._neighbours.setRange(2, 200)
        self._neighbours.setValue(15)
        self._sample = QComboBox()
        for count in _SAMPLES:
            self._sample.addItem(f"{count:,}".replace(",", " "), count)
        self._sample.setCurrentIndex(2)
        self._sample.setToolTip(say("Show at most this many detections, spread over the [kinds]."))
        self._seed = QSpinBox()
        self._seed.setRange(0, 9999)
        self.compute_button = QPushButton("Compute")
        self.compute_button.setToolTip("Make the map again, with these options")
        self.compute_button.clicked.connect(self._press)
        # As wide as either word: what stands beside it stays where it is.
        words = self.compute_button.fontMetrics()
        widest = max(words.horizontalAdvance(text) for text in ("Compute", "Cancel"))
        self.compute_button.setMinimumWidth(widest + _BUTTON_PADDING)
        self._map_row = flow_bar(
            self._method, self._make_options(), self.compute_button, margins=(0, 0, 0, 0)
        )

    def _make_options(self) -> QToolButton:
        """Return the button that opens what UMAP and t-SNE can be told."""
        form = QWidget()
        rows = QFormLayout(form)
        rows.setContentsMargins(12, 10, 12, 10)
        rows.addRow(self._neighbours_label, self._neighbours)
        rows.addRow("Points", self._sample)
        rows.addRow("Seed", self._seed)
        self._menu = QMenu(self)
        holder = QWidgetAction(self._menu)
        holder.setDefaultWidget(form)
        self._menu.addAction(holder)
        self.options_button = QToolButton()
        self.options_button.setText("Options")
        self.options_button.setAccessibleName("Options of the map")
        self.options_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.options_button.setMenu(self._menu)
        return self.options_button

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
            "pin", say("Live: show the [points] of the current picture on the map")
        )
        self.freeze_button = self._tool_button("pause", say("Freeze the live [points]"))
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
        self.live_button.clicked.connect(self.live_chosen)
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

    def _show_options(self) -> None:
        method = self._method.currentData()
        self.options_button.setEnabled(method != "pca")
        self.options_button.setToolTip(
            "PCA has no options" if method == "pca" else "Neighbours, points and seed of the map"
        )
        text = "Perplexity" if method == "tsne" else "Neighbours"
        self._neighbours_label.setText(text)

    def _choose_method(self) -> None:
        """Make the map of the method that was chosen: the box never names one that is not made."""
        self._show_options()
        if self.choice.method != self._drawn or self._is_busy:
            self.compute_requested.emit(self.choice)

    def _press(self) -> None:
        if self._is_busy:
            self.cancel_requested.emit()
        else:
            self.compute_requested.emit(self.choice)
