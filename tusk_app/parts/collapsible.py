"""A titled group that opens and closes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from tusk_app.parts import tones


class CollapsibleGroup(QWidget):
    """A button with the title and a mark; below it the content, closed at first.

    Signals:
        opened: bool.
    """

    opened = Signal(bool)

    def __init__(self, title: str, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self._button = QToolButton(self)
        self._button.setText(title)
        self._button.setCheckable(True)
        self._button.setAutoRaise(True)
        self._button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._button.setArrowType(Qt.ArrowType.RightArrow)
        self._button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._button.setStyleSheet(
            "QToolButton:checked { background: transparent; border-color: transparent; }"
        )
        self._button.toggled.connect(self._open)
        self._mark = QLabel("", self)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self._button)
        head.addWidget(self._mark)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(content)
        content.hide()

    @property
    def button(self) -> QToolButton:
        """Opens and closes the group."""
        return self._button

    @property
    def mark(self) -> str:
        """The short text beside the title."""
        return self._mark.text()

    def set_mark(self, text: str, role: str) -> None:
        """Say ``text`` beside the title, in a role of the style sheet."""
        self._mark.setText(text)
        tones.set_role(self._mark, role)

    def _open(self, is_open: bool) -> None:
        self._button.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._content.setVisible(is_open)
        self.opened.emit(is_open)
