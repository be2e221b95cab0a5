"""A number with arrows that takes any text, so that a bad value is told instead of swallowed."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QWidget

_SERIES = (1.0, 2.0, 5.0, 10.0)


class NumberEdit(QAbstractSpinBox):
    """Whole or real number; arrows step finely enough for its size.

    Signals:
        changed: the text changed; it need not be a number.
    """

    changed = Signal()

    def __init__(self, *, is_whole: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_whole = is_whole
        self._least = -math.inf
        self._most = math.inf
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # not the wheel: forms scroll under it
        self.lineEdit().textChanged.connect(lambda _text: self.changed.emit())

    def set_range(self, least: float, most: float) -> None:
        """Keep the arrows within ``least`` to ``most``; typing is not hindered."""
        self._least, self._most = least, most

    def value(self) -> int | float | str:
        """The number, or the text where it is none."""
        text = self.text().strip().replace(" ", "").replace("\N{NARROW NO-BREAK SPACE}", "")
        try:
            return int(text) if self._is_whole else float(text)
        except ValueError:
            return self.text().strip()

    def set_value(self, value: int | float | str) -> None:
        """Show ``value`` so that reading it gives exactly the same."""
        self.lineEdit().setText(number_text(value))

    def stepBy(self, steps: int) -> None:
        """Go up or down by a stride that fits the size of the number."""
        value = self.value()
        if isinstance(value, str):
            return
        if self._is_whole:
            new: int | float = int(value) + steps * _whole_stride(int(value))
        else:
            new = _next_real(float(value), steps)
        new = min(max(new, self._least), self._most)
        self.set_value(int(new) if self._is_whole else new)
        self.selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both ways, while the text is a number."""
        flag = QAbstractSpinBox.StepEnabledFlag
        if isinstance(self.value(), str):
            return flag.StepNone
        return flag.StepUpEnabled | flag.StepDownEnabled

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Take any text; the form says what is wrong with it."""
        return QValidator.State.Acceptable, text, position

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the form unless this field is being edited."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def number_text(value: int | float | str) -> str:
    """Return the shortest text that reads back as ``value``."""
    if isinstance(value, float):
        short = f"{value:g}"
        return short if float(short) == value else repr(value)
    return str(value)


def _whole_stride(value: int) -> int:
    """One for small numbers, a tenth of the leading power of ten for large ones."""
    return int(10 ** max(0, math.floor(math.log10(abs(value))) - 1)) if abs(value) >= 100 else 1


def _next_real(value: float, steps: int) -> float:
    """Go along 1, 2, 5, 10, ... in the direction of ``steps``."""
    for _ in range(abs(steps)):
        value = _one_real_step(value, up=steps > 0)
    return value


def _one_real_step(value: float, *, up: bool) -> float:
    if value == 0:
        return 0.001 if up else -0.001
    if value < 0:
        return -_one_real_step(-value, up=not up)
    power = 10.0 ** math.floor(math.log10(value) + 1e-9)
    lead = value / power
    if up:
        new = next(step for step in _SERIES if step > lead * (1 + 1e-9)) * power
    else:
        below = [step for step in (0.5, *_SERIES) if step < lead * (1 - 1e-9)]
        new = below[-1] * power
    return 0.0 if new < 1e-9 else float(f"{new:.6g}")
