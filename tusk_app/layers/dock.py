"""The reconstruction inspector: what every keypoint draws, and the picture without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tusk_app.canvas.editing_controller import EditingController
from tusk_app.layers.model import LayerBlend, LayerStates, areas, layer_box, layer_order
from tusk_app.layers.widgets.grid import LayerGrid, LayerLine
from tusk_app.layers.widgets.interpolation_bar import InterpolationBar
from tusk_app.panel import Panel
from tusk_app.parts import readable, tones
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.icon_button import IconButton
from tusk_app.parts.layer_images import mask_image, picture_image
from tusk_app.parts.picture_tile import PictureTile
from tusk_app.parts.words import say
from tusk_app.state.wants import Want

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QImage, QShowEvent

    from tusk_app.layers.model import BlendKind, SortLayers
    from tusk_app.workbench import Workbench
    from tusk_core.results import Keypoints, Reconstruction

ORIGIN = "reconstruction"
_SORTS: tuple[tuple[str, str], ...] = (
    ("score", "score"),
    ("area", "area"),
    ("effect", "effect on the error"),
    ("prototype", "[kind]"),
)
# Squared difference of pictures in [0, 1]; a thousandth of a grey level over a whole picture.
_UNSEEN_ERROR = 1e-8


class ReconstructionDock(Panel):
    """Shows layers only while it is visible; otherwise nothing is computed for it."""

    name = "reconstruction"
    title = "Reconstruction"
    question = "What does each [point] draw?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._editing = workbench.part(EditingController)
        self._states = LayerStates.all_on(0)
        self._blend: LayerBlend | None = None
        self._shown_for: object = None
        self._plain_error = 0.0
        self._awaits_weighted = False
        # Redrawing waits for the end of the event turn: one drag step changes several things.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._show_all)
        self._make_widgets()
        self._connect()
        self.follow_theme()

    def _make_widgets(self) -> None:
        self.input_tile = PictureTile("Input")
        self.blend_tile = PictureTile("Rebuilt")
        self.mask_tile = PictureTile("Winning layer")
        self.mask_tile.setToolTip(
            say("Each pixel in the colour of the [point] with the largest share of it")
        )
        tiles = QHBoxLayout()
        tiles.setContentsMargins(6, 6, 6, 0)
        tiles.setSpacing(6)
        for tile in (self.input_tile, self.blend_tile, self.mask_tile):
            # Smaller where the panel is low, so that nothing lies over anything else.
            tile.setMinimumHeight(64)
            tile.setMaximumHeight(128)
            tiles.addWidget(tile)
        self._error = QLabel()
        self._error.setContentsMargins(8, 0, 8, 0)
        self._error.setTextFormat(Qt.TextFormat.RichText)
        self._error.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.grid = LayerGrid()
        self.interpolation = InterpolationBar()
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        bar = self._make_bar()
        layout.addLayout(tiles)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 8, 0)
        row.addWidget(self._error, 1)
        row.addWidget(self.detected_button)
        layout.addLayout(row)
        layout.addLayout(bar)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.interpolation)
        hint = EmptyHint("layers", "", "")
        self.stack = HintStack(hint, content)
        self.setWidget(self.stack)

    def _make_bar(self) -> QHBoxLayout:
        self.sort = QComboBox()
        self.sort.setAccessibleName("Sort layers by")
        for value, text in _SORTS:
            self.sort.addItem(say(text), value)
        self.close_up = IconButton(
            "zoom-in",
            say("Close-up: show only the part each [point] draws"),
            checkable=True,
        )
        self.close_up.setChecked(True)
        self.reset_button = IconButton("refresh", "All layers on")
        self.edit_button = IconButton(
            "pencil",
            say("Edit [points] on the picture: drag, arrows, double click adds, Delete removes"),
            checkable=True,
        )
        self.undo_button = IconButton("undo", say("Undo the last change of a [point]"))
        self.redo_button = IconButton("redo", "Redo it")
        self.detected_button = QPushButton("Reset to detected")
        self.detected_button.hide()
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 0, 6, 0)
        label = QLabel("Sort by")
        label.setBuddy(self.sort)
        bar.addWidget(label)
        bar.addWidget(self.sort)
        bar.addStretch(1)
        for button in (
            self.edit_button, self.undo_button, self.redo_button, self.close_up, self.reset_button,
        ):  # fmt: skip
            bar.addWidget(button)
        return bar

    def _connect(self) -> None:
        document, selection = self._bench.document, self._bench.selection
        editing = self._editing
        for signal in (
            document.detection_changed,
            document.reconstruction_changed,
            document.picture_changed,
            document.model_changed,
            document.source_changed,
            self._bench.prototypes.changed,
        ):
            signal.connect(self._schedule)
        document.picture_changed.connect(self._forget_states)
        selection.keypoint_changed.connect(self._show_selected)
        selection.keypoint_hover_changed.connect(self._show_hovered)
        self.grid.keypoint_chosen.connect(self._choose)
        self.grid.keypoint_hovered.connect(
            lambda k: selection.hover_keypoint(k if k >= 0 else None, ORIGIN)
        )
        self.grid.toggled.connect(lambda name, k: self._set_states(self._states.toggled(name, k)))
        self.grid.opacity_changed.connect(
            lambda k, value: self._set_states(self._states.with_opacity(k, value))
        )
        self.sort.currentIndexChanged.connect(self._schedule)
        self.close_up.toggled.connect(self._schedule)
        self.reset_button.clicked.connect(
            lambda: self._set_states(LayerStates.all_on(len(self._states.mute)))
        )
        self.undo_button.clicked.connect(editing.stack.undo)
        self.redo_button.clicked.connect(editing.stack.redo)
        self.detected_button.clicked.connect(editing.reset)
        editing.stack.canUndoChanged.connect(self.undo_button.setEnabled)
        editing.stack.canRedoChanged.connect(self.redo_button.setEnabled)
        self.undo_button.setEnabled(editing.stack.canUndo())
        self.redo_button.setEnabled(editing.stack.canRedo())
        editing.edited_changed.connect(self.detected_button.setVisible)
        self.edit_button.toggled.connect(editing.set_enabled)
        editing.enabled_changed.connect(self.edit_button.setChecked)
        self.interpolation.changed.connect(self._interpolate)
        self.interpolation.finished.connect(editing.finish_move)

    @Slot()
    def _schedule(self) -> None:
        self._timer.start()

    def restyle(self) -> None:
        """Say the error in the colours of the theme."""
        self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Have pictures rebuilt from now on."""
        super().showEvent(event)
        self._bench.wants.set(ORIGIN, Want.RECONSTRUCTION, True)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Let pictures be."""
        super().hideEvent(event)
        self._bench.wants.set(ORIGIN, Want.RECONSTRUCTION, False)

    @Slot()
    def _show_all(self) -> None:
        document = self._bench.document
        result, detection = document.reconstruction, document.shown
        has_both = result is not None and detection is not None
        self.stack.show_content(has_content=has_both)
        self._show_hint()
        if result is None or detection is None or not self.isVisible():
            return
        points = detection.keypoints
        if len(result.contributions) != len(points.scores):
            return  # the answer for the newest keypoints is on its way
        if result is not self._shown_for:
            self._states = self._states.fitted(len(points.scores))
            self._take_result(result)
        self.input_tile.set_picture(result.target)
        # Without layers nobody wins a pixel.
        self.mask_tile.setVisible(self._blend is not None and self._blend.kind != "none")
        colours = self._bench.prototypes.colours()
        if len(colours):
            self.mask_tile.set_picture(
                mask_image(result.mask, colours[np.clip(points.labels, 0, len(colours) - 1)])
            )
        self._show_rows(result, points)
        self._show_blend()
        self._show_selected()

    def _take_result(self, result: Reconstruction) -> None:
        self._blend = LayerBlend(result, self._blend_kind())
        self._shown_for = result
        was_weighted, self._awaits_weighted = self._awaits_weighted, False
        if not was_weighted:
            self._plain_error = result.error
            if self._blend.kind == "none" and not self._states.is_plain:
                self._ask_weighted(self._states)

    @Slot()
    def _forget_states(self) -> None:
        """Switches belong to the keypoints of one picture."""
        self._states = LayerStates.all_on(0)
        self._editing.set_locked(frozenset())

    def _blend_kind(self) -> BlendKind:
        model = self._bench.document.model
        if model is None or model.config.decoder.blend == "sum":
            return "none"
        return "cover" if model.config.decoder.kind == "patch" else "softmax"

    def _show_hint(self) -> None:
        document = self._bench.document
        title = "Nothing is rebuilt yet"
        if document.model is None:
            text = say("Open or train a model to see how it draws a picture from [points].")
        elif not self._bench.detections.can_redraw:
            title = "This model does not redraw"
            text = say(
                "It finds [points] but was not taught to draw pictures from them. Train from it, "
                "and what each [point] draws appears here."
            )
        elif document.picture is None:
            text = say("Open a picture, or pause a video, to see what each [point] draws.")
        else:
            text = "The picture is being rebuilt…"
        self.stack.hint.set_text(title, text)

    def _show_rows(self, result: Reconstruction, points: Keypoints) -> None:
        key: SortLayers = self.sort.currentData()
        covered = areas(result.alpha)
        order = layer_order(key, points.scores, points.labels, covered, result.contributions)
        book = self._bench.prototypes
        most = max(float(np.abs(result.contributions).max(initial=0.0)), 1e-12)
        rows = []
        for k in order.tolist():
            label = int(points.labels[k])
            first = f"score {points.scores[k]:.2f}"
            if len(covered):
                first = f"{points.scores[k]:.2f} · {100 * covered[k]:.1f} %"
            rows.append(
                LayerLine(
                    keypoint=k,
                    name=book.name(label),
                    colour=book.colour(label),
                    numbers=(first, f"Δ {_signed(float(result.contributions[k]))}"),
                    pictures=self._pictures(result, k),
                    effect=float(result.contributions[k]) / most,
                )
            )
        self.grid.set_rows(rows, self._states)

    def _pictures(self, result: Reconstruction, k: int) -> tuple[QImage, ...]:
        if len(result.rgb) == 0:
            return ()
        alpha = result.alpha[k]
        left, top, right, bottom = 0, 0, alpha.shape[1], alpha.shape[0]
        if self.close_up.isChecked():
            left, top, right, bottom = layer_box(alpha)
        part = alpha[top:bottom, left:right]
        colour = result.rgb[k, top:bottom, left:right]
        grey = np.repeat(np.rint(255 * part).astype(np.uint8)[..., None], 3, axis=2)
        product = np.rint(colour * part[..., None]).astype(np.uint8)
        return tuple(picture_image(np.ascontiguousarray(p)) for p in (colour, grey, product))

    def _set_states(self, states: LayerStates) -> None:
        before, self._states = self._states, states
        self.grid.set_states(states)
        self._editing.set_locked(frozenset(np.flatnonzero(states.lock).tolist()))
        if self._blend is not None and self._blend.kind == "none":
            if not np.array_equal(before.weights, states.weights):
                self._ask_weighted(states)
        else:
            self._show_blend()

    def _ask_weighted(self, states: LayerStates) -> None:
        """Models without layers are drawn anew with the scores of the others at zero."""
        detection = self._bench.document.shown
        if detection is not None:
            self._awaits_weighted = True
            points = detection.keypoints
            self._editing.show_weighted(points, states.weights)

    def _show_blend(self) -> None:
        result = self._bench.document.reconstruction
        if self._blend is None or result is None:
            return
        picture, error = self._blend.blend(self._states.weights)
        self.blend_tile.set_picture(picture)
        on = int((self._states.weights > 0).sum())
        total = len(self._states.mute)
        self.blend_tile.set_caption("Rebuilt" if on == total else f"Rebuilt, {on} of {total}")
        text = f"Mean squared error <b>{readable.loss(error)}</b>"
        self._error.setToolTip(f"Rebuilt from {on} of {total} layers")
        if not self._states.is_plain:
            rise = error - self._plain_error
            tone: tones.Tone = "danger" if rise > 0 else "success"
            colour = tones.tone(self.palette(), tone).name()
            text += f' <span style="color:{colour}">{_signed(rise)}</span>'
            self._error.setToolTip(
                f"Rebuilt from {on} of {total} layers, and the change against all of them"
            )
        self._error.setText(text)

    @Slot(int)
    def _choose(self, keypoint: int) -> None:
        self._bench.selection.select_keypoint(keypoint if keypoint >= 0 else None, ORIGIN)
        self._show_interpolation()

    @Slot()
    def _show_selected(self) -> None:
        self.grid.set_current(self._bench.selection.keypoint)
        self._show_interpolation()

    @Slot(str)
    def _show_hovered(self, origin: str) -> None:
        if origin != ORIGIN:
            self.grid.set_hovered(self._bench.selection.hovered_keypoint)

    def _show_interpolation(self) -> None:
        keypoint, detection = self._bench.selection.keypoint, self._bench.document.shown
        book = self._bench.prototypes
        shown = [i for i in range(book.num) if book.target(i) == i]
        names = [(i, book.name(i), book.colour(i)) for i in shown]
        label = None
        if (
            detection is not None
            and keypoint is not None
            and keypoint < len(detection.keypoints.labels)
        ):
            label = book.target(int(detection.keypoints.labels[keypoint]))
        self.interpolation.set_choices(names, keypoint, label)

    @Slot(int, int, float)
    def _interpolate(self, first: int, second: int, share: float) -> None:
        keypoint = self._bench.selection.keypoint
        if keypoint is not None:
            self._editing.interpolate(keypoint, first, second, share)


def _signed(value: float) -> str:
    """Return an error difference with its sign; what no eye could tell from nothing is 0."""
    if abs(value) < _UNSEEN_ERROR:
        return "0"
    return f"{'+' if value >= 0 else '−'}{readable.loss(abs(value))}"
