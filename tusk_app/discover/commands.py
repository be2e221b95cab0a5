"""The commands of a discovery; part of the program's one registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tusk_app.discover.controller import DiscoverController
from tusk_app.parts.words import say, unnamed

if TYPE_CHECKING:
    from typing import Literal

    from tusk_app.workbench import Workbench

ORIGIN = "discover"
MERGES = "model/merges"


class DiscoverCommands(QObject):
    """Registers the commands, enables what fits the state."""

    def __init__(self, workbench: Workbench, parent: QObject) -> None:
        super().__init__(parent)
        self._discover = workbench.part(DiscoverController)
        self._document, self._selection = workbench.document, workbench.selection
        self._notices, self._book = workbench.notices, workbench.prototypes
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
        self._more_here = add(
            "kinds.more-here", "&More of the selected kind", self.more_here, menu="Model",
            icon="pin", group="kinds",
            tip=say("The place last right-clicked is of the [kind] that is selected, too"),
        )  # fmt: skip
        self._sharpening = -1
        self._selection.picked.connect(self._take_place)
        self._selection.prototype_changed.connect(self._enable)
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
        chosen = self._selection.prototype
        self._more_here.setEnabled(can_click and chosen is not None)
        name = "the selected kind" if chosen is None else self._called(chosen)
        self._more_here.setText(f"&More of {name}: this place")

    def _called(self, number: int) -> str:
        return self._discover.name(number) or unnamed(number)

    def sharpen(self, number: int) -> None:
        """Have clicks on the picture tell more places of a kind."""
        if self._discover.can_steer:
            self._sharpening = number
            self._selection.select_prototype(number, ORIGIN)
            self._selection.pick(f"Click places that are {self._called(number)}, too.")

    def merge(self, number: int, into: int) -> None:
        """Treat a kind as another one; a notice offers to undo it."""
        before = self._book.merges()
        self._book.merge(number, into)
        self._notices.withdraw(MERGES)
        self._notices.toast(
            f"{self._book.own_name(number)} is shown and exported as {self._called(into)}.",
            "info", "Undo", lambda: self._book.set_merges(before), about=MERGES,
        )  # fmt: skip

    def more_here(self) -> None:
        """Add the place that was right-clicked to the selected kind."""
        chosen, place = self._selection.prototype, self._place
        if chosen is not None and place is not None:
            self._selection.point_at(None)
            self._discover.click("more", place, chosen)

    def _take_place(self, x: float, y: float) -> None:
        if self._sharpening >= 0:
            self._discover.click("more", (x, y), self._sharpening)

    def _leave_picture(self) -> None:
        self._selection.point_at(None)
        self._enable()

    @property
    def _place(self) -> tuple[float, float] | None:
        """Where a command acts: the place right-clicked last, else the selected keypoint's."""
        place = self._selection.place
        keypoint, detection = self._selection.keypoint, self._document.detection
        if place is None and keypoint is not None and detection is not None:
            x, y = detection.keypoints.xy[keypoint].tolist()
            return x, y
        return place

    def _click(self, does: Literal["new", "not"]) -> None:
        place = self._place
        if place is None:
            self._notices.toast(
                say("Right-click a place of the picture, or select a [point] first."), "info"
            )
            return
        self._selection.point_at(None)
        self._discover.click(does, place)
