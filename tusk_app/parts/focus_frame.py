"""A frame around drawn widgets that have the keyboard, where it came there by a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPalette, QPen

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_BY_KEY = frozenset(
    {
        Qt.FocusReason.TabFocusReason,
        Qt.FocusReason.BacktabFocusReason,
        Qt.FocusReason.ShortcutFocusReason,
    }
)
_WALKING = frozenset(
    {
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
    }
)
_WIDTH = 2.0


class FocusFrame(QObject):
    """Knows whether ``widget`` shows that it has the keyboard, and draws it."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._is_shown = False
        widget.installEventFilter(self)

    @property
    def is_shown(self) -> bool:
        """True after a key brought the keyboard or walked here, until it leaves."""
        return self._is_shown

    def paint(self, painter: QPainter) -> None:
        """Draw the frame, last of all."""
        if not self._is_shown:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._widget.palette().color(QPalette.ColorRole.Link), _WIDTH))
        inset = _WIDTH / 2
        painter.drawRect(QRectF(self._widget.rect()).adjusted(inset, inset, -inset, -inset))

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Follow where the keyboard goes."""
        if event.type() == QEvent.Type.FocusIn:
            assert isinstance(event, QFocusEvent)
            self._set(shown=event.reason() in _BY_KEY)
        elif event.type() in {QEvent.Type.FocusOut, QEvent.Type.MouseButtonPress}:
            self._set(shown=False)
        elif isinstance(event, QKeyEvent) and event.key() in _WALKING:
            self._set(shown=self._widget.hasFocus())
        return False

    def _set(self, *, shown: bool) -> None:
        if shown != self._is_shown:
            self._is_shown = shown
            self._widget.update()
