"""Colours with a meaning for widgets that paint themselves, from the theme they are drawn in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtGui import QColor, QPalette, QPen

from tusk_app.parts import theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

# The theme's own names; of its colours those that are drawn with.
Tone = Literal["text", "muted", "border", "link", "success", "warning", "danger", "raised"]


def is_dark(palette: QPalette) -> bool:
    """True if the widget is drawn in the dark theme."""
    return theme.of(palette).name == "dark"


def tone(palette: QPalette, name: Tone) -> QColor:
    """Return one of the theme's colours."""
    return QColor(getattr(theme.of(palette), name))


def style(palette: QPalette, name: Tone) -> str:
    """Return a style sheet that gives a label this tone."""
    return f"color: {tone(palette, name).name()};"


def set_role(widget: QWidget, role: str) -> None:
    """Give a label another role of the style sheet, such as ``muted`` or ``warning``."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def set_style(widget: QWidget, sheet: str) -> None:
    """Give a widget its own style sheet, unless it has it: setting one changes its palette."""
    if widget.styleSheet() != sheet:
        widget.setStyleSheet(sheet)


def colour(text: str) -> QColor:
    """Return a theme's colour as Qt knows it."""
    return QColor(text)


def pen(text: str, width: float) -> QPen:
    """Return a pen in a theme's colour."""
    return QPen(QColor(text), width)
