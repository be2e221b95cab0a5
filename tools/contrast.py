"""Measure how well every text of a widget stands out from the ground that is drawn behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import QAbstractButton, QLabel, QTabBar, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# What WCAG 2.2 asks of text of any size (level AA).
LEAST = 4.5
_BORDER = 4  # logical pixels


@dataclass(frozen=True, slots=True)
class Reading:
    """A text and how it stands out, 1 to 21."""

    text: str
    ratio: float


def faint_texts(inside: QWidget, least: float = LEAST) -> list[Reading]:
    """Return the texts of labels, buttons and tabs below ``least``, as they are drawn now.

    The ground is the colour seen most in its place. The ink is the colour that the widget says, or
    any seen there, for a default button says another than it is drawn with; borders do not count.
    What cannot be used now is left out, as WCAG does, and so are texts with colours of their own.
    """
    image = inside.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    pixels = rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    ratio = inside.devicePixelRatioF()
    readings = (
        Reading(text, max(contrast(ink, colours[0]) for ink in (colour, *colours)))
        for text, colour, place in _texts(inside)
        for colours in [_colours(pixels, place, ratio)]
    )
    return [reading for reading in readings if reading.ratio < least]


def contrast(first: tuple[int, int, int], second: tuple[int, int, int]) -> float:
    """Return the WCAG contrast ratio of two sRGB colours, 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: tuple[int, int, int]) -> float:
    parts = np.asarray(colour, np.float64) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def _texts(inside: QWidget) -> Iterator[tuple[str, tuple[int, int, int], QRect]]:
    """Yield text, colour and place of what can be read now."""
    for widget in inside.findChildren(QWidget):
        is_whole = widget.visibleRegion().boundingRect() == widget.rect()
        if not (widget.isVisibleTo(inside) and widget.isEnabled() and is_whole):
            continue
        corner = widget.mapTo(inside, QPoint(0, 0))
        if isinstance(widget, QLabel | QAbstractButton):
            text = widget.text().replace("&", "").strip()
            if text and not text.startswith("<"):
                yield text, _colour(widget), QRect(corner, widget.size())
        elif isinstance(widget, QTabBar):
            for index in range(widget.count()):
                if widget.isTabEnabled(index) and widget.isTabVisible(index):
                    place = widget.tabRect(index).translated(corner)
                    yield widget.tabText(index), _colour(widget), place


def _colour(widget: QWidget) -> tuple[int, int, int]:
    role = QPalette.ColorRole.ButtonText
    if not isinstance(widget, QAbstractButton):
        role = widget.foregroundRole()
    colour: QColor = widget.palette().color(role)
    return colour.red(), colour.green(), colour.blue()


def _colours(pixels: NDArray[np.uint8], place: QRect, ratio: float) -> list[tuple[int, int, int]]:
    """Return the colours drawn inside the border of a place, the most frequent first."""
    inner = place.adjusted(_BORDER, _BORDER, -_BORDER, -_BORDER)
    is_large = min(inner.width(), inner.height()) > 2 * _BORDER
    # Of a single letter, what is around it tells its ground.
    place = inner if is_large else place.adjusted(-_BORDER, -_BORDER, _BORDER, _BORDER)
    left, top = (max(0, round(v * ratio)) for v in (place.left(), place.top()))
    right, below = round((place.right() + 1) * ratio), round((place.bottom() + 1) * ratio)
    part = pixels[top:below, left:right].reshape(-1, 3)
    colours, counts = np.unique(part, axis=0, return_counts=True)
    ordered = colours[np.argsort(-counts, kind="stable")].tolist()
    return [(red, green, blue) for red, green, blue in ordered] or [(0, 0, 0)]
