"""The command palette: type a few letters of any command, press Enter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts import theme
from tusk_app.parts.themed import Themed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk_app.parts.actions import ActionEntry, ActionRegistry

WIDTH = 620
MAX_SHOWN = 14
KEEP_SHARE = 0.55
ID_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Match:
    """A command that fits, with how well (higher is better)."""

    id: str
    score: float


def fuzzy_score(wanted: str, text: str) -> float | None:
    """Tell how well ``wanted`` fits ``text``: all its letters in order; None if it does not.

    Letters that begin words or follow each other count more, and short texts win.
    """
    wanted, text = wanted.lower().replace(" ", ""), text.lower()
    if not wanted:
        return 0.0
    score, place, before = 0.0, 0, -2
    for letter in wanted:
        found = _best_place(text, letter, place, before)
        if found < 0:
            return None
        begins_word = found == 0 or not text[found - 1].isalnum()
        score += 3.0 if found == before + 1 else 2.0 if begins_word else 0.5
        before, place = found, found + 1
    return score - 0.02 * len(text)


def _best_place(text: str, letter: str, start: int, before: int) -> int:
    """Return where to take a letter: right after the last one, at a word's start, or anywhere."""
    if before >= 0 and text[before + 1 : before + 2] == letter:
        return before + 1
    place = text.find(letter, start)
    while place >= 0:
        if place == 0 or not text[place - 1].isalnum():
            return place
        place = text.find(letter, place + 1)
    return text.find(letter, start)


def rank(entries: Sequence[ActionEntry], wanted: str) -> list[Match]:
    """Return the commands that fit, best first; all of them, in order, for an empty text."""
    matches = []
    for entry in entries:
        scores = [
            (fuzzy_score(wanted, entry.title), 1.0),
            (fuzzy_score(wanted, f"{entry.menu} {entry.title}"), 0.0),
            (fuzzy_score(wanted, entry.tip), -4.0),
        ]
        fitting = [score + bonus for score, bonus in scores if score is not None]
        if fitting:
            matches.append(Match(entry.id, max(fitting)))
    if wanted.strip() and matches:
        matches.sort(key=lambda match: -match.score)
        # Letters that only happen to be somewhere in a long text are no help.
        lowest = min(matches[0].score - 0.1, KEEP_SHARE * matches[0].score)
        matches = [match for match in matches if match.score >= lowest]
    return matches


class CommandPalette(QDialog):
    """Finds and carries out any command of the registry."""

    def __init__(self, actions: ActionRegistry, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("command-palette")
        self.setWindowTitle("Command palette")
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint, on=True)
        self._actions = actions
        self._field = QLineEdit(self)
        self._field.setPlaceholderText("Type what you want to do…")
        self._field.setAccessibleName("Command")
        self._field.textChanged.connect(self._fill)
        self._field.installEventFilter(self)
        self._list = QListWidget(self)
        self._list.setAccessibleName("Commands")
        self._list.setUniformItemSizes(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemClicked.connect(self._run_item)
        self._list.currentItemChanged.connect(self._show_current)
        self._none = QLabel("No command fits. Try fewer letters.", self)
        self._none.setProperty("role", "muted")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 10, 10, 10)
        column.addWidget(self._field)
        column.addWidget(self._none)
        column.addWidget(self._list, 1)
        self._fill("")

    def open_over(self, window: QWidget) -> None:
        """Show it, empty, near the upper edge of ``window``."""
        self._field.clear()
        self._fill("")
        row = max(26, self.fontMetrics().height() + 12)
        self.resize(min(WIDTH, window.width() - 40), row * MAX_SHOWN + 70)
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - self.width()) // 2, corner.y() + 70)
        self.show()
        self._field.setFocus()

    def type(self, text: str) -> None:
        """Put a text in the field."""
        self._field.setText(text)

    def run_current(self) -> None:
        """Carry out the highlighted command."""
        item = self._list.currentItem()
        if item is not None:
            self._run_item(item)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let arrows and Enter work while the field has the focus."""
        if watched is self._field and isinstance(event, QKeyEvent):
            is_press = event.type() == QEvent.Type.KeyPress
            if is_press and event.key() in {Qt.Key.Key_Down, Qt.Key.Key_Up}:
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                self._list.setCurrentRow(
                    min(max(self._list.currentRow() + step, 0), self._list.count() - 1)
                )
                return True
            if is_press and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
                self.run_current()
                return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Close when the user goes elsewhere."""
        is_left = event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow()
        if is_left and self.isVisible():
            self.hide()
        super().changeEvent(event)

    def _fill(self, text: str) -> None:
        self._list.clear()
        matches = rank(self._actions.all(), text)
        for match in matches:
            self._add(self._actions.entry(match.id))
        self._none.setVisible(not matches)
        self._list.setVisible(bool(matches))
        first = next((r for r in range(self._list.count()) if _usable(self._list.item(r))), 0)
        self._list.setCurrentRow(first if not text else 0)

    def _add(self, entry: ActionEntry) -> None:
        item = QListWidgetItem(self._list)
        item.setData(ID_ROLE, entry.id)
        item.setToolTip(entry.tip)
        is_usable = entry.action.isEnabled()
        if not is_usable:
            item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEnabled)
        row = PaletteRow(
            entry, self._actions.keys(entry.id), is_usable=is_usable, parent=self._list
        )
        item.setSizeHint(QSize(0, max(26, row.sizeHint().height())))
        self._list.setItemWidget(item, row)

    def _show_current(
        self, current: QListWidgetItem | None, before: QListWidgetItem | None
    ) -> None:
        for item, is_current in ((before, False), (current, True)):
            row = None if item is None else self._list.itemWidget(item)
            if isinstance(row, PaletteRow):
                row.set_current(current=is_current)

    def _run_item(self, item: QListWidgetItem) -> None:
        if not _usable(item):
            return
        name = str(item.data(ID_ROLE))
        self.hide()
        self._actions.trigger(name)


class PaletteRow(Themed, QWidget):
    """One command: menu, name, keys.

    Attributes:
        is_usable: whether it can be carried out now.
    """

    def __init__(self, entry: ActionEntry, keys: str, *, is_usable: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.is_usable = is_usable
        self._is_current = False
        menu = QLabel(f"{entry.menu}  ›", self)
        name = QLabel(entry.title, self)
        key = QLabel(keys, self)
        self._soft, self._strong = (menu, key), (name,)
        for label in (menu, name, key):
            label.setEnabled(is_usable)
        self.follow_theme()
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 2, 8, 2)
        row.addWidget(menu)
        row.addWidget(name, 1)
        row.addWidget(key)

    def set_current(self, *, current: bool) -> None:
        """Take the colours of the highlighted row, or of the others."""
        self._is_current = current
        # Not this row's own: what a style sheet lets shine through has no colour to go by.
        colours = theme.of(QGuiApplication.palette())
        strong = colours.text if self.is_usable else colours.disabled
        soft = colours.muted if self.is_usable else colours.disabled
        if current and self.is_usable:  # what cannot be carried out is not highlighted either
            strong = soft = colours.accent_text
        for labels, colour in ((self._soft, soft), (self._strong, strong)):
            for label in labels:
                label.setStyleSheet(f"color: {colour};")

    def restyle(self) -> None:
        """Take the colours of the theme."""
        self.set_current(current=self._is_current)


def _usable(item: QListWidgetItem) -> bool:
    return bool(item.flags() & Qt.ItemFlag.ItemIsEnabled)
