"""A tour over the real window: a card points at one part after another; nothing is blocked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from tusk_app.parts import theme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QKeyEvent, QPaintEvent

CARD_WIDTH = 340
GAP = 12


@dataclass(frozen=True, slots=True, eq=False)
class TourStep:
    """One stop.

    Attributes:
        title: what is pointed at.
        text: two or three sentences.
        prepare: brings the window into the state that is explained.
        target: finds the widget to point at; None points at nothing.
    """

    title: str
    text: str
    prepare: Callable[[], object]
    target: Callable[[], QWidget | None]


class Frame(QWidget):
    """A coloured line around the part that is explained; lets the mouse through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the line."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(theme.of(self.palette()).link))
        pen.setWidthF(3.0)
        painter.setPen(pen)
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 8, 8)


class Card(QFrame):
    """The words of one stop.

    Signals:
        back, onward, ended: a button was pressed.
    """

    back = Signal()
    onward = Signal()
    ended = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tour-card")
        self.setProperty("role", "card")
        self.setFixedWidth(CARD_WIDTH)
        self._title, self._text, self._place = QLabel(self), QLabel(self), QLabel(self)
        self._title.setProperty("role", "heading")
        self._title.setWordWrap(True)
        self._text.setWordWrap(True)
        self._place.setProperty("role", "muted")
        self._back, self._next = QPushButton("Back", self), QPushButton("Next", self)
        stop = QPushButton("End tour", self)
        stop.setProperty("flat", "true")
        self._next.setProperty("primary", "true")
        self._back.clicked.connect(self.back)
        self._next.clicked.connect(self.onward)
        stop.clicked.connect(self.ended)
        foot = QHBoxLayout()
        foot.addWidget(self._place)
        foot.addStretch(1)
        foot.addWidget(stop)
        foot.addWidget(self._back)
        foot.addWidget(self._next)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addSpacing(4)
        column.addLayout(foot)
        self.hide()

    def set_step(self, step: TourStep, place: int, total: int) -> None:
        """Show a stop, ``place`` counted from 0."""
        self._title.setText(step.title)
        self._text.setText(step.text)
        self._place.setText(f"{place + 1} of {total}")
        self._back.setEnabled(place > 0)
        self._next.setText("Done" if place == total - 1 else "Next")
        self.setFixedHeight(self._column.totalHeightForWidth(CARD_WIDTH))
        self._next.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape ends the tour."""
        if event.key() == Qt.Key.Key_Escape:
            self.ended.emit()
        else:
            super().keyPressEvent(event)


class Tour(QObject):
    """Leads through the stops; the window stays usable all the time.

    Signals:
        step_changed: int, the stop that is shown, from 0; -1 at the end.
    """

    step_changed = Signal(int)

    def __init__(self, window: QWidget, steps: Sequence[TourStep]) -> None:
        super().__init__(window)
        self._window = window
        self._steps = tuple(steps)
        self._current = -1
        self._frame = Frame(window)
        self._card = Card(window)
        self._card.back.connect(lambda: self.go_to(self._current - 1))
        self._card.onward.connect(lambda: self.go_to(self._current + 1))
        self._card.ended.connect(self.stop)

    @property
    def current(self) -> int:
        """The stop that is shown, from 0; -1 if none is."""
        return self._current

    @property
    def num_steps(self) -> int:
        """Number of stops."""
        return len(self._steps)

    @property
    def card(self) -> Card:
        """The card with the words."""
        return self._card

    def start(self) -> None:
        """Begin with the first stop."""
        self._window.installEventFilter(self)
        self.go_to(0)

    def stop(self) -> None:
        """End the tour."""
        if self._current >= 0:
            self._current = -1
            self._window.removeEventFilter(self)
            self._card.hide()
            self._frame.hide()
            self.step_changed.emit(-1)

    def go_to(self, place: int) -> None:
        """Show a stop; beyond the last one the tour ends."""
        if place >= len(self._steps):
            self.stop()
            return
        self._current = max(0, place)
        step = self._steps[self._current]
        step.prepare()
        self._card.set_step(step, self._current, len(self._steps))
        self._place()
        self._card.show()
        self._card.raise_()
        self.step_changed.emit(self._current)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size and layout."""
        if event.type() in {QEvent.Type.Resize, QEvent.Type.LayoutRequest} and self._current >= 0:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        target = self._steps[self._current].target()
        if target is None or not target.isVisible():
            self._frame.hide()
            middle = self._window.rect().center()
            self._card.move(middle - QPoint(CARD_WIDTH // 2, self._card.height() // 2))
            return
        corner = target.mapTo(self._window, QPoint(0, 0))
        around = QRect(corner, target.size()).adjusted(-4, -4, 4, 4)
        around = around.intersected(self._window.rect())
        self._frame.setGeometry(around)
        self._frame.show()
        self._frame.raise_()
        self._card.move(place_beside(around, self._card.size().toTuple(), self._window.rect()))
        self._card.raise_()


def place_beside(around: QRect, size: tuple[int, int], whole: QRect) -> QPoint:
    """Return where a card of this size stands beside ``around``, inside ``whole``.

    Right of it if there is room, else left, below, above; inside its lower right corner if nothing
    else fits.
    """
    width, height = size
    top = min(max(around.top(), whole.top() + GAP), whole.bottom() - height - GAP)
    left = min(max(around.left(), whole.left() + GAP), whole.right() - width - GAP)
    if around.right() + GAP + width <= whole.right():
        return QPoint(around.right() + GAP, top)
    if around.left() - GAP - width >= whole.left():
        return QPoint(around.left() - GAP - width, top)
    if around.bottom() + GAP + height <= whole.bottom():
        return QPoint(left, around.bottom() + GAP)
    if around.top() - GAP - height >= whole.top():
        return QPoint(left, around.top() - GAP - height)
    return around.bottomRight() - QPoint(width + 2 * GAP, height + 2 * GAP)
