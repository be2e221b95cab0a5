"""Status bar: message, coordinates, progress, device chip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from tusk_app.parts import icons, theme
from tusk_app.parts.themed import Themed

MESSAGE_MS = 4000


class ProgressChip(Themed, QWidget):
    """What goes on in the background: words, a bar, a button to cancel.

    Signals:
        cancelled: the button was pressed.
    """

    cancelled = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = QLabel(self)
        self._bar = QProgressBar(self)
        self._bar.setFixedWidth(120)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Progress")
        self._cancel = QToolButton(self)
        self._cancel.setToolTip("Cancel")
        self._cancel.setAccessibleName("Cancel")
        self._cancel.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._words)
        row.addWidget(self._bar)
        row.addWidget(self._cancel)
        self.follow_theme()
        self.hide()

    def show_progress(
        self, words: str, done: int = 0, total: int = 0, *, can_cancel: bool = False
    ) -> None:
        """Show how far something has come; ``total`` 0 when unknown."""
        self._words.setText(words)
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        self._cancel.setVisible(can_cancel)
        self.show()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        self._cancel.setIcon(icons.icon("close", theme.of(self.palette()).text))


class StatusBar(Themed, QStatusBar):
    """The line at the lower edge of the window.

    Signals:
        device_clicked: the user wants to know more about the device.
        cancel_clicked: the user wants the background work to end.
    """

    device_clicked = Signal()
    cancel_clicked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._message = QLabel(self)
        self._message.setAccessibleName("Message")
        self._message.setContentsMargins(8, 0, 0, 0)
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._coordinates = QLabel(self)
        self._coordinates.setAccessibleName("Position in the picture")
        self._coordinates.setMinimumWidth(0)
        self.run_chip = ProgressChip(self)
        self.job_chip = ProgressChip(self)
        self.job_chip.cancelled.connect(self.cancel_clicked)
        self._device = QToolButton(self)
        self._device.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._device.setIconSize(QSize(16, 16))
        self._device.setAccessibleName("Device")
        self._device.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._device.clicked.connect(self.device_clicked)
        self.addWidget(self._message, 1)
        self.addPermanentWidget(self._coordinates)
        self.addPermanentWidget(self.run_chip)
        self.addPermanentWidget(self.job_chip)
        self.addPermanentWidget(self._device)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(MESSAGE_MS)
        self._timer.timeout.connect(lambda: self._message.setText(""))
        self.messageChanged.connect(self._hide_behind_tip)
        self.set_device("Preparing…", "The engine is being loaded in the background.")
        self.follow_theme()

    def say(self, text: str) -> None:
        """Show a message for four seconds."""
        self._message.setText(text)
        self._timer.start()

    @property
    def message(self) -> str:
        """The message that is shown."""
        return self._message.text()

    def set_coordinates(self, text: str) -> None:
        """Show where the pointer is in the picture; empty for nowhere."""
        self._coordinates.setText(text)

    def set_device(self, text: str, reason: str, *, is_accelerated: bool = False) -> None:
        """Show what the model runs on and, as tool tip, why."""
        self._device.setText(text)
        self._device.setToolTip(f"{reason}\nClick for the list of devices and a test.")
        self._device.setProperty("accelerated", is_accelerated)
        self.restyle()

    @property
    def device_reason(self) -> str:
        """Tool tip of the device chip."""
        return self._device.toolTip()

    def stop(self) -> None:
        """End the timer."""
        self._timer.stop()

    def restyle(self) -> None:
        """Take the colours of the theme."""
        colours = theme.of(self.palette())
        is_fast = bool(self._device.property("accelerated"))
        self._device.setIcon(icons.icon("device", colours.success if is_fast else colours.muted))

    def _hide_behind_tip(self, tip: str) -> None:
        # Qt shows status tips over the left part; our own message must not shine through.
        self._message.setVisible(not tip)
