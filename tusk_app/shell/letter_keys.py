"""Single letters act wherever the keyboard is, unless somebody types; Return presses a button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from tusk_app.parts.own_keys import has_own_key

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from tusk_app.parts.actions import ActionRegistry
    from tusk_app.shell.host import Host

_RETURNS = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
_TYPED_IN = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox)
_ALLOWED = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier


class LetterKeys(QObject):
    """Follows the focus through the window and looks at the keys of the widget that has it.

    The commands of the picture have single letters (K, M, N, …) that Qt gives to the picture only.
    Here they also act from the lists and panels beside it; what a panel uses itself stays with it
    (``parts/own_keys.py``), and text is typed as ever.
    """

    def __init__(self, window: Host, actions: ActionRegistry) -> None:
        super().__init__(window)
        self._window, self._actions = window, actions
        self._watched: QWidget | None = None
        window.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow)

    @Slot(QWidget, QWidget)
    def _follow(self, old: QWidget | None, new: QWidget | None) -> None:
        if old is not None and old is self._watched and old is not self._window:
            old.removeEventFilter(self)
        self._watched = new
        if new is not None and new is not self._window and self._is_inside(new):
            new.installEventFilter(self)

    def _is_inside(self, widget: QWidget) -> bool:
        top = widget.window()
        if isinstance(top, QDialog):
            return False
        return top is self._window or self._window.isAncestorOf(top)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take a letter that belongs to a command, and Return on a button."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if not isinstance(watched, QWidget):
            return False
        if event.key() in _RETURNS and isinstance(watched, QAbstractButton):
            watched.click()
            return True
        if self._is_typing(watched) or has_own_key(watched, event.key()):
            return False
        action = self._command_of(event)
        if action is None:
            return False
        action.trigger()
        return True

    def _is_typing(self, widget: QWidget) -> bool:
        if isinstance(widget, QComboBox):
            return widget.isEditable()
        return isinstance(widget, _TYPED_IN) or self._window.canvas.isAncestorOf(widget)

    def _command_of(self, event: QKeyEvent) -> QAction | None:
        """Return the picture's command with this one printable key, if it can be used."""
        if event.modifiers() & ~_ALLOWED or not event.text().strip():
            return None
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        pressed = QKeySequence(int(event.key()) | int(shift.value))
        for entry in self._actions.all():
            if entry.canvas_only and pressed in entry.action.shortcuts():
                return entry.action if entry.action.isEnabled() else None
        return None
