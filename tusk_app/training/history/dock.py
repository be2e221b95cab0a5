"""Time machine: the run at any of its checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from tusk_app.engine.prototype_pictures import common_middle
from tusk_app.panel import Panel
from tusk_app.parts import palette, readable, tones
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.icon_button import IconButton
from tusk_app.parts.layer_images import picture_image
from tusk_app.parts.panel_layout import AdaptiveSplitter
from tusk_app.parts.scatter.state import ScatterStars
from tusk_app.parts.scatter.view import ScatterView
from tusk_app.parts.words import say, unnamed
from tusk_app.training.history.controller import TimeMachineController
from tusk_app.training.widgets.picture_wall import PictureWall, WallPicture
from tusk_app.training.widgets.probe_strip import ProbeStrip
from tusk_app.training.widgets.probe_view import LargeProbe

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QHideEvent, QShowEvent

    from tusk_app.workbench import Workbench

ORIGIN = "time-machine"
PLAY_MS = 700
# Below this width the probe pictures stand above the other parts.
_NARROW = 700
# Below this share of an even use a prototype counts as out of use.
_DEAD_SHARE = 0.05
_NO_STARS = ScatterStars(
    np.zeros((0, 2), np.float32), np.zeros((0, 3), np.uint8), (), np.zeros(0, np.bool_)
)


class TimeMachineDock(Panel):
    """A slider over the steps of a run; reads nothing while it is hidden."""

    name = "time-machine"
    title = "Time machine"
    question = "How did it learn?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._machine = workbench.part(TimeMachineController)
        self._large = LargeProbe(self, self._colours)
        self._timer = QTimer(self)
        self._timer.setInterval(PLAY_MS)
        self._timer.timeout.connect(self._advance)
        self._make_widgets()
        self._connect()
        self._show_moments()

    def _make_widgets(self) -> None:
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setPageStep(1)
        self.slider.setAccessibleName("Training step")
        self.play_button = IconButton("play", "Play through the training", checkable=True)
        self.refresh_button = IconButton("refresh", "Read the run again")
        self._label = QLabel()
        self._label.setMinimumWidth(150)
        self._note = QLabel()
        self._note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        tones.set_role(self._note, "muted")
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 0)
        bar.addWidget(self.play_button)
        bar.addWidget(self.slider, 1)
        bar.addWidget(self._label)
        bar.addWidget(self.refresh_button)
        self.probes = ProbeStrip()
        self.wall = PictureWall()
        self.wall.setAccessibleName(say("[Kinds] at this step"))
        self.map = ScatterView()
        self.map.set_tool("pan")
        # Two rows of pairs that can be told apart.
        self.probes.setMinimumSize(160, 84)
        lower = QSplitter(Qt.Orientation.Horizontal)
        lower.setChildrenCollapsible(False)
        lower.addWidget(_titled(say("[Kinds], with their use"), self.wall))
        lower.addWidget(_titled(say("Map of the probe [points]"), self.map))
        lower.setSizes([226, 240])
        splitter = AdaptiveSplitter(_NARROW, (340, 560), (130, 180))
        splitter.addWidget(_titled("Probe pictures", self.probes))
        splitter.addWidget(lower)
        splitter.use_sizes()
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 4)
        layout.setSpacing(3)
        layout.addLayout(bar)
        layout.addWidget(splitter, 1)
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 0)
        row.addWidget(self._note)
        layout.addLayout(row)
        self.stack = HintStack(EmptyHint("clock", "", ""), content)
        self.setWidget(self.stack)

    def _connect(self) -> None:
        machine = self._machine
        machine.moments_changed.connect(self._show_moments)
        machine.step_changed.connect(self._show_step)
        machine.moment_changed.connect(self._show_moment)
        machine.busy_changed.connect(self._show_note)
        machine.busy_changed.connect(self._show_hint)
        self._bench.document.run_changed.connect(self._show_moments)
        self._bench.prototypes.changed.connect(self._show_moment)
        self.slider.valueChanged.connect(self._travel)
        self.play_button.toggled.connect(self._play)
        self.refresh_button.clicked.connect(machine.refresh)
        self.probes.enlarge_requested.connect(self._enlarge)
        self.wall.chosen.connect(self._choose)
        self.map.star_clicked.connect(self._choose)
        self._bench.document.model_changed.connect(self._show_moment)
        self._bench.selection.prototype_changed.connect(self._show_selected)

    @Slot(int)
    def _choose(self, prototype: int) -> None:
        """Select a prototype everywhere, where the open model has the same ones."""
        if self._is_own:
            self._bench.selection.select_prototype(prototype, ORIGIN)

    def showEvent(self, event: QShowEvent) -> None:
        """Read the run as soon as somebody looks."""
        super().showEvent(event)
        self._machine.want(wanted=True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop playing and reading."""
        super().hideEvent(event)
        self.play_button.setChecked(False)
        self._machine.want(wanted=False)

    @property
    def steps(self) -> tuple[int, ...]:
        """Steps one can travel to."""
        return () if self._machine.moments is None else self._machine.moments.steps

    @property
    def _is_own(self) -> bool:
        """True if the open model is of this run: names, colours and choices are then shared."""
        model, moments = self._bench.document.model, self._machine.moments
        return model is not None and moments is not None and moments.run in model.path.parents

    @Slot()
    def _show_moments(self) -> None:
        steps = self.steps
        if self._machine.moment is None:
            # What was shown here is of another run.
            self._clear()
        self.stack.show_content(has_content=bool(steps))
        self._show_hint()
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(steps) - 1))
        self.slider.blockSignals(False)
        self._show_step()

    @Slot()
    def _show_hint(self) -> None:
        run, moments = self._bench.document.run_dir, self._machine.moments
        if run is None:
            text = "Train a model, or open a run from the Runs panel."
        elif self._machine.is_busy:
            text = "Reading the run…"
        elif moments is not None and moments.is_gone:
            text = "The folder of the run was moved or deleted: " + run.name
        else:
            text = "This run has no probe pictures or checkpoints yet; wait a little."
        self.stack.hint.set_text("No run to travel through", text)

    @Slot(int)
    def _travel(self, position: int) -> None:
        if position < len(self.steps):
            self._machine.go_to(self.steps[position])

    @Slot()
    def _show_step(self) -> None:
        steps = self.steps
        if not steps:
            return
        position = int(np.argmin(np.abs(np.array(steps) - self._machine.step)))
        self.slider.blockSignals(True)
        self.slider.setValue(position)
        self.slider.blockSignals(False)
        self._label.setText(
            f"step {readable.count(self._machine.step)} of {readable.count(steps[-1])}"
        )
        preview = self._machine.preview
        num = 0 if preview is None else len(preview.usage)
        self.probes.set_colours(self._colours(num))
        self.probes.set_preview(preview)
        self._large.follow(preview)
        self._show_note()

    @Slot(int)
    def _enlarge(self, index: int) -> None:
        self._large.open(self._machine.preview, index)

    def _colours(self, num: int) -> NDArray[np.uint8]:
        book = self._bench.prototypes
        is_shared = self._is_own and book.num == num
        return book.colours() if is_shared else palette.colours(num)

    def _clear(self) -> None:
        self.wall.set_pictures([])
        none = np.zeros(0, np.int64)
        self.map.set_points(np.zeros((0, 2), np.float32), none, strata=none)
        self.map.set_stars(_NO_STARS)

    @Slot()
    def _show_moment(self) -> None:
        moment = self._machine.moment
        self._show_note()
        if moment is None:
            # The last known moment of this run stays, so that playing does not flicker.
            return
        num = len(moment.prototypes)
        colours = self._colours(num)
        names = self._names(num)
        looks = common_middle(moment.pictures)
        self.wall.set_pictures(
            [
                WallPicture(
                    number=i,
                    image=picture_image(np.ascontiguousarray(looks[i])),
                    colour=(int(colours[i, 0]), int(colours[i, 1]), int(colours[i, 2])),
                    caption=f"{100 * moment.usage[i]:.1f} %",
                    tip=say(f"{names[i]}: {100 * moment.usage[i]:.1f} % of the [points]"),
                    is_dim=bool(moment.usage[i] < _DEAD_SHARE / num),
                )
                for i in range(num)
            ]
        )
        basis = self._machine.basis
        if basis is not None:
            rows = np.arange(len(moment.descriptors))
            points = basis.project(moment.descriptors)
            was_empty = len(self.map.state.stars.xy) == 0
            self.map.set_points(points, rows, strata=moment.labels, keep_view=not was_empty)
            labels = np.clip(moment.labels, 0, num - 1)
            self.map.set_colours(colours[labels], None)
            alive = np.ones(num, np.bool_)
            short = tuple(names)
            places = basis.project(moment.prototypes)
            self.map.set_stars(ScatterStars(places, colours, short, alive))
        self._show_selected()

    def _names(self, num: int) -> list[str]:
        book = self._bench.prototypes
        is_shared = self._is_own and book.num == num
        return [book.name(i) if is_shared else unnamed(i) for i in range(num)]

    @Slot()
    def _show_note(self) -> None:
        moment, moments = self._machine.moment, self._machine.moments
        if moments is None:
            self._note.clear()
        elif moment is None:
            reading = "Reading the checkpoint…" if self._machine.is_busy else ""
            text = reading if moments.checkpoints else "This run has no checkpoints to look into."
            self._note.setText(text)
        else:
            num = len(moment.usage)
            used = int((moment.usage >= _DEAD_SHARE / num).sum())
            note = say(f"{used} of {num} [kinds] in use at step {readable.count(moment.step)}")
            if moment.step != self._machine.step:
                note += ", the nearest checkpoint"
            self._note.setText(note)

    @Slot()
    def _show_selected(self) -> None:
        prototype = self._bench.selection.prototype if self._is_own else None
        self.wall.set_current(prototype)
        self.map.set_selected_star(prototype)

    @Slot(bool)
    def _play(self, playing: bool) -> None:
        if not playing or len(self.steps) < 2:
            self._timer.stop()
            return
        if self.slider.value() == self.slider.maximum():
            self.slider.setValue(0)
        self._timer.start()

    @Slot()
    def _advance(self) -> None:
        if self._machine.is_busy:
            return  # wait for the checkpoint rather than skip it
        if self.slider.value() >= self.slider.maximum():
            self.play_button.setChecked(False)
        else:
            self.slider.setValue(self.slider.value() + 1)


def _titled(title: str, widget: QWidget) -> QWidget:
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(4, 0, 4, 0)
    layout.setSpacing(2)
    label = QLabel(title)
    tones.set_role(label, "muted")
    layout.addWidget(label)
    layout.addWidget(widget, 1)
    return holder
