"""One layer of the canvas: an eye, its name, and how strongly it is seen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from tusk_app.parts import icons, tones
from tusk_app.parts.themed import Themed


class LayerRow(Themed, QWidget):
    """Eye, name and opacity.

    Signals:
        visible_changed: bool, by the user.
        opacity_changed: float in [0, 1], by the user.
    """

    visible_changed = Signal(bool)
    opacity_changed = Signal(float)

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._eye = QToolButton(self)
        self._eye.setCheckable(True)
        self._eye.setAccessibleName(f"Show {name}")
        self._eye.setToolTip(tip)
        self._eye.toggled.connect(self._toggle)
        self._name = QLabel(name, self)
        self._name.setToolTip(tip)
        self._name.setMinimumWidth(92)
        self._opacity = QSlider(Qt.Orientation.Horizontal, self)
        self._opacity.setRange(5, 100)
        self._opacity.setAccessibleName(f"Opacity of {name}")
        self._opacity.setToolTip("Opacity")
        self._opacity.valueChanged.connect(lambda v: self.opacity_changed.emit(v / 100))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._eye)
        row.addWidget(self._name)
        row.addWidget(self._opacity, 1)
        self.follow_theme()

    @property
    def eye(self) -> QToolButton:
        """The button that shows and hides."""
        return self._eye

    @property
    def opacity(self) -> QSlider:
        """The slider, 5 to 100 %."""
        return self._opacity

    def show_style(self, *, visible: bool, opacity: float) -> None:
        """Show a state without telling anybody."""
        for widget in (self._eye, self._opacity):
            widget.blockSignals(True)
        self._eye.setChecked(visible)
        self._opacity.setValue(round(100 * opacity))
        self._opacity.setEnabled(visible)
        for widget in (self._eye, self._opacity):
            widget.blockSignals(False)
        self.restyle()

    def _toggle(self, visible: bool) -> None:
        self._opacity.setEnabled(visible)
        self.restyle()
        self.visible_changed.emit(visible)

    def restyle(self) -> None:
        """Take the colours of the theme."""
        on = self._eye.isChecked()
        colour = tones.tone(self.palette(), "text" if on else "muted")
        self._eye.setIcon(icons.icon("overlay" if on else "eye-off", colour))
