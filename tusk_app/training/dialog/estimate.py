"""The line that tells how long a run will take; measured a moment after the last change."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from tusk_app.parts import readable, tones

if TYPE_CHECKING:
    from tusk_app.training.setup import TrainingSetup
    from tusk_core.config import TrainConfig
    from tusk_core.results import TrainingEstimate

DELAY_MS = 800


class EstimateLine(QWidget):
    """Shows time and memory of the settings it was given last."""

    def __init__(self, setup: TrainingSetup, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._setup = setup
        self._config: TrainConfig | None = None
        self._measured: TrainConfig | None = None
        self._known: tuple[TrainConfig, TrainingEstimate] | None = None
        self._text = QLabel("", self)
        self._text.setWordWrap(True)
        self._cancel = QPushButton("Do not measure", self)
        self._cancel.setFlat(True)
        self._cancel.setAutoDefault(False)
        self._cancel.clicked.connect(self.cancel)
        self._cancel.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._text, 1)
        row.addWidget(self._cancel)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self._measure)
        setup.estimated.connect(self._show)
        setup.estimate_failed.connect(self._show_failure)
        self._say("", "muted")

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def set_config(self, config: TrainConfig | None, *, can_measure: bool) -> None:
        """Measure ``config`` soon; None, or while a run goes on, measures nothing."""
        if config is None or not can_measure:
            self._config = None
            self.cancel()
            waits = "A run is in progress, so the time is not measured now." if config else ""
            self._say(waits, "muted")
            return
        if config == self._config:
            return
        self._config = config
        if self._known is not None and _as_long(self._known[0]) == _as_long(config):
            # Only how long it runs is another: a step takes what it took.
            self._timer.stop()
            self._measured = config
            self._show(_of_length(self._known[1], config))
            return
        self._say("Measuring time and memory…", "muted")
        self._timer.start()

    def cancel(self) -> None:
        """Measure no more for now."""
        self._timer.stop()
        self._setup.cancel_estimate()
        self._cancel.hide()
        if self._config is not None:
            self._say("Time and memory were not measured.", "muted")

    def _measure(self) -> None:
        if self._config is None or not self.isVisible():
            return
        self._measured = self._config
        self._cancel.show()
        self._setup.estimate(self._config)

    @Slot(object)
    def _show(self, estimate: TrainingEstimate) -> None:
        if self._config is None or self._measured is not self._config:
            return
        self._cancel.hide()
        self._known = self._measured, estimate
        limit = estimate.memory_limit
        if limit is not None and estimate.memory_bytes > limit:
            self._say(
                f"This needs about {readable.memory(estimate.memory_bytes)} of memory; "
                f"{estimate.device} has {readable.memory(limit)}. Take smaller pictures, fewer per "
                "step, or accumulate (Optimisers).",
                "warning",
            )
            return
        memory = f", {readable.memory(estimate.memory_bytes)} of memory"
        self._say(
            f"{readable.rough_duration(estimate.total_seconds).capitalize()} on {estimate.device}"
            f" ({readable.rough_step(estimate.seconds_per_step)} per step)"
            f"{memory if estimate.memory_bytes else ''}.",
            "",
        )
        self._text.setToolTip(estimate.detail)

    @Slot(str)
    def _show_failure(self, text: str) -> None:
        if self._config is not None:
            self._cancel.hide()
            self._say(f"Not measured: {text}", "warning")

    def _say(self, text: str, role: str) -> None:
        self._text.setText(text)
        self._text.setToolTip("")
        tones.set_role(self._text, role)


def _as_long(config: TrainConfig) -> TrainConfig:
    """Return settings without how long they run."""
    optim = config.optim.model_copy(update={"steps": 1, "minutes": 0.0})
    return config.model_copy(update={"optim": optim})


def _of_length(estimate: TrainingEstimate, config: TrainConfig) -> TrainingEstimate:
    """Return what was measured, for another number of steps or another time limit."""
    total = estimate.seconds_per_step * config.optim.steps
    if config.optim.minutes:
        total = min(total, 60 * config.optim.minutes)
    return replace(estimate, total_seconds=total)
