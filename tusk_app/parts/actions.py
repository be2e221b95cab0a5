"""One registry of every command: menus, tool bar, palette and shortcut list are made from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence

from tusk_app.parts.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True, eq=False)
class ActionEntry:
    """One command of the program.

    Attributes:
        id: ``"menu.what-it-does"``, unique and stable; settings and tests use it.
        text: what the menu says, with an ``&`` mnemonic where wanted.
        menu: title of the menu it belongs to.
        group: commands of one group stand together between separators.
        shortcut: the default key sequences, separated by ``"; "``.
        tip: one sentence for tool tip and status bar.
        icon: name of an icon under ``resources/icons``, or empty.
        canvas_only: True if the keys act only while the canvas has the focus.
        action: the Qt object; connect to ``triggered`` or ``toggled``.
    """

    id: str
    text: str
    menu: str
    group: str
    shortcut: str
    tip: str
    icon: str
    canvas_only: bool
    action: QAction

    @property
    def title(self) -> str:
        """The text without mnemonic and dots, as the palette shows it."""
        return plain_text(self.text)


def plain_text(text: str) -> str:
    """Return menu text without mnemonic mark and trailing dots."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip(".…")


class ActionRegistry(QObject):
    """Holds every command of the program.

    Signals:
        added: ActionEntry, a command was registered.
        relabelled: ActionEntry, a command that does the opposite now has other words and icon.
        shortcuts_changed: keys of some command changed.
    """

    added = Signal(object)
    relabelled = Signal(object)
    shortcuts_changed = Signal()

    def __init__(
        self, parent: QObject | None = None, *, shortcuts: Mapping[str, str] | None = None
    ) -> None:
        """Create an empty registry; ``shortcuts`` are the user's keys by command id."""
        super().__init__(parent)
        self._entries: dict[str, ActionEntry] = {}
        self._overrides = dict(shortcuts or {})
        self._canvas: QWidget | None = None

    def add(  # noqa: PLR0913 - one keyword for each property a command can have
        self,
        id: str,  # noqa: A002 - the word everybody uses for it
        text: str,
        slot: Callable[..., object] | None = None,
        *,
        menu: str = "File",
        shortcut: str = "",
        tip: str = "",
        icon: str = "",
        checkable: bool = False,
        checked: bool = False,
        canvas_only: bool = False,
        group: str = "",
    ) -> QAction:
        """Register a command and return its action.

        ``slot`` is connected to ``toggled`` for a checkable command and to ``triggered`` for any
        other. A bare letter must be ``canvas_only``, else it would act while the user types.

        Raises:
            ValueError: if ``id`` is taken.
        """
        if id in self._entries:
            raise ValueError(f"a command {id!r} is already registered")
        text, tip = say(text), say(tip)
        action = QAction(text, self)
        action.setObjectName(id)
        action.setCheckable(checkable)
        action.setChecked(checked)
        if canvas_only:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        entry = ActionEntry(id, text, menu, group, shortcut, tip, icon, canvas_only, action)
        self._entries[id] = entry
        self._show_keys(entry)
        if slot is not None:
            # The flag of `triggered` is dropped: a plain command takes no argument.
            if checkable:
                action.toggled.connect(slot)
            else:
                action.triggered.connect(lambda _checked=False: slot())
        if canvas_only and self._canvas is not None:
            self._canvas.addAction(action)
        self.added.emit(entry)
        return action

    def get(self, id: str) -> QAction:  # noqa: A002
        """Return the action of a command.

        Raises:
            KeyError: if there is no such command.
        """
        return self._entries[id].action

    def entry(self, id: str) -> ActionEntry:  # noqa: A002
        """Return everything known about a command.

        Raises:
            KeyError: if there is no such command.
        """
        return self._entries[id]

    def __contains__(self, id: object) -> bool:  # noqa: A002
        return id in self._entries

    def trigger(self, id: str) -> None:  # noqa: A002
        """Carry out a command as if it was chosen in the menu; nothing happens if disabled."""
        self._entries[id].action.trigger()

    def relabel(self, id: str, text: str, icon: str) -> None:  # noqa: A002
        """Give a command the words and the icon of what it does now, such as to resume."""
        entry = self._entries[id]
        if (entry.text, entry.icon) == (text, icon):
            return
        entry = self._entries[id] = replace(entry, text=text, icon=icon)
        entry.action.setText(text)
        self._show_keys(entry)
        self.relabelled.emit(entry)

    def all(self) -> tuple[ActionEntry, ...]:
        """Return every command in the order of registration."""
        return tuple(self._entries.values())

    def set_canvas(self, canvas: QWidget) -> None:
        """Let the keys of canvas-only commands act while ``canvas`` or a child has the focus."""
        self._canvas = canvas
        canvas.addActions([e.action for e in self._entries.values() if e.canvas_only])

    def keys(self, id: str) -> str:  # noqa: A002
        """Return the keys in force as people read them, such as ``"Ctrl+O"``; empty if none."""
        sequences = self._entries[id].action.shortcuts()
        return ", ".join(s.toString(QKeySequence.SequenceFormat.NativeText) for s in sequences)

    def set_shortcut(self, id: str, keys: str | None) -> None:  # noqa: A002
        """Give a command other keys (portable text, ``"; "`` between two); None: the default."""
        if keys is None:
            self._overrides.pop(id, None)
        else:
            self._overrides[id] = keys
        self._show_keys(self._entries[id])
        self.shortcuts_changed.emit()

    def overrides(self) -> dict[str, str]:
        """Return the user's keys by command id, to be saved."""
        return dict(self._overrides)

    def conflict(self, id: str, keys: str) -> str | None:  # noqa: A002
        """Return the id of another command that already answers to one of ``keys``, if any."""
        wanted = set(QKeySequence.listFromString(keys))
        for entry in self._entries.values():
            if entry.id != id and wanted & set(entry.action.shortcuts()):
                return entry.id
        return None

    def _show_keys(self, entry: ActionEntry) -> None:
        keys = self._overrides.get(entry.id, entry.shortcut)
        sequences = QKeySequence.listFromString(keys) if keys else []
        entry.action.setShortcuts(sequences)
        tip = entry.tip or plain_text(entry.text)
        shown = self.keys(entry.id)
        entry.action.setToolTip(f"{tip} ({shown})" if shown else tip)
        entry.action.setStatusTip(tip)
