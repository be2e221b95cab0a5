"""Composition root: builds state, controllers and window once, and wires them together."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication, QImageReader
from PySide6.QtWidgets import QApplication, QFileDialog

from tusk_app.camera.controller import CameraController
from tusk_app.canvas.editing_controller import EditingController
from tusk_app.canvas.region_controller import RegionController
from tusk_app.discover.background import BackgroundController
from tusk_app.discover.controller import DiscoverController
from tusk_app.engine.analysis import AnalysisController
from tusk_app.engine.detections import Detections
from tusk_app.engine.engine import Engine, EngineState
from tusk_app.engine.links import LinkController
from tusk_app.engine.live import LiveInference
from tusk_app.engine.model_change import ModelChange
from tusk_app.gallery.controller import GalleryController
from tusk_app.map.controller import EmbeddingController
from tusk_app.outside import Outside
from tusk_app.parts import icons, theme, words
from tusk_app.parts.actions import ActionRegistry
from tusk_app.parts.words import say
from tusk_app.pictures.controller import SourceController
from tusk_app.pictures.faces import KindFaces
from tusk_app.pictures.feed import PictureFeed
from tusk_app.pictures.patches import PatchController
from tusk_app.pictures.side_reader import SideReader
from tusk_app.settings import Settings, cache_dir, data_dir, log_dir
from tusk_app.shell.layouts import EXPLORE, TRAIN
from tusk_app.shell.log_dock import LogDock
from tusk_app.shell.logs import ErrorHooks, Logging, start_logging
from tusk_app.shell.main_window import MainWindow
from tusk_app.shell.progress import ProgressFeed
from tusk_app.shell.recovery import Recovery
from tusk_app.shell.showing import Showing
from tusk_app.shell.system_signals import SignalBridge
from tusk_app.shell.workshop import Workshop
from tusk_app.state.display import DisplayModel
from tusk_app.state.document import Document
from tusk_app.state.notices import Notices
from tusk_app.state.prototypes import PrototypeBook
from tusk_app.state.selection import SelectionModel
from tusk_app.state.wants import Wants
from tusk_app.threads.jobs import JobController
from tusk_app.threads.worker_thread import any_late
from tusk_app.timeline.controller import TrackingController
from tusk_app.timeline.playback import PlaybackController
from tusk_app.tracks.controller import TracksController
from tusk_app.training.controller import TrainingController
from tusk_app.training.dock import TrainingDock
from tusk_app.training.history.controller import TimeMachineController

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk_app.state.notices import Level
    from tusk_core.results import DeviceInfo

log = logging.getLogger(__name__)

# Qt refuses pictures above 128 MB by default; microscopes make larger ones.
IMAGE_LIMIT_MB = 2048
# After the first paint, so that the window is there before the engine is loaded.
WARM_UP_DELAY_MS = 250


def compose(settings: Settings, outside: Outside | None = None) -> Workshop:
    """Build state and controllers around engine and cameras, the real ones if not given."""
    outside = outside or Outside()
    words.use_terms(on=settings.shows_terms)
    folder = cache_dir()
    document, notices, wants = Document(), Notices(), Wants()
    selection, prototypes, jobs = SelectionModel(), PrototypeBook(), JobController()
    ModelChange(document, selection, prototypes)
    engine = Engine(
        document,
        notices,
        open_predictor=outside.open_predictor,
        list_devices=outside.list_devices,
    )
    detections = Detections(document, wants, engine)
    live = LiveInference(engine)
    analysis = AnalysisController(document, prototypes, notices, jobs, folder / "analyses")
    patches = PatchController(document, notices)
    faces = KindFaces(document, engine, analysis, patches)
    discover = DiscoverController(document, settings, prototypes, notices, engine, jobs, live)
    faces.set_examples(discover.face)
    discover.faces_changed.connect(faces.examples_changed)
    feed = PictureFeed(document, wants, engine, detections, notices)
    return Workshop(
        settings=settings,
        actions=ActionRegistry(shortcuts=settings.shortcuts()),
        document=document,
        selection=selection,
        prototypes=prototypes,
        display=DisplayModel(settings),
        wants=wants,
        notices=notices,
        engine=engine,
        detections=detections,
        live=live,
        analysis=analysis,
        links=LinkController(document, selection, analysis, prototypes, notices),
        jobs=jobs,
        sources=SourceController(document, settings, notices),
        patches=patches,
        faces=faces,
        side_reader=SideReader(document),
        training=TrainingController(run_root=settings.run_root),
        time_machine=TimeMachineController(document, notices),
        discover=discover,
        background=BackgroundController(document, prototypes, notices, discover),
        gallery=GalleryController(document, prototypes, notices, analysis, faces, patches),
        embedding=EmbeddingController(document, notices, folder / "maps"),
        tracking=TrackingController(document, prototypes, analysis, notices),
        tracks=TracksController(document, analysis, jobs, notices, settings),
        editing=EditingController(document, selection, detections),
        region=RegionController(document, notices),
        feed=feed,
        playback=PlaybackController(document, feed, live),
        camera=CameraController(
            document,
            live,
            open_device=outside.open_device,
            list_cameras=outside.list_cameras,
            lost_after=outside.lost_after,
        ),
    )


class Program(QObject):
    """The running program: one window and what connects its parts.

    Attributes:
        workbench: state and controllers.
        window: the window.
    """

    def __init__(
        self,
        settings: Settings,
        logging_: Logging | None = None,
        *,
        outside: Outside | None = None,
    ) -> None:
        super().__init__()
        self._app = QApplication.instance()
        assert isinstance(self._app, QApplication)
        self._logging = logging_
        self._app.setWindowIcon(icons.application_icon())
        theme.apply(self._app, settings.theme, settings.font_scale)
        self.workbench = compose(settings, outside)
        self._adopt()
        self.window = MainWindow(self.workbench)
        self._devices: tuple[DeviceInfo, ...] = ()
        self._told_of_names = False
        self.workbench.prototypes.not_kept.connect(self._tell_names_are_not_kept)
        self._progress = ProgressFeed(
            self.window.status,
            self.workbench,
            self.window.panel(TrainingDock),
            self.window.job_rows,
            self,
        )
        self.window.layouts.changed.connect(self._progress.look_again)
        self._recovery = Recovery(self.window, self.workbench, self)
        self._showing = Showing(self.window, self.workbench)
        self._connect()
        self._next_tip()
        if logging_ is not None:
            self._show_log(logging_)

    def show(self) -> None:
        """Show the window, then load the engine in the background."""
        self.window.show()
        self.window.welcome.setFocus()
        QTimer.singleShot(WARM_UP_DELAY_MS, self, self._warm_up)

    def open_paths(self, paths: Sequence[str]) -> None:
        """Open what was named on the command line."""
        if paths:
            self.workbench.sources.open_paths(paths)

    def open_sample(self) -> None:
        """Open sample pictures with the bundled model that knows them, and what it finds."""
        self.window.layouts.switch(EXPLORE)
        self.window.openers.show_sample()

    def _adopt(self) -> None:
        """Own all parts: slots tie them together so that Python alone never lets go of them."""
        for each in fields(self.workbench):
            part = getattr(self.workbench, each.name)
            # Settings come from outside and outlive the window.
            if isinstance(part, QObject) and part.parent() is None and each.name != "settings":
                part.setParent(self)

    @Slot(str, str)
    def report(self, line: str, trace: str) -> None:
        """Show an error that nobody handled; connected from any thread."""
        self.workbench.notices.error(
            "Something unexpected went wrong.",
            line,
            "Your work is still there; continue, and save what matters. Please send the report if "
            "it happens again.",
            trace,
        )

    def _next_tip(self) -> None:
        settings = self.workbench.settings
        tip = settings.value("start/tip", 0)
        self.window.welcome.set_tip(tip)
        settings.set_value("start/tip", tip + 1)

    def _connect(self) -> None:
        bench = self.workbench
        bench.settings.theme_changed.connect(self._dress)
        bench.settings.font_scale_changed.connect(self._dress)
        bench.settings.changed.connect(self._take_setting)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._dress)
        bench.sources.model_wanted.connect(self.window.open_model)
        bench.sources.analysis_wanted.connect(lambda path: bench.analysis.open(Path(path)))
        bench.sources.camera_wanted.connect(lambda _name: bench.actions.trigger("file.open-camera"))
        bench.document.model_changed.connect(self._take_model)
        bench.engine.model_opening.connect(
            lambda name: self.window.status.say(f"Opening model {name}…")
        )
        bench.engine.state_changed.connect(self._take_engine)
        bench.engine.devices_known.connect(self._take_devices)
        bench.training.run_ended.connect(self._announce_end)

    def _show_log(self, logging_: Logging) -> None:
        self.window.openers.set_book(logging_.book)
        self.window.panel(LogDock).set_book(logging_.book)

    @Slot()
    def _warm_up(self) -> None:
        if not self.window.closer.is_down:
            self.workbench.engine.prepare()
            self._recovery.look()

    @Slot()
    def _dress(self) -> None:
        settings = self.workbench.settings
        assert isinstance(self._app, QApplication)
        theme.apply(self._app, settings.theme, settings.font_scale)

    @Slot(str)
    def _take_setting(self, key: str) -> None:
        if key == "folders/runs":
            self.workbench.training.set_run_root(self.workbench.settings.run_root)

    @Slot()
    def _take_model(self) -> None:
        model = self.workbench.document.model
        if model is None:
            self._show_device()
            return
        bench = self.workbench
        bench.settings.add_recent("model", model.path)
        if not bench.prototypes.is_kept:
            self._tell_names_are_not_kept()
        known = {device.name: device.label for device in self._devices}
        self.window.status.set_device(
            known.get(model.device, model.device.upper()),
            model.device_reason,
            is_accelerated=model.device != "cpu",
        )

    def _tell_names_are_not_kept(self) -> None:
        """Say once that names last as long as the window, and offer another place for them."""
        if self._told_of_names:
            return
        self._told_of_names = True
        place = self.workbench.prototypes.path or data_dir()
        self.workbench.notices.toast(
            say(
                f"Names of [kinds] cannot be kept in {place}: it cannot be written. They last "
                "until the window closes."
            ),
            "warning",
            "Save elsewhere…",
            self._save_names_elsewhere,
            about="model/names",
        )

    def _save_names_elsewhere(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self.window, say("Save the names of [kinds]"), "prototypes.json", "*.json"
        )
        if chosen and not self.workbench.prototypes.save_in(Path(chosen)):
            self.workbench.notices.toast(f"{chosen} cannot be written.", "error")

    @Slot(object)
    def _take_engine(self, state: EngineState) -> None:
        is_ready = state is not EngineState.PREPARING
        self.window.welcome.set_ready(ready=is_ready)
        if state is EngineState.ASLEEP:
            self.window.status.set_device(
                "No engine", "The engine could not be loaded; see the log."
            )

    @Slot(object)
    def _take_devices(self, devices: tuple[DeviceInfo, ...]) -> None:
        self._devices = devices
        self.window.openers.set_devices(devices)
        self._show_device()

    def _show_device(self) -> None:
        usable = [device for device in self._devices if device.available]
        if usable and self.workbench.document.model is None:
            first = usable[0]
            self.window.status.set_device(
                first.label, first.reason, is_accelerated=first.name != "cpu"
            )

    @Slot(str)
    def _announce_end(self, outcome: str) -> None:
        if outcome not in {"done", "stopped"}:
            return
        if not self.window.isActiveWindow():
            assert isinstance(self._app, QApplication)
            self._app.alert(self.window)
        if self.window.layouts.current != TRAIN and not self.window.closer.is_closing:
            words = "The run has finished." if outcome == "done" else "The run was stopped."
            lost = bool(self.workbench.training.record.num_unsaved)
            words += " Not all of it could be saved." if lost else ""
            level: Level = "warning" if lost else "success"
            self.workbench.notices.toast(words, level, "Show it", self._showing.training)


def make_application(arguments: Sequence[str]) -> QApplication:
    """Return the one QApplication, set up for this program."""
    app = QApplication.instance()
    if app is None:
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
            Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
        )
        app = QApplication(list(arguments))
    assert isinstance(app, QApplication)
    app.setApplicationName("TUSK")
    app.setApplicationDisplayName("TUSK")
    app.setDesktopFileName("tusk-studio")
    QImageReader.setAllocationLimit(IMAGE_LIMIT_MB)
    return app


def run(paths: Sequence[str], *, sample: bool = False) -> int:
    """Open the window on ``paths`` and stay until it is closed; returns the exit status.

    Args:
        paths: what to open; may be empty.
        sample: open sample pictures and a bundled model.
    """
    app = make_application(sys.argv[:1])
    logging_ = start_logging(log_dir())
    hooks = ErrorHooks()
    hooks.install()
    settings = Settings()
    program = Program(settings, logging_)
    hooks.caught.connect(program.report, Qt.ConnectionType.QueuedConnection)
    bridge = SignalBridge(program.window.closer.force, program)
    program.window.closed.connect(app.quit)
    if logging_.previous_crash:
        log.warning("the last start ended in a crash:\n%s", logging_.previous_crash)
    program.show()
    program.open_paths(paths)
    if sample:
        program.open_sample()
    status = app.exec()
    bridge.remove()
    hooks.remove()
    logging_.stop()
    if any_late():
        # A thread hangs, in a dead network drive or the like; an orderly end would wait for it.
        os._exit(int(status))
    return int(status)
