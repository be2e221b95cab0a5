"""The line below the map: what is shown, or how far the next map is; always equally high."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from tusk_app.parts.elided_label import ElidedLabel
from tusk_app.parts.thin_bar import thin_bar

_BAR_WIDTH = 110  # logical pixels


class MapFooter(QWidget):
    """Words, and a bar while a map is made."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ElidedLabel()
        self._bar = thin_bar("Progress of the map")
        self._bar.setFixedWidth(_BAR_WIDTH)
        self._facts, self._is_busy = "", False
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 3)
        row.setSpacing(10)
        row.addWidget(self._words, 1)
        row.addWidget(self._bar)
        self.set_busy(busy=False)

    @property
    def text(self) -> str:
        """What is said."""
        return self._words.text()

    def set_facts(self, text: str) -> None:
        """Say what is on the map, as soon as no map is being made."""
        self._facts = text
        if not self._is_busy:
            self._words.setText(text)

    def set_busy(self, *, busy: bool) -> None:
        """Show the progress, or what is on the map."""
        self._is_busy = busy
        self._bar.setVisible(busy)
        self._bar.setRange(0, 0)
        if not busy:
            self._words.setText(self._facts)

    def set_phase(self, text: str) -> None:
        """Say what is going on."""
        self._words.setText(f"{text}…")
        self._bar.setRange(0, 0)

    def set_progress(self, done: int, total: int, text: str) -> None:
        """Say how far it is; ``total`` 0 when unknown."""
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        if text:
            self._words.setText(text)
