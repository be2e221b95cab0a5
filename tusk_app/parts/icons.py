"""Icons: our own line drawings, coloured for the theme in force.

Every file under ``resources/icons`` is a 24 px drawing that uses ``currentColor``; ``tusk.svg``
is the program's mark and keeps its colours.
"""

from __future__ import annotations

import functools

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from tusk_core.resources import resource

# Enough for menus and tool bars at 100 % and 200 %; other sizes are scaled down from these.
_SIZES = (16, 20, 32, 40)
_MIDDLE = 127
_WEAK_ON_DARK, _WEAK_ON_LIGHT = "#6d7582", "#9aa1ac"


@functools.cache
def _drawing(name: str) -> str:
    path = resource("icons") / f"{name}.svg"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def exists(name: str) -> bool:
    """Tell whether there is a drawing of this name."""
    return bool(name) and bool(_drawing(name))


def pixmap(name: str, size: int, colour: QColor | str = "#808080", ratio: float = 1.0) -> QPixmap:
    """Return a drawing as a square picture.

    Args:
        name: file name without ``.svg``; an unknown one gives an empty picture.
        size: side in device-independent pixels.
        colour: of the lines.
        ratio: device pixels per pixel.
    """
    side = max(1, round(size * ratio))
    picture = QPixmap(side, side)
    picture.fill(Qt.GlobalColor.transparent)
    text = _drawing(name).replace("currentColor", QColor(colour).name())
    if text:
        painter = QPainter(picture)
        QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(0, 0, side, side))
        painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


@functools.lru_cache(maxsize=512)
def _icon(name: str, colour: str, disabled: str) -> QIcon:
    made = QIcon()
    for side in _SIZES:
        made.addPixmap(pixmap(name, side, colour))
        made.addPixmap(pixmap(name, side, disabled), QIcon.Mode.Disabled)
    return made


def icon(name: str, colour: QColor | str, disabled: QColor | str | None = None) -> QIcon:
    """Return a drawing as an icon; an unknown name gives an empty icon.

    Args:
        name: file name without ``.svg``.
        colour: of the lines.
        disabled: of the lines where the command cannot be used; None takes a grey that is weaker
            than ``colour`` on the ground which that is made for.
    """
    if not exists(name):
        return QIcon()
    weak = _WEAK_ON_DARK if QColor(colour).lightness() > _MIDDLE else _WEAK_ON_LIGHT
    return _icon(name, QColor(colour).name(), QColor(disabled or weak).name())


def application_icon() -> QIcon:
    """Return the program's mark."""
    made = QIcon()
    for side in (16, 32, 48, 64, 128, 256):
        made.addPixmap(pixmap("tusk", side))
    return made


def sizes() -> tuple[QSize, ...]:
    """Return the sizes every icon is drawn at."""
    return tuple(QSize(side, side) for side in _SIZES)
