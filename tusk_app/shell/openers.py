"""Opens the window's dialogs, each at most once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, Qt, Slot

from tusk_app.discover.model import PRESET, training_changes
from tusk_app.gallery.dock import GalleryDock
from tusk_app.layers.dock import ReconstructionDock
from tusk_app.map.dock import EmbeddingDock
from tusk_app.parts import theme
from tusk_app.pictures.open_data import OpenDataDialog
from tusk_app.shell.about import AboutDialog
from tusk_app.shell.command_palette import CommandPalette
from tusk_app.shell.layouts import EXPLORE
from tusk_app.shell.preferences import PreferencesDialog
from tusk_app.shell.sample_projects import sample_projects
from tusk_app.shell.shortcuts import ShortcutsDialog
from tusk_app.shell.system_information import SystemInformationDialog, describe_system
from tusk_app.shell.tour import Tour
from tusk_app.shell.tour_steps import tour_steps
from tusk_app.state.training_wish import TrainingWish
from tusk_app.training.dialog.dialog import make_training_dialog
from tusk_core.resources import bundled_models

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QDialog

    from tusk_app.shell.host import Host
    from tusk_app.shell.logs import LogBook
    from tusk_app.shell.workshop import Workshop
    from tusk_app.training.dialog.origin import Kind
    from tusk_core.config import DataConfig
    from tusk_core.results import DeviceInfo

# Of the bundled models the one whose kinds anyone knows at sight; other pictures than it learned
# from, and few enough to be analysed in seconds.
SAMPLE_MODEL = "digits"
SAMPLE = "sample:digits?count=60&seed=99"
_SHOWN_OF_SAMPLE = (EmbeddingDock.name, GalleryDock.name, ReconstructionDock.name)


class Openers(QObject):
    """Makes dialogs on demand; none of them holds up the window."""

    def __init__(self, window: Host, workbench: Workshop) -> None:
        super().__init__(window)
        self._window = window
        self._bench = workbench
        self._book: LogBook | None = None
        self._devices: tuple[DeviceInfo, ...] = ()
        self._open: dict[str, QDialog] = {}
        self._palette: CommandPalette | None = None
        workbench.training.setup_requested.connect(self.training)
        workbench.discover.training_wanted.connect(self.training_from_kinds)
        self._tour: Tour | None = None
        self._awaits_sample = False
        self._then = ""
        workbench.sources.opening.connect(self._forget_command)
        workbench.sources.completed.connect(self._do_command)
        workbench.document.detection_changed.connect(self._analyse_sample)

    def set_book(self, book: LogBook) -> None:
        """Use these log lines for reports."""
        self._book = book

    def set_devices(self, devices: tuple[DeviceInfo, ...]) -> None:
        """Use these devices for lists."""
        self._devices = devices

    def opened(self, name: str) -> QDialog | None:
        """Return a dialog that is open, by its object name."""
        return self._open.get(name)

    def machine_text(self, num_lines: int = 50) -> str:
        """Return versions, devices and the last log lines."""
        return describe_system(self._devices, self._book, num_lines)

    def open_data(self, source: str) -> None:
        """Show what a folder holds before it is opened."""
        dialog = OpenDataDialog(source, self._bench.sources, self._bench.settings, self._window)
        dialog.accepted.connect(lambda: self._remember(dialog))
        open_ = self._bench.sources.open_pictures
        dialog.open_wanted.connect(lambda name: open_(name, shown_as=dialog.shown_as))
        dialog.discover_wanted.connect(
            lambda name: self._open_and("model.discover", name, dialog.shown_as)
        )
        dialog.train_wanted.connect(
            lambda name: self._open_and("model.train", name, dialog.shown_as)
        )
        self._show(dialog)

    def _remember(self, dialog: OpenDataDialog) -> None:
        self._bench.training.wish = TrainingWish(
            dialog.source, dialog.shape, dialog.held_out, dialog.shown_as, dialog.proposed
        )

    def training(self, kind: str, path: Path | None) -> None:
        """Show the dialog that starts a run; ``kind`` is ``new``, ``resume`` or ``fine-tune``."""
        self._show(make_training_dialog(self._bench, self._window, cast("Kind", kind), path))

    def training_from_kinds(self, path: Path) -> None:
        """Show the dialog that starts a run, set to begin from the kinds of the open model."""
        model = self._bench.document.model
        dialog = make_training_dialog(self._bench, self._window, "fine-tune", path)
        if model is not None:
            dialog.begin_with(PRESET, training_changes(model.config))
        self._show(dialog)

    def preferences(self) -> None:
        """Show the preferences."""
        self._show(
            PreferencesDialog(self._bench.settings, self._devices, self.shortcuts, self._window)
        )

    def shortcuts(self) -> None:
        """Show all commands and their keys."""
        self._show(ShortcutsDialog(self._bench.actions, self._bench.settings, self._window))

    def palette(self) -> None:
        """Show the command palette."""
        if self._palette is None:
            self._palette = CommandPalette(self._bench.actions, self._window)
        self._palette.open_over(self._window)

    @property
    def command_palette(self) -> CommandPalette | None:
        """The command palette, once it was opened."""
        return self._palette

    def system_information(self) -> None:
        """Show versions, devices and log lines."""
        self._show(SystemInformationDialog(self._devices, self._book, self._window))

    def about(self) -> None:
        """Show the version."""
        self._show(AboutDialog(self._window))

    def licences(self) -> None:
        """Show the licences."""
        self._show(AboutDialog(self._window, show_licences=True))

    def tour(self) -> None:
        """Show the user around, over sample pictures and a bundled model if nothing is open."""
        self.open_sample()
        if self._tour is None:
            self._tour = Tour(self._window, tour_steps(self._window))
        self._tour.start()

    def open_sample(self) -> None:
        """Open sample pictures and the bundled model that has learned their like, if nothing is."""
        document = self._bench.document
        if document.source is None:
            self._bench.sources.open_pictures(SAMPLE)
        models = bundled_models()
        if document.model is None and models:
            self._window.open_model(SAMPLE_MODEL if SAMPLE_MODEL in models else next(iter(models)))

    def show_sample(self) -> None:
        """Show what a model can do: pictures it has not seen, sorted and redrawn, in seconds."""
        if SAMPLE_MODEL not in bundled_models():
            self.train_sample()
            return
        self._awaits_sample = True
        self._window.open_model(SAMPLE_MODEL)
        self._bench.sources.open_pictures(SAMPLE)

    @Slot()
    def _analyse_sample(self) -> None:
        """Once the first points are there, go through all pictures and show what was found."""
        document, analysis = self._bench.document, self._bench.analysis
        source, model = document.source, document.model
        if not self._awaits_sample or source is None or model is None or document.detection is None:
            return
        if source.source != SAMPLE or model.name != SAMPLE_MODEL:
            return
        self._awaits_sample = False
        layouts = self._window.layouts
        layouts.switch(EXPLORE)
        for name in _SHOWN_OF_SAMPLE:
            layouts.show_dock(name)
        if document.analysis is None and not analysis.is_busy:
            analysis.start()

    def train_sample(self) -> None:
        """Train on generated pieces, to watch it learn from nothing."""
        training = self._bench.training
        if training.is_busy:
            self._bench.notices.toast(
                "A run is in progress. Stop it before starting the sample.", "warning"
            )
            return
        training.start_sample()

    def project(self, model: str) -> None:
        """Open a bundled model with pictures it has not seen."""
        chosen = next((p for p in sample_projects() if p.model == model), None)
        if chosen is None:
            return
        self._window.open_model(chosen.model)
        self._bench.sources.open_pictures(chosen.source)

    def real_sample(self, name: str) -> None:
        """Open real pictures that came with the program and discover what recurs in them."""
        self._open_and("model.discover", f"sample:{name}", None)

    def close_all(self) -> None:
        """Close whatever is open."""
        for dialog in list(self._open.values()):
            dialog.close()
        if self._palette is not None:
            self._palette.hide()
        if self._tour is not None:
            self._tour.stop()

    def _open_and(self, command: str, source: str, shown_as: DataConfig | None) -> None:
        self._bench.sources.open_pictures(source, shown_as=shown_as)
        self._then = command

    def _do_command(self) -> None:
        command, self._then = self._then, ""
        if command:
            self._bench.actions.trigger(command)

    def _forget_command(self, _name: str) -> None:
        """What was to follow an opening that was refused must not follow the next one."""
        self._then = ""

    def _show(self, dialog: QDialog) -> None:
        name = dialog.objectName()
        if name in self._open:
            self._open[name].close()
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(lambda: self._forget(name, dialog))
        self._open[name] = dialog
        dialog.setModal(False)
        theme.pad_number_fields(dialog)
        dialog.show()
        dialog.raise_()

    def _forget(self, name: str, dialog: QDialog) -> None:
        if self._open.get(name) is dialog:
            del self._open[name]
