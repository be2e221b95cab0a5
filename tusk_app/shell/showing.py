"""Opening shows what was opened: where the window goes when something comes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from tusk_app.discover.dock import DiscoverDock
from tusk_app.pictures.dock import SourceDock
from tusk_app.shell.layouts import DATA, EXPLORE, TRAIN
from tusk_app.timeline.dock import TimelineDock
from tusk_app.training.controller import RunState
from tusk_app.training.dock import TrainingDock

if TYPE_CHECKING:
    from tusk_app.shell.host import Host
    from tusk_app.shell.workshop import Workshop


class Showing(QObject):
    """Goes to the workspace, and brings the panel, in which the newest thing is seen."""

    def __init__(self, window: Host, workbench: Workshop) -> None:
        super().__init__(window)
        self._window, self._bench = window, workbench
        bench = workbench
        bench.sources.opened.connect(self._pictures)
        bench.document.model_replaced.connect(self._leave_training)
        bench.live.changed.connect(self._leave_training)
        bench.analysis.opened.connect(self._results)
        bench.sources.run_wanted.connect(self._run)
        bench.discover.shown.connect(self._discovery)
        bench.training.state_changed.connect(self._take_run_state)

    @Slot()
    def training(self) -> None:
        """Show the run of this window, or the one that is followed."""
        self._window.layouts.switch(TRAIN)
        self._window.layouts.show_dock(TrainingDock.name)

    @Slot()
    def _pictures(self) -> None:
        """A video comes with its time line, also where that had no place before."""
        self._leave_training()
        pictures = self._window.panel(SourceDock)
        if not pictures.isHidden():
            pictures.raise_()  # what was found in other pictures no longer stands in front of them
        source = self._bench.document.source
        if source is not None and source.kind == "video":
            self._window.layouts.show_dock(TimelineDock.name)

    @Slot()
    def _leave_training(self, _before: object = None) -> None:
        """Go where pictures are seen: the workspace of training does without them."""
        document = self._bench.document
        is_open = document.source is not None or document.model is not None
        if (is_open or self._bench.live.is_on) and self._window.layouts.current == TRAIN:
            self._window.layouts.switch(DATA)

    @Slot()
    def _results(self) -> None:
        self._window.layouts.switch(EXPLORE)

    @Slot(str)
    def _run(self, path: str) -> None:
        self._bench.settings.add_recent("run", path)
        self.training()
        self._bench.document.set_run(Path(path))
        self._bench.training.monitor.follow(Path(path))

    @Slot()
    def _discovery(self) -> None:
        if self._window.layouts.current == TRAIN:
            self._window.layouts.switch(DATA)
        self._window.layouts.show_dock(DiscoverDock.name)

    @Slot(object)
    def _take_run_state(self, state: RunState) -> None:
        if state is RunState.PREPARING:
            self.training()
