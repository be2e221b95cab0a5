"""Tracks: a row for each individual over time, corrections, doubtful frames, trails."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from tusk_app.panel import Panel
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.icon_button import IconButton
from tusk_app.parts.one_dialog import OneDialog
from tusk_app.parts.panel_layout import AdaptiveSplitter, below_bar, flow_bar, labelled
from tusk_app.parts.raster_view import RasterRows, RasterView
from tusk_app.parts.trail_view import Path, TrailView
from tusk_app.parts.words import say
from tusk_app.tracks.controller import TracksController
from tusk_app.tracks.model import next_frame
from tusk_app.tracks.settings_dialog import TrackSettingsDialog
from tusk_core import palette
from tusk_core.tracks import TrackEdit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk_app.tracks.model import TrackView
    from tusk_app.workbench import Workbench
    from tusk_core.results import Analysis
    from tusk_core.tracks import EditKind

# Below this width the picture with its trails stands beneath the rows, where there is this height.
_NARROW, _TALL = 620, 420
_TRAIL = 50


class TracksDock(Panel):
    """Binds the tracks' controller and the document to rows, trails and buttons."""

    name = "tracks"
    title = "Tracks"
    question = "Who is who over time?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._tracks = workbench.part(TracksController)
        self._current = -1
        self._asking: OneDialog[TrackSettingsDialog] = OneDialog(self)
        self._make_widgets()
        self._connect()
        self._show()

    def _make_widgets(self) -> None:
        self.rows = RasterView()
        self.rows.setAccessibleName("Individuals over time")
        self.trails = TrailView()
        self.name_edit = QLineEdit()
        self.name_edit.setMaximumWidth(150)
        self.name_edit.setToolTip("Name of the individual in the chosen row")
        self.other = QComboBox()
        self.other.setMinimumContentsLength(12)
        self.other.setToolTip("The second individual of a swap or a join")
        self.summary = QLabel()
        self.swap = self._button(
            "Swap from here", "From the frame shown on, the two change places", self._swap
        )
        self.join = self._button(
            "Join", "The other one is this individual too", lambda: self._pair("join")
        )
        self.undo = IconButton("undo", "Take back the last correction (Ctrl+Z)")
        self.undo.clicked.connect(self._tracks.undo)
        self.redo = IconButton("redo", "Carry it out again (Ctrl+Shift+Z)")
        self.redo.clicked.connect(self._tracks.redo)
        self.doubt = self._button(
            "Next doubtful frame",
            "Where an assignment was close, or somebody jumped (D)",
            self._go_to_doubt,
        )
        self._make_more()
        bar = flow_bar(
            labelled("Individual", self.name_edit),
            *(self.undo, self.redo, self.doubt, self.more),
            labelled("with", self.other, self.swap, self.join),
            self.summary,
        )
        splitter = AdaptiveSplitter(_NARROW, (620, 220), (220, 140), tall=_TALL)
        splitter.addWidget(self.rows)
        splitter.addWidget(self.trails)
        splitter.use_sizes()
        hint = EmptyHint("timeline", "", "")
        hint.clicked.connect(self._begin)
        self.stack = HintStack(hint, below_bar(bar, splitter))
        self.setWidget(self.stack)

    def _make_more(self) -> None:
        """Make the menu of what is needed seldom: a low panel keeps its room for the rows."""
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setToolTip("Split, delete or lock; follow again; save events")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.more)
        menu.setToolTipsVisible(True)
        self.more.setMenu(menu)
        rows: tuple[tuple[str, str, Callable[[], object]], ...] = (
            ("Split here", "From the frame shown on, it is another individual", self._split),
            ("Delete", say("Its [points] belong to nobody"), lambda: self._one("delete")),
            ("Lock", "Corrections leave it alone", self._toggle_lock),
            ("Follow again…", "Track anew with other settings; corrections are given up",
             self.ask_settings),
            ("Save events…",
             "Start, stop and number of bouts of everyone and of every kind, as CSV",
             self._ask_events),
        )  # fmt: skip
        actions = []
        for text, words, act in rows:
            action = menu.addAction(text)
            action.setToolTip(words)
            action.triggered.connect(lambda _on=False, act=act: act())
            actions.append(action)
        self.split, self.delete, self.lock, self.again, self.events = actions
        menu.insertSeparator(self.again)

    def _button(self, text: str, tip: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(act)
        return button

    def _connect(self) -> None:
        bench, document = self._bench, self._bench.document
        self._tracks.changed.connect(self._show)
        self._tracks.busy_changed.connect(self._show_hint)
        bench.analysis.busy_changed.connect(self._show_hint)
        for signal in (document.analysis_changed, document.model_changed, document.source_changed):
            signal.connect(self._show_hint)
        document.picture_changed.connect(self._show_moment)
        document.index_requested.connect(self._show_playhead)
        self.rows.frame_chosen.connect(self._seek)
        self.rows.prototype_chosen.connect(self.choose)
        self.name_edit.editingFinished.connect(self._rename)
        self.other.currentIndexChanged.connect(self._enable)
        for keys, act in (
            (QKeySequence(QKeySequence.StandardKey.Undo), self._tracks.undo),
            (QKeySequence("Ctrl+Shift+Z"), self._tracks.redo),
            (QKeySequence("D"), self._go_to_doubt),
        ):
            shortcut = QShortcut(keys, self.rows)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    @property
    def current(self) -> int:
        """The chosen individual, -1 for none."""
        return self._current

    @Slot(int)
    def choose(self, individual: int) -> None:
        """Choose an individual: its row stands out, and corrections are about it."""
        if individual != self._current:
            self._current = individual
            self._show_current()

    @Slot()
    def _begin(self) -> None:
        if self._bench.document.analysis is None:
            self._bench.analysis.start()
        else:
            self._tracks.follow()

    @Slot(int)
    def _seek(self, frame: int) -> None:
        if self._bench.analysis.is_of_open_source():
            self._bench.document.go_to(frame)
        else:
            self.rows.set_frame(frame)
            self._frame_without_pictures = frame

    _frame_without_pictures = 0

    @Slot()
    def ask_settings(self) -> None:
        """Show the settings of tracking with proposals; its button follows anew."""
        if self._asking.bring_forward():
            return
        dialog = self._asking.hold(TrackSettingsDialog(self._tracks.settings, self))
        dialog.chosen.connect(self._tracks.follow_with)
        self._tracks.proposed.connect(dialog.show_proposal)
        self._tracks.propose()
        dialog.show()

    @Slot()
    def _ask_events(self) -> None:
        settings = self._bench.settings
        first = str(settings.last_folder / "events.csv")
        chosen, _ = QFileDialog.getSaveFileName(self, "Save events", first, "Table (*.csv)")
        if chosen:
            path = FilePath(chosen).with_suffix(".csv")
            settings.last_folder = path.parent
            self._tracks.save_events(path, self._bench.prototypes.names())

    @property
    def frame(self) -> int:
        """The frame that corrections begin at."""
        if self._bench.analysis.is_of_open_source():
            return max(0, self._bench.document.index)
        return self._frame_without_pictures

    @Slot()
    def _show(self) -> None:
        view, analysis = self._tracks.view, self._bench.document.analysis
        self.stack.show_content(has_content=view is not None and analysis is not None)
        self._show_hint()
        if view is None or analysis is None:
            return
        self.rows.set_rows(_raster_rows(view), _rate(analysis))
        if self._current not in view.shown:
            self._current = int(view.shown[0]) if len(view.shown) else -1
        self.summary.setText(_summary(view))
        self._show_current()
        self._show_moment()

    def _show_current(self) -> None:
        view = self._tracks.view
        if view is None:
            return
        self.rows.set_current(self._current)
        names = view.tracks.names
        self.name_edit.setText(names[self._current] if self._current >= 0 else "")
        self._show_others(view)
        is_locked = self._current in view.tracks.locked
        self.lock.setText("Unlock" if is_locked else "Lock")
        self._enable()

    def _show_others(self, view: TrackView) -> None:
        """Offer everyone but the chosen one as the second of a pair."""
        kept = self.other.currentData()
        self.other.blockSignals(True)
        self.other.clear()
        for one in view.shown.tolist():
            if one != self._current:
                self.other.addItem(view.tracks.names[one], one)
        self.other.setCurrentIndex(max(0, self.other.findData(kept)))
        self.other.blockSignals(False)

    @Slot()
    def _enable(self) -> None:
        view = self._tracks.view
        has_one = view is not None and self._current >= 0
        is_free = has_one and view is not None and self._current not in view.tracks.locked
        has_pair = is_free and self.other.currentIndex() >= 0
        follows = view is not None and view.tracks.over_time
        for pair in (self.swap, self.join):
            pair.setEnabled(bool(has_pair and follows))
        self.split.setEnabled(bool(is_free and follows))
        self.delete.setEnabled(bool(is_free))
        self.lock.setEnabled(has_one)
        self.name_edit.setEnabled(has_one)
        self.undo.setEnabled(self._tracks.can_undo)
        self.redo.setEnabled(self._tracks.can_redo)
        self.doubt.setEnabled(view is not None and len(view.doubtful) > 0)

    @Slot()
    def _show_hint(self) -> None:
        analysis, bench = self._bench.analysis, self._bench
        title = "No tracks yet"
        what = "Tracks say who is who from frame to frame, each individual in a row of its own. "
        if analysis.is_busy:
            self.stack.hint.set_text(title, "The pictures are being analysed.")
        elif self._tracks.is_busy:
            self.stack.hint.set_text(title, "Following individuals from frame to frame…")
        elif bench.document.analysis is not None:
            self.stack.hint.set_text(title, what, "Follow individuals")
        elif analysis.problem:
            self.stack.hint.set_text(title, what + analysis.problem)
        else:
            self.stack.hint.set_text(
                title, what + "Analyse the video first.", "Analyse all pictures"
            )

    @Slot()
    def _show_playhead(self) -> None:
        """Move the playhead at once; the trails follow with the picture."""
        if self._bench.analysis.is_of_open_source():
            self.rows.set_frame(self._bench.document.index)

    @Slot()
    def _show_moment(self) -> None:
        document, view = self._bench.document, self._tracks.view
        if not self._bench.analysis.is_of_open_source():
            self.trails.set_picture(None)
            self.trails.set_paths(())
            return
        self.rows.set_frame(document.index)
        self.trails.set_picture(document.picture)
        analysis = document.analysis
        if view is not None and analysis is not None and document.index >= 0:
            self.trails.set_paths(_paths(analysis, view, document.index))

    def _one(self, kind: EditKind, *, name: str = "") -> None:
        if self._current >= 0:
            self._tracks.correct(TrackEdit(kind, self._current, name=name))

    def _pair(self, kind: EditKind, frame: int = 0) -> None:
        other = self.other.currentData()
        if self._current >= 0 and other is not None:
            self._tracks.correct(TrackEdit(kind, self._current, int(other), frame))

    def _swap(self) -> None:
        self._pair("swap", self.frame)

    def _split(self) -> None:
        if self._current >= 0:
            self._tracks.correct(TrackEdit("split", self._current, frame=self.frame))

    def _toggle_lock(self) -> None:
        view = self._tracks.view
        is_locked = view is not None and self._current in view.tracks.locked
        self._one("lock", name="" if is_locked else "locked")

    @Slot()
    def _rename(self) -> None:
        view, text = self._tracks.view, self.name_edit.text().strip()
        if view is None or self._current < 0 or not text:
            return
        if text != view.tracks.names[self._current]:
            self._one("name", name=text)

    @Slot()
    def _go_to_doubt(self) -> None:
        view = self._tracks.view
        frame = None if view is None else next_frame(view.doubtful, self.frame)
        if frame is not None:
            self._seek(frame)


def _summary(view: TrackView) -> str:
    counts = [
        (len(view.shown), "individual"),
        (len(view.doubtful), "doubtful frame"),
        (len(view.edits), "correction"),
    ]
    return ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts if n)


