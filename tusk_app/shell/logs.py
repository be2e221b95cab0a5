"""Log file, log dock's lines, crash traces, and the hooks that let no error vanish."""

from __future__ import annotations

import faulthandler
import logging
import logging.handlers
import os
import sys
import threading
import traceback
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

if TYPE_CHECKING:
    from types import TracebackType

log = logging.getLogger(__name__)

LOG_NAME = "tusk.log"
FAULT_NAME = "crash.log"
MAX_LINES = 5000
MAX_FILE_BYTES = 2_000_000
NUM_OLD_FILES = 4
FILE_FORMAT = "%(asctime)s %(levelname)-8s %(threadName)s %(name)s: %(message)s"


@dataclass(frozen=True, slots=True)
class LogLine:
    """One log record, ready to be shown.

    Attributes:
        number: counts up from 1 over the program's life.
        created: seconds since 1970.
        level: such as ``logging.WARNING``.
        logger: who said it.
        text: the message with its traceback, if it has one.
    """

    number: int
    created: float
    level: int
    logger: str
    text: str


class LogBook(QObject):
    """Keeps the last lines for the log dock and the reports; any thread may write.

    Signals:
        grown: there are new lines; told once until ``since`` is called.
    """

    grown = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._lines: deque[LogLine] = deque(maxlen=MAX_LINES)
        self._count = 0
        self._is_announced = False

    def append(self, created: float, level: int, logger: str, text: str) -> None:
        """Add a line; from any thread."""
        with self._lock:
            self._count += 1
            self._lines.append(LogLine(self._count, created, level, logger, text))
            announce = not self._is_announced
            self._is_announced = True
        if announce:
            self.grown.emit()

    def since(self, number: int) -> list[LogLine]:
        """Return the kept lines after line ``number``, oldest first."""
        with self._lock:
            self._is_announced = False
            return [line for line in self._lines if line.number > number]

    def tail(self, count: int) -> list[LogLine]:
        """Return the last ``count`` lines, oldest first."""
        with self._lock:
            return list(self._lines)[-count:]


class _BookHandler(logging.Handler):
    def __init__(self, book: LogBook) -> None:
        super().__init__(logging.INFO)
        self._book = book

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._book.append(record.created, record.levelno, record.name, self.format(record))
        except RuntimeError:  # the book's C++ part is gone: the program is ending
            return


class ErrorHooks(QObject):
    """Catches what nobody else caught, logs it and tells the window.

    Signals:
        caught: str one line, str traceback; from any thread.
    """

    caught = Signal(str, str)

    def install(self) -> None:
        """Take over Python's and Qt's last resorts."""
        sys.excepthook = self._take
        threading.excepthook = self._take_from_thread
        qInstallMessageHandler(_take_qt_message)

    def remove(self) -> None:
        """Give the last resorts back."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
        qInstallMessageHandler(None)

    def _take(
        self, kind: type[BaseException], value: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        text = "".join(traceback.format_exception(kind, value, trace))
        log.critical("nobody handled this error\n%s", text.rstrip())
        self.caught.emit(f"{kind.__name__}: {value}", text)

    def _take_from_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._take(args.exc_type, args.exc_value, args.exc_traceback)


_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}

# Said by platforms without a window manager; nothing is wrong.
_HARMLESS = ("This plugin does not support", "Wayland does not support")


def _take_qt_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    if message.startswith(_HARMLESS):
        return
    category = getattr(context, "category", None) or "default"
    logging.getLogger(f"qt.{category}").log(_QT_LEVELS[kind], "%s", message)


@dataclass(slots=True)
class Logging:
    """What was started, so that it can be ended.

    Attributes:
        book: lines for the dock.
        folder: where the files are; None if none can be written.
        previous_crash: trace left by a hard crash of the last start, else empty.
    """

    book: LogBook
    folder: Path | None
    previous_crash: str
    _handlers: list[logging.Handler]
    _fault_file: IO[str] | None

    def stop(self) -> None:
        """Close the files."""
        root = logging.getLogger()
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()
        if self._fault_file is not None:
            faulthandler.disable()
            self._fault_file.close()
            self._fault_file = None


def start_logging(folder: Path, *, echo: bool = True) -> Logging:
    """Write a rotating log and crash traces under ``folder``, if that can be written.

    Args:
        folder: made if missing.
        echo: also write warnings to the terminal, where there is one.
    """
    book = LogBook()
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    handlers: list[logging.Handler] = [_BookHandler(book)]
    if echo and sys.stderr is not None:
        terminal = logging.StreamHandler()
        terminal.setLevel(logging.WARNING)
        handlers.append(terminal)
    used: Path | None = folder
    previous, fault_file = "", None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        to_file = logging.handlers.RotatingFileHandler(
            folder / LOG_NAME,
            maxBytes=MAX_FILE_BYTES,
            backupCount=NUM_OLD_FILES,
            encoding="utf-8",
        )
        to_file.setFormatter(logging.Formatter(FILE_FORMAT))
        handlers.append(to_file)
        previous, fault_file = _enable_faulthandler(folder / FAULT_NAME)
    except OSError as problem:
        used = None
        log.warning("No log file is written: %s", problem)
    for handler in handlers:
        root.addHandler(handler)
    return Logging(book, used, previous, handlers, fault_file)


def _enable_faulthandler(path: Path) -> tuple[str, IO[str]]:
    """Send traces of hard crashes to a file; return what the last start left there."""
    previous = ""
    if path.is_file():
        previous = path.read_text(encoding="utf-8", errors="replace").strip()
        if previous:
            path.replace(path.with_name(f"previous-{path.name}"))
    file = path.open("w", encoding="utf-8")
    faulthandler.enable(file)
    return previous, file


def shorten_home(text: str) -> str:
    """Return ``text`` with the home folder written as ``~``, for reports that are shared."""
    home = str(Path.home())
    return text.replace(home, "~") if home not in {"/", os.sep, ""} else text
