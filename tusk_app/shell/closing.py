"""Closing the window: asks about work in progress, then ends every thread."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMessageBox

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk_app.shell.host import Host
    from tusk_app.shell.workshop import Workshop

log = logging.getLogger(__name__)


class Closer(QObject):
    """Decides whether the window may close now."""

    def __init__(
        self,
        window: Host,
        workbench: Workshop,
        ask: Callable[[str, str, str], bool] | None = None,
    ) -> None:
        """Prepare; ``ask`` (title, explanation, words of the button) can be replaced by tests."""
        super().__init__(window)
        self._window = window
        self._bench = workbench
        self.ask = ask or self._ask_user
        self._waits_for_run = False
        self._is_forced = False
        self._is_down = False
        self._has_waited = False
        workbench.training.run_ended.connect(self._take_run_end)

    @property
    def is_closing(self) -> bool:
        """True while the window waits for a run to end, and after."""
        return self._waits_for_run or self._is_down

    @property
    def is_down(self) -> bool:
        """True once every thread has ended."""
        return self._is_down

    def force(self) -> None:
        """Close without asking; what a run has learnt is kept all the same."""
        self._is_forced = True
        self._window.close()

    def may_close(self) -> bool:
        """Ask, stop and wait as far as needed; True when the window can go now."""
        if self._is_down:
            return True
        training, jobs = self._bench.training, self._bench.jobs
        if training.is_busy:
            return self._stop_run_first()
        if jobs.running and not self._is_forced:
            titles = ", ".join(job.title for job in jobs.running)
            if not self.ask(
                "Work is still in progress",
                f"{titles} has not finished. Closing cancels it. Keypoints found so far are kept "
                "for the next time; half-written files are not.",
                "Cancel it and close",
            ):
                return False
        return self._shut_down()

    def _stop_run_first(self) -> bool:
        if not self._waits_for_run:
            if not self._is_forced and not self.ask(
                "A run is in progress",
                "Training stops after this step, and everything learned so far is kept. You can "
                "resume the run later from the Runs panel.",
                "Stop, keep and close",
            ):
                return False
            self._waits_for_run = True
            self._bench.training.stop_and_keep()
        self._bench.notices.toast("Stopping the run; the window closes when it is saved.")
        return False

    @Slot(str)
    def _take_run_end(self, _outcome: str) -> None:
        if self._waits_for_run:
            self._waits_for_run = False
            self._window.close()

    def _shut_down(self) -> bool:
        bench = self._bench
        late = bench.shut_down()
        if not self._shut_panels():
            late.append("panels")
        if late:
            log.warning("still busy at closing: %s", ", ".join(late))
            # Asked a second time, the window goes: what hangs, such as a dead network drive, may
            # hang for ever. Whatever was worth keeping is on the disk by now.
            if not self._has_waited and not self._is_forced:
                self._has_waited = True
                bench.notices.toast(
                    f"Still finishing: {', '.join(late)}. Close the window again to leave without "
                    "waiting.",
                    "warning",
                )
                return False
        self._is_down = True
        return True

    def _shut_panels(self) -> bool:
        ended = [panel.shutdown() for panel in self._window.docks.values()]
        return all(ended)

    def _ask_user(self, title: str, explanation: str, button: str) -> bool:
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("TUSK")
        box.setText(title)
        box.setInformativeText(explanation)
        yes = box.addButton(button, QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.exec()
        return box.clickedButton() is yes
