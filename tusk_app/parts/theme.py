"""Light and dark: Fusion with our own palettes, one style sheet and the semantic colours.

Fusion is used on every system, so that all pictures of the manual look like the program. Text has
at least 4.5:1 contrast on its ground in both themes (tested).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QStyleFactory, QToolTip, QWidget

from tusk_core.resources import resource

NUMBER_PADDING = 5


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of one theme, ``#rrggbb``.

    Attributes:
        name: ``light`` or ``dark``.
        window: ground of the window and of panels.
        base: ground of lists, fields and plots.
        raised: ground of buttons, cards and toasts.
        hover: ground of a button under the pointer.
        border: lines between things.
        strong_border: edge of fields and buttons.
        text: normal text.
        muted: secondary text.
        disabled: text of what cannot be used.
        accent: filled primary buttons, selections, focus.
        accent_text: text on ``accent``.
        link: coloured text on ``window``.
        success: text and lines that say "good".
        warning: text and lines that say "look here".
        danger: text and lines that say "wrong" or "destroys".
        canvas: ground around pictures.
    """

    name: Literal["light", "dark"]
    window: str
    base: str
    raised: str
    hover: str
    border: str
    strong_border: str
    text: str
    muted: str
    disabled: str
    accent: str
    accent_text: str
    link: str
    success: str
    warning: str
    danger: str
    canvas: str


LIGHT = Theme(
    name="light",
    window="#f3f4f6",
    base="#ffffff",
    raised="#ffffff",
    hover="#e6eaf0",
    border="#d5d9e0",
    strong_border="#858d9b",
    text="#1b1f26",
    muted="#565e6b",
    disabled="#9aa1ac",
    accent="#1f5fae",
    accent_text="#ffffff",
    link="#1f5fae",
    success="#1a7046",
    warning="#8f5600",
    danger="#b3261e",
    canvas="#e4e6ea",
)

DARK = Theme(
    name="dark",
    window="#22252b",
    base="#1a1c21",
    raised="#2d3139",
    hover="#3a3f49",
    border="#3b404a",
    strong_border="#6b7482",
    text="#e7e9ee",
    muted="#a9b0bc",
    disabled="#6d7582",
    accent="#2f6fc4",
    accent_text="#ffffff",
    link="#7db4f5",
    success="#5fce95",
    warning="#efb453",
    danger="#ff8a80",
    canvas="#15171b",
)


def resolve(choice: str) -> Theme:
    """Return the theme for ``auto``, ``light`` or ``dark``; ``auto`` follows the system."""
    if choice == "auto":
        scheme = QGuiApplication.styleHints().colorScheme()
        return DARK if scheme == Qt.ColorScheme.Dark else LIGHT
    return DARK if choice == "dark" else LIGHT


def of(palette: QPalette) -> Theme:
    """Return the theme a widget is drawn in, from its palette."""
    ground = palette.window().color()
    if ground.alpha() == 0:
        # The style sheet lets what is beneath show through, and calls that black.
        ground = QGuiApplication.palette().window().color()
    return DARK if ground.lightness() < 128 else LIGHT


def qt_palette(theme: Theme) -> QPalette:
    """Return the Qt palette of a theme."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    for which, colour in (
        (role.Window, theme.window),
        (role.WindowText, theme.text),
        (role.Base, theme.base),
        (role.AlternateBase, theme.window),
        (role.Text, theme.text),
        (role.PlaceholderText, theme.muted),
        (role.Button, theme.raised),
        (role.ButtonText, theme.text),
        (role.BrightText, theme.danger),
        (role.ToolTipBase, theme.raised),
        (role.ToolTipText, theme.text),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.accent_text),
        (role.Accent, theme.accent),
        (role.Link, theme.link),
        (role.LinkVisited, theme.link),
        (role.Light, theme.hover),
        (role.Midlight, theme.border),
        (role.Mid, theme.border),
        (role.Dark, theme.strong_border),
        (role.Shadow, "#000000"),
    ):
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText, role.ToolTipText):
        palette.setColor(group.Disabled, which, QColor(theme.disabled))
    palette.setColor(group.Disabled, role.Highlight, QColor(theme.border))
    palette.setColor(group.Disabled, role.HighlightedText, QColor(theme.disabled))
    return palette


def style_sheet(theme: Theme, text_size: float = 10.0) -> str:
    """Return the style sheet with colours and text sizes filled in.

    Args:
        theme: the colours.
        text_size: of normal text [pt].
    """
    text = (resource("style") / "tusk.qss").read_text(encoding="utf-8")
    text = text.replace("@text-size", f"{text_size:.1f}pt")
    text = text.replace("@title-size", f"{1.9 * text_size:.1f}pt")
    text = text.replace("@large-size", f"{1.25 * text_size:.1f}pt")
    # Longest names first, so that "@accent-text" is not read as "@accent".
    for name, colour in sorted(asdict(theme).items(), key=lambda item: -len(item[0])):
        text = text.replace(f"@{name.replace('_', '-')}", colour)
    return text.replace("@icons", resource("style").as_posix())


def apply(app: QApplication, choice: str, font_scale: float = 1.0) -> Theme:
    """Dress the whole program in a theme and text size; returns the theme."""
    base_size = app.property("tusk-base-font")
    if base_size is None:
        base_size = _point_size(app.font())
        app.setProperty("tusk-base-font", base_size)
        app.setStyle(QStyleFactory.create("Fusion"))
    theme = resolve(choice)
    font = QFont(app.font())
    font.setPointSizeF(base_size * font_scale)
    sheet = style_sheet(theme, font.pointSizeF())
    # Each change lets every widget be measured anew, and without one widgets keep the old font.
    if sheet != app.styleSheet():
        app.setFont(font)
        QToolTip.setFont(font)
        app.setPalette(qt_palette(theme))
        app.setStyleSheet("")
        app.setStyleSheet(sheet)
    return theme


def pad_number_fields(widget: QWidget) -> None:
    """Keep the numbers in all number fields of ``widget`` off the edge.

    WORKAROUND: Qt's style sheets leave the left padding of number fields out.
    """
    for field in widget.findChildren(QAbstractSpinBox):
        field.lineEdit().setTextMargins(NUMBER_PADDING, 0, 0, 0)


def _point_size(font: QFont) -> float:
    size = font.pointSizeF()
    return size if size > 0 else 10.0


def contrast(first: str, second: str) -> float:
    """Return the WCAG contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    value = QColor(colour)
    return (
        0.2126 * linear(value.redF())
        + 0.7152 * linear(value.greenF())
        + 0.0722 * linear(value.blueF())
    )
