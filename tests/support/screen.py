"""What a user sees of a window: things are found by their words, not by the program's names."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QWidget

W = TypeVar("W", bound=QWidget)


def named(root: QWidget, name: str, kind: type[W]) -> W:
    """Return the one widget of ``kind`` that a screen reader calls ``name``."""
    found = [each for each in root.findChildren(kind) if each.accessibleName() == name]
    assert len(found) == 1, f"{len(found)} widgets are called {name!r}"
    return found[0]


def text(root: QWidget, name: str) -> str:
    """Return the words beside the caption ``name``."""
    return named(root, name, QLabel).text()


def box(root: QWidget, name: str) -> QComboBox:
    """Return the choice with this caption."""
    return named(root, name, QComboBox)


def says(root: QWidget, words: str) -> bool:
    """Tell whether a label or button that is not hidden has these words."""
    found = [*root.findChildren(QLabel), *root.findChildren(QAbstractButton)]
    return any(words in each.text() for each in found if each.isVisibleTo(root))


def button(root: QWidget, words: str) -> QAbstractButton:
    """Return the one button that begins with these words, or is called so."""
    found = [
        each
        for each in root.findChildren(QAbstractButton)
        if each.text().replace("&", "").startswith(words) or each.accessibleName() == words
    ]
    assert len(found) == 1, f"{len(found)} buttons begin with {words!r}"
    return found[0]


def press(root: QWidget, words: str) -> None:
    """Press the button that begins with these words."""
    QTest.mouseClick(button(root, words), Qt.MouseButton.LeftButton)
