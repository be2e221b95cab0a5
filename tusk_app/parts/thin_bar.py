"""A thin progress bar that says nothing itself: the words stand beside it."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QWidget

# The height has to be said here: what the theme says of bars in general wins over the widget's own.
_LOOK = (
    "QProgressBar { min-height: 6px; max-height: 6px; border-radius: 3px; }"
    "QProgressBar::chunk { border-radius: 3px; }"
)


def thin_bar(name: str, parent: QWidget | None = None) -> QProgressBar:
    """Return a bar of 6 logical pixels; ``name`` is what a screen reader calls it."""
    bar = QProgressBar(parent)
    bar.setTextVisible(False)
    bar.setStyleSheet(_LOOK)
    bar.setAccessibleName(name)
    return bar
