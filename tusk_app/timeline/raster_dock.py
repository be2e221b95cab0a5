"""Behaviour raster: when and where each prototype is seen in a video or series."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLabel,
    QPushButton,
    QWidget,
)

from tusk_app.panel import Panel
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.panel_layout import AdaptiveSplitter, below_bar, flow_bar, labelled
from tusk_app.parts.raster_view import RasterRows, RasterView
from tusk_app.parts.trail_view import Path, TrailView
from tusk_app.parts.when_seen import WhenSeen
from tusk_app.parts.words import say
from tusk_app.pictures.faces import KindFaces
from tusk_app.timeline.controller import TrackingController

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QShowEvent

    from tusk_app.timeline.tracking import PresenceTable
    from tusk_app.workbench import Workbench

ORIGIN = "raster"
_MODES = (("presence", "presence"), ("x", "horizontal place"), ("y", "vertical place"))
# Below this width the picture with its trails stands beneath the raster.
_NARROW = 520
_TRAILS = ((15, "short"), (50, "medium"), (200, "long"))


class RasterDock(Panel):
    """Binds the tracking controller, document and selection to raster and trails."""

    name = "raster"
    title = "Raster"
    question = "What is seen when?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._tracking = workbench.part(TrackingController)
        self._faces = workbench.part(KindFaces)
        self._when_seen = WhenSeen(self)
        self._make_widgets()
        self._connect()
        self._show()

    def _make_widgets(self) -> None:
        self.raster = RasterView()
        self.trails = TrailView()
        self.mode = QComboBox()
        for value, text in _MODES:
            self.mode.addItem(text, value)
        self.mode.setAccessibleName("Show")
        self.length = QComboBox()
        for frames, text in _TRAILS:
            self.length.addItem(text, frames)
        self.length.setCurrentIndex(1)
        self.length.setAccessibleName("Trails")
        self.save_button = QPushButton("Save CSV…")
        self.save_button.setToolTip("Every detection with its frame, time, track and place")
        self._summary = QLabel()
        show, trails = (
            labelled("Show", self.mode),
            labelled("Trails", self.length),
        )
        bar = flow_bar(show, trails, self.save_button, self._summary)
        splitter = AdaptiveSplitter(_NARROW, (600, 200), (220, 140))
        splitter.addWidget(self.raster)
        splitter.addWidget(self.trails)
        splitter.use_sizes()
        hint = EmptyHint("timeline", "", "")
        hint.clicked.connect(self._bench.analysis.start)
        self.stack = HintStack(hint, below_bar(bar, splitter))
        self.setWidget(self.stack)

    def _connect(self) -> None:
        document, selection = self._bench.document, self._bench.selection
        self._tracking.tables_changed.connect(self._show)
        self._tracking.busy_changed.connect(self._show_hint)
        self._bench.analysis.busy_changed.connect(self._show_hint)
        self._bench.prototypes.changed.connect(self._show)
        self._faces.changed.connect(lambda: self._when_seen(self._show_faces))
        document.source_changed.connect(self._show_hint)
        document.model_changed.connect(self._show_hint)
        document.picture_changed.connect(self._show_moment)
        document.index_requested.connect(self._show_moment)
        self.mode.currentIndexChanged.connect(self._show)
        self.length.currentIndexChanged.connect(self._show_moment)
        self.raster.frame_chosen.connect(self._seek)
        self.raster.prototype_chosen.connect(lambda i: selection.select_prototype(i, ORIGIN))
        self.save_button.clicked.connect(self._ask_save)
        selection.prototype_changed.connect(self._show_selected)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the tables as soon as somebody looks."""
        super().showEvent(event)
        self._tracking.want()

    @Slot(int)
    def _seek(self, frame: int) -> None:
        if self._bench.analysis.is_of_open_source():
            self._bench.document.go_to(frame)
        else:
            self.raster.set_frame(frame)

    @Slot()
    def _show(self) -> None:
        tables, analysis = self._tracking.tables, self._bench.document.analysis
        self.stack.show_content(has_content=tables is not None and analysis is not None)
        self._show_hint()
        if tables is None or analysis is None:
            return
        self.raster.set_rows(self._rows(tables.table), self._fps())
        tracks = int(tables.tracks.max(initial=-1)) + 1
        unit = "frames" if self._fps() > 0 else "pictures"
        self._summary.setText(f"{len(analysis.picture_names)} {unit}, {tracks} tracks")
        self._show_selected()
        self._show_moment()

    def _fps(self) -> float:
        analysis = self._bench.document.analysis
        if analysis is None or len(analysis.times) < 2:
            return 0.0
        steps = np.diff(analysis.times)
        good = steps[np.isfinite(steps) & (steps > 0)]
        return float(1 / np.median(good)) if len(good) else 0.0

    def _rows(self, table: PresenceTable) -> RasterRows:
        analysis, book = self._bench.document.analysis, self._bench.prototypes
        assert analysis is not None
        num = len(table.scores)
        seen = table.scores.max(axis=1, initial=0) > 0
        shown = np.array(
            [
                i
                for i in range(num)
                if seen[i] and (book.num != num or (book.target(i) == i and not book.is_hidden(i)))
            ],
            np.int64,
        )
        colours = np.array([book.colour(int(i)) for i in shown], np.uint8).reshape(-1, 3)
        mode = self.mode.currentData()
        places: NDArray[np.float32] | None = None
        if mode != "presence":
            axis = 0 if mode == "x" else 1
            extent = np.maximum(analysis.picture_sizes[:, axis], 1)
            places = np.asarray(table.xy[shown, :, axis] / extent, np.float32)
        kinds = shown.tolist()
        names = tuple(map(book.name, kinds))
        faces = tuple(self._faces.image(book.target(i)) for i in kinds) if book.num == num else ()
        return RasterRows(shown, names, colours, table.scores[shown], places, faces)

    @Slot()
    def _show_faces(self) -> None:
        tables = self._tracking.tables
        if tables is not None and self._bench.document.analysis is not None:
            self.raster.set_rows(self._rows(tables.table), self._fps())

    @Slot()
    def _show_hint(self) -> None:
        analysis = self._bench.analysis
        title = "No raster yet"
        what = say(
            "The raster shows when each [kind] is seen, from the first picture to the last. "
        )
        if analysis.is_busy:
            self.stack.hint.set_text(title, "The pictures are being analysed.")
        elif self._tracking.is_busy:
            self.stack.hint.set_text(title, say("Following the [points] from picture to picture…"))
        elif analysis.problem:
            self.stack.hint.set_text(title, what + analysis.problem)
        else:
            self.stack.hint.set_text(title, what + "Best with a video.", "Analyse all pictures")

    @Slot()
    def _show_moment(self) -> None:
        document = self._bench.document
        tables, analysis = self._tracking.tables, document.analysis
        if not self._bench.analysis.is_of_open_source():
            self.trails.set_picture(None)
            self.trails.set_paths(())
            return
        self.raster.set_frame(document.index)
        self.trails.set_picture(document.picture)
        if tables is None or analysis is None or document.index < 0:
            return
        self.trails.set_paths(self._paths(document.index))

    def _paths(self, frame: int) -> list[Path]:
        analysis, index = self._bench.document.analysis, self._bench.analysis.index
        tables, book = self._tracking.tables, self._bench.prototypes
        if analysis is None or index is None or tables is None:
            return []
        begin = max(0, frame - int(self.length.currentData()))
        low, high = (
            index.picture_starts[begin],
            index.picture_starts[min(frame + 1, len(index.picture_starts) - 1)],
        )
        now = index.rows_of_picture(frame)
        paths = []
        for row in now.tolist():
            label = int(index.labels[row])
            if book.num > label and book.is_hidden(label):
                continue
            own = low + np.flatnonzero(tables.tracks[low:high] == tables.tracks[row])
            paths.append(Path(analysis.xy[own], book.colour(label)))
        return paths

    @Slot()
    def _show_selected(self) -> None:
        prototype = self._bench.selection.prototype
        target = None if prototype is None else self._bench.prototypes.target(prototype)
        self.raster.set_current(target)

    def _ask_save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save tracks", "tracks.csv", "*.csv")
        if name:
            self._tracking.save(FilePath(name))
