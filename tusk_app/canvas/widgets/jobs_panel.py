"""Work that goes on: title, bar, time left, cancel. Lies over the picture, and moves nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts.elided_label import ElidedLabel
from tusk_app.parts.thin_bar import thin_bar


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


_BORDER = 2  # logical pixels


class JobRow(QWidget):
    """One job.

    Signals:
        cancel_clicked: the button was pressed.
    """

    cancel_clicked = Signal()

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ElidedLabel(title, self)
        self._bar = thin_bar(title, self)
        self._bar.setRange(0, 0)
        self._bar.setMinimumWidth(80)
        self._words = ElidedLabel("", self)
        self._words.setProperty("role", "muted")
        self._cancel = QPushButton("Cancel", self)
        self._cancel.setAccessibleName(f"Cancel {title}")
        self._cancel.clicked.connect(self.cancel_clicked)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(2)
        grid.addWidget(self._title, 0, 0, 1, 2)
        grid.addWidget(self._bar, 1, 0)
        grid.addWidget(self._words, 1, 1)
        grid.addWidget(self._cancel, 0, 2, 2, 1)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)

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
        rows_changed: there are more or fewer rows, so that it wants another height.
    """

    cancel_requested = Signal(int)
    rows_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[int, JobRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 8, 8, 8)
        self._column.setSpacing(6)
        self.setProperty("role", "card")
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
        self.raise_()
        self.rows_changed.emit()

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
        self.rows_changed.emit()

    def event(self, event: QEvent) -> bool:
        """Ask for another height when the rows need one, such as for larger text."""
        if event.type() == QEvent.Type.LayoutRequest:
            self.rows_changed.emit()
        return super().event(event)

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        # The border that the theme draws is not a part of what the layout asks for.
        return self._column.sizeHint().expandedTo(QSize(200, 0)) + QSize(0, 2 * _BORDER)
