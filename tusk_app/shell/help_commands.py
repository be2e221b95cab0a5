"""Commands that help: palette, log, tour, keys, versions, licences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from tusk_app.settings import log_dir
from tusk_app.shell.help_dock import HelpDock, panel_with_focus

if TYPE_CHECKING:
    from tusk_app.shell.host import Host
    from tusk_app.shell.openers import Openers
    from tusk_app.shell.workshop import Workshop


class HelpCommands(QObject):
    """Registers and carries out what the Tools and Help menus offer."""

    def __init__(self, window: Host, workbench: Workshop, openers: Openers) -> None:
        super().__init__(window)
        self._settings, self._window = workbench.settings, window
        add = workbench.actions.add
        add(
            "tools.command-palette",
            "&Command palette…",
            openers.palette,
            menu="Tools",
            shortcut="Ctrl+Shift+P",
            tip="Type the name of any command",
            icon="command-palette",
        )
        add(
            "tools.log",
            "&Log",
            lambda: window.layouts.show_dock("log"),
            menu="Tools",
            shortcut="Ctrl+`",
            tip="Show what the program does and what went wrong",
            icon="log",
        )
        # Id, text, what it does, keys, tip, icon.
        for name, text, slot, keys, tip, icon in (
            ("tour", "Take a &tour", openers.tour, "", "Six steps over the real window", "tour"),
            ("guide", "&Guide", self._show_guide, "F1",
             "The guide's page of the panel you are in; it can be searched", "help"),
            ("shortcuts", "&Keyboard shortcuts", openers.shortcuts, "?",
             "All commands with their keys", "keyboard"),
            ("system-information", "System &information…", openers.system_information, "",
             "Versions, devices and the last log lines, to be copied", "info"),
            ("open-logs", "Show log &files", self._show_logs, "",
             "Open the folder of the log files", "folder"),
            ("open-settings", "Show &settings folder", self._show_settings, "",
             "Open the folder of the settings file", "folder"),
            ("licences", "&Licences", openers.licences, "",
             "Licences of this program and of what it is built on", "licence"),
            ("about", "&About TUSK", openers.about, "", "Version and method", "keypoint"),
        ):  # fmt: skip
            add(f"help.{name}", text, slot, menu="Help", shortcut=keys, tip=tip, icon=icon)

    def _show_guide(self) -> None:
        panel = panel_with_focus()
        self._window.layouts.show_dock(HelpDock.name)
        self._window.panel(HelpDock).open_for(panel)

    def _show_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_dir())))

    def _show_settings(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._settings.file.parent)))
