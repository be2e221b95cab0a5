"""Play, step, speed and loop, and what is known of every frame of the video or folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, QTimer, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.panel import Panel
from tusk_app.parts import icons, tones
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.when_seen import WhenSeen
from tusk_app.parts.words import say
from tusk_app.pictures.faces import KindFaces
from tusk_app.state.document import NOT_WHOLE
from tusk_app.timeline.playback import SPEEDS, PlaybackController
from tusk_app.timeline.widgets.bar import Strip, TimelineBar

if TYPE_CHECKING:
    from tusk_app.workbench import Workbench

REDRAW_MS = 200
_COUNT = (86, 156, 214)
_SCORE = (78, 186, 138)
_NAMES = {1 / 16: "1/16 ×", 1 / 8: "1/8 ×", 1 / 4: "1/4 ×", 1 / 2: "1/2 ×"}


def clock(seconds: float) -> str:
    """Return a time as minutes, seconds and hundredths."""
    return f"{int(seconds // 60)}:{seconds % 60:05.2f}"


class TimelineDock(Panel):
    """Bound to the playback controller and the table of frames."""

    name = "timeline"
    title = "Timeline"
    question = "When is it seen?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._playback = workbench.part(PlaybackController)
        self._faces = workbench.part(KindFaces)
        self.bar = TimelineBar(self)
        self._when_seen = WhenSeen(self)
        self._buttons: dict[str, QToolButton] = {}
        hint = EmptyHint(
            "timeline",
            "Nothing to play",
            "Open a video, or a folder with several pictures.",
            "Open video…",
        )
        hint.clicked.connect(lambda: workbench.actions.trigger("file.open-video"))
        self._add_actions()
        self._stack = HintStack(hint, self._lay_out(), self)
        self._stack.setMinimumHeight(self._stack.content.minimumHeight())
        self.setWidget(self._stack)
        # Strips of a long video are drawn a few times a second, not for every frame.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(REDRAW_MS)
        self._later.timeout.connect(self._draw_strips)
        self._connect()
        self._take_source()
        self.follow_theme()

    @property
    def is_empty(self) -> bool:
        """True while there is nothing to play."""
        return self._stack.is_empty

    @property
    def buttons(self) -> dict[str, QToolButton]:
        """The buttons by the id of their command."""
        return dict(self._buttons)

    def _add_actions(self) -> None:
        add, playback = self._bench.actions.add, self._playback
        add("go.play", "&Play", playback.toggle, menu="Go", shortcut="Space", canvas_only=True,
            group="play", icon="play", tip="Play or pause")  # fmt: skip
        add("go.loop", "Play in a &loop", playback.set_loops, menu="Go", checkable=True,
            checked=playback.loops, group="play", icon="loop",
            tip="Continue from the start at the end")  # fmt: skip
        add("go.loop-all", "Play &all frames", lambda: playback.set_loop_range(None), menu="Go",
            group="play", tip="Take the loop range away; Shift and drag on the time line "
            "sets one")  # fmt: skip
        add("go.slower", "Slo&wer", lambda: self._shift_speed(-1), menu="Go", shortcut="[",
            canvas_only=True, group="play", tip="Play at half the speed")  # fmt: skip
        add("go.faster", "Fas&ter", lambda: self._shift_speed(1), menu="Go", shortcut="]",
            canvas_only=True, group="play", tip="Play at double speed")  # fmt: skip

    def _lay_out(self) -> QWidget:
        page = QWidget(self)
        row = QHBoxLayout()
        row.setSpacing(2)
        playback, document = self._playback, self._bench.document
        self._button(row, "first", "first", "First frame", lambda: document.go_to(0))
        self._button(row, "step-back", "step-back", "One frame back", lambda: playback.step(-1))
        self._button(row, "play", "play", "Play (Space on the canvas)", playback.toggle)
        self._button(row, "step-forward", "step-forward", "One frame on", lambda: playback.step(1))
        last = self._button(row, "last", "last", "Last frame", lambda: document.go_to(2**31))
        del last
        loop = self._button(row, "loop", "loop", "Play in a loop", None)
        loop.setDefaultAction(self._bench.actions.get("go.loop"))
        self._speed = QComboBox(page)
        self._speed.setAccessibleName("Speed")
        self._speed.setToolTip("Speed")
        for speed in SPEEDS:
            self._speed.addItem(_NAMES.get(speed, f"{speed:g} ×"), speed)
        self._speed.setCurrentIndex(SPEEDS.index(1.0))
        self._speed.activated.connect(lambda i: playback.set_speed(self._speed.itemData(i)))
        row.addSpacing(6)
        row.addWidget(self._speed)
        self._all = QToolButton(page)
        self._all.setText("Play all")
        self._all.setToolTip("Take the loop range away")
        self._all.clicked.connect(lambda: playback.set_loop_range(None))
        row.addWidget(self._all)
        row.addStretch(1)
        self._where = QLabel(page)
        self._where.setProperty("role", "muted")
        row.addWidget(self._where)
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 4, 8, 6)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.bar)
        column.addStretch(1)
        # Three strips and the bar below them are never cut off.
        page.setMinimumHeight(row.sizeHint().height() + self.bar.full_height + 14)
        return page

    def _button(
        self, row: QHBoxLayout, name: str, icon: str, tip: str, slot: object
    ) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(icon)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setIconSize(QSize(20, 20))
        button.setAutoRaise(True)
        if callable(slot):
            button.clicked.connect(lambda _checked=False: slot())
        row.addWidget(button)
        self._buttons[name] = button
        return button

    def _connect(self) -> None:
        document, playback = self._bench.document, self._playback
        document.source_changed.connect(self._take_source)
        document.index_requested.connect(self._show_index)
        document.picture_changed.connect(self._show_index)
        self._bench.detections.frames_changed.connect(self._plan)
        # What is selected is shown at once, as in all panels.
        self._bench.selection.prototype_changed.connect(self._selection_changed)
        self._bench.selection.detections_changed.connect(self._selection_changed)
        self._bench.prototypes.changed.connect(self._plan)
        self._faces.changed.connect(self._plan)
        playback.playing_changed.connect(self._show_playing)
        playback.speed_changed.connect(self._show_speed)
        playback.loop_changed.connect(self._show_range)
        self.bar.seek_requested.connect(playback.seek)
        self.bar.range_changed.connect(self._set_range)

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colour = tones.tone(self.palette(), "text")
        for name, button in self._buttons.items():
            if name == "loop":
                continue  # its action brings the icon
            shown = button.objectName()
            if name == "play" and self._playback.is_playing:
                shown = "pause"
            button.setIcon(icons.icon(shown, colour))

    def _shift_speed(self, step: int) -> None:
        playback = self._playback
        place = min(max(SPEEDS.index(playback.speed) + step, 0), len(SPEEDS) - 1)
        playback.set_speed(SPEEDS[place])

    @Slot()
    def _take_source(self) -> None:
        num, is_whole = self._bench.document.num_pictures, self._bench.document.is_whole
        text = "Open a video, or a folder with several pictures." if is_whole else NOT_WHOLE
        self._stack.hint.set_text("Nothing to play", text, "Open video…" if is_whole else "")
        self._stack.show_content(has_content=num > 1 and is_whole)
        self._bench.actions.get("go.play").setEnabled(num > 1 and is_whole)
        self.bar.set_frames(num)
        self.restyle()
        self._draw_strips()
        self._show_range()
        self._show_index()

    @Slot()
    def _show_index(self, _value: object = None) -> None:
        document = self._bench.document
        index, source = max(document.index, 0), document.source
        self.bar.set_index(index)
        text = f"{index + 1:,} / {document.num_pictures:,}"
        if source is not None and source.fps > 0:
            total = clock(source.time(document.num_pictures - 1))
            text = f"{clock(source.time(index))} / {total}    frame {text}"
        self._where.setText(text)

    @Slot(bool)
    def _show_playing(self, playing: bool) -> None:
        text, icon = ("&Pause", "pause") if playing else ("&Play", "play")
        self._bench.actions.relabel("go.play", text, icon)
        self._buttons["play"].setToolTip("Pause" if playing else "Play (Space on the canvas)")
        self._buttons["play"].setAccessibleName("Pause" if playing else "Play")
        self.restyle()

    @Slot(float)
    def _show_speed(self, speed: float) -> None:
        self._speed.setCurrentIndex(self._speed.findData(speed))

    @Slot()
    def _show_range(self) -> None:
        playback = self._playback
        has_range = playback.has_loop_range
        self.bar.set_range(playback.loop_range if has_range else None)
        self._all.setVisible(has_range)
        self._bench.actions.get("go.loop").setChecked(playback.loops)
        self._bench.actions.get("go.loop-all").setEnabled(has_range)

    @Slot(int, int)
    def _set_range(self, first: int, last: int) -> None:
        self._playback.set_loop_range((first, last) if last > first else None)

    @Slot()
    def _plan(self, _value: object = None) -> None:
        if not self._later.isActive():
            self._later.start()

    @Slot()
    def _selection_changed(self) -> None:
        self._when_seen(self._draw_strips)

    @Slot()
    def _draw_strips(self) -> None:
        document, frames = self._bench.document, self._bench.detections.frames
        if document.num_pictures != len(frames.known):
            return
        if document.model is None and not frames.known.any():
            self.bar.set_strips((), frames.known)
            return
        score = max(document.min_score, 1e-6)
        strips = [
            Strip(say("[Points]"), frames.counts(score), _COUNT),
            Strip("Mean score", frames.mean_scores(), _SCORE, top=1.0),
        ]
        self.bar.set_strips((*strips, self._selection_strip(score)), frames.known)

    def _selection_strip(self, score: float) -> Strip:
        """Return in which frames the selection is: some detections, or a prototype."""
        frames, analysis = self._bench.detections.frames, self._bench.document.analysis
        chosen, book = self._bench.selection.prototype, self._bench.prototypes
        links, num = self._bench.links, len(frames.known)
        if analysis is not None and links.is_part and self._bench.analysis.is_of_open_source():
            pictures = analysis.picture[self._bench.selection.detections]
            share = np.minimum(np.bincount(pictures, minlength=num)[:num], 1)
            return Strip("Selected", share.astype(np.float32), _COUNT, top=1.0)
        if chosen is None:
            hint = say("Select a [kind] to see in which frames it is")
            return Strip(say("[Kind]"), np.full(num, np.nan, np.float32), _COUNT, hint=hint)
        same = [i for i in range(book.num) if book.target(i) == book.target(chosen)]
        presence = frames.presence(np.array(same or [chosen]), score)
        face = self._faces.image(book.target(chosen))
        return Strip(book.name(chosen), presence, book.colour(chosen), top=1.0, face=face)