def _rate(analysis: Analysis) -> float:
    steps = np.diff(analysis.times)
    good = steps[np.isfinite(steps) & (steps > 0)]
    return float(1 / np.median(good)) if len(good) else 0.0


def _raster_rows(view: TrackView) -> RasterRows:
    names = [
        view.tracks.names[one] + (" (locked)" if one in view.tracks.locked else "")
        for one in view.shown.tolist()
    ]
    colours = np.array([palette.colour(one) for one in view.shown.tolist()], np.uint8)
    return RasterRows(view.shown, tuple(names), colours.reshape(-1, 3), view.strength[view.shown])


def _paths(analysis: Analysis, view: TrackView, frame: int) -> list[Path]:
    """Return where everyone in a frame came from: the middles of the last frames."""
    shown = analysis.rows_of(max(0, frame - _TRAIL), frame + 1)
    who, picture = view.tracks.individuals[shown], analysis.picture[shown]
    present = np.unique(who[(picture == frame) & (who >= 0)])
    if not len(present):
        return []
    rows = np.flatnonzero(np.isin(who, present))
    key, place = np.unique(
        who[rows].astype(np.int64) * (_TRAIL + 1) + picture[rows] - max(0, frame - _TRAIL),
        return_inverse=True,
    )
    count = np.bincount(place)
    xy = analysis.xy[shown][rows]
    middle = np.stack([np.bincount(place, xy[:, axis]) / count for axis in (0, 1)], axis=1)
    cuts = np.searchsorted(key, present[1:].astype(np.int64) * (_TRAIL + 1))
    parts = np.split(middle.astype(np.float32), cuts)
    return [Path(xy, palette.colour(one)) for xy, one in zip(parts, present.tolist(), strict=True)]
