"""The field of the welcome page that says what may be dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from tusk_app.parts import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent


class DropZone(QFrame):
    """The dashed field that says what may be dropped; lights up while something is held over it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._is_lit = False
        self.setMinimumHeight(76)
        self._label = QLabel(self)
        self._label.setWordWrap(True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 20, 12)
        column.addWidget(self._label)
        self.set_lit(lit=False)

    def set_lit(self, *, lit: bool) -> None:
        """Light up, or go dark again."""
        self._is_lit = lit
        self._label.setText(
            "Let go to open it"
            if lit
            else "…or drop a folder, pictures, a video, a model or a run anywhere in the window"
        )
        self._label.setProperty("role", "" if lit else "muted")
        self._label.style().unpolish(self._label)
        self._label.style().polish(self._label)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dashed edge."""
        colours = theme.of(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(colours.link if self._is_lit else colours.strong_border))
        pen.setWidthF(2.0 if self._is_lit else 1.3)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        if self._is_lit:
            painter.setBrush(QColor(colours.hover))
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 10, 10)
        painter.end()
        super().paintEvent(event)
