"""All commands with their keys: to look up, and to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.words import say

if TYPE_CHECKING:
    from tusk_app.parts.actions import ActionRegistry
    from tusk_app.settings import Settings

MENUS = (
    "File",
    "Recent",
    "Bundled",
    "Edit",
    "View",
    "Workspaces",
    "Panels",
    "Theme",
    "Go",
    "Model",
    "Analyse",
    "Tools",
    "Help",
)
# Where, and what works there without a mouse: name, keys, words.
KEYS = (
    ("Keys, over the picture", (
        ("Next or previous [point]", "Down, Up", "While editing: Page Down, Page Up"),
        ("Menu of the [point] or picture", "Return, Menu", "Shift+F10 does the same"),
        ("Hide everything over it", "H, held", "For a moment"),
        ("Compare with the redrawn picture", "Tab", "Shift+Tab and F6 leave the picture"),
        ("Move the selected [point]", "Arrows", "While editing; with Shift ten pixels"),
        ("Add a [point]", "Insert", "While editing: beside the selected one"),
        ("Take the [point] away", "Delete", "While editing"),
    )),
    ("Keys, on the map", (
        ("From [point] to [point]", "Arrows", "The nearest on that side"),
        ("Open its picture", "Return", "Of a [kind]: select the [kind]"),
        ("Select it, or take it out", "Space", "Esc selects nothing"),
        ("From [kind] to [kind]", "Page Down, Page Up", ""),
        ("Zoom", "+, −", "F shows everything"),
        ("Lasso, box, hand", "S, B, G", ""),
    )),
    ("Keys, in the gallery", (
        ("From tile to tile, patch to patch", "Arrows", "With Shift several patches"),
        ("Menu of the [kinds]", "Menu, Shift+F10", "Of the tiles"),
        ("Rename the [kind]", "F2", "On its tile"),
        ("Open the picture of a patch", "Return", "Esc selects nothing"),
    )),
)  # fmt: skip
MOUSE = (
    ("Move the picture", "Drag", "With the left or the middle button"),
    ("Zoom", "Wheel", "At the pointer"),
    ("Fit the picture", "Double click", "Beside the [points]; while editing, adds a [point]"),
    ("Select a [point]", "Click", "Beside the [points], selects nothing"),
    ("Add [points] to the selection", "Shift+Drag", "A box about them; or Shift and click one"),
    ("Take [points] out of it", "Alt+Drag", "A box about them; or Alt and click one"),
    ("Compare", "Drag the divider", "Of the split view"),
)
ID_ROLE = Qt.ItemDataRole.UserRole


class ShortcutsDialog(QDialog):
    """Lists every command by menu; keys can be changed and set back."""

    def __init__(
        self, actions: ActionRegistry, settings: Settings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts-dialog")
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(860, 620)
        self._actions = actions
        self._settings = settings
        self._filter = QLineEdit(self)
        self._filter.setPlaceholderText("Filter by command or key…")
        self._filter.setClearButtonEnabled(True)
        self._filter.setAccessibleName("Filter shortcuts")
        self._filter.textChanged.connect(self._apply_filter)
        self._tree = QTreeWidget(self)
        self._tree.setColumnCount(3)
        self._tree.setHeaderLabels(["Command", "Keys", "What it does"])
        self._tree.setAccessibleName("Commands and their keys")
        self._tree.setRootIsDecorated(False)
        self._tree.setIndentation(14)
        self._tree.setAlternatingRowColors(True)
        self._tree.currentItemChanged.connect(self._show_current)
        header = self._tree.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._message = QLabel(self)
        self._message.setWordWrap(True)
        self._lay_out()
        self._fill()
        actions.shortcuts_changed.connect(self._refill_keys)

    def select(self, command: str) -> None:
        """Highlight a command."""
        for group in self._groups():
            for item in _children(group):
                if item.data(0, ID_ROLE) == command:
                    self._tree.setCurrentItem(item)

    def assign(self, keys: str) -> None:
        """Give the highlighted command other keys, unless they are taken."""
        name = self._current()
        if name is None:
            return
        taken = self._actions.conflict(name, keys) if keys else None
        if taken is not None:
            title = self._actions.entry(taken).title
            self._say(f"{keys} already means “{title}”. Choose other keys.", "warning")
            return
        self._actions.set_shortcut(name, keys)
        self._settings.set_shortcuts(self._actions.overrides())
        self._say("Saved.", "success")

    def set_back(self) -> None:
        """Give the highlighted command its own keys again."""
        name = self._current()
        if name is not None:
            self._actions.set_shortcut(name, None)
            self._settings.set_shortcuts(self._actions.overrides())
            self._say("Back to its own keys.", "success")

    def set_all_back(self) -> None:
        """Give every command its own keys again."""
        for name in list(self._actions.overrides()):
            self._actions.set_shortcut(name, None)
        self._settings.set_shortcuts({})
        self._say("All shortcuts are back to their defaults.", "success")

    def _lay_out(self) -> None:
        self._edit = QKeySequenceEdit(self)
        self._edit.setMaximumSequenceLength(1)
        self._edit.setAccessibleName("New keys")
        assign = QPushButton("Assign", self)
        assign.setAutoDefault(False)
        assign.clicked.connect(
            lambda: self.assign(
                self._edit.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
            )
        )
        none = QPushButton("No keys", self)
        none.setAutoDefault(False)
        none.clicked.connect(lambda: self.assign(""))
        back = QPushButton("Set back", self)
        back.setAutoDefault(False)
        back.clicked.connect(self.set_back)
        self._editors = (self._edit, assign, none, back)
        edit_row = QHBoxLayout()
        edit_row.addWidget(QLabel("New keys for the command above:", self))
        edit_row.addWidget(self._edit, 1)
        for button in (assign, none, back):
            edit_row.addWidget(button)
        everything = QPushButton("Set all back", self)
        everything.setAutoDefault(False)
        everything.clicked.connect(self.set_all_back)
        close = QPushButton("Close", self)
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addWidget(everything)
        foot.addWidget(self._message, 1)
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.addWidget(self._filter)
        column.addWidget(self._tree, 1)
        column.addLayout(edit_row)
        column.addLayout(foot)

    def _fill(self) -> None:
        groups: dict[str, QTreeWidgetItem] = {}
        entries = sorted(self._actions.all(), key=lambda entry: _menu_place(entry.menu))
        for entry in entries:
            if entry.menu not in groups:
                groups[entry.menu] = self._add_group(entry.menu)
            where = " (over the picture)" if entry.canvas_only else ""
            item = QTreeWidgetItem(
                groups[entry.menu], [entry.title, self._actions.keys(entry.id), entry.tip + where]
            )
            item.setData(0, ID_ROLE, entry.id)
        for title, rows in (*KEYS, ("Mouse, over the picture", MOUSE)):
            group = self._add_group(title)
            for words in rows:
                QTreeWidgetItem(group, [say(text) for text in words])
        self._tree.expandAll()
        self._show_current()

    def _add_group(self, title: str) -> QTreeWidgetItem:
        made = QTreeWidgetItem(self._tree, [title])
        made.setFlags(Qt.ItemFlag.ItemIsEnabled)
        font = made.font(0)
        font.setBold(True)
        made.setFont(0, font)
        made.setFirstColumnSpanned(True)
        return made

    def _refill_keys(self) -> None:
        for group in self._groups():
            for item in _children(group):
                name = item.data(0, ID_ROLE)
                if name is not None:
                    item.setText(1, self._actions.keys(name))

    def _apply_filter(self, text: str) -> None:
        wanted = text.lower()
        for group in self._groups():
            num_shown = 0
            for item in _children(group):
                words = " ".join(item.text(column) for column in range(3)).lower()
                item.setHidden(wanted not in words)
                num_shown += wanted in words
            group.setHidden(num_shown == 0)

    def _groups(self) -> list[QTreeWidgetItem]:
        found = (self._tree.topLevelItem(row) for row in range(self._tree.topLevelItemCount()))
        return [item for item in found if item is not None]

    def _current(self) -> str | None:
        item = self._tree.currentItem()
        return None if item is None else item.data(0, ID_ROLE)

    def _show_current(self, *_items: object) -> None:
        name = self._current()
        for editor in self._editors:
            editor.setEnabled(name is not None)
        if name is not None:
            keys = self._actions.get(name).shortcut()
            self._edit.setKeySequence(keys)
        self._say("", "muted")

    def _say(self, text: str, role: str) -> None:
        self._message.setText(text)
        self._message.setProperty("role", role)
        self._message.style().unpolish(self._message)
        self._message.style().polish(self._message)


def _children(group: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    found = (group.child(row) for row in range(group.childCount()))
    return [item for item in found if item is not None]


def _menu_place(menu: str) -> int:
    return MENUS.index(menu) if menu in MENUS else len(MENUS)
