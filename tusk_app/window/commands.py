"""The window's own commands: opening, workspaces, appearance, going through pictures, help."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QActionGroup, QDesktopServices
from PySide6.QtWidgets import QFileDialog, QInputDialog

from tusk_app.settings import FONT_SCALES, ThemeChoice, log_dir
from tusk_app.window.layouts import WORKSPACES
from tusk_app.workers.path_kinds import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from tusk_core.resources import bundled_models

if TYPE_CHECKING:
    from tusk_app.main_window import MainWindow
    from tusk_app.workbench import Workbench

THEMES = (("auto", "&System"), ("light", "&Light"), ("dark", "&Dark"))
_NEEDS_PICTURES = (
    "go.next",
    "go.previous",
    "go.next-10",
    "go.previous-10",
    "go.first",
    "go.last",
    "go.to",
)


class WindowCommands(QObject):
    """Registers the window's commands and carries them out."""

    def __init__(self, window: MainWindow, workbench: Workbench) -> None:
        super().__init__(window)
        self._window = window
        self._bench = workbench
        self._add_file()
        self._add_view()
        self._add_go()
        self._add_help()
        document = workbench.document
        document.source_changed.connect(self.refresh)
        document.index_requested.connect(self.refresh)
        document.picture_changed.connect(self.refresh)
        document.analysis_changed.connect(self.refresh)
        workbench.selection.prototype_changed.connect(self.refresh)
        self.refresh()

    def _add_file(self) -> None:
        add = self._bench.actions.add
        add(
            "file.open-images",
            "&Open images…",
            self.open_images,
            shortcut="Ctrl+O",
            tip="Open a folder of pictures",
            icon="open-images",
        )
        add(
            "file.open-picture",
            "Open single &picture…",
            self.open_picture,
            tip="Open one picture, or several of one folder",
            icon="picture",
        )
        add(
            "file.open-video",
            "Open &video…",
            self.open_video,
            shortcut="Ctrl+Shift+O",
            tip="Open a video file",
            icon="video",
        )
        add(
            "file.open-model",
            "Open &model…",
            self.open_model,
            shortcut="Ctrl+Shift+M",
            tip="Open a trained model from its folder",
            icon="model",
        )
        add(
            "file.open-run",
            "Open training &run…",
            self.open_run,
            tip="Look at a training run, also one that still goes on",
            icon="run",
        )
        for name in bundled_models():
            add(
                f"file.bundled-{name}",
                f"Open bundled model: {name}",
                lambda n=name: self._window.open_model(n),
                group="bundled",
                tip="Open a model that came with the program",
                icon="model",
            )
        add(
            "file.forget-recent",
            "&Clear list",
            self._bench.settings.clear_recent,
            menu="Recent",
            tip="Forget what was opened lately",
        )
        add(
            "file.preferences",
            "P&references…",
            self._window.openers.preferences,
            shortcut="Ctrl+,",
            tip="Appearance, folders, device and keys",
            icon="preferences",
        )
        add(
            "file.quit",
            "&Quit",
            self._window.close,
            shortcut="Ctrl+Q",
            tip="Close the program",
            icon="quit",
        )
        add(
            "file.sample",
            "Try the &sample",
            self._window.try_sample,
            tip="Train on generated puzzle pieces and watch",
            icon="sample",
        )

    def _add_view(self) -> None:
        add = self._bench.actions.add
        group = QActionGroup(self)
        for number, name in enumerate(WORKSPACES, 1):
            action = add(
                f"view.workspace-{name.lower()}",
                f"&{name}",
                menu="Workspaces",
                shortcut=f"Ctrl+{number}",
                checkable=True,
                tip=f"Arrange the panels for {_PURPOSES[name]}",
                icon=_WORKSPACE_ICONS[name],
            )
            group.addAction(action)
            action.triggered.connect(lambda _checked=False, n=name: self._window.layouts.switch(n))
        themes = QActionGroup(self)
        for choice, text in THEMES:
            action = add(
                f"view.theme-{choice}",
                text,
                menu="Theme",
                checkable=True,
                checked=self._bench.settings.theme == choice,
                tip=f"Theme: {text.replace('&', '').lower()}",
            )
            themes.addAction(action)
            action.triggered.connect(lambda _checked=False, c=choice: self._set_theme(c))
        self._bench.settings.theme_changed.connect(self._show_theme)
        add(
            "view.text-larger",
            "Te&xt larger",
            lambda: self._scale_text(1),
            menu="View",
            shortcut="Ctrl+Alt+=; Ctrl+Alt++",
            tip="Larger text everywhere",
            icon="text-size",
        )
        add(
            "view.text-smaller",
            "Text s&maller",
            lambda: self._scale_text(-1),
            menu="View",
            shortcut="Ctrl+Alt+-",
            tip="Smaller text everywhere",
        )
        add(
            "view.text-normal",
            "Text &normal size",
            lambda: self._scale_text(0),
            menu="View",
            shortcut="Ctrl+Alt+0",
            tip="The system's text size",
        )
        add(
            "view.full-screen",
            "&Full screen",
            self._full_screen,
            menu="View",
            shortcut="F11",
            checkable=True,
            tip="Fill the screen; press again to leave",
            icon="full-screen",
        )
        add(
            "view.reset-layout",
            "&Reset layout",
            self._window.reset_layout,
            menu="View",
            tip="Put all panels back where they stood at first",
            icon="reset-layout",
        )

    def _add_go(self) -> None:
        add, go = self._bench.actions.add, self._step
        add(
            "go.next",
            "&Next picture",
            lambda: go(1),
            menu="Go",
            shortcut="Right; D",
            canvas_only=True,
            icon="next",
        )
        add(
            "go.previous",
            "&Previous picture",
            lambda: go(-1),
            menu="Go",
            shortcut="Left; A",
            canvas_only=True,
            icon="previous",
        )
        add(
            "go.next-10",
            "10 &forward",
            lambda: go(10),
            menu="Go",
            shortcut="Ctrl+Right",
            canvas_only=True,
        )
        add(
            "go.previous-10",
            "10 &back",
            lambda: go(-10),
            menu="Go",
            shortcut="Ctrl+Left",
            canvas_only=True,
        )
        add(
            "go.first",
            "&First picture",
            lambda: self._bench.document.go_to(0),
            menu="Go",
            shortcut="Home",
            canvas_only=True,
            icon="first",
        )
        add(
            "go.last",
            "&Last picture",
            lambda: self._bench.document.go_to(2**31),
            menu="Go",
            shortcut="End",
            canvas_only=True,
            icon="last",
        )
        add(
            "go.to",
            "&Go to picture…",
            self.go_to,
            menu="Go",
            shortcut="Ctrl+J",
            tip="Go to a picture by its number or name",
            icon="go-to",
        )
        add(
            "go.next-prototype",
            "Next picture with the selected p&rototype",
            lambda: self._find_prototype(1),
            menu="Go",
            shortcut="N",
            canvas_only=True,
            tip="Needs a selected prototype and an analysis of the pictures",
        )
        add(
            "go.previous-prototype",
            "Previous picture with the selected pr&ototype",
            lambda: self._find_prototype(-1),
            menu="Go",
            shortcut="Shift+N",
            canvas_only=True,
            tip="Needs a selected prototype and an analysis of the pictures",
        )

    def _add_help(self) -> None:
        add, window = self._bench.actions.add, self._window
        add(
            "tools.command-palette",
            "&Command palette…",
            window.openers.palette,
            menu="Tools",
            shortcut="Ctrl+Shift+P",
            tip="Type the name of any command",
            icon="command-palette",
        )
        add(
            "tools.log",
            "&Log",
            lambda: window.layouts.show_dock("log_dock"),
            menu="Tools",
            shortcut="Ctrl+`",
            tip="Show what the program does and what went wrong",
            icon="log",
        )
        add(
            "help.tour",
            "Take a &tour",
            window.openers.tour,
            menu="Help",
            tip="Six steps over the real window",
            icon="tour",
        )
        add(
            "help.shortcuts",
            "&Keyboard shortcuts",
            window.openers.shortcuts,
            menu="Help",
            shortcut="?; F1",
            tip="All commands with their keys",
            icon="keyboard",
        )
        add(
            "help.system-information",
            "System &information…",
            window.openers.system_information,
            menu="Help",
            tip="Versions, devices and the last log lines, to be copied",
            icon="info",
        )
        add(
            "help.open-logs",
            "Show log &files",
            self._show_logs,
            menu="Help",
            tip="Open the folder of the log files",
            icon="folder",
        )
        add(
            "help.open-settings",
            "Show &settings folder",
            self._show_settings,
            menu="Help",
            tip="Open the folder of the settings file",
            icon="folder",
        )
        add(
            "help.licences",
            "&Licences",
            window.openers.licences,
            menu="Help",
            tip="Licences of this program and of what it is built on",
            icon="licence",
        )
        add(
            "help.about",
            "&About TUSK",
            window.openers.about,
            menu="Help",
            icon="keypoint",
            tip="Version and authors",
        )

    def open_images(self) -> None:
        """Ask for a folder and show its summary."""
        settings = self._bench.settings
        folder = QFileDialog.getExistingDirectory(
            self._window, "Open a folder of pictures", str(settings.last_folder)
        )
        if folder:
            settings.last_folder = Path(folder).parent
            self._window.openers.open_data(folder)

    def open_picture(self) -> None:
        """Ask for one or several pictures."""
        patterns = " ".join(f"*{suffix}" for suffix in sorted(PICTURE_SUFFIXES))
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window,
            "Open pictures",
            str(self._bench.settings.last_folder),
            f"Pictures ({patterns})",
        )
        self._open(chosen)

    def open_video(self) -> None:
        """Ask for a video file."""
        patterns = " ".join(f"*{suffix}" for suffix in sorted(VIDEO_SUFFIXES))
        chosen, _ = QFileDialog.getOpenFileName(
            self._window,
            "Open a video",
            str(self._bench.settings.last_folder),
            f"Videos ({patterns});;All files (*)",
        )
        self._open([chosen] if chosen else [])

    def open_model(self) -> None:
        """Ask for the folder of a model."""
        folder = QFileDialog.getExistingDirectory(
            self._window, "Open the folder of a model", str(self._bench.settings.run_root)
        )
        if folder:
            self._bench.sources.open_paths([folder])

    def open_run(self) -> None:
        """Ask for the folder of a run."""
        folder = QFileDialog.getExistingDirectory(
            self._window, "Open the folder of a training run", str(self._bench.settings.run_root)
        )
        if folder:
            self._bench.sources.open_paths([folder])

    def go_to(self) -> None:
        """Ask for the number or a part of the name of a picture."""
        document = self._bench.document
        if document.source is None:
            return
        total = document.num_pictures
        text, is_sure = QInputDialog.getText(
            self._window, "Go to picture", f"Number from 1 to {total:,}, or part of the name:"
        )
        text = text.strip()
        if not is_sure or not text:
            return
        if text.replace(",", "").isdigit():
            document.go_to(int(text.replace(",", "")) - 1)
        else:
            self._bench.actions.get("view.panel-source").setChecked(True)
            self._window.filter_pictures(text)

    @Slot()
    def refresh(self, _value: object = None) -> None:
        """Enable what can be used now."""
        document, actions = self._bench.document, self._bench.actions
        for name in _NEEDS_PICTURES:
            actions.get(name).setEnabled(document.num_pictures > 1)
        can_find = (
            document.analysis is not None
            and self._bench.selection.prototype is not None
            and document.num_pictures > 1
        )
        actions.get("go.next-prototype").setEnabled(can_find)
        actions.get("go.previous-prototype").setEnabled(can_find)

    def _open(self, paths: list[str]) -> None:
        if paths:
            self._bench.settings.last_folder = Path(paths[0]).parent
            self._bench.sources.open_paths(paths)

    def _step(self, count: int) -> None:
        document = self._bench.document
        document.go_to(document.index + count)

    def _find_prototype(self, direction: int) -> None:
        document, wanted = self._bench.document, self._bench.selection.prototype
        if document.analysis is None or wanted is None:
            return
        book = self._bench.prototypes
        kinds = [i for i in range(book.num) if book.target(i) == book.target(wanted)] or [wanted]
        pictures = np.unique(document.analysis.picture[np.isin(document.analysis.labels, kinds)])
        ahead = (
            pictures[pictures > document.index]
            if direction > 0
            else pictures[pictures < document.index]
        )
        if len(ahead) == 0:
            where = "after" if direction > 0 else "before"
            self._bench.notices.status(f"No picture {where} this one shows {book.name(wanted)}.")
            return
        document.go_to(int(ahead[0] if direction > 0 else ahead[-1]))

    def _set_theme(self, choice: str) -> None:
        self._bench.settings.theme = cast("ThemeChoice", choice)

    def _show_theme(self) -> None:
        self._bench.actions.get(f"view.theme-{self._bench.settings.theme}").setChecked(True)

    def _scale_text(self, direction: int) -> None:
        settings = self._bench.settings
        if direction == 0:
            settings.font_scale = 1.0
            return
        nearest = min(
            range(len(FONT_SCALES)), key=lambda i: abs(FONT_SCALES[i] - settings.font_scale)
        )
        settings.font_scale = FONT_SCALES[min(max(nearest + direction, 0), len(FONT_SCALES) - 1)]

    def _full_screen(self, is_full: bool) -> None:  # noqa: FBT001 - connected to toggled
        if is_full:
            self._window.showFullScreen()
        else:
            self._window.showNormal()

    def _show_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(log_dir())))

    def _show_settings(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._bench.settings.file.parent)))


_PURPOSES = {
    "Data": "looking at pictures and videos",
    "Train": "training and watching it",
    "Explore": "exploring what a model found",
}
_WORKSPACE_ICONS = {"Data": "data", "Train": "train", "Explore": "explore"}
