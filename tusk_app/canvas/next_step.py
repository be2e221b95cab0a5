"""What to do next with the open pictures while no model is open, said over the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from tusk_app.pictures.controller import SourceController

if TYPE_CHECKING:
    from tusk_app.canvas.widgets.next_step_bar import NextStepBar
    from tusk_app.workbench import Workbench

DISCOVER, TRAIN = "model.discover", "model.train"
_DISCOVER = (
    "Discover finds what recurs in them, such as an eye, a wheel or a cell: no labels, no "
    "training, about a minute."
)
_TRAIN = (
    "These look drawn or generated, or are small. A model learns what recurs in them by itself, in "
    "minutes, while you watch."
)


class NextStep(QObject):
    """Offers to discover photographs and to train on other pictures; the other way beside it."""

    def __init__(self, workbench: Workbench, bar: NextStepBar) -> None:
        super().__init__(bar)
        self._bench, self._bar = workbench, bar
        self._sources = workbench.part(SourceController)
        self._is_answered = self._is_opening = False
        # A discovery that ends opens its model in the same turn; nothing flashes up between.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._show)
        document, engine = workbench.document, workbench.engine
        document.source_changed.connect(self._ask_again)
        engine.model_opening.connect(self._take_opening)
        for ended in (document.model_changed, engine.model_failed):
            ended.connect(self._end_opening)
        for signal in (workbench.live.changed, self._sources.opened, workbench.jobs.jobs_changed):
            signal.connect(self._plan)
        bar.clicked.connect(lambda: self._go(0))
        bar.other_clicked.connect(lambda: self._go(1))
        bar.closed.connect(self._close)

    @property
    def _ways(self) -> tuple[str, str]:
        first = DISCOVER if self._sources.is_photographic else TRAIN
        return first, TRAIN if first is DISCOVER else DISCOVER

    @property
    def _is_wanted(self) -> bool:
        bench = self._bench
        source = bench.document.source
        if source is None or source.kind == "camera" or not len(source):
            return False
        is_at_work = bool(bench.jobs.running) or bench.live.is_on or self._is_opening
        is_open_question = bench.document.is_whole and not self._is_answered
        return bench.document.model is None and not is_at_work and is_open_question

    @Slot()
    def _plan(self) -> None:
        self._later.start()

    @Slot(str)
    def _take_opening(self, _name: str) -> None:
        self._is_opening = True
        self._plan()

    @Slot()
    def _end_opening(self, *_values: object) -> None:
        self._is_opening = False
        self._plan()

    @Slot()
    def _show(self) -> None:
        source = self._bench.document.source
        if source is None or not self._is_wanted:
            self._bar.hide()
            return
        noun = "frame" if source.kind == "video" else "picture"
        count = f"{len(source):,} {noun}{'' if len(source) == 1 else 's'}"
        title = f"{count}. What recurs in {'it' if len(source) == 1 else 'them'}?"
        if self._ways[0] == DISCOVER:
            self._bar.offer("discover", title, _DISCOVER, "Discover", "Train…")
        else:
            self._bar.offer("train", title, _TRAIN, "Train…", "Discover")

    @Slot()
    def _ask_again(self) -> None:
        if self._bench.document.places is None:
            self._is_answered = False
        self._plan()

    @Slot()
    def _close(self) -> None:
        self._is_answered = True
        self._show()

    def _go(self, which: int) -> None:
        command = self._ways[which]
        if command in self._bench.actions:
            self._bench.actions.trigger(command)
