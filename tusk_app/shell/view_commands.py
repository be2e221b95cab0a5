"""Commands that change how the window looks: workspaces, theme, text size, full screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QApplication, QWidget

from tusk_app.settings import FONT_SCALES, ThemeChoice
from tusk_app.shell.layouts import WORKSPACES

if TYPE_CHECKING:
    from tusk_app.shell.host import Host
    from tusk_app.shell.workshop import Workshop

THEMES = (("auto", "&System"), ("light", "&Light"), ("dark", "&Dark"))
PURPOSES = {
    "Data": "looking at pictures and videos",
    "Train": "training and watching it",
    "Explore": "exploring what a model found",
}
WORKSPACE_ICONS = {"Data": "data", "Train": "run", "Explore": "explore"}


class ViewCommands(QObject):
    """Registers and carries out what the View menu offers, the canvas' own commands apart."""

    def __init__(self, window: Host, workbench: Workshop) -> None:
        super().__init__(window)
        self._window = window
        self._settings = workbench.settings
        self._actions = workbench.actions
        self._add_workspaces()
        self._add_themes()
        self._add_text_sizes()
        self._add_window()

    def _add_workspaces(self) -> None:
        group = QActionGroup(self)
        for number, name in enumerate(WORKSPACES, 1):
            action = self._actions.add(
                f"view.workspace-{name.lower()}",
                f"&{name}",
                menu="Workspaces",
                shortcut=f"Ctrl+{number}",
                checkable=True,
                tip=f"Arrange the panels for {PURPOSES[name]}",
                icon=WORKSPACE_ICONS[name],
            )
            group.addAction(action)
            action.triggered.connect(lambda _on=False, n=name: self._window.layouts.switch(n))

    def _add_themes(self) -> None:
        group = QActionGroup(self)
        for choice, text in THEMES:
            action = self._actions.add(
                f"view.theme-{choice}",
                text,
                menu="Theme",
                checkable=True,
                checked=self._settings.theme == choice,
                tip=f"Theme: {text.replace('&', '').lower()}",
            )
            group.addAction(action)
            action.triggered.connect(lambda _on=False, c=choice: self._set_theme(c))
        self._settings.theme_changed.connect(self._show_theme)

    def _add_text_sizes(self) -> None:
        self._actions.add(
            "view.text-larger",
            "Te&xt larger",
            lambda: self._scale_text(1),
            menu="View",
            shortcut="Ctrl+Alt+=; Ctrl+Alt++",
            tip="Larger text everywhere",
            icon="text-size",
        )
        self._actions.add(
            "view.text-smaller",
            "Text s&maller",
            lambda: self._scale_text(-1),
            menu="View",
            shortcut="Ctrl+Alt+-",
            tip="Smaller text everywhere",
        )
        self._actions.add(
            "view.text-normal",
            "Text &normal size",
            lambda: self._scale_text(0),
            menu="View",
            shortcut="Ctrl+Alt+0",
            tip="The system's text size",
        )

    def _add_window(self) -> None:
        self._actions.add(
            "view.full-screen",
            "&Full screen",
            self._full_screen,
            menu="View",
            shortcut="F11",
            checkable=True,
            tip="Fill the screen; press again to leave",
            icon="full-screen",
        )
        self._actions.add(
            "view.fill-panel",
            "F&ill the window with this panel",
            self._fill_panel,
            menu="View",
            shortcut="Shift+F11",
            tip="Let the panel in use take the room of all others; again: back to its place",
            icon="full-screen",
        )
        for name, text, keys, direction in (
            ("view.next-panel", "Next pane&l", "F6", 1),
            ("view.previous-panel", "Previo&us panel", "Shift+F6", -1),
        ):
            self._actions.add(
                name,
                text,
                lambda step=direction: self._go_to_panel(step),
                menu="View",
                shortcut=keys,
                tip="Move the keyboard to another panel",
            )
        self._actions.add(
            "view.reset-layout",
            "&Reset layout",
            self._window.reset_layout,
            menu="View",
            tip="Put all panels back in their default places",
            icon="reset-layout",
        )

    def _fill_panel(self) -> None:
        """Fill the window with the panel that has the keyboard, or put all panels back."""
        layouts, focus = self._window.layouts, QApplication.focusWidget()
        panels = (p for p in self._window.docks.values() if focus and p.isAncestorOf(focus))
        panel = layouts.filled or next(panels, None)
        if panel is not None:
            layouts.toggle_fill(panel)

    def _go_to_panel(self, direction: int) -> None:
        """Move the keyboard to the next panel that is seen; the centre counts as one."""
        centre = self._window.centralWidget()
        panels = [centre, *self._window.docks.values()]
        shown = [p for p in panels if p is not None and p.isVisible() and p.isEnabled()]
        focus = QApplication.focusWidget() or self._window
        here = next((i for i, p in enumerate(shown) if p.isAncestorOf(focus)), -1)
        for step in range(1, len(shown) + 1):
            panel = shown[(here + direction * step) % len(shown)]
            target = first_stop(panel)
            if target is not None:
                target.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def _set_theme(self, choice: str) -> None:
        self._settings.theme = cast("ThemeChoice", choice)

    def _show_theme(self) -> None:
        self._actions.get(f"view.theme-{self._settings.theme}").setChecked(True)

    def _scale_text(self, direction: int) -> None:
        if direction == 0:
            self._settings.font_scale = 1.0
            return
        scale = self._settings.font_scale
        nearest = min(range(len(FONT_SCALES)), key=lambda i: abs(FONT_SCALES[i] - scale))
        place = min(max(nearest + direction, 0), len(FONT_SCALES) - 1)
        self._settings.font_scale = FONT_SCALES[place]

    def _full_screen(self, is_full: bool) -> None:
        if is_full:
            self._window.showFullScreen()
        else:
            self._window.showNormal()


def first_stop(panel: QWidget) -> QWidget | None:
    """Return the first widget inside ``panel`` that takes the keyboard; None if none does."""
    for widget in panel.findChildren(QWidget):
        takes_keys = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if takes_keys and widget.isVisible() and widget.isEnabled():
            return widget
    return None
