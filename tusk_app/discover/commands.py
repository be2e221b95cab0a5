"""The commands of a discovery; part of the program's one registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tusk_app.discover.controller import DiscoverController
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from typing import Literal

    from tusk_app.workbench import Workbench


class DiscoverCommands(QObject):
    """Registers the commands, enables what fits the state."""

    def __init__(self, workbench: Workbench, parent: QObject) -> None:
        super().__init__(parent)
        self._discover = workbench.part(DiscoverController)
        self._document, self._selection = workbench.document, workbench.selection
        self._notices = workbench.notices
        add = workbench.actions.add
        add(
            "model.discover", "&Discover", self._discover.start, menu="Model",
            shortcut="Ctrl+D", icon="discover", group="train",
            tip="Find kinds of place that recur in the open pictures, without training",
        )  # fmt: skip
        self._best = add(
            "model.keep-best", "&Keep the best kinds", self._discover.keep_best, menu="Model",
            icon="check", group="kinds", tip="Keep the kinds that were proposed, and no others",
        )  # fmt: skip
        self._train = add(
            "model.train-from-kinds", "Train from these &kinds…", self._discover.train,
            menu="Model", icon="train", group="kinds",
            tip="Train a model that begins from the kinds that were found",
        )  # fmt: skip
        self._undo = add(
            "model.undo-kinds", "&Undo the change of kinds", self._discover.undo, menu="Model",
            icon="undo", group="kinds", tip="Take back what was last said of the kinds",
        )  # fmt: skip
        self._from_here = add(
            "kinds.from-here", "A &kind from here", lambda: self._click("new"), menu="Model",
            icon="plus", group="kinds",
            tip=say("Make a kind from the place last right-clicked, or from the selected [point]"),
        )  # fmt: skip
        self._not_this = add(
            "kinds.not-this", "&Not this", lambda: self._click("not"), menu="Model",
            icon="minus", group="kinds", tip="Places that look like this one are of no kind",
        )  # fmt: skip
        self._discover.kept_changed.connect(self._enable)
        self._document.picture_changed.connect(self._leave_picture)
        self._discover.found_changed.connect(self._enable)
        self._discover.busy_changed.connect(self._enable)
        self._enable()

    def _enable(self, _value: object = None) -> None:
        is_ready = self._discover.is_open and not self._discover.is_busy
        self._best.setEnabled(is_ready)
        self._train.setEnabled(is_ready)
        self._undo.setEnabled(self._discover.can_undo)
        can_click = self._discover.can_steer and self._document.picture is not None
        self._from_here.setEnabled(can_click)
        self._not_this.setEnabled(can_click)

    def _leave_picture(self) -> None:
        self._selection.point_at(None)
        self._enable()

    def _click(self, does: Literal["new", "not"]) -> None:
        place = self._selection.place
        keypoint, detection = self._selection.keypoint, self._document.detection
        if place is None and keypoint is not None and detection is not None:
            x, y = detection.keypoints.xy[keypoint].tolist()
            place = (x, y)
        if place is None:
            self._notices.toast(
                say("Right-click a place of the picture, or select a [point] first."), "info"
            )
            return
        self._selection.point_at(None)
        self._discover.click(does, place)
