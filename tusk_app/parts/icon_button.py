"""A tool button with one of our drawings, in the colour of the theme in force."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton, QWidget

from tusk_app.parts import icons, theme
from tusk_app.parts.themed import Themed


class IconButton(Themed, QToolButton):
    """Draws its icon anew when the theme changes, so that it is never dark on dark.

    Args:
        drawing: name of the icon.
        tip: what it does; also its accessible name.
        parent: widget it belongs to.
        checkable: True for a switch.
    """

    def __init__(
        self, drawing: str, tip: str, parent: QWidget | None = None, *, checkable: bool = False
    ) -> None:
        super().__init__(parent)
        self._drawing = drawing
        self.setAutoRaise(True)
        self.setCheckable(checkable)
        self.setToolTip(tip)
        self.setAccessibleName(tip)
        self.follow_theme()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colours = theme.of(self.palette())
        self.setIcon(icons.icon(self._drawing, colours.text, colours.disabled))
