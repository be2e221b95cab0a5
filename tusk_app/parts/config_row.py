"""One setting of a form: label, editor, unit, help or problem, changed mark and reset."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from tusk_app.parts import icons, theme, tones
from tusk_app.parts.config_fields import FieldSpec, make_editor

BLOCK_WIDTH_CHARS = 33


class ConfigRow(QObject):
    """The widgets of one setting; ``place_in_grid`` or ``block`` puts them somewhere.

    Signals:
        changed: the user (or ``set_value``) changed the value.
    """

    changed = Signal()

    def __init__(self, spec: FieldSpec, parent: QWidget) -> None:
        super().__init__(parent)
        self.spec = spec
        self._parent = parent
        self._baseline: Any = None
        self._editor = make_editor(spec, self._take_edit, parent)
        widget = self._editor.widget
        self._label = QLabel(parent)
        self._label.setBuddy(widget)
        self._unit = QLabel(spec.unit, parent)
        self._unit.setProperty("role", "muted")
        self._help = QLabel(spec.help_text, parent)
        self._help.setWordWrap(True)
        self._help.setProperty("role", "muted")
        self._reset = QToolButton(parent)
        self._reset.setAutoRaise(True)
        self._reset.setIconSize(QSize(14, 14))
        self._reset.clicked.connect(self.reset)
        policy = self._reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(policy)
        widget.setAccessibleName(f"{spec.label} {spec.symbol}".strip())
        widget.setAccessibleDescription(spec.help_text)
        widget.setToolTip(f"{spec.help_text}\n{spec.path}")
        self._show_changed()

    @property
    def editor(self) -> QWidget:
        """The widget that edits the value."""
        return self._editor.widget

    @property
    def problem(self) -> str:
        """What is wrong with the value; empty if nothing is."""
        return self._help.text() if self._help.property("role") == "danger" else ""

    @property
    def is_changed(self) -> bool:
        """True if the value differs from the preset's."""
        return bool(self._editor.read() != self._baseline)

    @property
    def reset_button(self) -> QToolButton:
        """Sets the preset's value."""
        return self._reset

    def value(self) -> Any:
        """The value, or text that is none."""
        return self._editor.read()

    def set_value(self, value: Any) -> None:
        """Show ``value``."""
        self._editor.write(value)

    def set_baseline(self, value: Any) -> None:
        """Take ``value`` for the one that is not a change."""
        self._baseline = value
        self._show_changed()

    def reset(self) -> None:
        """Set the preset's value."""
        self._editor.write(self._baseline)

    def set_problem(self, text: str) -> None:
        """Show a problem in the place of the help; empty shows the help."""
        self._help.setText(text or self.spec.help_text)
        tones.set_role(self._help, "danger" if text else "muted")

    def set_enabled(self, *, enabled: bool) -> None:
        """Let the value be edited or not."""
        self._editor.widget.setEnabled(enabled)

    def place_in_grid(self, grid: QGridLayout, row: int) -> int:
        """Put the widgets into two rows of ``grid``; returns the next free row."""
        grid.addWidget(self._label, row, 0)
        grid.addWidget(self._editor.widget, row, 1)
        grid.addWidget(self._unit, row, 2)
        grid.addWidget(self._reset, row, 3)
        grid.addWidget(self._help, row + 1, 0, 1, 5)
        grid.setRowMinimumHeight(row + 2, 6)
        return row + 3

    def block(self) -> QWidget:
        """Return the widgets as a block: label above the editor, help below."""
        block = QWidget(self._parent)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._label)
        head.addStretch(1)
        head.addWidget(self._reset)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self._editor.widget, 1)
        line.addWidget(self._unit)
        column = QVBoxLayout(block)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(head)
        column.addLayout(line)
        column.addWidget(self._help)
        column.addStretch(1)
        block.setFixedWidth(BLOCK_WIDTH_CHARS * self._label.fontMetrics().averageCharWidth())
        return block

    def restyle(self) -> None:
        """Follow the theme."""
        self._show_changed()

    def _take_edit(self) -> None:
        self._show_changed()
        self.changed.emit()

    def _show_changed(self) -> None:
        colours = theme.of(self._parent.palette())
        is_changed = self.is_changed
        symbol = f" <i>{self.spec.symbol}</i>" if self.spec.symbol else ""
        dot = f'<span style="color:{colours.link}">●</span> ' if is_changed else ""
        self._label.setText(f"{dot}{self.spec.label}{symbol}")
        self._label.setTextFormat(Qt.TextFormat.RichText)
        self._label.setAccessibleDescription("Changed" if is_changed else "")
        self._reset.setVisible(is_changed)
        self._reset.setIcon(icons.icon("undo", colours.link))
        tip = f"Set the preset's value: {_shown(self._baseline)}"
        self._reset.setToolTip(tip)
        self._reset.setAccessibleName(f"Reset {self.spec.label}")


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
