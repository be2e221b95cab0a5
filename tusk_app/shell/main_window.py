"""The window: places centre, docks, menus, tool bar and status bar, and takes what is dropped."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QTabWidget

from tusk_app.camera.dock import CameraDock
from tusk_app.canvas.inspector_dock import InspectorDock
from tusk_app.canvas.overlay_dock import OverlayDock
from tusk_app.compare.correspondence_dock import CorrespondenceDock
from tusk_app.compare.equivariance_dock import EquivarianceDock
from tusk_app.discover.dock import DiscoverDock
from tusk_app.evaluation.dock import EvaluationDock
from tusk_app.gallery.dock import GalleryDock
from tusk_app.layers.dock import ReconstructionDock
from tusk_app.map.dock import EmbeddingDock
from tusk_app.parts import theme
from tusk_app.parts.themed import Themed
from tusk_app.pictures.controller import display_name
from tusk_app.pictures.dock import SourceDock
from tusk_app.pictures.opener import recent_picture
from tusk_app.shell.analysis_commands import AnalysisCommands
from tusk_app.shell.centre import make_centre
from tusk_app.shell.closing import Closer
from tusk_app.shell.error_dialog import ErrorCenter
from tusk_app.shell.file_commands import FileCommands
from tusk_app.shell.go_commands import GoCommands
from tusk_app.shell.help_commands import HelpCommands
from tusk_app.shell.help_dock import HelpDock
from tusk_app.shell.host import Host
from tusk_app.shell.layouts import (
    BOTTOM,
    DATA,
    EXPLORE,
    LEFT,
    RIGHT,
    TRAIN,
    DockSpec,
    Layouts,
)
from tusk_app.shell.letter_keys import LetterKeys
from tusk_app.shell.log_dock import LogDock
from tusk_app.shell.logs import shorten_home
from tusk_app.shell.menus import Menus
from tusk_app.shell.openers import Openers
from tusk_app.shell.sample_projects import real_samples, sample_projects
from tusk_app.shell.status_bar import StatusBar
from tusk_app.shell.view_commands import ViewCommands
from tusk_app.shell.widgets.toast import ToastStack
from tusk_app.shell.widgets.welcome import RecentItem, WelcomePage
from tusk_app.timeline.dock import TimelineDock
from tusk_app.timeline.raster_dock import RasterDock
from tusk_app.tracks.dock import TracksDock
from tusk_app.training.dock import TrainingDock
from tusk_app.training.history.dock import TimeMachineDock
from tusk_app.training.runs_dock import RunsDock
from tusk_core.source_text import path_text

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
    from PySide6.QtWidgets import QWidget

    from tusk_app.pictures.path_kinds import Kind
    from tusk_app.shell.workshop import Workshop
    from tusk_app.state.notices import Problem, Toast
    from tusk_core.results import ModelInfo

log = logging.getLogger(__name__)

# The one table of docks, in the order of the Panels menu. Within a column the first is in front.
DOCKS = (
    DockSpec(SourceDock, LEFT, frozenset({DATA, EXPLORE})),
    DockSpec(DiscoverDock, LEFT, frozenset({DATA, EXPLORE})),
    DockSpec(RunsDock, LEFT, frozenset({TRAIN})),
    DockSpec(InspectorDock, RIGHT, frozenset({DATA, EXPLORE})),
    DockSpec(ReconstructionDock, RIGHT, frozenset({EXPLORE})),
    DockSpec(OverlayDock, RIGHT, frozenset({DATA, EXPLORE}), 1),
    DockSpec(CameraDock, RIGHT, frozenset({DATA}), 1),
    DockSpec(TimelineDock, BOTTOM, frozenset({DATA})),
    DockSpec(EmbeddingDock, BOTTOM, frozenset({EXPLORE})),
    DockSpec(GalleryDock, BOTTOM, frozenset({EXPLORE}), 1),
    DockSpec(EvaluationDock, BOTTOM, frozenset({EXPLORE}), 1),
    DockSpec(CorrespondenceDock, BOTTOM, frozenset({EXPLORE})),
    DockSpec(EquivarianceDock, BOTTOM, frozenset({EXPLORE})),
    DockSpec(RasterDock, BOTTOM, frozenset({EXPLORE})),
    DockSpec(TracksDock, BOTTOM, frozenset({EXPLORE})),
    DockSpec(TimeMachineDock, BOTTOM, frozenset({EXPLORE})),
    DockSpec(TrainingDock, BOTTOM, frozenset({TRAIN})),
    DockSpec(LogDock, BOTTOM, frozenset()),
    DockSpec(HelpDock, RIGHT, frozenset()),
)

DEFAULT_SIZE = QSize(1280, 800)
WELCOME, CANVAS = 0, 1


class MainWindow(Themed, Host):
    """The one window."""

    def __init__(self, workbench: Workshop) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self.setWindowTitle("TUSK")
        self.setAcceptDrops(True)
        self.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.GroupedDragging
        )
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.workbench = workbench
        self._status = StatusBar(self)
        self.setStatusBar(self._status)
        self._toasts = ToastStack(self, self._status)
        self._errors = ErrorCenter(self)
        self.openers = Openers(self, workbench)
        self.closer = Closer(self, workbench)
        self._errors.set_machine(self.openers.machine_text)
        self._make_centre()
        self.docks = {spec.make.name: spec.make(workbench, self) for spec in DOCKS}
        self.layouts = Layouts(self, self.docks, DOCKS, workbench.settings)
        FileCommands(self, workbench, self.openers)
        ViewCommands(self, workbench)
        GoCommands(self, workbench)
        AnalysisCommands(self, workbench)
        HelpCommands(self, workbench, self.openers)
        self._add_panel_commands()
        self.menus = Menus(self, workbench.actions)
        LetterKeys(self, workbench.actions)
        self._connect()
        self._restore_geometry()
        self.show_recent()
        self._refresh()
        theme.pad_number_fields(self)
        self.follow_theme()

    # Parts

    @property
    def status(self) -> StatusBar:
        """The line at the lower edge."""
        return self._status

    @property
    def job_rows(self) -> QWidget:
        """The jobs that go on, below the canvas."""
        return self._job_rows

    @property
    def toasts(self) -> ToastStack:
        """Short messages in the corner."""
        return self._toasts

    @property
    def errors(self) -> ErrorCenter:
        """Shows errors."""
        return self._errors

    @property
    def welcome(self) -> WelcomePage:
        """The page shown while nothing is open."""
        return self._welcome

    def _make_centre(self) -> None:
        self._welcome = WelcomePage(self)
        area = make_centre(self.workbench, self)
        self.canvas, self._job_rows = area, area.jobs
        self._centre = QStackedWidget(self)
        self._centre.addWidget(self._welcome)
        self._centre.addWidget(self.canvas)
        self.setCentralWidget(self._centre)

    def _add_panel_commands(self) -> None:
        for name, dock in self.docks.items():
            toggle = dock.toggleViewAction()
            action = self.workbench.actions.add(
                f"view.panel-{name}", dock.windowTitle(), menu="Panels", checkable=True,
                checked=toggle.isChecked(), tip=f"Show or hide the panel {dock.windowTitle()}",
            )  # fmt: skip
            toggle.toggled.connect(action.setChecked)
            action.triggered.connect(lambda on, n=name: self._toggle_panel(n, show=on))

    def _toggle_panel(self, name: str, *, show: bool) -> None:
        if show:
            self.layouts.show_dock(name)
        else:
            self.docks[name].hide()

    def _connect(self) -> None:
        bench, welcome = self.workbench, self._welcome
        bench.notices.status_posted.connect(self._status.say)
        bench.notices.withdrawn.connect(self._toasts.dismiss)
        bench.notices.toast_posted.connect(self._show_toast)
        bench.notices.problem_posted.connect(self._show_problem)
        bench.sources.opening.connect(lambda name: self._status.say(f"Opening {name}…"))
        bench.sources.refused.connect(lambda text: bench.notices.toast(text, "warning"))
        bench.sources.opened.connect(self.canvas.setFocus)
        bench.document.source_changed.connect(self._refresh)
        bench.document.model_changed.connect(self._refresh)
        bench.document.model_replaced.connect(self._forget_model)
        bench.document.run_changed.connect(self._refresh)
        bench.camera.state_changed.connect(self._refresh)
        bench.playback.playing_changed.connect(self.panel(EmbeddingDock).live.set_playing)
        bench.display.hint_changed.connect(self._status.set_coordinates)
        bench.settings.recent_changed.connect(self.show_recent)
        bench.actions.shortcuts_changed.connect(self._show_keys)
        self.layouts.changed.connect(self._show_workspace)
        trigger = bench.actions.trigger
        welcome.open_images.connect(lambda: trigger("file.open-images"))
        welcome.try_sample.connect(lambda: trigger("file.sample"))
        welcome.camera_wanted.connect(lambda: trigger("file.open-camera"))
        welcome.open_model.connect(lambda: trigger("file.open-model"))
        welcome.tour_wanted.connect(lambda: trigger("help.tour"))
        welcome.set_projects([(p.model, p.title, p.tip) for p in sample_projects()])
        welcome.project_chosen.connect(self.openers.project)
        welcome.set_samples(real_samples())
        welcome.sample_chosen.connect(self.openers.real_sample)
        welcome.recent_cleared.connect(bench.settings.clear_recent)
        welcome.recent_chosen.connect(self.open_recent)
        self._status.device_clicked.connect(self.openers.system_information)
        self._errors.hushed.connect(lambda title: self._toasts.show(title, "error"))

    # What is open

    def open_recent(self, kind: str, path: str) -> None:
        """Open an item of the recent list again."""
        wanted: Kind | None = "model" if kind == "model" else "run" if kind == "run" else None
        self.workbench.sources.open_paths([path], wanted=wanted)

    def open_model(self, model: str) -> None:
        """Open a model folder, a run folder or a bundled model by name."""
        self.workbench.engine.open_model(model, self.workbench.settings.device)

    def filter_pictures(self, text: str) -> None:
        """Show only pictures whose name contains ``text`` in the list."""
        self.layouts.show_dock(SourceDock.name)
        self.panel(SourceDock).set_filter(text)

    @Slot()
    def _refresh(self) -> None:
        """Show welcome page or canvas, and what is open in the title."""
        document = self.workbench.document
        is_open = document.source is not None or document.model is not None
        is_open = is_open or self.workbench.camera.is_on
        parts = []
        if document.source is not None:
            parts.append(display_name(document.source.source))
        if document.model is not None:
            parts.append(document.model.name)
        self.setWindowTitle(" – ".join([*parts, "TUSK"]))
        if is_open or document.run_dir is not None:
            self.layouts.reveal()
        self._centre.setCurrentIndex(CANVAS if is_open else WELCOME)

    def reset_layout(self) -> None:
        """Put all panels back in their default places."""
        self.layouts.reset()
        self._status.say("All panels are back in their default places.")

    @Slot(str)
    def _show_workspace(self, name: str) -> None:
        self.workbench.actions.get(f"view.workspace-{name.lower()}").setChecked(True)

    # Recent items

    @Slot()
    def show_recent(self) -> None:
        """Fill the recent list of the welcome page and of the menu."""
        items = [_recent_item(kind, path) for kind, path in self.workbench.settings.recent()]
        self._welcome.set_recent(items)
        menu = self.menus.submenus["@recent"]
        forget = self.workbench.actions.get("file.forget-recent")
        for action in menu.actions():
            if action is not forget:
                menu.removeAction(action)
        for item in reversed(items):
            first = menu.actions()[0] if menu.actions() else None
            action = menu.addAction(item.title)
            if first is not None:
                menu.insertAction(first, action)
            action.setToolTip(item.path)
            action.triggered.connect(
                lambda _checked=False, i=item: self.open_recent(i.kind, i.path)
            )
        if items:
            menu.insertSeparator(forget)
        menu.setEnabled(bool(items))

    # Notices

    @Slot(object)
    def _show_toast(self, toast: Toast) -> None:
        card = self._toasts.show(toast.text, toast.level, toast.action_text, toast.action)
        card.about = toast.about

    @Slot(object)
    def _forget_model(self, before: ModelInfo | None) -> None:
        """What was said of the model before is not true of this one; nor can it be undone here."""
        model = self.workbench.document.model
        if model is not None and before is not None and model.path == before.path:
            self._toasts.dismiss("model")
        else:
            self._toasts.dismiss_all("model")

    @Slot(object)
    def _show_problem(self, problem: Problem) -> None:
        self._errors.show(problem)

    # Appearance

    def restyle(self) -> None:
        """Follow theme and text size."""
        colours = theme.of(self.palette())
        self.menus.paint_icons(colours)
        self._show_keys()

    def _show_keys(self) -> None:
        keys = self.workbench.actions.keys
        self._welcome.set_keys(keys("file.open-images"), "", keys("file.open-model"))

    def _restore_geometry(self) -> None:
        self.resize(DEFAULT_SIZE)
        saved = self.workbench.settings.bytes("layout/geometry")
        if not saved.isEmpty():
            self.restoreGeometry(saved)

    # Closing

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about what goes on, remember the layout, end all threads."""
        if not self.closer.may_close():
            event.ignore()
            return
        settings = self.workbench.settings
        self.layouts.remember()
        settings.set_bytes("layout/geometry", self.saveGeometry())
        settings.sync()
        self.openers.close_all()
        self._errors.close()
        self._toasts.clear()
        self._status.stop()
        event.accept()
        self.closed.emit()

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Light up for anything that has a path."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._welcome.drop_zone.set_lit(lit=True)
            self._status.say("Let go to open it.")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Go dark again."""
        self._welcome.drop_zone.set_lit(lit=False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped, whatever it is."""
        self._welcome.drop_zone.set_lit(lit=False)
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.workbench.sources.open_paths(paths)


def _recent_item(kind: str, path: str) -> RecentItem:
    picture = QImage(str(recent_picture(path)))
    parent = (
        "made by the program" if path.startswith("sample:") else str(Path(path_text(path)).parent)
    )
    return RecentItem(kind, path, display_name(path), shorten_home(parent), picture)
