"""Commands that open things and end the program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from tusk_app.pictures.path_kinds import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from tusk_core.resources import bundled_models

if TYPE_CHECKING:
    from tusk_app.shell.host import Host
    from tusk_app.shell.openers import Openers
    from tusk_app.shell.workshop import Workshop


class FileCommands(QObject):
    """Registers and carries out what the File menu offers."""

    def __init__(self, window: Host, workbench: Workshop, openers: Openers) -> None:
        super().__init__(window)
        self._window = window
        self._openers = openers
        self._settings = workbench.settings
        self._sources = workbench.sources
        self._register(workbench)

    def _register(self, workbench: Workshop) -> None:
        add, window = workbench.actions.add, self._window
        add("file.open-images", "&Open images…", self.open_images, shortcut="Ctrl+O",
            icon="open-images", tip="Open a folder of pictures")  # fmt: skip
        add("file.open-picture", "Open single &pictures…", self.open_pictures, icon="picture",
            tip="Open one picture, or several of one folder")  # fmt: skip
        add("file.open-video", "Open &video…", self.open_video, shortcut="Ctrl+Shift+O",
            icon="video", tip="Open a video file")  # fmt: skip
        add("file.open-model", "Open &model…", self.open_model, shortcut="Ctrl+Shift+M",
            icon="model", tip="Open a trained model from its folder")  # fmt: skip
        add("file.open-run", "Open training &run…", self.open_run, icon="run",
            tip="Open a training run, also one still in progress")  # fmt: skip
        for name in bundled_models():
            add(f"file.bundled-{name}", name, lambda model=name: window.open_model(model),
                menu="Bundled", icon="model",
                tip=f"Open the model {name} that came with the program")  # fmt: skip
        add("file.forget-recent", "&Clear list", self._settings.clear_recent, menu="Recent",
            tip="Forget the recent items")  # fmt: skip
        add("file.sample", "Try the &sample", self._openers.show_sample, icon="sample",
            tip="See digits found, sorted and redrawn by a bundled model")  # fmt: skip
        add("model.train-sample", "&Watch a sample learn", self._openers.train_sample,
            icon="sample", tip="Train on puzzle pieces within minutes")  # fmt: skip
        add("file.preferences", "P&references…", self._openers.preferences, shortcut="Ctrl+,",
            icon="preferences", tip="Appearance, folders, device and keys")  # fmt: skip
        add("file.quit", "&Quit", window.close, shortcut="Ctrl+Q", icon="quit",
            tip="Close the program")  # fmt: skip

    def open_images(self) -> None:
        """Ask for a folder and show what it holds."""
        folder = self._ask_folder("Open a folder of pictures", self._settings.last_folder)
        if folder:
            self._settings.last_folder = Path(folder).parent
            self._openers.open_data(folder)

    def open_pictures(self) -> None:
        """Ask for one or several pictures."""
        patterns = " ".join(f"*{suffix}" for suffix in sorted(PICTURE_SUFFIXES))
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window, "Open pictures", str(self._settings.last_folder), f"Pictures ({patterns})"
        )
        self._open(chosen)

    def open_video(self) -> None:
        """Ask for a video file."""
        patterns = " ".join(f"*{suffix}" for suffix in sorted(VIDEO_SUFFIXES))
        chosen, _ = QFileDialog.getOpenFileName(
            self._window,
            "Open a video",
            str(self._settings.last_folder),
            f"Videos ({patterns});;All files (*)",
        )
        self._open([chosen] if chosen else [])

    def open_model(self) -> None:
        """Ask for the folder of a model."""
        folder = self._ask_folder("Open the folder of a model", self._settings.run_root)
        if folder:
            self._sources.open_paths([folder], wanted="model")

    def open_run(self) -> None:
        """Ask for the folder of a run."""
        folder = self._ask_folder("Open the folder of a training run", self._settings.run_root)
        if folder:
            self._sources.open_paths([folder], wanted="run")

    def _ask_folder(self, title: str, start: Path) -> str:
        return QFileDialog.getExistingDirectory(self._window, title, str(start))

    def _open(self, paths: list[str]) -> None:
        if paths:
            self._settings.last_folder = Path(paths[0]).parent
            self._sources.open_paths(paths)
