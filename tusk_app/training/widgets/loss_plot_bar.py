"""How the loss curves are drawn: axis, scale, smoothing; and what can be done with them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QToolButton,
    QWidget,
)

from tusk_app.parts.flow_layout import FlowLayout

WINDOWS = (1, 3, 10, 25, 50, 100, 250, 500, 1000)


class LossPlotBar(QWidget):
    """Tool bar above the curves.

    Signals:
        changed: one of the options.
        fit_requested, csv_requested, picture_requested, compare_requested: buttons.
    """

    changed = Signal()
    fit_requested = Signal()
    csv_requested = Signal()
    picture_requested = Signal()
    compare_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axis = QComboBox(self)
        self._axis.addItems(["Steps", "Time"])
        self._axis.setToolTip("What the horizontal axis counts")
        self._axis.setAccessibleName("Horizontal axis")
        self._log = QCheckBox("Log scale", self)
        self._log.setChecked(True)
        self._outliers = QCheckBox("Ignore outliers", self)
        self._outliers.setChecked(True)
        self._outliers.setToolTip("Fit the height to most of the values, not to single peaks")
        self._smoothing = QSlider(Qt.Orientation.Horizontal, self)
        self._smoothing.setRange(0, len(WINDOWS) - 1)
        self._smoothing.setValue(2)
        self._smoothing.setPageStep(1)
        self._smoothing.setFixedWidth(90)
        self._smoothing.setAccessibleName("Smoothing")
        self._smoothing.setToolTip("Draw the mean of this many steps; the single ones stay faint")
        self._smoothing_text = QLabel(self)
        widest = self.fontMetrics().horizontalAdvance("1000 steps")
        self._smoothing_text.setMinimumWidth(widest)
        self._lay_out()
        self._connect()
        self._show_smoothing()

    @property
    def by_time(self) -> bool:
        """True if the horizontal axis is training time."""
        return self._axis.currentIndex() == 1

    @property
    def log_scale(self) -> bool:
        """True if the vertical axis is logarithmic."""
        return self._log.isChecked()

    @property
    def ignore_outliers(self) -> bool:
        """True if single peaks do not set the height."""
        return self._outliers.isChecked()

    @property
    def smoothing(self) -> int:
        """Steps whose mean is drawn; 1 draws every step."""
        return WINDOWS[self._smoothing.value()]

    def set_options(
        self, *, by_time: bool, log_scale: bool, ignore_outliers: bool, smoothing: int
    ) -> None:
        """Set all options, such as those of the last time."""
        self._axis.setCurrentIndex(int(by_time))
        self._log.setChecked(log_scale)
        self._outliers.setChecked(ignore_outliers)
        nearest = min(range(len(WINDOWS)), key=lambda i: abs(WINDOWS[i] - smoothing))
        self._smoothing.setValue(nearest)

    def _lay_out(self) -> None:
        smoothing = QWidget(self)
        inner = QHBoxLayout(smoothing)
        inner.setContentsMargins(4, 0, 0, 0)
        label = QLabel("Smoothing", smoothing)
        label.setBuddy(self._smoothing)
        for widget in (label, self._smoothing, self._smoothing_text):
            inner.addWidget(widget)
        row = FlowLayout(self, spacing=8)
        for part in (self._axis, self._log, self._outliers, smoothing, self._menu_button()):
            row.addWidget(part)

    def _menu_button(self) -> QToolButton:
        button = self.menu_button = QToolButton(self)
        button.setText("Curves")
        button.setToolTip("Fit, compare and save the curves")
        button.setAutoRaise(True)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        menu = QMenu(button)
        for text, signal in (
            ("Show all again (F)", self.fit_requested),
            ("Compare with earlier runs…", self.compare_requested),
            ("Save the numbers (CSV)…", self.csv_requested),
            ("Save the picture (PNG)…", self.picture_requested),
        ):
            action = menu.addAction(text)
            action.triggered.connect(signal)
        button.setMenu(menu)
        return button

    def _connect(self) -> None:
        self._axis.currentIndexChanged.connect(lambda _index: self.changed.emit())
        self._log.toggled.connect(lambda _on: self.changed.emit())
        self._outliers.toggled.connect(lambda _on: self.changed.emit())
        self._smoothing.valueChanged.connect(self._take_smoothing)

    def _take_smoothing(self, _value: int) -> None:
        self._show_smoothing()
        self.changed.emit()

    def _show_smoothing(self) -> None:
        window = self.smoothing
        self._smoothing_text.setText("off" if window == 1 else f"{window} steps")
