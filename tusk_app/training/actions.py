"""The commands that act on the run that goes on; part of the program's one registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from tusk_app.training.controller import RunState, TrainingController

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk_app.workbench import Workbench


class TrainingActions(QObject):
    """Registers the commands, enables what fits the state, carries them out."""

    def __init__(
        self, workbench: Workbench, confirm_discard: Callable[[], bool], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._training = workbench.part(TrainingController)
        self._confirm = confirm_discard
        self._actions = workbench.actions
        add = workbench.actions.add
        self._train = add(
            "model.train", "&Train…", self._ask, menu="Model", shortcut="Ctrl+T", icon="train",
            tip="Choose pictures and settings, and train a model", group="train",
        )  # fmt: skip
        self._hold = add(
            "model.pause", "&Pause the run", self._toggle, menu="Model", shortcut="Ctrl+P",
            tip="Hold the run after this step, or let it continue", icon="pause", group="run",
        )  # fmt: skip
        self._stop = add(
            "model.stop", "&Stop and keep the run", self._training.stop_and_keep, menu="Model",
            shortcut="Ctrl+.", tip="End the run after this step and keep the model", icon="stop",
            group="run",
        )  # fmt: skip
        self._save = add(
            "model.save-checkpoint", "Save a &checkpoint now", self._training.save_now,
            menu="Model", tip="Save a checkpoint after this step", icon="checkpoint", group="run",
        )  # fmt: skip
        self._discard = add(
            "model.discard", "&Discard the run…", self.discard, menu="Model", icon="trash",
            tip="End the run and move its folder to the trash", group="run",
        )  # fmt: skip
        self._training.state_changed.connect(self._take_state)
        self._take_state(self._training.state)

    def discard(self) -> None:
        """End the run that goes on and move it to the trash, if the user is sure."""
        if self._training.is_busy and self._confirm():
            self._training.discard()

    def _ask(self) -> None:
        self._training.setup_requested.emit("new", None)

    def _toggle(self) -> None:
        if self._training.state in {RunState.PAUSED, RunState.PAUSING}:
            self._training.resume()
        else:
            self._training.pause()

    @Slot(object)
    def _take_state(self, state: RunState) -> None:
        is_held = state in {RunState.PAUSED, RunState.PAUSING}
        can_hold = is_held or state is RunState.RUNNING
        can_end = state not in {RunState.IDLE, RunState.STOPPING}
        self._train.setEnabled(state is RunState.IDLE)
        self._hold.setEnabled(can_hold)
        text, icon = ("&Resume the run", "play") if is_held else ("&Pause the run", "pause")
        self._actions.relabel("model.pause", text, icon)
        self._save.setEnabled(can_hold)
        self._stop.setEnabled(can_end)
        self._discard.setEnabled(can_end)
