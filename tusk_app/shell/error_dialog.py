"""Errors as the user needs them: what happened, why, what to do; details and report on demand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.parts import icons, theme
from tusk_app.shell import logs

if TYPE_CHECKING:
    from collections.abc import Callable

    from tusk_app.state.notices import Problem

MAX_WAITING = 20
QUIET_SECONDS = 10.0
WIDTH = 560


def report_text(problem: Problem, machine: str) -> str:
    """Return a problem as text for a bug report, the home folder shortened.

    Args:
        problem: what went wrong.
        machine: versions and the last log lines.
    """
    parts = [problem.title, problem.why, problem.what_to_do]
    text = "\n".join(part for part in parts if part)
    if problem.details:
        text += f"\n\n{problem.details.rstrip()}"
    return logs.shorten_home(f"{text}\n\n{machine}".rstrip() + "\n")


class ErrorDialog(QDialog):
    """Shows one problem after another; never holds up the window.

    Signals:
        answered: the problem shown was dealt with.
    """

    answered = Signal()

    def __init__(self, machine: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("error-dialog")
        self.setModal(False)
        self.setMinimumWidth(WIDTH)
        self._machine = machine
        self._problem: Problem | None = None
        self._icon = QLabel(self)
        self._title, self._why, self._todo = (QLabel(self) for _ in range(3))
        self._title.setProperty("role", "heading")
        for label in (self._title, self._why, self._todo):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._details = QPlainTextEdit(self)
        self._details.setReadOnly(True)
        self._details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._details.setMinimumHeight(200)
        self._details.setAccessibleName("Details")
        self._details.hide()
        self._waiting = QLabel(self)
        self._waiting.setProperty("role", "muted")
        self._ways_out = QHBoxLayout()
        self._lay_out()

    def _lay_out(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(8)
        for label in (self._title, self._why, self._todo):
            texts.addWidget(label)
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(texts, 1)
        self._more = QPushButton("Details", self)
        self._more.setCheckable(True)
        self._more.setAutoDefault(False)
        self._more.toggled.connect(self._show_details)
        self._copy = QPushButton("Copy report", self)
        self._copy.setAutoDefault(False)
        self._copy.setToolTip("Copy this with versions and the last log lines, for a bug report")
        self._copy.clicked.connect(self.copy_report)
        self._close = QPushButton("Close", self)
        self._close.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.addWidget(self._more)
        foot.addWidget(self._copy)
        foot.addWidget(self._waiting, 1)
        foot.addLayout(self._ways_out)
        foot.addWidget(self._close)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(16)
        column.addLayout(head)
        column.addWidget(self._details, 1)
        column.addLayout(foot)

    @property
    def problem(self) -> Problem | None:
        """What is shown."""
        return self._problem

    def show_problem(self, problem: Problem, *, times: int = 1, waiting: int = 0) -> None:
        """Show a problem that happened ``times`` times; ``waiting`` more come after it."""
        if problem is not self._problem:
            self._problem = problem
            self._fill(problem)
        self.setWindowTitle(
            "TUSK – something went wrong" if times == 1 else f"TUSK – {times} times"
        )
        parts = [f"happened {times} times"] if times > 1 else []
        if waiting:
            parts.append(f"{waiting} more")
        self._waiting.setText(" · ".join(parts))
        self._close.setText("Next" if waiting else "Close")
        if not self.isVisible():
            self.show()

    def copy_report(self) -> None:
        """Copy the problem, versions and the last log lines."""
        if self._problem is not None:
            QGuiApplication.clipboard().setText(report_text(self._problem, self._machine()))
            self._copy.setText("Copied")

    def done(self, result: int) -> None:
        """Let the next problem come, however this one was closed."""
        self._problem = None
        super().done(result)
        self.answered.emit()

    def _fill(self, problem: Problem) -> None:
        colours = theme.of(self.palette())
        self._icon.setPixmap(icons.pixmap("error", 40, colours.danger, self.devicePixelRatioF()))
        self._title.setText(problem.title)
        self._why.setText(problem.why)
        self._why.setVisible(bool(problem.why))
        self._todo.setText(problem.what_to_do)
        self._todo.setVisible(bool(problem.what_to_do))
        self._details.setPlainText(problem.details)
        self._more.setVisible(bool(problem.details))
        self._more.setChecked(False)
        self._copy.setText("Copy report")
        while (item := self._ways_out.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for number, way_out in enumerate(problem.buttons):
            button = QPushButton(way_out.text, self)
            button.setDefault(number == 0)
            button.ensurePolished()  # else its width is reckoned without the style sheet
            button.clicked.connect(lambda _checked=False, act=way_out.action: self._take(act))
            self._ways_out.addWidget(button)
        if not problem.buttons:
            self._close.setDefault(True)
        # An own minimum switches off the layout's, so it must leave room for all buttons.
        self.setMinimumWidth(max(WIDTH, self._column.minimumSize().width()))
        self.adjustSize()

    def _take(self, action: Callable[[], object]) -> None:
        self.accept()
        action()

    def _show_details(self, shown: bool) -> None:
        self._details.setVisible(shown)
        self.adjustSize()


class ErrorCenter(QObject):
    """Shows problems one at a time and keeps a flood of them away from the user.

    Signals:
        hushed: str, a problem was only logged, for it had just been shown.
    """

    hushed = Signal(str)

    def __init__(
        self, parent: QWidget, *, machine: Callable[[], str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """Prepare; ``machine`` gives versions and log lines for the report."""
        super().__init__(parent)
        self._parent = parent
        self._machine = machine or (lambda: "")
        self._clock = clock
        self._dialog: ErrorDialog | None = None
        self._waiting: list[Problem] = []
        self._times: dict[str, int] = {}
        self._last = ("", float("-inf"))

    def set_machine(self, machine: Callable[[], str]) -> None:
        """Take versions and log lines for the report from here."""
        self._machine = machine

    @property
    def dialog(self) -> ErrorDialog | None:
        """The dialog while it is open."""
        is_open = self._dialog is not None and self._dialog.isVisible()
        return self._dialog if is_open else None

    @property
    def num_waiting(self) -> int:
        """Problems that will be shown after this one."""
        return len(self._waiting)

    def show(self, problem: Problem) -> None:
        """Show a problem; one that is shown already is only counted."""
        shown = None if self.dialog is None else self.dialog.problem
        known = [p.title for p in self._waiting] + ([] if shown is None else [shown.title])
        if problem.title in known:
            self._times[problem.title] = self._times.get(problem.title, 1) + 1
        elif shown is not None:
            if len(self._waiting) < MAX_WAITING:
                self._waiting.append(problem)
        elif problem.title == self._last[0] and self._clock() - self._last[1] < QUIET_SECONDS:
            self.hushed.emit(problem.title)
            return
        else:
            self._waiting.append(problem)
        self._next()

    def close(self) -> None:
        """Close the dialog and forget what waits."""
        self._waiting.clear()
        if self._dialog is not None:
            self._dialog.close()

    def _next(self) -> None:
        dialog = self.dialog
        if dialog is None or dialog.problem is None:
            if not self._waiting:
                return
            problem = self._waiting.pop(0)
            if self._dialog is None:
                self._dialog = ErrorDialog(self._machine_text, self._parent)
                self._dialog.answered.connect(self._on_answered)
            dialog = self._dialog
        else:
            problem = dialog.problem
        self._last = (problem.title, self._clock())
        dialog.show_problem(
            problem, times=self._times.get(problem.title, 1), waiting=len(self._waiting)
        )

    def _machine_text(self) -> str:
        return self._machine()

    def _on_answered(self) -> None:
        self._times.pop(self._last[0], None)
        self._last = (self._last[0], self._clock())
        self._next()
