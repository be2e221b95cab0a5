"""The canvas's commands: zoom, layers, comparing, copying and saving the picture."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QIODevice, QObject, QSaveFile, Slot
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from tusk_app.canvas.save_picture_dialog import SavePictureDialog
from tusk_app.canvas.widgets.image_canvas import ZOOM_STEP
from tusk_app.parts.words import say
from tusk_app.state.display import Layer
from tusk_core.api import has_ground_truth
from tusk_core.events import JobProgress
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tusk_app.canvas.widgets.image_canvas import ImageCanvas
    from tusk_app.workbench import Workbench

# id, text, key, icon, tip, layer
_LAYERS = (
    ("view.heat-map", "&Heat map", "M", "heat-map",
     "Show where the model sees something worth a [point]", Layer.HEAT_MAP),
    ("view.reconstruction", "&Reconstruction", "R", "reconstruction",
     "Show the picture as it is rebuilt from its [points]", Layer.RECONSTRUCTION),
    ("view.segmentation", "Se&gmentation", "G", "layers",
     "Colour every pixel by the [point] that draws it", Layer.SEGMENTATION),
    ("view.error-map", "&Error map", "E", "compare",
     "Show where the reconstruction differs from the picture", Layer.ERROR),
    ("view.ground-truth", "Ground &truth", "T", "check",
     "Show what is known to be in the picture: samples and annotated data sets", Layer.TRUTH),
)  # fmt: skip
_REDRAWN = (Layer.RECONSTRUCTION, Layer.SEGMENTATION, Layer.ERROR)


class CanvasActions(QObject):
    """Registers the commands and keeps their check marks in step with the display."""

    def __init__(self, workbench: Workbench, canvas: ImageCanvas) -> None:
        super().__init__(canvas)
        self._bench, self._canvas = workbench, canvas
        self._add_zoom()
        self._add_layers()
        self._add_picture()
        workbench.display.changed.connect(self._show_state)
        canvas.flipped.connect(self._show_state)
        workbench.document.picture_changed.connect(self._enable)
        workbench.document.model_changed.connect(self._enable)
        workbench.live.changed.connect(self._enable)
        self._show_state()
        self._enable()

    def _add_zoom(self) -> None:
        add, canvas = self._bench.actions.add, self._canvas
        add("view.fit", "&Fit", canvas.fit, menu="View", shortcut="F", canvas_only=True,
            group="zoom", icon="fit", tip="Show the whole picture")  # fmt: skip
        add("view.actual-size", "&100 %", canvas.show_actual_size, menu="View", shortcut="0",
            canvas_only=True, group="zoom", icon="one-to-one",
            tip="One pixel of the picture on one of the screen")  # fmt: skip
        add("view.zoom-in", "Zoom &in", lambda: canvas.zoom_by(ZOOM_STEP), menu="View",
            shortcut="Ctrl++; Ctrl+=", group="zoom", icon="zoom-in")  # fmt: skip
        add("view.zoom-out", "Zoom &out", lambda: canvas.zoom_by(1 / ZOOM_STEP), menu="View",
            shortcut="Ctrl+-", group="zoom", icon="zoom-out")  # fmt: skip

    def _add_layers(self) -> None:
        add, display = self._bench.actions.add, self._bench.display
        add("view.overlay", say("&[Points]"), lambda on: display.change_overlay(visible=on),
            menu="View", shortcut="K", checkable=True, checked=True, canvas_only=True,
            group="layers", icon="overlay", tip=say("Show [points]; hold H to hide everything "
            "over the picture for a moment"))  # fmt: skip
        add("view.labels", "&Labels", lambda on: display.change_overlay(labels=on), menu="View",
            shortcut="L", checkable=True, canvas_only=True, group="layers", icon="labels",
            tip=say("Name every [point]"))  # fmt: skip
        for command, text, key, icon, tip, layer in _LAYERS:
            add(command, text, functools.partial(self._show_layer, layer), menu="View",
                shortcut=key, checkable=True, canvas_only=True, group="layers", icon=icon,
                tip=tip)  # fmt: skip
        add("view.split", "&Split view", self._show_split, menu="View", shortcut="\\",
            checkable=True, canvas_only=True, group="compare", icon="split",
            tip="Input left of the divider, reconstruction right of it")  # fmt: skip
        add("view.flip", "&Flip input and reconstruction", self._flip, menu="View",
            canvas_only=True, group="compare",
            tip="Tab on the canvas: show one in place of the other")  # fmt: skip

    def _add_picture(self) -> None:
        add = self._bench.actions.add
        add("edit.copy-picture", "&Copy picture", self.copy, menu="Edit", shortcut="Ctrl+C",
            canvas_only=True, icon="copy", tip="Copy the picture as it is shown")  # fmt: skip
        add("edit.select-shown", say("Select all &[points] of this picture"), self._select_shown,
            menu="Edit", shortcut="Shift+A", canvas_only=True, icon="box-select",
            tip="Or draw a box about some: Shift and drag; Alt and drag takes out")  # fmt: skip
        add("edit.clear", "Cl&ear selection", self._clear, menu="Edit",
            shortcut="Esc", canvas_only=True, icon="clear",
            tip="Select nothing")  # fmt: skip
        add("file.save-picture", "Save pic&ture…", self.save, menu="File",
            shortcut="Ctrl+Alt+S", icon="save",
            tip=say("Save the picture as it is shown, with its layers and [points]"))  # fmt: skip

    def _clear(self) -> None:
        """End picking places; else select nothing."""
        selection = self._bench.selection
        if selection.picking:
            selection.pick("")
        else:
            selection.clear()

    def _show_layer(self, layer: Layer, visible: bool) -> None:
        if visible and layer in _REDRAWN and not self._may_redraw():
            self._show_state()
            return
        self._bench.display.change_layer(layer, visible=visible)

    def _show_split(self, split: bool) -> None:
        if split and not self._may_redraw():
            self._show_state()
            return
        self._bench.display.set_split(split)

    def _may_redraw(self) -> bool:
        """Say why there will be no redrawn picture; True if there will be one."""
        if self._bench.detections.can_redraw:
            return True
        text = (
            "This model finds [points] but was not taught to redraw pictures. Train from it first."
        )
        self._bench.notices.toast(
            say(text), "info", "Train…", lambda: self._bench.actions.trigger("model.train")
        )
        return False

    def _select_shown(self) -> None:
        chosen = self._canvas.shown_keypoints()
        self._bench.selection.select_keypoints(chosen, "commands")
        if not chosen:
            self._bench.notices.status(say("There are no [points] on the picture."))

    def _flip(self) -> None:
        if self._canvas.can_flip:
            self._canvas.set_flipped(not self._canvas.is_flipped)
        elif self._may_redraw():
            self._bench.detections.request_reconstruction()

    @Slot()
    def copy(self) -> None:
        """Put the picture as it is shown on the clipboard, at its own size."""
        if self._canvas.picture is None:
            return
        QGuiApplication.clipboard().setImage(self._canvas.rendered(1))
        self._bench.notices.status("The picture was copied.")

    @Slot()
    def save(self) -> None:
        """Ask for size and file, then save in the background."""
        if self._canvas.picture is None:
            return
        dialog = SavePictureDialog(self._canvas.picture_size, self._canvas)
        if not dialog.exec():
            return
        settings = self._bench.settings
        first = str(settings.last_folder / f"{self._stem()}.png")
        chosen, _ = QFileDialog.getSaveFileName(
            self._canvas, "Save picture", first, "PNG picture (*.png)"
        )
        if chosen:
            settings.last_folder = Path(chosen).parent
            self.save_to(Path(chosen), dialog.factor, with_keypoints=dialog.with_keypoints)

    def save_to(self, path: Path, scale: int, *, with_keypoints: bool = True) -> None:
        """Save the picture as it is shown, at ``scale`` times its size; returns at once."""
        image = self._canvas.rendered(scale, with_keypoints=with_keypoints)
        path = path if path.suffix else path.with_suffix(".png")
        job = self._bench.jobs.start(f"Save {path.name}", lambda _control: _write(image, path))
        job.produced.connect(lambda _: self._bench.notices.toast(f"Saved {path.name}.", "success"))

    def _stem(self) -> str:
        document = self._bench.document
        if document.source is None or self._bench.live.is_on:
            return "camera"
        name = document.source.name(max(document.index, 0))
        return Path(name.replace("\\", "/")).stem.replace(" ", "_")

    @Slot()
    def _show_state(self, _value: object = None) -> None:
        actions, display = self._bench.actions, self._bench.display
        actions.get("view.overlay").setChecked(display.overlay.visible)
        actions.get("view.labels").setChecked(display.overlay.labels)
        actions.get("view.split").setChecked(display.is_split)
        for command, *_rest, layer in _LAYERS:
            actions.get(command).setChecked(display.layer(layer).visible)

    @Slot()
    def _enable(self, _value: object = None) -> None:
        document, actions = self._bench.document, self._bench.actions
        has_picture = document.picture is not None or self._bench.live.is_on
        for command in ("view.fit", "view.actual-size", "view.zoom-in", "view.zoom-out",
                        "edit.copy-picture", "file.save-picture"):  # fmt: skip
            actions.get(command).setEnabled(has_picture)
        has_model = document.model is not None
        has_truth = document.source is not None and has_ground_truth(document.source)
        for command in ("view.split", "view.flip"):
            actions.get(command).setEnabled(has_model)
        for command, *_rest, layer in _LAYERS:
            actions.get(command).setEnabled(has_truth if layer is Layer.TRUTH else has_model)


def _write(image: QImage, path: Path) -> Iterator[object]:
    """Write the file beside its place first, so that a full disk leaves no half picture."""
    yield JobProgress(0, 1, path.name)
    file = QSaveFile(str(path))
    # The stubs ask for bytes, which PySide itself refuses.
    is_open = file.open(QIODevice.OpenModeFlag.WriteOnly)
    if is_open and image.save(file, "PNG") and file.commit():  # type: ignore[call-overload]
        yield JobProgress(1, 1, path.name)
        yield path
        return
    raise SourceError(
        f"{path} cannot be written: {file.errorString()}. Choose another folder, or make room."
    )
