"""The log inside the window: filter, follow, copy."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QFontDatabase,
    QGuiApplication,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.panel import Panel
from tusk_app.parts import theme
from tusk_app.settings import log_dir
from tusk_app.shell import logs

if TYPE_CHECKING:
    from tusk_app.shell.logs import LogBook, LogLine
    from tusk_app.shell.workshop import Workshop

UPDATE_MS = 150
LEVELS = (
    ("Everything", logging.INFO),
    ("Warnings and errors", logging.WARNING),
    ("Errors", logging.ERROR),
)


class LogDock(Panel):
    """Shows the log while it is written. Nothing is drawn while the dock is hidden."""

    name = "log"
    title = "Log"

    def __init__(self, workbench: Workshop, parent: QWidget | None = None) -> None:
        super().__init__(workbench, parent)
        self._book: LogBook | None = None
        self._last = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(UPDATE_MS)
        self._timer.timeout.connect(self._update)
        self._text = QPlainTextEdit(self)
        self._text.setReadOnly(True)
        self._text.setMaximumBlockCount(logs.MAX_LINES)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setAccessibleName("Log")
        self._text.setPlaceholderText(
            "Nothing has been logged yet. What the program does, and what goes wrong, appears here."
        )
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(8, 6, 8, 8)
        column.addLayout(self._make_bar(body))
        column.addWidget(self._text, 1)
        self.setWidget(body)
        self.visibilityChanged.connect(self._on_visibility)
        self._notices = workbench.notices
        self.follow_theme()

    def set_book(self, book: LogBook) -> None:
        """Show the lines of this log."""
        self._book = book
        book.grown.connect(self._on_grown)
        self._reload()

    def text(self) -> str:
        """Return what is shown."""
        return self._text.toPlainText()

    def set_filter(self, text: str) -> None:
        """Show only lines that contain ``text``."""
        self._filter.setText(text)

    def copy(self) -> None:
        """Copy the shown lines, with the home folder shortened."""
        QGuiApplication.clipboard().setText(logs.shorten_home(self.text()))
        self._notices.status("The shown log lines were copied.")

    def restyle(self) -> None:
        """Take the colours of the theme."""
        if self._book is not None:
            self._reload()

    def _make_bar(self, parent: QWidget) -> QHBoxLayout:
        self._filter = QLineEdit(parent)
        self._filter.setPlaceholderText("Filter…")
        self._filter.setClearButtonEnabled(True)
        self._filter.setAccessibleName("Filter the log")
        self._filter.textChanged.connect(self._reload)
        self._level = QComboBox(parent)
        self._level.setAccessibleName("Severity")
        for words, level in LEVELS:
            self._level.addItem(words, level)
        self._level.currentIndexChanged.connect(self._reload)
        self._count = QLabel(parent)
        self._count.setProperty("role", "muted")
        copy = QPushButton("Copy", parent)
        copy.setToolTip("Copy the shown lines for a report")
        copy.clicked.connect(self.copy)
        folder = QPushButton("Open folder", parent)
        folder.setToolTip("Show the log files in the file manager")
        folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_dir()))))
        row = QHBoxLayout()
        row.addWidget(self._filter, 1)
        row.addWidget(self._level)
        row.addWidget(self._count)
        row.addWidget(copy)
        row.addWidget(folder)
        return row

    def _on_grown(self) -> None:
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def _on_visibility(self, visible: bool) -> None:
        if visible:
            self._update()
        else:
            self._timer.stop()

    def _reload(self) -> None:
        self._text.clear()
        self._last = 0
        self._update()

    def _update(self) -> None:
        if self._book is None:
            return
        lines = self._book.since(self._last)
        if not lines:
            return
        self._last = lines[-1].number
        wanted = self._filter.text().lower()
        lowest = int(self._level.currentData())
        bar = self._text.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 4
        cursor = QTextCursor(self._text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.beginEditBlock()
        for line in lines:
            if line.level >= lowest and wanted in line.text.lower():
                self._write(cursor, line)
        cursor.endEditBlock()
        if follows:
            bar.setValue(bar.maximum())
        shown = 0 if self._text.document().isEmpty() else self._text.blockCount()
        self._count.setText(f"{shown:,} lines")

    def _write(self, cursor: QTextCursor, line: LogLine) -> None:
        colours = theme.of(self.palette())
        style = QTextCharFormat()
        if line.level >= logging.ERROR:
            style.setForeground(QColor(colours.danger))
        elif line.level >= logging.WARNING:
            style.setForeground(QColor(colours.warning))
        else:
            style.setForeground(QColor(colours.text))
        when = datetime.fromtimestamp(line.created).strftime("%H:%M:%S")
        level = logging.getLevelName(line.level).lower()
        if not self._text.document().isEmpty():
            cursor.insertBlock()
        cursor.insertText(f"{when}  {level:<8} {line.text}", style)
