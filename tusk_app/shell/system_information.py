"""What a bug report needs: system, versions, devices, folders, the last log lines."""

from __future__ import annotations

import locale
import os
import platform
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from tusk_app.settings import cache_dir, config_dir, log_dir
from tusk_app.shell import logs
from tusk_app.shell.about import USES, bundled_parts, program_version
from tusk_app.threads.latest_task import LatestTask
from tusk_core import api
from tusk_core.config import load_preset, preset_names, replaced

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk_app.shell.logs import LogBook
    from tusk_core.results import DeviceInfo, TrainingEstimate

NUM_LOG_LINES = 300


def describe_system(
    devices: Sequence[DeviceInfo], book: LogBook | None = None, num_lines: int = NUM_LOG_LINES
) -> str:
    """Return everything as text, the home folder shortened."""
    screen = QGuiApplication.primaryScreen()
    size = f"{screen.size().width()}×{screen.size().height()} at {screen.devicePixelRatio():g}"
    lines = [
        f"TUSK {program_version()}",
        f"System   {platform.platform()}",
        f"Python   {sys.version.split()[0]} ({platform.machine()})",
        f"Qt       {qVersion()}, platform {QGuiApplication.platformName()}",
        f"Screen   {size}",
        f"Cores    {os.cpu_count()}",
        f"Locale   {locale.getlocale()[0]}",
        "",
        *(f"{name:<24} {version}" for name, version, *_ in bundled_parts() if name in USES),
        "",
        *(_device_lines(devices)),
        "",
        f"Settings {config_dir()}",
        f"Cache    {cache_dir()}",
        f"Logs     {log_dir()}",
    ]
    if book is not None:
        lines += ["", f"Last {num_lines} log lines", *(line.text for line in book.tail(num_lines))]
    return logs.shorten_home("\n".join(lines))


def _device_lines(devices: Sequence[DeviceInfo]) -> list[str]:
    if not devices:
        return ["Devices  not known yet; the engine is still being loaded"]
    return [
        f"Device   {device.name} ({device.label}), "
        f"{'usable' if device.available else 'not usable'}: {device.reason}"
        for device in devices
    ]


class SystemInformationDialog(QDialog):
    """Shows and copies it; tests a device with a few real training steps."""

    def __init__(
        self,
        devices: Sequence[DeviceInfo],
        book: LogBook | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("system-information-dialog")
        self.setWindowTitle("System information")
        self.resize(760, 620)
        self._devices, self._book = tuple(devices), book
        self._tester = LatestTask("device test", self)
        self._tester.done.connect(self._show_test)
        self._tester.failed.connect(self._show_test_error)
        self._result = QLabel(self)
        self._result.setWordWrap(True)
        self._result.setProperty("role", "muted")
        self._result.hide()
        self._text = QPlainTextEdit(self)
        self._text.setReadOnly(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._text.setAccessibleName("System information")
        self._text.setPlainText(describe_system(self._devices, book))
        copy = QPushButton("Copy all", self)
        copy.clicked.connect(self.copy)
        close = QPushButton("Close", self)
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addWidget(copy)
        foot.addStretch(1)
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.addWidget(self._make_devices())
        column.addWidget(self._result)
        column.addWidget(self._text, 1)
        column.addLayout(foot)

    def copy(self) -> None:
        """Copy the text."""
        QGuiApplication.clipboard().setText(self._text.toPlainText())
        self._say("Copied.")

    def done(self, result: int) -> None:
        """End the test thread with the dialog."""
        self._tester.shutdown()
        super().done(result)

    def _make_devices(self) -> QWidget:
        card = QFrame(self)
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        if not self._devices:
            column.addWidget(
                QLabel("The engine is still being loaded; open this again soon.", card)
            )
        for device in self._devices:
            mark = "●" if device.available else "○"
            words = QLabel(
                f"{mark}  <b>{device.label}</b> ({device.name})<br>{device.reason}", card
            )
            words.setWordWrap(True)
            row = QHBoxLayout()
            row.addWidget(words, 1)
            if device.available:
                test = QPushButton("Test", card)
                test.setAutoDefault(False)
                test.setAccessibleName(f"Test {device.label}")
                test.setToolTip("Do a few training steps and tell how fast they are")
                test.clicked.connect(lambda _checked=False, n=device.name: self.test(n))
                row.addWidget(test)
            column.addLayout(row)
        return card

    def test(self, device: str) -> None:
        """Do a few steps on a device; the result appears in the dialog."""
        self._say(f"Testing {device}… (a few seconds)")
        self._tester.request(lambda: _try_device(device))

    def _show_test(self, result: TrainingEstimate) -> None:
        self._say(
            f"{result.device} works: {result.seconds_per_step * 1000:.0f} ms for a step of the "
            f"quick preset. {result.detail}"
        )

    def _show_test_error(self, error: Exception) -> None:
        self._say(f"The device does not work: {error}")

    def _say(self, text: str) -> None:
        self._result.setText(text)
        self._result.show()


def _try_device(device: str) -> TrainingEstimate:
    config = replaced(load_preset(preset_names()[0]), {"run.device": device})
    return api.estimate(config, num_steps=2)
