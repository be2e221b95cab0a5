"""Rows of work that goes on: title, bar, time left, cancel. Hidden while there is none."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)


def time_left(seconds: float | None) -> str:
    """Return a duration in words that do not jump about, such as ``about 4 min left``."""
    if seconds is None:
        return ""
    if seconds < 5:
        return "a few seconds left"
    if seconds < 60:
        return f"about {round(seconds / 5) * 5:.0f} s left"
    if seconds < 90 * 60:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left"


class JobRow(QWidget):
    """One job.

    Signals:
        cancel_clicked: the button was pressed.
    """

    cancel_clicked = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel(title, self)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 0)
        self._bar.setAccessibleName(title)
        self._bar.setFixedHeight(8)
        self._bar.setMinimumWidth(80)
        self._words = QLabel(self)
        self._words.setProperty("role", "muted")
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._cancel = QPushButton("Cancel", self)
        self._cancel.setAccessibleName(f"Cancel {title}")
        self._cancel.clicked.connect(self.cancel_clicked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self._title)
        row.addWidget(self._bar, 2)
        row.addWidget(self._words, 3)
        row.addWidget(self._cancel)

    @property
    def cancel_button(self) -> QPushButton:
        """The button that cancels it."""
        return self._cancel

    @property
    def words(self) -> str:
        """What is said beside the bar."""
        return self._words.text()

    def show_progress(self, done: int, total: int, message: str, remaining: float | None) -> None:
        """Show how far it has come; ``total`` 0 when unknown."""
        self._bar.setRange(0, total)
        self._bar.setValue(done)
        count = f"{done:,} of {total:,}" if total else (f"{done:,}" if done else "")
        parts = [part for part in (count, time_left(remaining), message) if part]
        self._words.setText("  ·  ".join(parts))
        self._words.setToolTip(message)

    def show_cancelling(self) -> None:
        """Say that it is being cancelled."""
        self._cancel.setEnabled(False)
        self._words.setText("Cancelling after the current item…")


class JobsPanel(QFrame):
    """All jobs that go on.

    Signals:
        cancel_requested: int, number of a job.
    """

    cancel_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[int, JobRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 6, 8, 6)
        self._column.setSpacing(4)
        self.setAccessibleName("Jobs")
        self.hide()

    @property
    def rows(self) -> dict[int, JobRow]:
        """The rows by number of the job."""
        return dict(self._rows)

    def add_job(self, number: int, title: str) -> None:
        """Show another job."""
        row = JobRow(title, self)
        row.cancel_clicked.connect(lambda: self.cancel_requested.emit(number))
        self._rows[number] = row
        self._column.addWidget(row)
        self.show()

    def show_progress(
        self, number: int, done: int, total: int, message: str, remaining: float | None
    ) -> None:
        """Show how far a job has come."""
        if number in self._rows:
            self._rows[number].show_progress(done, total, message, remaining)

    def show_cancelling(self, number: int) -> None:
        """Say that a job is being cancelled."""
        if number in self._rows:
            self._rows[number].show_cancelling()

    def remove_job(self, number: int) -> None:
        """Take a job that ended away."""
        row = self._rows.pop(number, None)
        if row is not None:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.setVisible(bool(self._rows))

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return self._column.sizeHint().expandedTo(QSize(200, 0))
