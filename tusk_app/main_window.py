"""The window: places docks, menus, tool bar and status bar; no logic of its own."""

from __future__ import annotations

import importlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow

if TYPE_CHECKING:
    from tusk_app.workbench import Workbench

log = logging.getLogger(__name__)

DATA, TRAIN, EXPLORE = "Data", "Train", "Explore"
LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea


@dataclass(frozen=True, slots=True)
class DockSpec:
    """Where a dock stands until the user moves it.

    Attributes:
        module: file under ``tusk_app/docks``.
        class_name: a QDockWidget made with ``(workbench, parent)``.
        area: side of the window.
        workspaces: workspaces that show it at first.
        column: docks of one area and column are stacked as tabs; columns stand side by side
            (bottom) or one above the other (left and right), in this order.
    """

    module: str
    class_name: str
    area: Qt.DockWidgetArea
    workspaces: frozenset[str]
    column: int = 0


# The one table of docks, in the order of the View menu. Within a column the first is in front.
DOCKS = (
    DockSpec("source_dock", "SourceDock", LEFT, frozenset({DATA, EXPLORE})),
    DockSpec("runs_dock", "RunsDock", LEFT, frozenset({TRAIN})),
    DockSpec("inspector_dock", "InspectorDock", RIGHT, frozenset({DATA, EXPLORE})),
    DockSpec("reconstruction_dock", "ReconstructionDock", RIGHT, frozenset({EXPLORE})),
    DockSpec("overlay_dock", "OverlayDock", RIGHT, frozenset({DATA, EXPLORE}), 1),
    DockSpec("camera_dock", "CameraDock", RIGHT, frozenset({DATA}), 1),
    DockSpec("timeline_dock", "TimelineDock", BOTTOM, frozenset({DATA})),
    DockSpec("embedding_dock", "EmbeddingDock", BOTTOM, frozenset({EXPLORE})),
    DockSpec("gallery_dock", "GalleryDock", BOTTOM, frozenset({EXPLORE}), 1),
    DockSpec("training_dock", "TrainingDock", BOTTOM, frozenset({TRAIN})),
    DockSpec("log_dock", "LogDock", BOTTOM, frozenset()),
)


class MainWindow(QMainWindow):
    """The one window."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self._workbench = workbench
        self._docks: dict[str, QDockWidget] = {}
        for spec in DOCKS:
            self._make_dock(spec)

    def _make_dock(self, spec: DockSpec) -> None:
        name = f"tusk_app.docks.{spec.module}"
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as missing:
            if missing.name != name:
                raise
            log.info("no %s yet", spec.class_name)
            return
        dock: QDockWidget = getattr(module, spec.class_name)(self._workbench, self)
        self.addDockWidget(spec.area, dock)
        self._docks[spec.module] = dock
