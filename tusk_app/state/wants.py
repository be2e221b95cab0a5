"""What panels need of every picture shown, beyond its keypoints."""

from __future__ import annotations

import enum

from PySide6.QtCore import QObject, Signal


class Want(enum.Enum):
    """Something that costs time and is made only while somebody shows it."""

    HEAT_MAP = enum.auto()
    RECONSTRUCTION = enum.auto()
    TRUTH = enum.auto()


class Wants(QObject):
    """Who needs what; whoever makes it follows.

    Signals:
        changed: Want, the first began to need it or the last no longer does.
    """

    changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted: dict[Want, set[str]] = {want: set() for want in Want}

    def has(self, want: Want) -> bool:
        """True while anybody needs it."""
        return bool(self._wanted[want])

    def set(self, who: str, want: Want, wanted: bool) -> None:
        """Say whether ``who``, a panel's name, needs ``want`` from now on."""
        before = self.has(want)
        if wanted:
            self._wanted[want].add(who)
        else:
            self._wanted[want].discard(who)
        if self.has(want) != before:
            self.changed.emit(want)
