"""How deep pictures and pictures of many channels shall be shown: chosen before they are opened."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from tusk_core.config import DataConfig

_COLOURS = ("red", "green", "blue")
_SETTLE_MS = 300
_NONE = -1


class LookRows(QWidget):
    """A row for the channels and one for black and white; each shows where there is a choice.

    Signals:
        channels_changed: others were chosen, and stayed so for a moment.
        brightness_changed: black or white was changed, and stayed so for a moment.
    """

    channels_changed = Signal()
    brightness_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._num_channels = 0
        self._channel_row, self._brightness_row = QWidget(self), QWidget(self)
        self._settle, self._channels_settle = QTimer(self), QTimer(self)
        for timer, signal in (
            (self._settle, self.brightness_changed),
            (self._channels_settle, self.channels_changed),
        ):
            timer.setSingleShot(True)
            timer.setInterval(_SETTLE_MS)
            timer.timeout.connect(signal)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._fill_channels()
        self._fill_brightness()
        for row in (self._channel_row, self._brightness_row):
            row.hide()
            column.addWidget(row)

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels chosen, from 0; empty takes them as they come."""
        if not self._num_channels:
            return ()
        chosen = [int(box.currentData()) for box in self._channels]
        if chosen == self._usual():
            return ()
        found = tuple(number for number in chosen if number != _NONE)
        return found[:1] if len(set(found)) == 1 else found

    @property
    def brightness(self) -> tuple[float, float] | None:
        """Black and white as the user set them; None lets them be measured."""
        low, high = self._black.value(), self._white.value()
        return (low, high) if self._own_brightness.isChecked() and high > low else None

    @property
    def shown_as(self) -> DataConfig | None:
        """What was chosen; None if nothing was."""
        values: dict[str, object] = {}
        if self.channels:
            values["picture_channels"] = self.channels
        if self.brightness is not None:
            low, high = self.brightness
            values |= {"brightness": "range", "brightness_low": low, "brightness_high": high}
        return DataConfig.model_validate(values) if values else None

    def show_channels(self, count: int) -> None:
        """Offer ``count`` channels; below two there is nothing to choose."""
        count = count if count > 1 else 0
        self._channel_row.setVisible(bool(count))
        if count == self._num_channels:
            return
        self._num_channels = count
        for place, box in enumerate(self._channels):
            with QSignalBlocker(box):
                box.clear()
                for number in range(count):
                    box.addItem(str(number + 1), number)
                if place:
                    box.addItem("–", _NONE)
                box.setCurrentIndex(max(0, box.findData(self._usual()[place])) if count else -1)

    def show_brightness(self, measured: tuple[float, float] | None) -> None:
        """Show what was measured, unless the user chose; None where nothing is left open."""
        self._brightness_row.setVisible(measured is not None)
        if measured is None or self._own_brightness.isChecked():
            return
        for box, value in zip((self._black, self._white), measured, strict=True):
            with QSignalBlocker(box):
                box.setDecimals(0 if measured[1] > 16 else 4)
                box.setValue(value)

    def _usual(self) -> list[int]:
        """Return what is shown where nothing is chosen: the first three, one after the other."""
        return [number if number < self._num_channels else _NONE for number in range(3)]

    def _fill_channels(self) -> None:
        row = QHBoxLayout(self._channel_row)
        row.setContentsMargins(0, 0, 0, 0)
        title = QLabel("Channels as", self._channel_row)
        title.setToolTip("The same channel in all three colours shows it as grey")
        row.addWidget(title, 1)
        self._channels: list[QComboBox] = []
        for colour in _COLOURS:
            box = QComboBox(self._channel_row)
            box.setAccessibleName(f"Channel shown as {colour}")
            box.setToolTip(f"Channel that is shown as {colour}, in training and in detection too")
            box.currentIndexChanged.connect(self._channels_settle.start)
            row.addWidget(QLabel(colour, self._channel_row))
            row.addWidget(box)
            self._channels.append(box)

    def _fill_brightness(self) -> None:
        self._own_brightness = QCheckBox("Black and white at", self._brightness_row)
        self._own_brightness.setToolTip(
            "Ticked: these values are black and white in every picture, in training and in\n"
            "detection. Unticked: they are measured on the pictures when training begins"
        )
        self._own_brightness.toggled.connect(self._settle.start)
        self._black = QDoubleSpinBox(self._brightness_row)
        self._white = QDoubleSpinBox(self._brightness_row)
        row = QHBoxLayout(self._brightness_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._own_brightness, 1)
        for box, name in ((self._black, "black"), (self._white, "white")):
            box.setRange(-1e9, 1e9)
            box.setDecimals(3)
            box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
            box.setAccessibleName(f"Value shown as {name}")
            box.setEnabled(False)
            box.valueChanged.connect(self._settle.start)
            self._own_brightness.toggled.connect(box.setEnabled)
            row.addWidget(box)
