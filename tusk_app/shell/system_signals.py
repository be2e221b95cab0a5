"""Ctrl+C and the system's request to end become a tidy close of the window."""

from __future__ import annotations

import logging
import os
import signal
import socket
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, QTimer, Slot

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class SignalBridge(QObject):
    """Turns Ctrl+C and the system's request to end into a tidy close; a second one is final.

    Python runs signal handlers only between its own instructions, which can be seconds away while
    Qt waits; the wake-up socket brings Qt back at once.
    """

    def __init__(self, close: Callable[[], None], parent: QObject) -> None:
        """Call ``close`` from the event loop when the system asks to end."""
        super().__init__(parent)
        self._close = close
        self._count = 0
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self._old_fd = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        self._old = {kind: signal.signal(kind, self._ignore) for kind in _SIGNALS}
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._take)

    def remove(self) -> None:
        """Give the signals back."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._old_fd)
        for kind, handler in self._old.items():
            signal.signal(kind, handler)
        self._ours.close()
        self._theirs.close()

    @staticmethod
    def _ignore(_number: int, _frame: object) -> None:
        """Do nothing: the socket brings the news."""

    @Slot()
    def _take(self) -> None:
        data = self._ours.recv(64)
        if not any(byte in {int(kind) for kind in _SIGNALS} for byte in data):
            return
        self._count += 1
        if self._count > 1:
            os._exit(130)
        log.info("asked to end by the system")
        QTimer.singleShot(0, self._close)
