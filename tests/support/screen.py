"""What a user sees of a window: things are found by their words, not by the program's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PySide6.QtCore import QObject, QPoint, QPointF, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDialog, QLabel, QWidget

W = TypeVar("W", bound=QWidget)
D = TypeVar("D", bound=QDialog)

if TYPE_CHECKING:
    from collections.abc import Sequence


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


def dialog(root: QWidget, kind: type[D]) -> D | None:
    """Return the dialog of ``kind`` that is open over a window; None if there is none."""
    found = [each for each in root.window().findChildren(kind) if not each.isHidden()]
    assert len(found) <= 1, f"{len(found)} dialogs of one kind are open"
    return found[0] if found else None


def says(root: QWidget, words: str) -> bool:
    """Tell whether a label or button that is not hidden has these words."""
    found = [*root.findChildren(QLabel), *root.findChildren(QAbstractButton)]
    return any(words in each.text() for each in found if each.isVisibleTo(root))


def words(root: QWidget) -> list[str]:
    """Return the words of all labels and buttons that are not hidden, labels first."""
    found = [*root.findChildren(QLabel), *root.findChildren(QAbstractButton)]
    return [each.text() for each in found if each.text() and each.isVisibleTo(root)]


def tips(root: QWidget) -> str:
    """Return the tips of all labels that are not hidden, one a line."""
    shown = [each for each in root.findChildren(QLabel) if each.isVisibleTo(root)]
    return "\n".join(each.toolTip() for each in shown)


def is_waiting(root: QObject) -> bool:
    """Tell whether something inside is put off and will be done by itself."""
    return any(each.isActive() and each.isSingleShot() for each in root.findChildren(QTimer))


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


def drawn(widget: QWidget) -> QImage:
    """Return what a widget looks like."""
    return widget.grab().toImage()


def has_colour(widget: QWidget, rgb: Sequence[int]) -> bool:
    """Tell whether some pixel of a widget has exactly this colour."""
    image = drawn(widget).convertToFormat(QImage.Format.Format_RGB32)
    shape = (image.height(), image.bytesPerLine() // 4, 4)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(shape)[:, : image.width(), 2::-1]
    return bool((pixels == np.array(rgb, np.uint8)).all(axis=2).any())


def changed(before: QImage, after: QImage, at: QPoint | QPointF, around: int = 12) -> bool:
    """Tell whether two looks of a widget differ near a place, ``around`` pixels to each side."""
    place = QPointF(at).toPoint()
    corner = place - QPoint(around, around)
    area = QRect(corner, QSize(2 * around, 2 * around))
    return before.copy(area) != after.copy(area)
