"""Letters that a widget uses itself, so that no command of the window takes them from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_NAME = "own-keys"


def keep_keys(widget: QWidget, letters: str) -> None:
    """Leave these keys (letters and signs, such as ``"SBG+-"``) to ``widget``."""
    widget.setProperty(_NAME, letters.upper())


def has_own_key(widget: QWidget, key: int) -> bool:
    """True if ``widget``, or one that it stands in, uses this key (``Qt.Key``) itself."""
    place: QWidget | None = widget
    while place is not None:
        letters = place.property(_NAME)
        if letters and 0 < key < 0x110000 and chr(key) in letters:
            return True
        place = place.parentWidget()
    return False
