"""The commands of a discovery; part of the program's one registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tusk_app.discover.controller import DiscoverController

if TYPE_CHECKING:
    from tusk_app.workbench import Workbench


class DiscoverCommands(QObject):
    """Registers the commands, enables what fits the state."""

    def __init__(self, workbench: Workbench, parent: QObject) -> None:
        super().__init__(parent)
        self._discover = workbench.part(DiscoverController)
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
        self._discover.found_changed.connect(self._enable)
        self._discover.busy_changed.connect(self._enable)
        self._enable()

    def _enable(self, _value: object = None) -> None:
        is_ready = self._discover.is_open and not self._discover.is_busy
        self._best.setEnabled(is_ready)
        self._train.setEnabled(is_ready)
