"""Widgets that follow the theme: one hook, called once at first and at every change of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget as _Base
else:
    _Base = object


class Themed(_Base):
    """Comes before the Qt class: ``class Bar(Themed, QWidget)``; fill ``restyle``.

    Call ``follow_theme`` in ``__init__`` once everything that ``restyle`` touches is made. An
    override rather than an event filter, which Python would have to answer for every event.
    """

    _is_following = False

    def follow_theme(self) -> None:
        """Call ``restyle`` now, and again whenever the colours change."""
        self._is_following = True
        self.restyle()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        raise NotImplementedError

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        if event.type() == QEvent.Type.PaletteChange and self._is_following:
            self.restyle()
        super().changeEvent(event)
