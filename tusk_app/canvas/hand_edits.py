"""Ties the canvas to hand editing, and registers its commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from tusk_app.canvas.editing_controller import EditingController
from tusk_app.parts.words import say
from tusk_app.state.display import Layer

if TYPE_CHECKING:
    from tusk_app.canvas.widgets.image_canvas import ImageCanvas
    from tusk_app.workbench import Workbench


class CanvasEditing(QObject):
    """Mouse and keys on the canvas become steps of the undo stack."""

    def __init__(self, workbench: Workbench, canvas: ImageCanvas) -> None:
        super().__init__(canvas)
        self._bench, self._canvas = workbench, canvas
        editing = self._editing = workbench.part(EditingController)
        canvas.keypoint_moved.connect(self._move)
        canvas.keypoint_move_finished.connect(editing.finish_move)
        canvas.keypoint_added.connect(editing.add)
        canvas.keypoint_deleted.connect(editing.delete)
        canvas.prototype_dropped.connect(editing.drop_prototype)
        editing.enabled_changed.connect(canvas.set_editable)
        self._has_uncovered = False
        editing.edited_changed.connect(self._show_redrawn)
        self._add_commands()
        editing.enabled_changed.connect(workbench.actions.get("edit.keypoints").setChecked)
        editing.undo_group.canUndoChanged.connect(self._enable)
        editing.undo_group.canRedoChanged.connect(self._enable)
        editing.edited_changed.connect(self._enable)
        workbench.document.model_changed.connect(self._enable)
        self._enable()

    def _add_commands(self) -> None:
        add, editing = self._bench.actions.add, self._editing
        steps = editing.undo_group
        add("edit.undo", "&Undo", steps.undo, menu="Edit", shortcut="Ctrl+Z", icon="undo",
            group="undo", tip=say("Take back the last change of a [point] or region"))  # fmt: skip
        add("edit.redo", "&Redo", steps.redo, menu="Edit", shortcut="Ctrl+Shift+Z; Ctrl+Y",
            icon="redo", group="undo", tip="Redo the last undone change")  # fmt: skip
        add("edit.keypoints", say("&Edit [points] by hand"), editing.set_enabled, menu="Edit",
            shortcut="Ctrl+Shift+E", icon="pencil", checkable=True, group="keypoints",
            tip=say("Drag [points], nudge with the arrows, double click adds, Delete removes; the "
            "picture is rebuilt at once"))  # fmt: skip
        add("edit.reset-keypoints", "Reset to &detected", editing.reset, menu="Edit",
            icon="refresh", group="keypoints",
            tip=say("Go back to the [points] that the model found"))  # fmt: skip

    @Slot(int, float, float)
    def _move(self, index: int, x: float, y: float) -> None:
        if not self._editing.is_locked(index):
            self._editing.move(index, x, y)

    @Slot(bool)
    def _show_redrawn(self, edited: bool) -> None:
        """Show on the picture itself what a change draws; the picture comes back with the points.

        Who hides the redrawn layer meanwhile has decided for the rest of the edit.
        """
        display = self._bench.display
        is_shown = display.layer(Layer.RECONSTRUCTION).visible
        if edited and not is_shown and not display.is_split and self._bench.detections.can_redraw:
            display.change_layer(Layer.RECONSTRUCTION, visible=True)
            self._has_uncovered = True
            self._bench.notices.status("Redrawn as you edit; R shows the picture itself.")
        elif not edited and self._has_uncovered:
            display.change_layer(Layer.RECONSTRUCTION, visible=False)
            self._has_uncovered = False

    @Slot()
    def _enable(self) -> None:
        actions, editing = self._bench.actions, self._editing
        actions.get("edit.undo").setEnabled(editing.undo_group.canUndo())
        actions.get("edit.redo").setEnabled(editing.undo_group.canRedo())
        actions.get("edit.reset-keypoints").setEnabled(editing.is_edited)
        actions.get("edit.keypoints").setEnabled(self._bench.document.model is not None)
