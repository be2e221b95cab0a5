"""A slider with its number beside it; both can be used."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QSlider, QWidget


class ValueSlider(QWidget):
    """A number between two ends.

    Signals:
        value_changed: float, by the user; ``set_value`` is silent.
    """

    value_changed = Signal(float)

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        *,
        step: float = 1.0,
        decimals: int = 0,
        suffix: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._low, self._step = low, step
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setRange(0, round((high - low) / step))
        self._slider.setPageStep(max(round((high - low) / step / 10), 1))
        self._slider.setAccessibleName(name)
        self._spin = QDoubleSpinBox(self)
        self._spin.setRange(low, high)
        self._spin.setDecimals(decimals)
        self._spin.setSingleStep(step)
        self._spin.setSuffix(suffix)
        self._spin.setAccessibleName(name)
        self._spin.setKeyboardTracking(False)
        self._spin.setFixedWidth(86)
        self._slider.valueChanged.connect(self._take_slider)
        self._spin.valueChanged.connect(self._take_spin)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider, 1)
        row.addWidget(self._spin)
        self.setFocusProxy(self._slider)

    @property
    def slider(self) -> QSlider:
        """The slider alone."""
        return self._slider

    @property
    def value(self) -> float:
        """The number."""
        return self._spin.value()

    def set_high(self, high: float) -> None:
        """Move the upper end, without telling anybody."""
        for widget in (self._slider, self._spin):
            widget.blockSignals(True)
        self._slider.setMaximum(round((high - self._low) / self._step))
        self._slider.setPageStep(max(self._slider.maximum() // 10, 1))
        self._spin.setMaximum(high)
        for widget in (self._slider, self._spin):
            widget.blockSignals(False)

    def set_value(self, value: float) -> None:
        """Show a number without telling anybody."""
        for widget in (self._slider, self._spin):
            widget.blockSignals(True)
        self._slider.setValue(round((value - self._low) / self._step))
        self._spin.setValue(value)
        for widget in (self._slider, self._spin):
            widget.blockSignals(False)

    @Slot(int)
    def _take_slider(self, place: int) -> None:
        self._spin.setValue(self._low + place * self._step)

    @Slot(float)
    def _take_spin(self, value: float) -> None:
        self._slider.blockSignals(True)
        self._slider.setValue(round((value - self._low) / self._step))
        self._slider.blockSignals(False)
        self.value_changed.emit(value)
