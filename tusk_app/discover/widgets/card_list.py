"""The cards of all kinds: in one column where it is narrow, in several where there is room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QWidget

from tusk_app.discover.widgets.kind_card import KindCard

if TYPE_CHECKING:
    from collections.abc import Sequence

CARD_WIDTH = 270
# Cards appear one after the other, which also keeps the window free while they are made.
STEP_MS = 25


class CardList(QScrollArea):
    """Makes and orders cards by the numbers of their kinds.

    Signals:
        made: KindCard, a new one that shows nothing yet.
    """

    made = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Kinds")
        self._cards: dict[int, KindCard] = {}
        self._wanted: tuple[int, ...] = ()
        self._columns = 1
        self._page = QWidget(self)
        self._grid = QGridLayout(self._page)
        self._grid.setContentsMargins(6, 4, 6, 6)
        self._grid.setSpacing(6)
        self.setWidget(self._page)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(STEP_MS)
        self._timer.timeout.connect(self._make_next)
        self.viewport().installEventFilter(self)

    @property
    def cards(self) -> tuple[KindCard, ...]:
        """The cards that are there, in order."""
        return tuple(self._cards[number] for number in self._wanted if number in self._cards)

    def card(self, number: int) -> KindCard | None:
        """Return the card of a kind, or None while there is none."""
        return self._cards.get(number)

    def set_kinds(self, numbers: Sequence[int]) -> None:
        """Show these kinds in this order; cards that are missing follow one by one."""
        if tuple(numbers) == self._wanted:
            return
        self._wanted = tuple(numbers)
        for number in [number for number in self._cards if number not in self._wanted]:
            card = self._cards.pop(number)
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._place()
        self._timer.start()

    def stop(self) -> None:
        """Make no more cards."""
        self._timer.stop()

    def bring(self, number: int) -> None:
        """Scroll to the card of a kind."""
        card = self._cards.get(number)
        if card is not None:
            self.ensureWidgetVisible(card, 0, 6)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Choose the number of columns by the room there is."""
        if watched is self.viewport() and event.type() == QEvent.Type.Resize:
            columns = max(1, self.viewport().width() // CARD_WIDTH)
            if columns != self._columns:
                self._columns = columns
                self._place()
        return super().eventFilter(watched, event)

    def _make_next(self) -> None:
        number = next((each for each in self._wanted if each not in self._cards), None)
        if number is None:
            return
        card = self._cards[number] = KindCard(number, self._page)
        self.made.emit(card)
        self._place()
        card.show()
        self._timer.start()

    def _place(self) -> None:
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, 0)
        for column in range(max(self._grid.columnCount(), self._columns)):
            self._grid.setColumnStretch(column, 1 if column < self._columns else 0)
        shown = self.cards
        for place, card in enumerate(shown):
            self._grid.addWidget(card, place // self._columns, place % self._columns)
        self._grid.setRowStretch(len(shown) // self._columns + 1, 1)
