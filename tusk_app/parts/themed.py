"""Widgets that follow the theme and the size of the text: two hooks, called at every change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget as _Base
else:
    _Base = object


class Themed(_Base):
    """Comes before the Qt class: ``class Bar(Themed, QWidget)``; fill ``restyle``, ``refit``.

    Call ``follow_theme`` in ``__init__`` once everything that the hooks touch is made. An override
    rather than an event filter, which Python would have to answer for every event. A widget that
    only paints with its palette needs none of this: Qt draws it again at every change.
    """

    _is_following = False

    def follow_theme(self) -> None:
        """Call ``restyle`` now, and the hooks whenever colours or text change."""
        self._is_following = True
        self.restyle()

    def restyle(self) -> None:
        """Take the colours of the theme."""

    def refit(self) -> None:
        """Measure the text again: its size is another."""

    def changeEvent(self, event: QEvent) -> None:
        """Follow theme and text."""
        if self._is_following:
            if event.type() == QEvent.Type.PaletteChange:
                self.restyle()
            elif event.type() == QEvent.Type.FontChange:
                self.refit()
        super().changeEvent(event)
