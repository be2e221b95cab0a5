"""What a finished run has come to, and where to go from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts import theme, tones
from tusk_app.parts.themed import Themed

if TYPE_CHECKING:
    from collections.abc import Sequence


COLUMNS = 6


class ResultsCard(Themed, QFrame):
    """Title, a sentence, numbers, and buttons for the next step.

    Signals:
        pressed: str, id of the button.
        closed: the user wants the card away.
    """

    pressed = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("results-card")
        self._title = QLabel(self)
        self._title.setObjectName("results-title")
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._numbers = QGridLayout()
        self._numbers.setHorizontalSpacing(24)
        self._numbers.setVerticalSpacing(2)
        self._row = QHBoxLayout()
        self._buttons: dict[str, QPushButton] = {}
        self._number_labels: list[tuple[QLabel, QLabel]] = []
        self._tone = "success"
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(6)
        column.addWidget(self._title)
        column.addWidget(self._text)
        column.addLayout(self._numbers)
        column.addLayout(self._row)
        self.follow_theme()

    @property
    def text(self) -> str:
        """Everything the card says, for tests and screen readers."""
        numbers = " ".join(f"{a.text()} {b.text()}" for a, b in self._number_labels)
        return f"{self._title.text()} {self._text.text()} {numbers}"

    def button(self, name: str) -> QPushButton:
        """Return the button with id ``name``."""
        return self._buttons[name]

    def show_result(
        self,
        title: str,
        text: str,
        numbers: Sequence[tuple[str, str]],
        buttons: Sequence[tuple[str, str, str]],
        *,
        tone: str = "success",
    ) -> None:
        """Fill the card.

        Args:
            title: what came of the run.
            text: a sentence or two.
            numbers: (name, value) pairs.
            buttons: (id, text, tip); the first is the one to press as a rule.
            tone: ``success``, ``warning`` or ``danger``.
        """
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._tone = tone
        self._show_numbers(numbers)
        self._show_buttons(buttons)
        self.restyle()
        self.setAccessibleName(title)
        self.setAccessibleDescription(self.text)

    def _show_numbers(self, numbers: Sequence[tuple[str, str]]) -> None:
        for pair in self._number_labels:
            for label in pair:
                label.deleteLater()
        self._number_labels = []
        for index, (name, value) in enumerate(numbers):
            caption, figure = QLabel(name, self), QLabel(value, self)
            caption.setProperty("role", "muted")
            figure.setProperty("role", "heading")
            row, column = divmod(index, COLUMNS)
            self._numbers.addWidget(caption, 2 * row, column)
            self._numbers.addWidget(figure, 2 * row + 1, column)
            self._number_labels.append((caption, figure))
        self._numbers.setColumnStretch(COLUMNS, 1)

    def _show_buttons(self, buttons: Sequence[tuple[str, str, str]]) -> None:
        while self._row.count():
            item = self._row.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        self._buttons = {}
        for index, (name, text, tip) in enumerate(buttons):
            button = QPushButton(text, self)
            button.setToolTip(tip)
            button.setProperty("primary", index == 0)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _on=False, which=name: self.pressed.emit(which))
            self._row.addWidget(button)
            self._buttons[name] = button
        self._row.addStretch(1)
        away = QPushButton("Close", self)
        away.setFlat(True)
        away.setToolTip("Put this card away")
        away.setAutoDefault(False)
        away.clicked.connect(self.closed)
        self._row.addWidget(away)

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colours = theme.of(self.palette())
        edge = getattr(colours, self._tone)
        tones.set_style(
            self,
            f"#results-card {{ background: {colours.raised}; border: 1px solid {colours.border};"
            f" border-left: 4px solid {edge}; border-radius: 6px; }}"
            f"#results-title {{ color: {edge}; font-weight: 600; }}",
        )
