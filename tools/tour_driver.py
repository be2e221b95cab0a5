"""Drives the real window for the tour: waits, clicks, types, and takes pictures."""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING, Any

from contrast import faint_texts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

SETTLE_MS = 250


class Tour:
    """The window, and what it takes to drive it."""

    def __init__(
        self,
        out: Path,
        work: Path,
        seconds: float,
        themes: tuple[str, ...],
        model: str,
        size: tuple[int, int],
    ) -> None:
        from PySide6.QtCore import qInstallMessageHandler

        from tusk_app.app import Program, make_application
        from tusk_app.settings import Settings

        self.out, self.work, self.seconds, self.themes = out, work, seconds, themes
        self.model = model
        self.size = size
        self.failures: list[str] = []
        self.faint: list[str] = []
        self.count = 0
        # Offscreen, Qt tells again and again what that platform cannot do.
        qInstallMessageHandler(
            lambda _kind, _context, text: None if "This plugin" in text else print(text)
        )
        self.app = make_application(["tusk"])
        self.program = Program(Settings())
        self.window, self.bench = self.program.window, self.program.workbench
        self.window.resize(*size)
        self.program.show()

    # Driving

    def spin(self, milliseconds: int) -> None:
        """Let the program run for a while."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop, loop.quit)
        loop.exec()

    def wait(self, is_met: Callable[[], object], seconds: float = 60, what: str = "") -> None:
        """Let the program run until something is so."""
        deadline = time.monotonic() + seconds
        while not is_met():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {seconds:.0f} s for {what or 'a condition'}")
            self.spin(30)

    def do(self, command: str) -> None:
        """Trigger a command of the menus."""
        self.bench.actions.trigger(command)
        self.spin(SETTLE_MS)

    def click(self, widget: Any, x: float = 0.5, y: float = 0.5) -> None:
        """Click a widget at a share of its width and height."""
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QWidget

        assert isinstance(widget, QWidget)
        place = QPoint(int(x * widget.width()), int(y * widget.height()))
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place)
        self.spin(SETTLE_MS)

    def type_text(self, widget: Any, text: str) -> None:
        """Type into a widget."""
        from PySide6.QtTest import QTest

        QTest.keyClicks(widget, text)
        self.spin(SETTLE_MS)

    def dialog(self, name: str) -> Any:
        """Return an open dialog by its object name."""
        self.wait(lambda: self.window.openers.opened(name), 20, f"the dialog {name}")
        return self.window.openers.opened(name)

    def close_dialogs(self) -> None:
        """Close whatever is open."""
        self.window.openers.close_all()
        self.spin(100)

    # Pictures

    def shoot(self, name: str, widget: QWidget | None = None) -> None:
        """Save what is shown, in every theme."""
        from tusk_app.parts import theme

        self.count += 1
        for choice in self.themes:
            theme.apply(self.app, choice, 1.0)
            self.spin(SETTLE_MS)
            picture = (widget or self.window).grab()
            path = self.out / f"{self.count:02d}_{name}_{choice}.png"
            picture.save(str(path))
            self._measure(widget or self.window, path.stem)
            grown = picture.size().toTuple()
            note = (
                f"  (grown to {grown[0]} × {grown[1]})"
                if widget is None and grown != self.size
                else ""
            )
            print(path.name + note, flush=True)
        theme.apply(self.app, self.themes[0], 1.0)

    def _measure(self, widget: QWidget, name: str) -> None:
        """Note every text of the screen that cannot be read well."""
        for reading in faint_texts(widget):
            self.faint.append(f"{name}: {reading.text!r} {reading.ratio:.2f}")

    def stop(self, name: str, visit: Callable[[], object]) -> None:
        """Visit one stop; a failure is noted and the tour continues."""
        try:
            visit()
        except Exception:  # noqa: BLE001 - whatever it is, the other stops are still worth seeing
            self.failures.append(name)
            print(f"{name}: FAILED\n{traceback.format_exc()}", flush=True)
            self.close_dialogs()
