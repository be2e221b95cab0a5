"""Menu bar and tool bar, made from the registry of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from tusk_app.parts import icons, theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow

    from tusk_app.parts.actions import ActionEntry, ActionRegistry

# "|" is a separator. Commands that are not named here follow at the end of their menu.
MENU_ORDER: dict[str, tuple[str, ...]] = {
    "File": (
        "file.open-images", "file.open-picture", "file.open-video", "file.open-camera",
        "file.open-model",
        "file.open-run", "@bundled", "@recent", "|", "file.sample", "|", "file.save", "file.clip",
        "file.report", "file.export", "file.export-model", "file.save-picture", "...", "|",
        "file.preferences", "file.quit",
    ),
    "Edit": (
        "edit.undo", "edit.redo", "|", "edit.copy-picture", "edit.select-shown",
        "edit.select-prototype", "...", "|", "edit.clear",
    ),
    "View": (
        "@workspaces", "@panels", "|", "...", "|", "@theme", "view.text-larger",
        "view.text-smaller", "view.text-normal", "|", "view.next-panel", "view.previous-panel",
        "view.full-screen", "view.reset-layout",
    ),
    "Go": (
        "go.previous", "go.next", "go.previous-10", "go.next-10", "go.first", "go.last", "go.to",
        "|", "go.next-prototype", "go.previous-prototype", "|", "...",
    ),
    "Model": (
        "model.discover", "model.train", "model.train-sample", "model.pause", "model.stop",
        "model.save-checkpoint", "|", "...",
    ),
    "Analyse": ("...", "|", "@arrange"),
    "Tools": ("tools.command-palette", "tools.log", "|", "..."),
    "Help": (
        "help.guide", "help.tour", "help.shortcuts", "|", "help.system-information",
        "help.open-logs", "help.open-settings", "...", "|", "help.licences", "help.about",
    ),
}  # fmt: skip

SUBMENUS = {
    "@bundled": "Open &bundled model",
    "@recent": "Open &recent",
    "@workspaces": "&Workspaces",
    "@panels": "&Panels",
    "@theme": "&Theme",
    "@arrange": "Arrange the &gallery",
}

TOOL_BAR = (
    "file.open-images", "file.open-video", "file.open-model", "|", "model.discover", "model.train",
    "model.pause", "model.stop", "|", "view.fit", "view.actual-size", "view.overlay", "view.labels",
    "view.heat-map", "view.reconstruction", "view.split", "|", "go.previous", "go.next",
)  # fmt: skip

# Commands whose words stand beside their icon in the tool bar.
WITH_WORDS = frozenset({"model.discover", "model.train"})


class Menus(QObject):
    """Fills the menu bar once every command is registered, and keeps icons in the theme's colours.

    Attributes:
        submenus: the menus that somebody else fills, by their key in ``SUBMENUS``.
        tool_bar: the one tool bar.
    """

    def __init__(self, window: QMainWindow, actions: ActionRegistry) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self._menus: dict[str, QMenu] = {}
        self.submenus: dict[str, QMenu] = {}
        for key, title in SUBMENUS.items():
            self.submenus[key] = QMenu(title, window)
        self.submenus["@recent"].setToolTipsVisible(True)
        self._known = {i for ids in MENU_ORDER.values() for i in ids if i[0] not in "@|."}
        for name in MENU_ORDER:
            self._fill(name)
        self._place_submenu_commands()
        self.tool_bar = self._make_tool_bar()
        actions.added.connect(self._take_late)
        actions.relabelled.connect(self._show_anew)

    def paint_icons(self, colours: theme.Theme) -> None:
        """Draw every command's icon in the colours of a theme."""
        for entry in self._actions.all():
            _paint(entry, colours)
        self.submenus["@recent"].setIcon(icons.icon("recent", colours.text))
        self.submenus["@theme"].setIcon(icons.icon("theme", colours.text))
        self.submenus["@panels"].setIcon(icons.icon("panel", colours.text))

    def menu(self, name: str) -> QMenu:
        """Return a menu of the bar by its title."""
        if name not in self._menus:
            made = QMenu(f"&{name}", self._window)
            self._menus[name] = made
            self._window.menuBar().addMenu(made)
        return self._menus[name]

    def _fill(self, name: str) -> None:
        menu = self.menu(name)
        for item in MENU_ORDER[name]:
            if item == "|":
                _separate(menu)
            elif item == "...":
                self._add_others(menu, name)
            elif item in SUBMENUS:
                menu.addMenu(self.submenus[item])
                self.submenus[item].menuAction().setVisible(self._has_commands(item))
            elif item in self._actions:
                menu.addAction(self._actions.get(item))
        _trim(menu)

    def _add_others(self, menu: QMenu, name: str) -> None:
        others = [e for e in self._actions.all() if e.menu == name and e.id not in self._known]
        groups = list(dict.fromkeys(entry.group for entry in others))
        for group in groups:
            _separate(menu)
            for entry in others:
                if entry.group == group:
                    menu.addAction(entry.action)

    def _has_commands(self, key: str) -> bool:
        return any(f"@{entry.menu.lower()}" == key for entry in self._actions.all())

    def _place_submenu_commands(self) -> None:
        for entry in self._actions.all():
            if f"@{entry.menu.lower()}" in SUBMENUS:
                self.submenus[f"@{entry.menu.lower()}"].addAction(entry.action)

    def _take_late(self, entry: ActionEntry) -> None:
        """Place a command that was registered after the menus were made."""
        key = f"@{entry.menu.lower()}"
        menu = self.submenus[key] if key in SUBMENUS else self.menu(entry.menu)
        menu.addAction(entry.action)
        _paint(entry, theme.of(self._window.palette()))

    def _show_anew(self, entry: ActionEntry) -> None:
        """Show the words and the icon of a command that does something else now."""
        _paint(entry, theme.of(self._window.palette()))
        button = self.tool_bar.widgetForAction(entry.action)
        if isinstance(button, QToolButton):
            button.setAccessibleName(entry.title)

    def _make_tool_bar(self) -> QToolBar:
        bar = QToolBar("Tool bar", self._window)
        bar.setObjectName("tool-bar")
        bar.setMovable(False)
        bar.setIconSize(QSize(20, 20))
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        may_separate = False
        for item in TOOL_BAR:
            if item == "|":
                if may_separate:
                    bar.addSeparator()
                may_separate = False
            elif item in self._actions:
                bar.addAction(self._actions.get(item))
                may_separate = True
                button = bar.widgetForAction(self._actions.get(item))
                if isinstance(button, QToolButton):
                    button.setAccessibleName(self._actions.entry(item).title)
                    if item in WITH_WORDS:
                        words = self._actions.entry(item).text.replace("&", "")
                        self._actions.get(item).setIconText(words)
                        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._add_workspaces(bar)
        self._window.addToolBar(bar)
        return bar

    def _add_workspaces(self, bar: QToolBar) -> None:
        """Put the workspaces at the right end, in words."""
        room = QWidget(bar)
        room.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(room)
        for entry in self._actions.all():
            if entry.menu == "Workspaces":
                bar.addAction(entry.action)
                button = bar.widgetForAction(entry.action)
                if isinstance(button, QToolButton):
                    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
                    button.setAccessibleName(f"Workspace {entry.title}")


def _paint(entry: ActionEntry, colours: theme.Theme) -> None:
    if icons.exists(entry.icon):
        entry.action.setIcon(icons.icon(entry.icon, colours.text, colours.disabled))


def _separate(menu: QMenu) -> None:
    actions = menu.actions()
    if actions and not actions[-1].isSeparator():
        menu.addSeparator()


def _trim(menu: QMenu) -> None:
    actions = menu.actions()
    if actions and actions[-1].isSeparator():
        menu.removeAction(actions[-1])
