"""Ties canvas, strip and commands to the region of the open pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from tusk_app.canvas.editing_controller import EditingController
from tusk_app.canvas.region_controller import RegionController

if TYPE_CHECKING:
    from tusk_app.canvas.widgets.image_canvas import ImageCanvas
    from tusk_app.canvas.widgets.region_bar import RegionBar
    from tusk_app.canvas.widgets.region_hand import RegionTool
    from tusk_app.workbench import Workbench


class CanvasRegion(QObject):
    """While the region is edited, mouse, keys and undo are about it."""

    def __init__(self, workbench: Workbench, canvas: ImageCanvas, bar: RegionBar) -> None:
        super().__init__(canvas)
        self._bench, self._canvas, self._bar = workbench, canvas, bar
        self._region = workbench.part(RegionController)
        self._editing = workbench.part(EditingController)
        self._editing.undo_group.addStack(self._region.stack)
        self._tool: RegionTool = "rectangle"
        self._add_commands()
        canvas.region_changed.connect(self._region.change)
        canvas.region_left.connect(self.leave)
        bar.tool_chosen.connect(self._choose)
        bar.delete_wanted.connect(canvas.region.delete_chosen)
        bar.clear_wanted.connect(self._region.clear)
        bar.done.connect(self.leave)
        document = workbench.document
        document.region_changed.connect(self._show)
        document.source_changed.connect(self._enable)
        document.picture_changed.connect(self._enable)
        workbench.live.changed.connect(self._enable)
        self._show()
        self._enable()

    def _add_commands(self) -> None:
        add = self._bench.actions.add
        self._edit = add("edit.region", "Draw a &region…", self._set_editing, menu="Edit",
            shortcut="Ctrl+Shift+R", icon="lasso", checkable=True, group="region",
            tip="Rectangles and polygons outside which no [point] counts")  # fmt: skip
        self._clear = add("edit.clear-region", "Clear the region", self._region.clear,
            menu="Edit", icon="clear", group="region",
            tip="Everything in the picture counts again")  # fmt: skip

    @Slot()
    def leave(self) -> None:
        """Finish editing the region."""
        self._edit.setChecked(False)
        self._canvas.setFocus()

    @Slot(str)
    def _choose(self, tool: RegionTool) -> None:
        self._tool = tool
        self._canvas.region.set_tool(tool)
        self._canvas.setFocus()

    @Slot(bool)
    def _set_editing(self, editing: bool) -> None:
        self._bar.setVisible(editing)
        self._canvas.region.set_tool(self._tool if editing else None)
        if editing:
            self._editing.set_enabled(enabled=False)
            self._bar.show_tool(self._tool)
            self._canvas.setFocus()
        stack = self._region.stack if editing else self._editing.stack
        self._editing.undo_group.setActiveStack(stack)

    @Slot()
    def _show(self) -> None:
        polygons = self._region.polygons
        self._canvas.region.set_polygons(polygons)
        self._bar.set_count(len(polygons))
        self._clear.setEnabled(bool(polygons))

    @Slot()
    def _enable(self, _value: object = None) -> None:
        document = self._bench.document
        is_able = document.picture is not None and not self._bench.live.is_on
        self._edit.setEnabled(is_able or self._edit.isChecked())
        if document.source is None or self._bench.live.is_on:
            self._edit.setChecked(False)
            self._canvas.region.set_polygons(())
        else:
            self._show()
