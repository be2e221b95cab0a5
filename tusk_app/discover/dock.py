"""The panel of the kinds: what recurs in the open pictures, what of it to keep, what comes next."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QTimer, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tusk_app.canvas.widgets.jobs_panel import time_left
from tusk_app.discover.background_commands import BackgroundCommands
from tusk_app.discover.card_menu import CardMenu
from tusk_app.discover.commands import DiscoverCommands
from tusk_app.discover.controller import DiscoverController
from tusk_app.discover.model import facts
from tusk_app.discover.widgets.card_list import CardList
from tusk_app.discover.widgets.kind_card import CardState, KindCard
from tusk_app.panel import Panel
from tusk_app.parts import palette
from tusk_app.parts.empty_hint import EmptyHint, HintStack
from tusk_app.parts.panel_layout import flow_bar
from tusk_app.parts.thin_bar import thin_bar
from tusk_app.parts.words import say

if TYPE_CHECKING:
    from tusk_app.workbench import Workbench
    from tusk_core.events import JobProgress, KindFound

ORIGIN = "discover"
# So many cards at first; the others recur too little to begin with.
MOST_SHOWN = 24
_WHAT = (
    "Discover looks for kinds of place that recur in your pictures, such as an eye, a wheel or a "
    "cell. It needs no labels and no training, and takes about a minute."
)


class DiscoverDock(Panel):
    """Binds the controller to the cards."""

    name = "discover"
    title = "Kinds"
    question = "What recurs in these pictures?"

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._discover = workbench.part(DiscoverController)
        self._shows_all = False
        self.commands = DiscoverCommands(workbench, self)
        self.background = BackgroundCommands(workbench, self)
        # Kinds come in bursts; the panel follows a few times a second.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(40)
        self._later.timeout.connect(self._show_found)
        self._make_widgets()
        self._connect()
        self._show_found()

    def shutdown(self) -> bool:
        """Make no more cards."""
        self._later.stop()
        self.cards.stop()
        return True

    # Parts

    def _make_widgets(self) -> None:
        self._summary = QLabel()
        self._summary.setProperty("role", "heading")
        self._summary.setWordWrap(True)
        self._notes = QLabel()
        self._notes.setProperty("role", "warning")
        self._notes.setWordWrap(True)
        self.cards = CardList()
        self.more_button = QPushButton()
        self.more_button.setFlat(True)
        self.more_button.clicked.connect(self._toggle_more)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(4)
        for label in (self._summary, self._notes):
            label.setContentsMargins(10, 0, 10, 0)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            column.addWidget(label)
        column.addWidget(self._make_progress())
        column.addWidget(self.cards, 1)
        column.addWidget(self.more_button)
        column.addWidget(self._make_buttons())
        hint = EmptyHint("discover", "Kinds", _WHAT, "Discover")
        hint.clicked.connect(self._begin)
        self.stack = HintStack(hint, page)
        self.setWidget(self.stack)

    def _make_progress(self) -> QWidget:
        self.progress = thin_bar("Progress of the discovery")
        self._words = QLabel()
        self._words.setProperty("role", "muted")
        self._words.setWordWrap(True)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setToolTip("Stop; nothing is kept of this discovery")
        self.cancel_button.clicked.connect(self._cancel)
        row = QHBoxLayout()
        row.addWidget(self.progress, 1)
        row.addWidget(self.cancel_button)
        self._working = QWidget()
        column = QVBoxLayout(self._working)
        column.setContentsMargins(10, 0, 8, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self._words)
        return self._working

    def _make_buttons(self) -> QWidget:
        self.best_button = QPushButton("Keep best")
        self.best_button.setToolTip("Keep the kinds that recur most clearly, as proposed at first")
        self.best_button.clicked.connect(self._discover.keep_best)
        self.again_button = QPushButton("Discover again")
        self.again_button.clicked.connect(self._discover.start)
        self.train_button = QPushButton("Train from these…")
        self.train_button.setProperty("primary", True)
        self.train_button.setToolTip(
            "Train a model that begins from these kinds: sharper places, and layers that redraw "
            "the pictures"
        )
        self.train_button.clicked.connect(self._discover.train)
        self.undo_button = QPushButton("Undo")
        self.undo_button.setToolTip("Take back what was last said of these kinds")
        self.undo_button.clicked.connect(self._discover.undo)
        self._buttons = flow_bar(
            self.train_button,
            self.best_button,
            self.undo_button,
            self.again_button,
            margins=(8, 2, 8, 8),
        )
        return self._buttons

    def _connect(self) -> None:
        discover, bench = self._discover, self._bench
        self.cards.made.connect(self._fill)
        discover.found_changed.connect(self._later.start)
        discover.kept_changed.connect(self._show_found)
        discover.busy_changed.connect(self._show_found)
        discover.progressed.connect(self._show_progress)
        discover.patches.arrived.connect(self._repaint)
        bench.document.model_changed.connect(self._show_found)
        bench.document.source_changed.connect(self._show_found)
        bench.selection.prototype_changed.connect(self._show_selection)

    # What is shown

    @Slot()
    def _show_found(self, _value: object = None) -> None:
        discover = self._discover
        found, is_busy = discover.found, discover.is_busy
        self.stack.show_content(has_content=is_busy or found is not None)
        self._show_hint()
        if is_busy and not self._working.isVisibleTo(self):
            self.progress.setRange(0, 0)
            self._words.setText("Preparing the engine…")
            self.cancel_button.setEnabled(True)
        self._working.setVisible(is_busy)
        self._buttons.setVisible(not is_busy)
        if found is None:
            self.cards.set_kinds(())
            return
        self._summary.setText(self._headline())
        self._notes.setText(" ".join(found.notes))
        self._notes.setVisible(bool(found.notes))
        kinds = self._shown_kinds()
        self.cards.set_kinds([kind.number for kind in kinds])
        hidden = sum(not self._is_merged(each.number) for each in discover.kinds) - len(kinds)
        self.more_button.setVisible(not is_busy and (hidden > 0 or self._shows_all))
        self.more_button.setText("Show fewer" if self._shows_all else f"Show {hidden} more")
        self._show_cards()

    def _show_hint(self) -> None:
        problem = self._discover.problem
        if problem and self._bench.document.source is None:
            self.stack.hint.set_text("Kinds", f"{_WHAT} {problem}", "Open images…")
        else:
            self.stack.hint.set_text("Kinds", _WHAT if not problem else f"{_WHAT} {problem}",
                                     "" if problem else "Discover")  # fmt: skip

    def _headline(self) -> str:
        found, discover = self._discover.found, self._discover
        assert found is not None
        if discover.is_busy:
            return (
                "Looking for what recurs…"
                if not found.kinds
                else "First kinds, from a few pictures"
            )
        if not found.kinds:
            return "Nothing recurs in these pictures."
        kept = sum(discover.is_kept(kind) for kind in discover.kinds)
        total = len(discover.kinds)
        return f"{kept} of {total} kind{'' if total == 1 else 's'} kept"

    def _shown_kinds(self) -> tuple[KindFound, ...]:
        # In the order of the discovery: a card stays where it is when it is ticked.
        kinds = tuple(
            sorted(
                (kind for kind in self._discover.kinds if not self._is_merged(kind.number)),
                key=lambda kind: not kind.is_kept,
            )
        )
        return kinds if self._shows_all else kinds[:MOST_SHOWN]

    def _is_merged(self, number: int) -> bool:
        book = self._bench.prototypes
        return self._discover.is_open and number < book.num and book.target(number) != number

    def _joined(self, number: int) -> tuple[int, ...]:
        """Return the kinds that were merged into one."""
        if not self._discover.is_open:
            return ()
        merges = self._bench.prototypes.merges()
        return tuple(other for other, into in merges.items() if into == number)

    @Slot()
    def _show_cards(self) -> None:
        found = self._discover.found
        if found is None:
            return
        self._summary.setText(self._headline())
        discover = self._discover
        self.train_button.setEnabled(discover.is_open)
        self.best_button.setEnabled(discover.can_steer)
        self.undo_button.setEnabled(discover.can_undo)
        for kind in discover.kinds:
            card = self.cards.card(kind.number)
            if card is not None:
                self._show_kind(card, kind)
        self._show_selection()

    def _show_kind(self, card: KindCard, kind: KindFound) -> None:
        discover, book = self._discover, self._bench.prototypes
        is_open = discover.is_open
        card.show_state(
            CardState(
                number=kind.number,
                name=discover.name(kind.number),
                colour=book.colour(kind.number) if is_open else palette.colour(kind.number),
                facts=facts(kind, tuple(map(book.own_name, self._joined(kind.number)))),
                tip=self._tip(kind),
                is_kept=discover.is_kept(kind),
                can_keep=discover.can_steer,
                can_name=is_open,
            )
        )
        card.strip.set_patches(
            [functools.partial(discover.patches.get, example) for example in kind.examples]
        )

    def _tip(self, kind: KindFound) -> str:
        if not self._discover.is_open:
            return "The model with these kinds is not open yet"
        if not self._discover.is_kept(kind):
            return say("Tick to make [points] of it; it was left out, or recurs less clearly")
        return "Untick to ignore this kind everywhere: on the picture, in results, in training"

    @Slot(object)
    def _fill(self, card: KindCard) -> None:
        kind = self._kind(card.number)
        if kind is not None:
            self._show_kind(card, kind)
        card.keep_changed.connect(self._discover.set_kept)
        card.renamed.connect(self._discover.rename)
        card.pressed.connect(self._select)
        card.example_chosen.connect(self._go_to)
        card.menu_wanted.connect(self._show_menu)

    @Slot(int, QPoint)
    def _show_menu(self, number: int, place: QPoint) -> None:
        self.menu = CardMenu(self._bench, self.commands, number, self._joined(number), self)
        self.menu.popup(place)

    @Slot(object)
    def _show_progress(self, progress: JobProgress) -> None:
        self.progress.setRange(0, progress.total)
        self.progress.setValue(progress.done)
        left = time_left(progress.remaining)
        words = " · ".join(part.rstrip(".") for part in (progress.message, left) if part)
        self._words.setText(words if self.cancel_button.isEnabled() else "Cancelling…")

    @Slot()
    def _repaint(self) -> None:
        for card in self.cards.cards:
            card.strip.update()

    @Slot()
    def _show_selection(self, _origin: str = "") -> None:
        selected = self._bench.selection.prototype if self._discover.is_open else None
        for card in self.cards.cards:
            card.set_selected(selected=card.number == selected)

    def _kind(self, number: int) -> KindFound | None:
        return next((kind for kind in self._discover.kinds if kind.number == number), None)

    # What the user does

    def _begin(self) -> None:
        if self._bench.document.source is None:
            self._bench.actions.trigger("file.open-images")
        else:
            self._discover.start()

    def _cancel(self) -> None:
        self.cancel_button.setEnabled(False)
        self._words.setText("Cancelling…")
        self._discover.cancel()

    def _toggle_more(self) -> None:
        self._shows_all = not self._shows_all
        self._show_found()

    @Slot(int)
    def _select(self, number: int) -> None:
        if self._discover.is_open:
            self._bench.selection.select_prototype(number, ORIGIN)

    @Slot(int, int)
    def _go_to(self, number: int, which: int) -> None:
        self._select(number)
        kind = self._kind(number)
        if not self._discover.is_of_open_source or kind is None:
            return
        if which < len(kind.examples):
            self._bench.document.go_to(kind.examples[which].picture)
