"""Commands of the Analyse menu: process all pictures, and show what came out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog

from tusk_app.parts.words import say

if TYPE_CHECKING:
    from tusk_app.shell.host import Host
    from tusk_app.shell.workshop import Workshop

# id, text, dock, icon, tip
_PANELS = (
    ("analyze.map", "Show the &map", "embedding", "map",
     "Every [point] as a dot, every [kind] by its face"),
    ("analyze.prototypes", "Show the &gallery", "gallery", "gallery",
     "What each [kind] looks like and where it is found"),
    ("analyze.layers", "Show the &layers of the picture", "reconstruction", "layers",
     "What each [point] draws"),
    ("analyze.correspondence", "&Compare two pictures", "correspondence", "link",
     "Lines between [points] that show the same thing"),
    ("analyze.equivariance", "Test &equivariance", "equivariance", "warp",
     "Turn, scale or bend the picture and see whether [points] follow"),
    ("analyze.raster", "Show the &raster over time", "raster", "timeline",
     "When and where each [kind] is seen in a video"),
    ("analyze.tracks", "&Follow individuals over time", "tracks", "timeline",
     "Who is who from frame to frame: correct, name and export them"),
    ("analyze.time-machine", "&Travel through the training", "time-machine", "clock",
     "Probe pictures, [kinds] and map at every checkpoint of the run"),
)  # fmt: skip


class AnalysisCommands(QObject):
    """Registers the commands of the Analyse menu."""

    def __init__(self, window: Host, workbench: Workshop) -> None:
        super().__init__(window)
        self._bench, self._window = workbench, window
        add, analysis = workbench.actions.add, workbench.analysis
        self._all = add("analyze.all", "&Analyse all pictures", analysis.start, menu="Analyse",
            shortcut="Ctrl+Shift+A", icon="run-on-folder", group="analysis",
            tip=say("Find the [points] of every picture or frame of the open source"))  # fmt: skip
        add("analyze.open", "&Open results…", self._ask_open, menu="Analyse", icon="folder",
            group="analysis", tip="Open a results file of an earlier analysis")  # fmt: skip
        add("edit.select-prototype", say("Select all of the same &[kind]"), self.select_same,
            menu="Edit", shortcut="Ctrl+A", canvas_only=True, icon="prototypes",
            tip=say("Select every detection of the selected [kind] in all pictures"))  # fmt: skip
        for command, text, dock, icon, tip in _PANELS:
            add(command, text, lambda name=dock: window.layouts.show_dock(name), menu="Analyse",
                icon=icon, group="panels", tip=tip)  # fmt: skip
        workbench.links.pictures_wanted.connect(self.offer_pictures)
        for signal in (
            workbench.document.model_changed,
            workbench.document.source_changed,
            analysis.busy_changed,
        ):
            signal.connect(self._enable)
        self._enable()

    def select_same(self) -> None:
        """Select every detection of the prototype that is selected."""
        selection, index = self._bench.selection, self._bench.analysis.index
        if index is None or selection.prototype is None:
            self._bench.notices.status(say("Select a [point] first, and analyse all pictures."))
            return
        prototype = self._bench.prototypes.target(selection.prototype)
        selection.select_detections(index.rows_of_prototype(prototype), "commands")

    @Slot(str)
    def offer_pictures(self, source: str) -> None:
        """Offer to open the pictures that the results belong to."""
        self._bench.notices.toast(
            f"These results belong to other pictures: {source}.",
            "info",
            "Open pictures",
            lambda: self._bench.sources.open_pictures(source),
            about="model/results",
        )

    def _ask_open(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Open results", "", "Results (*.h5 *.hdf5)"
        )
        if name:
            self._bench.analysis.open(Path(name))

    @Slot()
    def _enable(self) -> None:
        analysis = self._bench.analysis
        self._all.setEnabled(not analysis.problem and not analysis.is_busy)
        tip = analysis.problem or say(
            "Find the [points] of every picture or frame of the open source"
        )
        self._all.setStatusTip(tip)
